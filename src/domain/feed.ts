/**
 * The change feed: what is told about a move, one event for each status change, flag change, and step of a refund, a
 * refill or a cancel.
 */
import { formatAmount } from "./money.ts";
import { flagNames, type Order } from "./order.ts";
import type { RefundReason } from "./refund-rules.ts";
import type { RefundStep } from "./refund-plan.ts";
import { cancelView, type OrderView, refillView } from "./order-view.ts";
import { isoTime } from "./time.ts";

export const EVENT_TYPES = [
  ...(["order.created", "order.updated", "order.flagged", "order.removed"] as const),
  ...(["refund.posted", "refund.held", "refund.rejected"] as const),
  ...(["refill.updated", "cancel.updated"] as const),
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** `previous` has the fields that changed, as they were; `data` is the object after. */
export type FeedEvent = { readonly type: EventType; readonly previous: Readonly<Record<string, unknown>>; readonly data: unknown };

export const REFUND_STATUSES = ["posted", "held", "delayed", "rejected"] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

export type RefundKind = "auto" | "goodwill" | "clawback";

/** A refund as the HTTP API and the feed show it; amounts are decimal strings. */
export type RefundView = {
  readonly id: string;
  readonly order: string;
  /** Null where only the provider's word waits, or waited. */
  readonly amount: string | null;
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

/** What ended a refund that waited; `steps` are all of the move. Rule [F26]. */
export function withdrawnNote(steps: readonly RefundStep[]): string {
  if (steps.some((step) => step.kind === "withdraw" && step.leftToPanel === true))
    return "Withdrawn: the refund policy leaves refunds to the panel.";
  const isReplaced = steps.some(({ kind }) => kind === "post" || kind === "hold" || kind === "delay");
  if (isReplaced) return "Withdrawn: another refund of the order took its place.";
  return "Withdrawn: by what the provider says now and what was returned, it is not due.";
}

/**
 * A refund's public id, for display. After a restore it may stand for another amount, so a reader of the feed credits the
 * difference of the order's `refunded` totals.
 */
export function refundId(orderId: string, n: number): string {
  return `${orderId}-r${n}`;
}

/** The events of one move, in the order they happened; it happened when `after` was written. `shown` is `after` as shown. */
export function eventsOf(before: Order, after: Order, refunds: readonly RefundStep[], shown: OrderView): FeedEvent[] {
  const now = after.updatedAt;
  // An order that nobody was told of begins its feed, whatever has become of it.
  if (before.lastChange === 0) return [{ type: "order.created", previous: {}, data: shown }, ...refundEvents(before, refunds, now)];
  const events: FeedEvent[] = [];
  if (before.state.status !== after.state.status)
    events.push({ type: "order.updated", previous: previousFields(before, after), data: shown });
  if (before.state.flags !== after.state.flags)
    events.push({ type: "order.flagged", previous: { flags: flagNames(before.state.flags) }, data: shown });
  return [...events, ...refundEvents(before, refunds, now), ...requestEvents(before, after)];
}

/** What has become of the order's refill and cancel. */
function requestEvents(before: Order, after: Order): FeedEvent[] {
  const [refill, cancel] = [refillView(after), cancelView(after)];
  const [oldRefill, oldCancel] = [refillView(before), cancelView(before)];
  const events: FeedEvent[] = [];
  // The end of the guarantee moves with the order's own end, of which the order's event tells.
  if (refill !== null && (refill.status !== oldRefill?.status || refill.id !== oldRefill.id))
    events.push({ type: "refill.updated", previous: changedFields(oldRefill, refill), data: { order: after.id, ...refill } });
  if (cancel !== null && cancel.status !== oldCancel?.status)
    events.push({ type: "cancel.updated", previous: changedFields(oldCancel, cancel), data: { order: after.id, ...cancel } });
  return events;
}

function changedFields<T extends object>(old: T | null, now: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(old ?? {}).filter(([name, value]) => value !== now[name as keyof T]));
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

/** What a refund's event is made of, times in epoch ms, amounts in micro-units. */
export type RefundFacts = {
  readonly n: number;
  readonly kind: RefundKind;
  /** Null where only the provider's word is at stake. */
  readonly amount: number | null;
  readonly status: RefundStatus;
  readonly reason: RefundReason;
  readonly remains: number | null;
  readonly createdAt: number;
  readonly decidedAt: number | null;
  readonly decidedBy: string | null;
  readonly note: string | null;
};

/** A refund as shown; amounts as decimal strings, a claw-back's negative. */
export function refundView(order: Pick<Order, "id" | "currency">, refund: RefundFacts): RefundView {
  return {
    id: refundId(order.id, refund.n),
    order: order.id,
    amount: refund.amount === null ? null : formatAmount(refund.kind === "clawback" ? -refund.amount : refund.amount),
    currency: order.currency,
    status: refund.status,
    reason: refund.reason,
    remains: refund.remains,
    created_at: isoTime(refund.createdAt),
    decided_at: refund.decidedAt === null ? null : isoTime(refund.decidedAt),
    decided_by: refund.decidedBy,
    note: refund.note,
  };
}

const EVENT_OF_STATUS: Readonly<Record<RefundStatus, EventType>> = {
  posted: "refund.posted",
  held: "refund.held",
  delayed: "refund.held",
  rejected: "refund.rejected",
};

/** The event of a refund that came to be, or was decided. `refunded`: the order's total before and after it. */
export function refundEvent(
  order: Pick<Order, "id" | "currency">,
  refund: RefundFacts,
  was: RefundStatus | null,
  refunded: { readonly before: number; readonly after: number },
): FeedEvent {
  return {
    type: EVENT_OF_STATUS[refund.status],
    previous: {
      ...(was === null ? {} : { status: was }),
      ...(refunded.before === refunded.after ? {} : { refunded: formatAmount(refunded.before) }),
    },
    data: { ...refundView(order, refund), refunded: formatAmount(refunded.after) },
  };
}

function refundEvents(before: Order, steps: readonly RefundStep[], now: number): FeedEvent[] {
  let total = before.state.refunded;
  return steps.flatMap((step): FeedEvent[] => {
    const refund = refundOfStep(before, step, { steps, now });
    if (refund === null) return [];
    const refunded = { before: total, after: refund.status === "posted" ? total + (refund.amount ?? 0) : total };
    total = refunded.after;
    const { hold } = before.state;
    const was = hold !== null && hold.n === refund.n ? (hold.postsAt === null ? "held" : "delayed") : null;
    return [refundEvent(before, refund, was, refunded)];
  });
}

function refundOfStep(
  { state }: Order,
  step: RefundStep,
  { steps, now }: { readonly steps: readonly RefundStep[]; readonly now: number },
): RefundFacts | null {
  const decided = { decidedAt: now, decidedBy: DECIDED_BY_RULES, note: null };
  const open = { decidedAt: null, decidedBy: null, note: null };
  switch (step.kind) {
    case "post":
      return { ...step, kind: "auto", status: "posted", createdAt: now, ...decided };
    case "hold":
      return { ...step, kind: "auto", status: "held", createdAt: now, ...open };
    case "delay":
      return { ...step, kind: "auto", status: "delayed", createdAt: now, ...open };
    case "release":
    case "withdraw":
      break;
  }
  if (state.hold === null) return null;
  const waiting = {
    kind: "auto",
    n: state.hold.n,
    amount: state.hold.amount,
    reason: state.hold.reason,
    remains: state.remains,
    createdAt: state.hold.at,
  } as const;
  return step.kind === "release"
    ? { ...waiting, status: "posted", ...decided }
    : { ...waiting, status: "rejected", ...decided, note: withdrawnNote(steps) };
}
