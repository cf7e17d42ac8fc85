/**
 * What the health page is made of, read in one round trip.
 */

export type Health = {
  /** The last tick, epoch ms; null when none ever ran. */
  readonly lastTickAt: number | null;
  readonly lastMinute: number | null;
  /** A remembered minute that lay too far ahead and was ignored. */
  readonly ignoredMinute: number | null;
  readonly providers: number;
  readonly providersDown: number;
  /** Since when there has been something to follow: the oldest enabled provider with open orders; null for none. */
  readonly followingSince: number | null;
  /** Dead letters not replayed, among the newest thousand. */
  readonly deadLetters: number;
  /** Whether some panel's refunds wait because its ledger did not add up. */
  readonly ledgerMismatch: boolean;
  /** Numbers of the keys that providers' keys are sealed under; 0 for those in plain text. */
  readonly sealedUnder: readonly number[];
};

type TickRow = { minute: number; at: number; ignored_minute: number | null };
type CountsRow = { providers: number; down: number; following_since: number | null; sealed_under: string | null };

/** Two rows a provider, and at most a thousand dead letters, however many orders there are. */
export async function readHealth(db: D1Database): Promise<Health> {
  const [ticks, counts, letters, frozen] = await db.batch<Record<string, unknown>>([
    db.prepare("SELECT minute, at, ignored_minute FROM ticks WHERE id = 1"),
    db.prepare(
      `SELECT count(*) AS providers,
         coalesce(sum(p.enabled = 1 AND p.retry_at IS NOT NULL AND p.last_failure->>'$.code' IS NOT 'rate_limited'), 0) AS down,
         min(iif(p.enabled = 1 AND EXISTS (SELECT 1 FROM orders o WHERE o.provider = p.id AND o.cadence IS NOT NULL), p.created_at, NULL)) AS following_since,
         group_concat(DISTINCT iif(p.api_key GLOB 'sealed:[1-9]*:*', CAST(substr(p.api_key, 8) AS INTEGER), 0)) AS sealed_under
       FROM providers p`,
    ),
    db.prepare(
      "SELECT count(*) AS waiting FROM (SELECT replayed_at FROM dead_letters ORDER BY id DESC LIMIT 1000) WHERE replayed_at IS NULL",
    ),
    db.prepare("SELECT 1 AS yes FROM panels WHERE frozen_at IS NOT NULL LIMIT 1"),
  ]);
  const tick = ticks?.results[0] as TickRow | undefined;
  const count = counts?.results[0] as CountsRow | undefined;
  const ticked = tick !== undefined && tick.minute > 0;
  return {
    lastTickAt: ticked ? tick.at : null,
    lastMinute: ticked ? tick.minute : null,
    ignoredMinute: tick?.ignored_minute ?? null,
    providers: count?.providers ?? 0,
    providersDown: count?.down ?? 0,
    followingSince: count?.following_since ?? null,
    deadLetters: (letters?.results[0]?.["waiting"] as number | undefined) ?? 0,
    sealedUnder: (count?.sealed_under ?? "").split(",").filter(Boolean).map(Number),
    ledgerMismatch: (frozen?.results.length ?? 0) > 0,
  };
}
