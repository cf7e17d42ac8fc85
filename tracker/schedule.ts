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
  /** Likewise, of the smaller one for an hour without news: of the requests since the last news. */
  readonly stillUntilMs: number;
  /** From when on a failed request may be repeated; never, where the last one did not fail. */
  readonly repeatFromMs: number;
};

/** What came of a request. `atLeastMs`: the answer's `max-age`, or the `Retry-After` of one that failed. */
export type Heard = { readonly result: "news" | "nothing_new" | "failed"; readonly atLeastMs: number };

export const FRESH_PACE: Pace = { still: 0, spentUntilMs: 0, stillUntilMs: 0, repeatFromMs: Infinity };

const MINUTE_MS = 60_000;
/** One request in so long, with a dozen at once: 12 and 48 are 60 in any hour. */
const SPACING_MS = 75_000;
const BURST = 12;
/**
 * Waits while nothing is new: the end of `max-age`, then 1, 2 and 4 minutes, then this. From the first request on that
 * makes 12 in an hour. With 5 minutes here there would be 14.
 */
const SLOWEST_MS = 400_000;
/** The waits above take all of their budget: one request in the slowest wait, with so many at once. 4 and 8 are 12 in any hour. */
const STILL_BURST = 4;
/** A network that has come back takes a moment until it carries requests; and not all pages behind it ask at once. */
const REPEAT_MS = 1000;
const REPEAT_SPREAD = 2;
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

/** The earliest time for a request that nobody new waits for: both budgets allow it. */
function allowedAgainAt(pace: Pace): number {
  return Math.max(allowedAt(pace), pace.stillUntilMs - (STILL_BURST - 1) * SLOWEST_MS);
}

/** The pace after a request was sent. */
export function spend(pace: Pace, nowMs: number): Pace {
  const { spentUntilMs, stillUntilMs } = pace;
  return {
    ...pace,
    spentUntilMs: Math.max(spentUntilMs, nowMs) + SPACING_MS,
    stillUntilMs: Math.max(stillUntilMs, nowMs) + SLOWEST_MS,
  };
}

/** The pace after an answer, and the time of the next request. */
export function planNext(pace: Pace, heard: Heard, nowMs: number, chance: number): { readonly pace: Pace; readonly atMs: number } {
  const { result, atLeastMs } = heard;
  const still = result === "news" ? 0 : pace.still + 1;
  const grown = still === 0 ? 0 : Math.min(SLOWEST_MS, MINUTE_MS * 2 ** (still - 1));
  const spread = 1 + chance * (result === "failed" ? FAILURE_SPREAD : SPREAD);
  const waitMs = Math.max(atLeastMs + CACHE_MARGIN_MS, grown * spread);
  const repeatFromMs = result === "failed" ? nowMs + atLeastMs : Infinity;
  const next = { ...pace, still, repeatFromMs, ...(still === 0 && { stillUntilMs: 0 }) };
  return { pace: next, atMs: Math.max(nowMs + waitMs, allowedAgainAt(next)) };
}

/**
 * The time of the next request once the network is there again: sooner than planned after a request that failed, as far as
 * its `Retry-After` and both budgets allow.
 */
export function planRepeat(pace: Pace, plannedMs: number, nowMs: number, chance: number): number {
  const soonMs = nowMs + REPEAT_MS * (1 + chance * REPEAT_SPREAD);
  return Math.min(plannedMs, Math.max(soonMs, pace.repeatFromMs, allowedAgainAt(pace)));
}
