/**
 * What it takes to send an `add` again (table `add_resends`). A row is there from before the first sending until it is
 * known whether the order was placed: triggers end it, whoever finds out.
 */
import { resendWaitMs } from "../../domain/add-resend.ts";
import { PLACING_MS } from "../../domain/order-placement.ts";
import type { OrderKey } from "../../domain/message.ts";

/** What is sent, with what it is known by, and the account it is sent to. */
export type Resend = { readonly value: string; readonly account: string; readonly fields: Readonly<Record<string, string>> };

/** Longest fields kept, as JSON: the longest list of comments in use has some thousand lines. */
const MAX_FIELDS_CHARS = 32_768;

/** Whether an `add` is short enough to be kept. One that is not is sent once, as at any provider. */
export function isKeepable({ fields }: Resend): boolean {
  return JSON.stringify(fields).length <= MAX_FIELDS_CHARS;
}

/**
 * For the batch that writes the order of the request, behind its own statement. The request that places it has its time
 * before a tick looks. `now` in epoch ms.
 */
export function keepResendStatement(
  db: D1Database,
  { panel, request }: { readonly panel: string; readonly request: string },
  resend: Resend,
  now: number,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO add_resends (panel, n, request_value, account, fields, created_at, next_at)
       SELECT o.panel, o.n, ?3, ?4, ?5, ?6, ?6 + ${PLACING_MS} FROM panels p CROSS JOIN orders o
       WHERE p.id = ?1 AND o.panel = p.id AND o.n = p.order_n AND o.add_request = ?2`,
    )
    .bind(panel, request, resend.value, resend.account, JSON.stringify(resend.fields), now);
}

/** At most so many at once; the next tick takes the others. */
const DUE_AT_ONCE = 20;

/** Selects orders that are to be sent again by `now` (epoch ms), those that wait longest first. */
export function dueResendsStatement(db: D1Database, now: number): D1PreparedStatement {
  return db.prepare(`SELECT panel, n FROM add_resends WHERE next_at <= ?1 ORDER BY next_at LIMIT ${DUE_AT_ONCE}`).bind(now);
}

export type ClaimedResend = Resend & { readonly createdAt: number };

/**
 * Takes up a resend that is due, and puts the next one off; null when it is not due, or the doubt has ended. A message that
 * comes twice sends once. Two rows written.
 */
export async function claimResend(db: D1Database, [panel, n]: OrderKey, now: number): Promise<ClaimedResend | null> {
  const waits = Array.from({ length: 7 }, (_, resends) => `WHEN ${resends} THEN ${resendWaitMs(resends)}`).join(" ");
  const row = await db
    .prepare(
      `UPDATE add_resends SET resends = resends + 1, next_at = ?3 + CASE resends ${waits} ELSE ${resendWaitMs(Infinity)} END
       WHERE panel = ?1 AND n = ?2 AND next_at <= ?3 RETURNING request_value, account, fields, created_at`,
    )
    .bind(panel, n, now)
    .first<{ request_value: string; account: string; fields: string; created_at: number }>();
  if (row === null) return null;
  const fields = JSON.parse(row.fields) as Record<string, string>;
  return { value: row.request_value, account: row.account, fields, createdAt: row.created_at };
}

/** The request that placed the order is done, and left a doubt: the next tick sends it again. */
export async function hurryResend(
  db: D1Database,
  { panel, number: n }: { readonly panel: string; readonly number: number },
  now: number,
): Promise<void> {
  await db.prepare("UPDATE add_resends SET next_at = min(next_at, ?3) WHERE panel = ?1 AND n = ?2").bind(panel, n, now).run();
}

/** The order is sent no more: a person has to look. */
export async function endResends(db: D1Database, [panel, n]: OrderKey): Promise<void> {
  await db.prepare("DELETE FROM add_resends WHERE panel = ?1 AND n = ?2").bind(panel, n).run();
}
