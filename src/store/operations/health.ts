/**
 * What the health page is made of, read in one round trip: ten rows at most, however much there is.
 */
import { SECRET_COLUMNS, sealedRange } from "../../secrets/sealed-text.ts";

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
  /** Of secrets that are not sealed under the newest key, one or two of each column: the numbers of their keys, 0 for plain text. */
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
  stale: string;
};

/** Numbers of keys that secrets are sealed under which are not the newest one's, and 0 for plain text; NULL where there is none. */
const STALE = SECRET_COLUMNS.flatMap(({ table, column }) => {
  const sealedUnder = `iif(${column} GLOB 'sealed:[1-9]*:*', CAST(substr(${column}, 8) AS INTEGER), 0)`;
  return [`${column} < ?1`, `${column} >= ?2`].map(
    (isStale) => `(SELECT ${sealedUnder} FROM ${table} WHERE ${isStale} ORDER BY ${column} LIMIT 1)`,
  );
}).join(", ");

/** Each EXISTS, and each look at secrets, has a small index of what it looks for alone, and reads its first entry. */
const HEALTH = `SELECT t.minute, t.at, t.ignored_minute,
    (SELECT o.created_at FROM orders o INDEXED BY orders_due WHERE o.cadence IS NOT NULL LIMIT 1) AS following_since,
    EXISTS (SELECT 1 FROM providers INDEXED BY providers_down
      WHERE enabled = 1 AND retry_at IS NOT NULL AND last_failure->>'$.code' IS NOT 'rate_limited') AS provider_down,
    EXISTS (SELECT 1 FROM dead_letters INDEXED BY dead_letters_waiting WHERE replayed_at IS NULL) AS dead_letters,
    EXISTS (SELECT 1 FROM panels INDEXED BY panels_frozen WHERE frozen_at IS NOT NULL) AS ledger_mismatch,
    json_array(${STALE}) AS stale
  FROM ticks t WHERE t.id = 1`;

/** Without a key to seal with, every secret is stale. */
const ANYTHING = { from: "", to: "" } as const;

/** `newest`: the number of the key that seals, null for none. Ten rows read at most, however many there are of anything. */
export async function readHealth(db: D1Database, newest: number | null): Promise<Health> {
  const { from, to } = newest === null ? ANYTHING : sealedRange(newest);
  const row = await db.prepare(HEALTH).bind(from, to).first<HealthRow>();
  if (row === null) throw new Error("the row of ticks is missing");
  return {
    lastTickAt: row.minute > 0 ? row.at : null,
    clockWasAhead: row.ignored_minute !== null,
    followingSince: row.following_since,
    providerDown: row.provider_down === 1,
    deadLetters: row.dead_letters === 1,
    ledgerMismatch: row.ledger_mismatch === 1,
    staleUnder: (JSON.parse(row.stale) as (number | null)[]).filter((key) => key !== null),
  };
}
