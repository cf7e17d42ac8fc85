/**
 * Credits: money that comes to an account from outside. The entry is worked out before it is written, so that the
 * answer to the request can be kept in the same transaction; the database refuses it when another transfer came first.
 */
import { type Account, type Balance, isOutOfTurn } from "./transfers.ts";

/** The account as it stands; 0 and no transfers where nothing has come to it yet. */
export async function readAccount(db: D1Database, { panel, currency, customer }: Account): Promise<Balance> {
  const row = await db
    .prepare(
      "SELECT n, CAST(balance AS TEXT) AS balance FROM transfers WHERE panel = ?1 AND currency = ?2 AND customer = ?3 ORDER BY n DESC LIMIT 1",
    )
    .bind(panel, currency, customer)
    .first<{ n: number; balance: string }>();
  return { n: row?.n ?? 0, balance: BigInt(row?.balance ?? 0) };
}

/** A credit as it will stand on the account: its number, and the balance after it. Micro-units, epoch ms. */
export type Credit = Account & Balance & { readonly amount: number; readonly reference: string | null; readonly createdAt: number };

/** The largest balance that the database keeps: 2^63 − 1. */
export const MAX_BALANCE = 2n ** 63n - 1n;

const INSERT_CREDIT = `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, reference, created_at)
  VALUES (?1, ?2, ?3, ?4, 'credit', ?5, CAST(?6 AS INTEGER), ?7, ?8)`;

/**
 * Writes a credit with the statements around it, all or nothing. False, with nothing written, when another transfer
 * came to the account after it was read.
 */
export async function postCredit(
  db: D1Database,
  credit: Credit,
  { before, after }: { readonly before: D1PreparedStatement; readonly after: D1PreparedStatement },
): Promise<boolean> {
  const { panel, currency, customer, n, amount, balance, reference, createdAt } = credit;
  const insert = db.prepare(INSERT_CREDIT).bind(panel, currency, customer, n, amount, String(balance), reference, createdAt);
  try {
    await db.batch([before, insert, after]);
    return true;
  } catch (error) {
    if (isOutOfTurn(error)) return false;
    throw error;
  }
}
