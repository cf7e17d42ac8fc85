/**
 * Orders as a small operator has them: most end within hours, and one in eight is delivered over weeks, as drip-feed and
 * slow services are. That is what makes 20,000 orders at work of 4,000 new ones a day.
 */
import type { Life } from "../../simulator/life.ts";
import type { Step } from "../../simulator/course.ts";
import type { Draws } from "../../simulation/draws.ts";

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
export const DAY_MS = 24 * HOUR_MINUTES * MINUTE_MS;

/** Minutes from placing to the end, and of how many orders of a hundred. */
export const PACES = [
  { share: 45, least: 3, most: HOUR_MINUTES },
  { share: 30, least: HOUR_MINUTES, most: 6 * HOUR_MINUTES },
  { share: 13, least: 6 * HOUR_MINUTES, most: 24 * HOUR_MINUTES },
  { share: 12, least: 10 * 24 * HOUR_MINUTES, most: 70 * 24 * HOUR_MINUTES },
] as const;
/** No life is longer. */
export const LONGEST_DAYS = 70;
const MOST_MINUTES_TO_START = 6 * HOUR_MINUTES;

/** How many of a hundred end so. */
const ENDS = [
  { share: 88, status: "completed" },
  { share: 6, status: "partial" },
  { share: 5, status: "canceled" },
  { share: 1, status: "refunded" },
] as const;

/** New orders by the hour of the day, UTC: few at night, most in the evening. */
const HOURS = [2, 1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 6, 6, 7, 8, 8, 7, 5, 3];

/** A moment of a day that begins at `midnight`, when an order is likely to come. */
export function momentOf(midnight: number, draws: Draws): number {
  const hour = pickShare(
    HOURS.map((share, i) => ({ share, i })),
    draws,
  ).i;
  return midnight + hour * HOUR_MINUTES * MINUTE_MS + draws.between(0, HOUR_MINUTES * MINUTE_MS - 1);
}

export function lifeFrom(placedAt: number, quantity: number, draws: Draws): Life {
  const pace = pickShare(PACES, draws);
  const minutes = draws.between(pace.least, pace.most);
  const startMs = Math.min(MOST_MINUTES_TO_START, (minutes * draws.between(5, 30)) / 100) * MINUTE_MS;
  const { status } = pickShare(ENDS, draws);
  const left = status === "completed" ? 0 : status === "partial" ? draws.between(1, quantity - 1) : quantity;
  const isProcessed = draws.chance(0.5);
  const steps: Step[] = [
    ...(isProcessed ? [{ at: placedAt + Math.floor(startMs / 2), status: "processing" as const, remains: quantity }] : []),
    { at: placedAt + Math.floor(startMs), status: "in_progress", remains: quantity, remainsAtEnd: left },
    { at: placedAt + minutes * MINUTE_MS, status, remains: left },
  ];
  const first: Step = { at: placedAt, status: "pending", remains: quantity };
  return { kind: "scripted", quantity, startCount: draws.between(0, 60_000), steps: [first, ...steps], flaps: [] };
}

function pickShare<T extends { readonly share: number }>(choices: readonly T[], draws: Draws): T {
  const whole = choices.reduce((sum, { share }) => sum + share, 0);
  let left = draws.between(1, whole);
  for (const choice of choices) {
    left -= choice.share;
    if (left <= 0) return choice;
  }
  throw new RangeError("there is nothing to pick from");
}
