/**
 * What a person decides about an order's money: approving or rejecting a refund that waits, goodwill, claw-back.
 * Pure, and within the same bounds as the rules: net refunds stay between nothing and the charge.
 */
import { FLAGS, type OrderState, type Reason } from "./order.ts";
import { refundDue, type RefundRules } from "./refund-rules.ts";
import { dueBehind, isOver, withOverFlag } from "./refund-plan.ts";

/** Why a decision cannot be taken as it is; amounts in micro-units. */
export type DecisionProblem =
  | { readonly code: "no_charge" }
  | { readonly code: "above_charge"; readonly most: number }
  | { readonly code: "above_refunded"; readonly most: number };

export type Decided<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: DecisionProblem };

/** The order's state after the decision. Which refund it is about, the caller knows. */
type After = Decided<OrderState>;

/**
 * Grants the refund that waits, or another amount in its place. The decision is remembered with what it was about. Rules
 * [D1] to [D3].
 */
export function approve(state: OrderState, amount: number): After {
  const room = roomOf(state);
  if (room === null) return { ok: false, failure: { code: "no_charge" } };
  if (amount > room) return { ok: false, failure: { code: "above_charge", most: room } };
  return { ok: true, value: decidedAbout(state, state.refunded + amount) };
}

/** Refuses the refund that waits: the same amount due again opens nothing. Rule [D3]. */
export function reject(state: OrderState): OrderState {
  return decidedAbout(state, state.refunded);
}

function decidedAbout(state: OrderState, refunded: number): OrderState {
  const due = dueBehind(state, state.hold?.amount ?? 0);
  return {
    ...state,
    refunded,
    decided: { due, granted: refunded },
    hold: null,
    flags: state.flags & ~FLAGS.refund_held,
    reason: reasonLeft(state),
  };
}

/** Why the order stands as it does once nothing waits any more: what the rules say of it, if they say anything. */
function reasonLeft(state: OrderState): Reason | null {
  const due = refundDue(state);
  if (due.kind === "due") return due.reason;
  return state.status === "error" ? "provider_error" : null;
}

/**
 * Returns money that no rule asks for. It counts against the charge and lowers what a later report posts. What waits
 * for a decision is left room for. Rule [D9].
 */
export function giveGoodwill(state: OrderState, amount: number): After {
  const room = roomOf(state);
  if (room === null) return { ok: false, failure: { code: "no_charge" } };
  const most = room - (state.hold?.amount ?? 0);
  if (amount > most) return { ok: false, failure: { code: "above_charge", most } };
  return {
    ok: true,
    value: {
      ...state,
      refunded: state.refunded + amount,
      // planted: goodwill-counted-apart
      goodwill: state.goodwill + amount,
      refundCount: state.refundCount + 1,
    },
  };
}

/**
 * Takes money back that was returned, goodwill first. What is due now is decided about by it, and not posted again;
 * goodwill that is left above it goes on counting against what becomes due. What a person had granted above what is due
 * stays granted as far as it is left. Rules [D10] to [D12].
 */
export function clawBack(state: OrderState, amount: number, rules: RefundRules): After {
  if (amount > state.refunded) return { ok: false, failure: { code: "above_refunded", most: state.refunded } };
  const refunded = state.refunded - amount;
  const goodwill = Math.max(0, state.goodwill - amount);
  const due = dueBy(state, rules);
  const granted = state.decided !== null && due >= state.decided.due ? state.decided.granted : 0;
  const decided = { due, granted: Math.min(Math.max(due, granted), refunded) };
  const next = { ...state, refunded, goodwill, decided, refundCount: state.refundCount + 1 };
  // It can be answered by this, and never comes of it.
  const over = (state.flags & FLAGS.over_refunded) !== 0 && isOver(next, due);
  return { ok: true, value: withOverFlag(next, over) };
}

/** What is due by what the provider says now; where that says nothing of money, what a person decided last, or what was returned. */
function dueBy(state: OrderState, rules: RefundRules): number {
  const due = refundDue(state, rules);
  switch (due.kind) {
    case "due":
      return due.amount;
    case "hold":
      return due.atMost;
    case "undecided":
      return state.decided?.due ?? state.refunded;
  }
}

function roomOf({ charge, refunded }: OrderState): number | null {
  return charge === null ? null : charge - refunded;
}
