/**
 * How long a server asks to be left alone.
 */

/**
 * Longest wait taken from a Retry-After, in seconds. One call an hour hurts nobody, whereas a server that says
 * a year, by mistake or not, would leave its orders unwatched.
 */
export const MAX_RETRY_AFTER_SECONDS = 3600;

const HTTP_DATE = /^[A-Za-z]{3,9},? .{8,30} GMT$/;

/** Whole seconds from now, 0 to the longest wait; null when the header is missing or unreadable. */
export function retryAfterSeconds(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : HTTP_DATE.test(text) ? (Date.parse(text) - nowMs) / 1000 : Number.NaN;
  return Number.isNaN(seconds) ? null : Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS);
}
