/**
 * Orders that somebody asked to have checked: one message a provider and minute takes them up.
 */
import type { OrderKey } from "../../domain/message.ts";

/** What is left of older requests is not asked any more: the order's own turn has come since. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;
/** Taken up in one message at most: as many as it can ask a provider about in lists. */
const MOST_TAKEN = 2000;
/** A minute further ahead comes from a clock that was ahead. */
const MAX_MINUTES_AHEAD = 2;

type Wanted = { readonly provider: string; readonly panel: string; readonly n: number };

/**
 * Puts an order among those to check; answers the minute for which a message is to be sent, or null where one that is
 * still to come takes it up. Two rows written at most.
 */
export async function wantCheck(db: D1Database, { provider, panel, n }: Wanted, minute: number, now: number): Promise<number | null> {
  const [, claimed] = await db.batch<{ checks_minute: number }>([
    db.prepare("INSERT OR REPLACE INTO wanted_checks (provider, panel, n, asked_at) VALUES (?1, ?2, ?3, ?4)").bind(provider, panel, n, now),
    db
      .prepare(
        `UPDATE providers SET checks_minute = CASE WHEN checks_minute = ?2 THEN ?2 + 1 ELSE ?2 END
         WHERE id = ?1 AND (checks_minute IS NULL OR checks_minute NOT BETWEEN ?2 + 1 AND ?2 + ${MAX_MINUTES_AHEAD})
         RETURNING checks_minute`,
      )
      .bind(provider, minute),
  ]);
  return claimed?.results[0]?.checks_minute ?? null;
}

/** The message could not be sent: the next one who asks sends one. One row written. */
export async function unclaimChecks(db: D1Database, provider: string): Promise<void> {
  await db.prepare("UPDATE providers SET checks_minute = NULL WHERE id = ?1").bind(provider).run();
}

/** A message comes within a minute and some seconds of the wish; what waits for longer has perhaps lost its message. */
const OVERDUE_AFTER_MS = 90_000;

/** Providers with wanted checks that no message has taken up: its queue refused it, or the provider was left alone then. A row read for each that is wanted. */
export function overdueChecksStatement(db: D1Database, now: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT DISTINCT provider FROM wanted_checks WHERE asked_at BETWEEN ?1 - ${FORGOTTEN_AFTER_MS} AND ?1 - ${OVERDUE_AFTER_MS} LIMIT 20`,
    )
    .bind(now);
}

/** What is wanted of a provider, the panels in turn. A row or two read for each that is wanted. */
export async function readWantedChecks(db: D1Database, provider: string): Promise<OrderKey[]> {
  const { results } = await db
    .prepare(
      `SELECT panel, n FROM wanted_checks WHERE provider = ?1
       ORDER BY row_number() OVER (PARTITION BY panel ORDER BY asked_at, n), panel LIMIT ${MOST_TAKEN}`,
    )
    .bind(provider)
    .all<{ panel: string; n: number }>();
  return results.map(({ panel, n }) => [panel, n] as const);
}

/** Takes off what was asked about since it was read, and what nobody waits for any more. One row written for each. */
export async function dropWantedChecks(
  db: D1Database,
  provider: string,
  keys: readonly OrderKey[],
  { readAt }: { readonly readAt: number },
): Promise<void> {
  if (keys.length === 0) return;
  await db
    .prepare(
      `DELETE FROM wanted_checks WHERE provider = ?1 AND (asked_at < ?3 - ${FORGOTTEN_AFTER_MS}
         OR (asked_at <= ?3 AND (panel, n) IN (SELECT value->>0, value->>1 FROM json_each(?2))))`,
    )
    .bind(provider, JSON.stringify(keys), readAt)
    .run();
}
