/**
 * How long what has ended is kept, what may leave the database, and when there is room to move it. Pure.
 */
import { FLAGS } from "./order.ts";
import { planLimitsOf } from "./plan-limits.ts";
import { DAY_MS } from "./poll-cadence.ts";
import { fail, ok, type Result } from "./result.ts";
import { dayOf, MINUTE_MS } from "./time.ts";

/** A quarter's reconciliation is worked out from the feed, and somebody has to ask for it. */
const DEFAULT_ARCHIVE_DAYS = 100;
/** A provider may correct itself for 30 days (`settle_hours`): nothing younger is final. */
const LEAST_ARCHIVE_DAYS = 31;
const MOST_ARCHIVE_DAYS = 3650;

/** The days that `ARCHIVE_AFTER_DAYS` says; a default where it says nothing. */
export function archiveDaysOf(text: string | undefined): Result<number, "not_days"> {
  if (text === undefined || text.trim() === "") return ok(DEFAULT_ARCHIVE_DAYS);
  const days = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return days >= LEAST_ARCHIVE_DAYS && days <= MOST_ARCHIVE_DAYS ? ok(days) : fail("not_days");
}

/**
 * How long what nobody needs any more stays on record. An answer to an `Idempotency-Key` outlives every retry that makes
 * sense. The work of a dead letter was done anew by later ticks. An audit entry goes to the archive, and only there.
 */
export const AGES_MS = {
  idempotency: 90 * DAY_MS,
  deadLetters: 90 * DAY_MS,
  alerts: 180 * DAY_MS,
  audit: 400 * DAY_MS,
} as const;

/** A page that is not full is archived all the same once its oldest entry has waited for so long. */
export const PAGE_WAITS_MS = 7 * DAY_MS;

/** Flags that ask for a person. While one is set, the order's history stays at hand. */
export const KEEPING_FLAGS =
  FLAGS.unknown_status |
  FLAGS.not_found |
  FLAGS.over_refunded |
  FLAGS.refund_held |
  FLAGS.panel_outdated |
  FLAGS.parked |
  FLAGS.placing_unknown |
  FLAGS.provider_order_taken;

const DAY_MINUTES = 24 * 60;
/** On the free plan the day's orders go first: what they leave is known in the evening, UTC. */
const EVENING_MINUTE = 18 * 60;
/** What orders and moving together may come to by midnight, if the evening goes on as the day went. */
const USABLE_SHARE = 0.85;

/** Whether the day has rows left for moving `rows` more. `rowsToday`: written so far, moved ones included. */
export function hasRoomToMove(
  plan: string | undefined,
  at: { readonly minute: number; readonly rowsToday: number; readonly rows: number },
) {
  const { rowsWritten: limit } = planLimitsOf(plan);
  if (limit === null) return true;
  const minuteOfDay = at.minute - dayOf(at.minute) * DAY_MINUTES;
  if (minuteOfDay < EVENING_MINUTE) return false;
  return at.rowsToday * (DAY_MINUTES / minuteOfDay) + at.rows <= limit * USABLE_SHARE;
}

/** The feed's numbers are no lower than their times × 1000: below this one, all are older than `days`. */
export function lastOldSeq(now: number, ageMs: number): number {
  return (Math.floor(now / MINUTE_MS) * MINUTE_MS - ageMs) * 1000;
}

/** How much an entry weighs in a page, in characters, beside what it says. */
const ENTRY_CHARACTERS = 200;

/** How many of the first entries make a page: as many as fit, at least one. `characters`: of each, what it says. */
export function entriesOfPage(characters: readonly number[], mostCharacters: number): number {
  let sum = 0;
  const beyond = characters.findIndex((each) => (sum += each + ENTRY_CHARACTERS) > mostCharacters);
  return beyond === -1 ? characters.length : Math.max(1, beyond);
}
