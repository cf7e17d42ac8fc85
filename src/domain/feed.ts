/**
 * The change feed: what is told about a move, one event for each status change, flag change and step of a refund.
 */
import { formatAmount } from "./money.ts";
import { flagNames, type Order } from "./order.ts";
import type { RefundReason } from "./refund.ts";
import type { RefundStep } from "./settle.ts";
import type { ShownOrder } from "./shown.ts";
import { isoTime } from "./time.ts";

export const EVENT_TYPES = ["order.created", "order.updated", "order.flagged", "refund.posted", "refund.held", "refund.rejected"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** `previous` has the fields that changed, as they were; `data` is the object after. */
export type FeedEvent = { readonly type: EventType; readonly previous: Readonly<Record<string, unknown>>; readonly data: unknown };

export const REFUND_STATUSES = ["posted", "held", "delayed", "rejected"] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** A refund as the HTTP API and the feed show it; amounts are decimal strings. */
export type ShownRefund = {
  readonly id: string;
  readonly order: string;
  readonly amount: string;
  readonly currency: string;
  readonly status: RefundStatus;
  readonly reason: RefundReason;
  readonly remains: number | null;
  readonly created_at: string;
  readonly decided_at: string | null;
  readonly decided_by: string | null;
  readonly note: string | null;
};

/** Who decided a refund that no person did. */
export const DECIDED_BY_RULES = "rules";
export const WITHDRAWN_NOTE = "Withdrawn: a later report of the provider's answered it.";

/**
 * A refund's public id: stable, also when the database was put back and the refund is posted anew, so that a reader
 * of the feed does not credit it twice.
 */
export function refundId(orderId: string, n: number): string {
  return `${orderId}-r${n}`;
}

/** The events of one move, in the order they happened. `shown` is the order after, as shown. */
export function eventsOf(before: Order, after: Order, refunds: readonly RefundStep[], shown: ShownOrder, now: number): FeedEvent[] {
  const events: FeedEvent[] = [];
  if (before.state.status !== after.state.status)
    events.push({ type: "order.updated", previous: previousFields(before, after), data: shown });
  if (before.state.flags !== after.state.flags)
    events.push({ type: "order.flagged", previous: { flags: flagNames(before.state.flags) }, data: shown });
  return [...events, ...refundEvents(before, refunds, now)];
}

function previousFields(before: Order, after: Order): Record<string, unknown> {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return Object.fromEntries(Object.entries(old).filter(([name, value]) => value !== now[name]));
}

function fieldsOf({ state }: Order): Record<string, unknown> {
  return {
    status: state.status,
    provider_status: state.providerStatus,
    start_count: state.startCount,
    remains: state.remains,
    refunded: formatAmount(state.refunded),
    refund_held: formatAmount(state.hold?.amount ?? 0),
  };
}

function refundEvents(before: Order, steps: readonly RefundStep[], now: number): FeedEvent[] {
  let refunded = before.state.refunded;
  return steps.flatMap((step): FeedEvent[] => {
    if (step.kind === "withdraw") return withdrawnEvent(before, refunded, now);
    const previous = { refunded: formatAmount(refunded) };
    if (step.kind === "post") refunded += step.amount;
    const data = { ...shownStep(before, step, now), refunded: formatAmount(refunded) };
    return [{ type: step.kind === "post" ? "refund.posted" : "refund.held", previous: step.kind === "post" ? previous : {}, data }];
  });
}

function shownStep(order: Order, step: Exclude<RefundStep, { kind: "withdraw" }>, now: number): ShownRefund {
  const posted = step.kind === "post";
  return {
    id: refundId(order.id, step.n),
    order: order.id,
    amount: formatAmount(step.amount),
    currency: order.currency,
    status: posted ? "posted" : "held",
    reason: step.reason,
    remains: step.remains,
    created_at: isoTime(now),
    decided_at: posted ? isoTime(now) : null,
    decided_by: posted ? DECIDED_BY_RULES : null,
    note: null,
  };
}

function withdrawnEvent({ id, currency, state }: Order, refunded: number, now: number): FeedEvent[] {
  if (state.hold === null) return [];
  const data: ShownRefund & { refunded: string } = {
    id: refundId(id, state.hold.n),
    order: id,
    amount: formatAmount(state.hold.amount),
    currency,
    status: "rejected",
    reason: state.hold.reason,
    remains: state.remains,
    created_at: isoTime(state.hold.at),
    decided_at: isoTime(now),
    decided_by: DECIDED_BY_RULES,
    note: WITHDRAWN_NOTE,
    refunded: formatAmount(refunded),
  };
  return [{ type: "refund.rejected", previous: { status: "held" }, data }];
}
