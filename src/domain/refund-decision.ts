/**
 * What a person decides about an order's money: approving or rejecting a refund that waits, goodwill, claw-back.
 * Pure, and within the same bounds as the rules: net refunds stay between nothing and the charge.
 */
import { hasGivenWay } from "./order-owner.ts";
import { FLAGS, type OrderState, type Reason } from "./order.ts";
import { type PartFacts, refundDue, type RefundRules } from "./refund-rules.ts";
import { isOver, isWordOnly, withOverFlag } from "./refund-plan.ts";
import type { Cadence } from "./poll-pacing.ts";
import { isActive, isFinal } from "./status.ts";

/** Why a decision cannot be taken as it is; amounts in micro-units. */
export type DecisionProblem =
  | { readonly code: "no_charge" }
  | { readonly code: "above_charge"; readonly most: number }
  | { readonly code: "above_refunded"; readonly most: number };

export type Decided<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: DecisionProblem };

/** The order's state after the decision. Which refund it is about, the caller knows. */
type After = Decided<OrderState>;

/**
 * Grants the refund that waits, or another amount in its place; null grants what waits. Where only a word waits, the
 * panel is told it, and no amount can be named. The decision is remembered with what it was about. Rules [D1] to [D3].
 */
export function approve(state: OrderState, amount: number | null): After {
  const waiting = state.hold?.amount ?? null;
  if (waiting === null) {
    if (amount !== null) return { ok: false, failure: { code: "no_charge" } };
    // Where there is a charge the books are kept here, and that nothing is returned is what the panel is told.
    return { ok: true, value: { ...decidedAbout(state, state.refunded), leftToPanel: isWordOnly(state) } };
  }
  const room = roomOf(state);
  if (room === null) return { ok: false, failure: { code: "no_charge" } };
  const granted = amount ?? waiting;
  if (granted > room) return { ok: false, failure: { code: "above_charge", most: room } };
  return { ok: true, value: decidedAbout(state, state.refunded + granted) };
}

/**
 * Refuses the refund or the word that waits: the same again opens nothing. The panel is told so once a later poll
 * confirms that the order has ended. Rules [D3], [P9].
 */
export function reject(state: OrderState, now: number): OrderState {
  const cadence = hasGivenWay({ state }) ? null : CONFIRMING_CADENCE;
  return { ...decidedAbout(state, state.refunded), leftToPanel: false, rejectedAt: now, cadence };
}

/** A rejection is confirmed by a poll an hour later, also of an order that was closed; not of one that has given way. */
const CONFIRMING_CADENCE: Cadence = 60;

function decidedAbout(state: OrderState, refunded: number): OrderState {
  return {
    ...state,
    refunded,
    decided: {
      status: state.hold?.status ?? state.status,
      due: state.hold?.due ?? null,
      granted: refunded,
      inError: state.status === "error",
    },
    rejectedAt: null,
    hold: null,
    flags: state.flags & ~FLAGS.refund_held,
    reason: reasonLeft(state),
  };
}

/** Why the order stands as it does once nothing waits any more: what the rules say of it, if they say anything. */
function reasonLeft(state: OrderState): Reason | null {
  if (hasGivenWay({ state })) return "provider_order_taken";
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
 * Takes money back that was returned, goodwill first, and touches nothing else: what waits stays. Of an order that has
 * ended it is a decision: what was due for the amount that is taken back is not posted again. So it is of one in error, but for
 * goodwill alone, for which nothing was due. `parts`: those of an order of several, as they stand now. Rules [D10] to [D12].
 */
export function clawBack(state: OrderState, amount: number, rules: RefundRules, parts: readonly PartFacts[] = []): After {
  if (amount > state.refunded) return { ok: false, failure: { code: "above_refunded", most: state.refunded } };
  const refunded = state.refunded - amount;
  const goodwill = Math.max(0, state.goodwill - amount);
  const isBesideError = !isFinal(state.status) && amount <= state.goodwill;
  const isDecision = !isActive(state.status) && !isBesideError;
  const decided = isDecision ? takenBackTo(state, refunded, dueBehind(state, rules, parts)) : state.decided;
  const next = { ...state, refunded, goodwill, decided, refundCount: state.refundCount + 1 };
  // It can be answered by this, and never comes of it.
  const due = refundDue(state, rules, parts);
  const isStillOver = due.kind === "due" ? isOver(next, due.amount) : refunded > goodwill;
  return { ok: true, value: withOverFlag(next, (state.flags & FLAGS.over_refunded) !== 0 && isStillOver) };
}

/** What a claw-back leaves: it grants nothing above what is due that was not granted before. */
function takenBackTo({ status, decided }: OrderState, refunded: number, due: number | null): OrderState["decided"] {
  const granted = decided?.status === status ? decided.granted : 0;
  const inError = decided?.inError ?? false;
  return { status, inError, due, granted: due === null ? refunded : Math.min(refunded, Math.max(due, granted)) };
}

/** The total due that what was returned so far answers: all of it, but for what waits. Null where nobody knows. */
function dueBehind(state: OrderState, rules: RefundRules, parts: readonly PartFacts[]): number | null {
  const { hold, decided, status, refunded, goodwill } = state;
  const remembered = decided?.status === status ? decided : null;
  // planted: clawback-beside-hold
  if (hold !== null && hold.amount !== null) {
    return hold.due === null ? (remembered?.due ?? refunded - goodwill) : hold.due - hold.amount;
  }
  const due = refundDue(state, rules, parts);
  return due.kind === "due" ? due.amount : (remembered?.due ?? null);
}

function roomOf({ charge, refunded }: OrderState): number | null {
  return charge === null ? null : charge - refunded;
}
