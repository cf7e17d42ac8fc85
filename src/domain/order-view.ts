/**
 * An order as the HTTP API and the change feed show it.
 */
import type { CancelStatus, RefillStatus } from "./refill-cancel.ts";
import { DAY_MS } from "./poll-cadence.ts";
import { bucketKeyOf, checkedAt } from "./poll-coverage.ts";
import { formatAmount } from "./money.ts";
import { flagNames, type Flag, FLAGS, type Order, type Reason } from "./order.ts";
import { isDown, type ProviderState } from "./provider.ts";
import { hasGivenWay } from "./order-owner.ts";
import { reasonText } from "./reason-text.ts";
import { nextMinuteDue, slowdownOf } from "./poll-pacing.ts";
import { isFinal, type Status, STATUSES } from "./status.ts";
import { isoTime, MINUTE_MS, minuteOf } from "./time.ts";

/** `paused`: its provider is switched off, so nobody looks. */
export const SYNCS = ["ok", "delayed", "provider_down", "paused"] as const;
export type Sync = (typeof SYNCS)[number];

export type OrderView = {
  readonly id: string;
  readonly provider: string;
  readonly provider_order_id: string | null;
  readonly service: string | null;
  readonly link: string | null;
  readonly customer: string | null;
  readonly quantity: number | null;
  readonly charge: string | null;
  readonly currency: string;
  readonly status: Status;
  readonly label: string;
  readonly provider_status: string | null;
  readonly reason: { readonly code: Reason; readonly text: string } | null;
  readonly start_count: number | null;
  readonly remains: number | null;
  readonly delivered: number | null;
  readonly progress: number | null;
  readonly expected: ExpectedView | null;
  readonly refunded: string;
  readonly refund_held: string;
  readonly flags: readonly Flag[];
  readonly duplicate_of: string | null;
  readonly refill: RefillView | null;
  readonly cancel: CancelView | null;
  readonly closed: boolean;
  readonly sync: Sync;
  readonly placed_at: string;
  readonly updated_at: string;
  readonly checked_at: string | null;
  readonly next_check_at: string | null;
};

/** By when the order should have started and ended, as far as its service's windows are known. */
export type ExpectedView = { readonly start_by: string | null; readonly end_by: string | null };

/** The newest refill that was asked for. `until`: when the service's guarantee ends; null where it is not known. */
export type RefillView = { readonly id: string | null; readonly status: RefillStatus; readonly until: string | null };
export type CancelView = { readonly status: CancelStatus; readonly requested_at: string };

/** What is known of a provider's polling; null for one that has no row any more. */
export type Polling = Pick<ProviderState, "enabled" | "clock" | "coverage" | "retryAt" | "lastFailure"> | null;

/** Shows an order as it stands. `now` in epoch ms decides only `sync` and `next_check_at`. */
export function orderView(order: Order, polling: Polling, now: number): OrderView {
  const { state } = order;
  const freshness = freshnessOf(order, polling, now);
  const remains = state.remains === null || state.quantity === null ? state.remains : Math.min(state.remains, state.quantity);
  const delivered = remains === null || state.quantity === null ? null : state.quantity - remains;
  return {
    id: order.id,
    provider: order.provider,
    provider_order_id: order.providerOrderId,
    service: order.service,
    link: order.link,
    customer: order.customer,
    quantity: state.quantity,
    charge: state.charge === null ? null : formatAmount(state.charge),
    currency: order.currency,
    status: state.status,
    label: STATUSES[state.status].label,
    provider_status: state.providerStatus,
    reason: state.reason === null ? null : { code: state.reason, text: reasonText(state.reason, state) },
    start_count: state.startCount,
    remains,
    delivered,
    progress: delivered === null || state.quantity === null ? null : Math.round((delivered / state.quantity) * 10_000) / 10_000,
    expected: expectedView(order),
    refunded: formatAmount(state.refunded),
    refund_held: formatAmount(state.hold?.amount ?? 0),
    flags: flagNames(state.flags),
    duplicate_of: order.duplicateOf,
    refill: refillView(order),
    cancel: cancelView(order),
    closed: isClosed(order),
    sync: freshness.sync,
    placed_at: isoTime(state.placedAt),
    updated_at: isoTime(order.updatedAt),
    checked_at: freshness.checkedAt === null ? null : isoTime(freshness.checkedAt),
    next_check_at: freshness.nextCheckAt === null ? null : isoTime(freshness.nextCheckAt),
  };
}

/** The duration counts from the latest start, where that is known. */
function expectedView({ state, startWindowMs, durationMs }: Order): ExpectedView | null {
  if (startWindowMs === null && durationMs === null) return null;
  const startBy = state.placedAt + (startWindowMs ?? 0);
  return { start_by: startWindowMs === null ? null : isoTime(startBy), end_by: durationMs === null ? null : isoTime(startBy + durationMs) };
}

export function refillView({ state, refillDays }: Order): RefillView | null {
  if (state.refill === null) return null;
  const until = state.finalAt === null || refillDays === null ? null : isoTime(state.finalAt + refillDays * DAY_MS);
  return { id: state.refill.id, status: state.refill.status, until };
}

export function cancelView({ state }: Order): CancelView | null {
  return state.cancel === null ? null : { status: state.cancel.status, requested_at: isoTime(state.cancel.at) };
}

/** Nobody looks at it any more. An order that is not placed yet is not polled either, and waits for somebody. */
function isClosed(order: Order): boolean {
  const { providerOrderId, state } = order;
  return state.cadence === null && (providerOrderId !== null || hasGivenWay(order) || isFinal(state.status));
}

/** An order that is later than its cadence by this much is `delayed`: ticks and sweeps take their time. */
const DELAYED_AFTER_MS = 5 * MINUTE_MS;

function freshnessOf(order: Order, polling: Polling, now: number): { sync: Sync; checkedAt: number | null; nextCheckAt: number | null } {
  const { state } = order;
  if (polling === null || state.cadence === null || order.providerOrderId === null)
    return { sync: "ok", checkedAt: state.polledAt, nextCheckAt: null };
  const found = (state.flags & FLAGS.not_found) === 0;
  const covered = { cadence: state.cadence, key: bucketKeyOf(order), polledAt: state.polledAt, updatedAt: order.updatedAt, found };
  const checked = checkedAt(covered, polling.coverage);
  if (!polling.enabled) return { sync: "paused", checkedAt: checked, nextCheckAt: null };
  const after = minuteOf(Math.max(now, checked ?? 0)) + 1;
  const nextCheckAt = nextMinuteDue(polling.clock, state.cadence, order.phase, after) * MINUTE_MS;
  const lapMs = state.cadence * MINUTE_MS * slowdownOf(polling.clock);
  const late = now - (checked ?? order.createdAt) > lapMs + DELAYED_AFTER_MS;
  const sync = isDown(polling) ? "provider_down" : late && found ? "delayed" : "ok";
  return { sync, checkedAt: checked, nextCheckAt };
}
