/**
 * When a provider's balance runs out at the rate at which it went down of late.
 */
import { DAY_MS, HOUR_MS } from "./poll-cadence.ts";

/** What the balance was, oldest first: epoch ms, and a decimal string in the provider's currency. */
export type BalanceTrail = readonly (readonly [at: number, balance: string])[];

/** Some 20 bytes each, in the provider's row. */
const MOST_READINGS = 48;
const KEPT_MS = 3 * DAY_MS;
/** From less than this nothing follows. */
const MIN_SPAN_MS = 6 * HOUR_MS;
/** Later than this is no forecast. */
const MAX_AHEAD_MS = 365 * DAY_MS;

/** The trail with a new reading; readings from the future are of a clock that was ahead. */
export function withReading(trail: BalanceTrail, at: number, balance: string): BalanceTrail {
  return [...trail.filter(([before]) => before > at - KEPT_MS && before < at), [at, balance] as const].slice(-MOST_READINGS);
}

/** Epoch ms; null where nothing was spent, or too little is known. What was paid in meanwhile is no negative spending. */
export function runsOutAt(trail: BalanceTrail): number | null {
  const [first] = trail;
  const last = trail.at(-1);
  if (first === undefined || last === undefined || last[0] - first[0] < MIN_SPAN_MS) return null;
  const spent = trail.reduce((sum, [, balance], i) => sum + Math.max(0, Number(trail[i - 1]?.[1] ?? balance) - Number(balance)), 0);
  const left = Number(last[1]);
  if (!(spent > 0) || !(left > 0)) return null;
  const aheadMs = (left / spent) * (last[0] - first[0]);
  return aheadMs > MAX_AHEAD_MS ? null : Math.round(last[0] + aheadMs);
}
