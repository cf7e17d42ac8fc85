/** Times are epoch milliseconds inside and ISO 8601 in UTC outside; this is the only place of the domain that names `Date`. */

export const MINUTE_MS = 60_000;

/** Epoch ms as ISO 8601 in UTC. */
export function isoTime(epochMs: number): string {
  const known = WRITTEN.get(epochMs);
  if (known !== undefined) return known;
  const text = new Date(epochMs).toISOString();
  if (WRITTEN.size >= MOST_WRITTEN) WRITTEN.clear();
  WRITTEN.set(epochMs, text);
  return text;
}

/** Times written of late: what happens at once is told of many orders. */
const WRITTEN = new Map<number, string>();
const MOST_WRITTEN = 100;

/** The epoch ms of a time that `isoTime` wrote. */
export function epochMsOf(iso: string): number {
  return Date.parse(iso);
}

/** The minute, counted from the epoch, in which a time lies. */
export function minuteOf(epochMs: number): number {
  return Math.floor(epochMs / MINUTE_MS);
}

const DAY_MINUTES = 24 * 60;
const DAY_MS = DAY_MINUTES * MINUTE_MS;

/** How long it is until the next midnight in UTC, ms: a whole day at midnight itself. */
export function untilMidnight(epochMs: number): number {
  return DAY_MS - (epochMs % DAY_MS);
}

/** The UTC day, counted from the epoch, in which a minute lies. */
export function dayOf(minute: number): number {
  return Math.floor(minute / DAY_MINUTES);
}

/** How long something took, in words: minutes, then hours, then days. */
export function durationText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / MINUTE_MS));
  if (minutes < 120) return minutes === 1 ? "a minute" : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
