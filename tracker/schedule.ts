/**
 * When to ask next. Pure: times enter as epoch ms, chance as a number from 0 to 1.
 *
 * Two budgets hold for an hour of watching: 60 requests while orders move, 12 while they do not. Waiting for the end of
 * `max-age` alone would keep neither: it can be one second.
 */

/** How asking has gone so far. */
export type Pace = {
  /** Answers in a row that brought nothing new, failed ones counted. */
  readonly still: number;
  /** The time up to which requests have used the hour's budget. */
  readonly spentUntilMs: number;
};

/** What came of a request. `atLeastMs`: the answer's `max-age`, or the `Retry-After` of one that failed. */
export type Heard = { readonly result: "news" | "nothing_new" | "failed"; readonly atLeastMs: number };

export const FRESH_PACE: Pace = { still: 0, spentUntilMs: 0 };

const MINUTE_MS = 60_000;
/** One request in so long, with a dozen at once: 12 and 48 are 60 in any hour. */
const SPACING_MS = 75_000;
const BURST = 12;
/**
 * Waits while nothing is new: the end of `max-age`, then 1, 2 and 4 minutes, then this. From the first request on that
 * makes 12 in an hour. With 5 minutes here there would be 14.
 */
const SLOWEST_MS = 400_000;
/** Pages that were answered together do not ask together again. Added only: a shorter wait would break the budget. */
const SPREAD = 0.1;
/** After a failure many pages wait for the same moment, so they are spread wider. */
const FAILURE_SPREAD = 0.5;
/** The browser's cache counts whole seconds: asked a moment too early, it would answer with what is here already. */
const CACHE_MARGIN_MS = 1000;

/** The earliest time at which the budget allows another request. */
export function allowedAt({ spentUntilMs }: Pace): number {
  return spentUntilMs - (BURST - 1) * SPACING_MS;
}

/** The pace after a request was sent. */
export function spend(pace: Pace, nowMs: number): Pace {
  return { ...pace, spentUntilMs: Math.max(pace.spentUntilMs, nowMs) + SPACING_MS };
}

/** The pace after an answer, and the time of the next request. */
export function planNext(pace: Pace, heard: Heard, nowMs: number, chance: number): { readonly pace: Pace; readonly atMs: number } {
  const still = heard.result === "news" ? 0 : pace.still + 1;
  const grown = still === 0 ? 0 : Math.min(SLOWEST_MS, MINUTE_MS * 2 ** (still - 1));
  const spread = 1 + chance * (heard.result === "failed" ? FAILURE_SPREAD : SPREAD);
  const waitMs = Math.max(heard.atLeastMs + CACHE_MARGIN_MS, grown * spread);
  const next = { ...pace, still };
  return { pace: next, atMs: Math.max(nowMs + waitMs, allowedAt(next)) };
}
