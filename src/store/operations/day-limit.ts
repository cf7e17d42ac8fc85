/**
 * The free plan's shares of a day: rows of the database, operations of the queue. Once one is used up, everything that
 * needs it fails until midnight UTC, and trying again only uses up what is left of the other.
 */

/** What of the day is used up. */
export type UsedUp = "rows" | "queue";

/** D1's words since it enforces its limits (September 2026), and the code that Queues answer with. */
const ROWS = /free tier daily row (?:read|write) limit/;
const QUEUE = /\b10253\b/;

/** What of the day an error says to be used up; null for any other error. */
export function usedUpBy(error: unknown): UsedUp | null {
  const text = error instanceof Error ? error.message : String(error);
  if (ROWS.test(text)) return "rows";
  return QUEUE.test(text) ? "queue" : null;
}
