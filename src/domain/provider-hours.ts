/**
 * How polling a provider went, hour by hour. It stands in the provider's own row, which each poll writes anyway: so it costs no
 * row, and a day is copied from it once it is over. Pure.
 */
import { HOUR_MS } from "./poll-cadence.ts";

/**
 * A UTC hour since the epoch: the calls that polls made, those of them that failed, and by how much the latest look at an
 * order came after its cadence, in seconds; null where no order told.
 */
export type PolledHour = readonly [hour: number, calls: number, failed: number, lateSeconds: number | null];

/** By hour, the oldest first; hours without a call are left out. */
export type ProviderHours = readonly PolledHour[];

/** A day that is over is copied within hours; of the day before it, the charts show each hour. About 18 bytes each. */
export const KEPT_HOURS = 72;

export type PolledCalls = { readonly calls: number; readonly failedCalls: number; readonly lateMs: number | null };

/** The hours with another poll at `now`, in epoch ms. Hours ahead of it come from a clock that was set back since, and are dropped. */
export function withPolledCalls(hours: ProviderHours, { calls, failedCalls, lateMs }: PolledCalls, now: number): ProviderHours {
  if (calls === 0) return hours;
  const hour = Math.floor(now / HOUR_MS);
  const late = lateMs === null ? null : Math.round(Math.max(0, lateMs) / 1000);
  const [, callsBefore, failedBefore, lateBefore] = hours.find(([of]) => of === hour) ?? [hour, 0, 0, null];
  const present: PolledHour = [hour, callsBefore + calls, failedBefore + failedCalls, later(lateBefore, late)];
  // The clocks of two invocations may lie apart.
  const others = hours.filter(([of]) => of !== hour && of > hour - KEPT_HOURS && of <= hour + 1);
  return [...others, present].toSorted(([a], [b]) => a - b);
}

/** By how much the latest look of the last two hours, the present one included, came after its cadence, in seconds; null where no order told. */
export function lagOf(hours: ProviderHours, now: number): number | null {
  const since = Math.floor(now / HOUR_MS) - 1;
  return hours.reduce<number | null>((latest, [hour, , , late]) => (hour >= since ? later(latest, late) : latest), null);
}

/** The later of two, as far as they are known. */
export function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
