/**
 * What becomes of an order that is being placed. Pure.
 */
import { FLAGS, type OrderState } from "./order.ts";
import type { RefundStep } from "./refund-plan.ts";

/** A provider is given half a minute at most to take an order; what was written down longer ago was left behind. */
export const PLACING_MS = 60_000;

/** The placement cannot be confirmed: a person has to look. */
export function leftUnknown(state: OrderState): OrderState {
  return { ...state, flags: state.flags | FLAGS.placing_unknown, reason: "placing_unknown" };
}

/** The provider has the order, and is asked about it from the next minute on. */
export function foundPlaced(state: OrderState): OrderState {
  return { ...state, flags: state.flags & ~FLAGS.placing_unknown, reason: null, cadence: 1 };
}

/** The order never reached the provider: what it cost is returned, whatever the refund policy leaves to others. */
export function neverPlaced(state: OrderState, now: number): { readonly next: OrderState; readonly refunds: readonly RefundStep[] } {
  const amount = (state.charge ?? 0) - state.refunded;
  const ended: OrderState = {
    ...state,
    status: "canceled",
    flags: state.flags & ~FLAGS.placing_unknown,
    reason: "not_placed",
    remains: state.quantity,
    finalAt: now,
    cadence: null,
  };
  if (amount <= 0) return { next: ended, refunds: [] };
  const n = state.refundCount + 1;
  return {
    next: { ...ended, refunded: state.refunded + amount, refundCount: n },
    refunds: [{ kind: "post", n, amount, reason: "not_placed", remains: state.quantity }],
  };
}
