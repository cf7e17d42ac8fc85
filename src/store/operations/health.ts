/**
 * What the health page is made of, read in one round trip: ten rows at most, however much there is.
 */

export type Health = {
  /** The last tick, epoch ms; null when none ever ran. */
  readonly lastTickAt: number | null;
  /** Whether a remembered minute lay too far ahead and was ignored. */
  readonly clockWasAhead: boolean;
  /** Since when an order has been followed, epoch ms; null where none is. It need not be the oldest one. */
  readonly followingSince: number | null;
  /** Whether a provider that is on is down; one that only limits our rate is not. */
  readonly providerDown: boolean;
  /** Whether a message failed for good and was not replayed. */
  readonly deadLetters: boolean;
  /** Whether some panel's refunds wait because its ledger did not add up. */
  readonly ledgerMismatch: boolean;
  /** Of secrets that the last look found not sealed under the newest key: the numbers of their keys, 0 for plain text. */
  readonly staleUnder: readonly number[];
};

type HealthRow = {
  minute: number;
  at: number;
  ignored_minute: number | null;
  following_since: number | null;
  provider_down: number;
  dead_letters: number;
  ledger_mismatch: number;
  stale_under: string;
};

/** SQL for when an order that is followed came, epoch ms; null where none is. It need not be the oldest one. One row read. */
export const FOLLOWING_SINCE = "(SELECT o.created_at FROM orders o INDEXED BY orders_due WHERE o.cadence IS NOT NULL LIMIT 1)";

/** Each EXISTS has a small index of what it looks for alone, and reads its first entry. */
const HEALTH = `SELECT t.minute, t.at, t.ignored_minute,
    ${FOLLOWING_SINCE} AS following_since,
    EXISTS (SELECT 1 FROM providers INDEXED BY providers_down
      WHERE enabled = 1 AND retry_at IS NOT NULL AND last_failure->>'$.code' IS NOT 'rate_limited') AS provider_down,
    EXISTS (SELECT 1 FROM dead_letters INDEXED BY dead_letters_waiting WHERE replayed_at IS NULL) AS dead_letters,
    EXISTS (SELECT 1 FROM panels INDEXED BY panels_frozen WHERE frozen_at IS NOT NULL) AS ledger_mismatch,
    t.stale_under
  FROM ticks t WHERE t.id = 1`;

/** Ten rows read at most, however many there are of anything. */
export async function readHealth(db: D1Database): Promise<Health> {
  const row = await db.prepare(HEALTH).first<HealthRow>();
  if (row === null) throw new Error("the row of ticks is missing");
  return {
    lastTickAt: row.minute > 0 ? row.at : null,
    clockWasAhead: row.ignored_minute !== null,
    followingSince: row.following_since,
    providerDown: row.provider_down === 1,
    deadLetters: row.dead_letters === 1,
    ledgerMismatch: row.ledger_mismatch === 1,
    staleUnder: JSON.parse(row.stale_under) as number[],
  };
}
