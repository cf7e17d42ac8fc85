/**
 * Credits, money that comes to an account from outside, and debits, which take one back. The entry is worked out before
 * it is written, so that the answer to the request can be kept in the same transaction; the database refuses it when
 * another transfer came first.
 */
import { type Account, type Balance, isOutOfTurn, isOverdrawn } from "./transfers.ts";

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

/** A credit or debit as it will stand on the account: its number, and the balance after it. Micro-units, a debit's below nothing; epoch ms. */
export type Credit = Account &
  Balance & { readonly type: "credit" | "debit"; readonly amount: number; readonly reference: string | null; readonly createdAt: number };

/**
 * The largest balance that a credit may bring about. The database keeps twice as much: what a customer has paid for orders that are
 * under way has to come back to the account, whatever was credited meanwhile.
 */
export const MAX_BALANCE = 2n ** 62n;

const INSERT_CREDIT = `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, reference, created_at)
  VALUES (?1, ?2, ?3, ?4, ?9, ?5, CAST(?6 AS INTEGER), ?7, ?8)`;

/**
 * Writes a credit or debit with the statements around it, all or nothing. `changed`, with nothing written: another
 * transfer came to the account after it was read. `overdrawn`: the account does not hold what a debit would take.
 */
export async function postCredit(
  db: D1Database,
  credit: Credit,
  { before, after }: { readonly before: D1PreparedStatement; readonly after: D1PreparedStatement },
): Promise<"posted" | "changed" | "overdrawn"> {
  const { panel, currency, customer, n, type, amount, balance, reference, createdAt } = credit;
  const insert = db.prepare(INSERT_CREDIT).bind(panel, currency, customer, n, amount, String(balance), reference, createdAt, type);
  try {
    await db.batch([before, insert, after]);
    return "posted";
  } catch (error) {
    if (isOutOfTurn(error)) return "changed";
    if (isOverdrawn(error)) return "overdrawn";
    throw error;
  }
}
