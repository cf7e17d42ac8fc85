/**
 * How far apart progress is written. Each write is a billed row; on the free plan what matters more goes first: new orders, final
 * words and refunds.
 */
import { planLimitsOf, WARNED_SHARE } from "./plan-limits.ts";

/** So many orders followed have their progress written as often as it is meant to be: some 6,000 rows a day. */
const FOLLOWED_AT_FULL_PACE = 8000;
/** With more of them, up to so many times further apart. */
const MOST_FOR_NUMBERS = 4;
/** Where most of the day's rows are used, twice as far apart again. */
const NEAR_THE_LIMIT = 2;
/** From this share of them on, progress is written with what is written anyway, and no more by itself. */
const HELD_BACK_SHARE = 0.85;
const HELD_BACK = 100;

/** What is known of a day: orders followed at all providers, and rows written so far, about. */
export type DayLoad = { readonly followed: number; readonly rowsToday: number };

/** How many times further apart than usual progress is written. 1 on the paid plan. Rule [S24]. */
export function progressStretchOf(plan: string | undefined, { followed, rowsToday }: DayLoad): number {
  const { rowsWritten: limit } = planLimitsOf(plan);
  if (limit === null) return 1;
  if (rowsToday >= limit * HELD_BACK_SHARE) return HELD_BACK;
  const forNumbers = Math.min(MOST_FOR_NUMBERS, Math.max(1, followed / FOLLOWED_AT_FULL_PACE));
  return rowsToday >= limit * WARNED_SHARE ? forNumbers * NEAR_THE_LIMIT : forNumbers;
}

/** The share of its quantity, in percent, by which an order must have moved: twice as much where all is four times as far apart. */
export function stretchedPercent(percent: number, stretch: number): number {
  return percent * Math.sqrt(stretch);
}
