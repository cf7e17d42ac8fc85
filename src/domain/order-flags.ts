/**
 * The flags that follow from a provider's answer alone; those of money are `planRefund`'s (refund-plan.ts).
 */
import { DAY_MS, HOUR_MS } from "./poll-cadence.ts";
import { FLAGS, type OrderState } from "./order.ts";
import { isActive, isFinal } from "./status.ts";

/** How long a service may take to start where nothing is known of it. Source: help centres of hosted panels. */
const DEFAULT_START_WINDOW_MS = 3 * HOUR_MS;
/** Some services stay pending while they deliver, so a pending order is given longer where nothing is known. */
const DEFAULT_PENDING_WINDOW_MS = DAY_MS;
/** An order that had begun to deliver is stalled when it has not moved for a quarter of its time: where that is not known, of a day. */
const STALLED_SHARE = 4;
/** Small progress is put on record every two hours; and a day without any is long for every service. */
const [STALLED_AFTER_LEAST_MS, STALLED_AFTER_MOST_MS] = [3 * HOUR_MS, DAY_MS];
/**
 * One that delivers a unit in twelve hours does not stand still after six: it is given as long as some units have taken so far,
 * though no longer than this. The flag would come and go with each unit, at five rows written each time.
 */
const UNITS_MISSED = 3;
const STALLED_AT_LAST_MS = 3 * DAY_MS;

const JUDGED_HERE =
  FLAGS.overdue |
  FLAGS.stalled |
  FLAGS.unknown_status |
  FLAGS.not_found |
  FLAGS.completed_with_remains |
  FLAGS.canceled_after_delivery |
  FLAGS.parked;

/** How long a service takes to start, and from then to deliver, in ms; null where nothing is known of it. */
type ServiceWindows = { readonly startWindowMs: number | null; readonly durationMs: number | null };

/** What flags are judged by besides the order. `isLinkShared`: an order on the same link, that came before, is under way. */
export type FlagFacts = ServiceWindows & { readonly isLinkShared: boolean };

/** An order's flags after an answer whose word counts. Rules [S19], [S20]. */
export function flagsAfter(next: OrderState, { startWindowMs, durationMs, isLinkShared }: FlagFacts, now: number): number {
  let flags = next.flags & ~JUDGED_HERE;
  // It warns of the next one of two that run side by side, so it goes with the end of either.
  if (!isLinkShared || isFinal(next.status)) flags &= ~FLAGS.duplicate_link;
  if (isOverdue(next, startWindowMs, now)) flags |= FLAGS.overdue;
  if (isStalled(next, durationMs, now)) flags |= FLAGS.stalled;
  if (next.status === "completed" && (next.remains ?? 0) > 0) flags |= FLAGS.completed_with_remains;
  if (next.status === "canceled" && isUnderway(next)) flags |= FLAGS.canceled_after_delivery;
  return flags;
}

/** Counts from when the order was placed, and only while nothing moves. */
function isOverdue(order: OrderState, startWindowMs: number | null, now: number): boolean {
  if (order.multi || isUnderway(order)) return false;
  const age = now - order.placedAt;
  if (order.status === "pending") return age > (startWindowMs ?? DEFAULT_PENDING_WINDOW_MS);
  const started = order.status === "in_progress" && (order.remains === null || order.remains === 0);
  return isActive(order.status) && !started && age > (startWindowMs ?? DEFAULT_START_WINDOW_MS);
}

function isStalled(order: OrderState, durationMs: number | null, now: number): boolean {
  return isActive(order.status) && isUnderway(order) && now - order.progressAt >= stalledAfterMs(order, durationMs);
}

function stalledAfterMs({ placedAt, progressAt, quantity, remains }: OrderState, durationMs: number | null): number {
  const usualMs = Math.min(Math.max((durationMs ?? DAY_MS) / STALLED_SHARE, STALLED_AFTER_LEAST_MS), STALLED_AFTER_MOST_MS);
  const delivered = (quantity ?? 0) - (remains ?? 0);
  if (delivered <= 0) return usualMs;
  const missedMs = (UNITS_MISSED * (progressAt - placedAt)) / delivered;
  return Math.min(STALLED_AT_LAST_MS, Math.max(usualMs, missedMs));
}

/** Some was delivered, and some was not. */
function isUnderway({ remains, quantity }: OrderState): boolean {
  return remains !== null && quantity !== null && remains > 0 && remains < quantity;
}
