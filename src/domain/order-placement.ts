/**
 * What becomes of an order that is being placed. Pure.
 */
import { FLAGS, type Order, type OrderState } from "./order.ts";
import { hasGivenWay } from "./order-owner.ts";
import { isFinal } from "./status.ts";
import type { RefundPlan } from "./refund-plan.ts";

/** A provider is given half a minute at most to take an order; what was written down longer ago was left behind. */
export const PLACING_MS = 60_000;

/** A script that has waited for so long may have given up, and send its `add` again. */
const SLOW_ANSWER_MS = 8_000;
/** For so long after an answer that was slow an identical `add` is taken for the same one. */
const REUSED_FOR_MS = 120_000;

/**
 * Until when an identical `add` is the one that was answered now, after it had come in at `askedAt`; null where its answer
 * was quick, so that its script has it: what comes after that is another sale. Epoch ms. Rule [P18].
 */
export function reusedUntil(askedAt: number, now: number): number | null {
  return now - askedAt > SLOW_ANSWER_MS ? reusedUnanswered(now) : null;
}

/** Until when one is that whose script certainly got no answer. */
export function reusedUnanswered(now: number): number {
  return now + REUSED_FOR_MS;
}

/** What stands in an `add`'s way: an identical one, and whether another order is under way on its link. */
export type InTheWay = { readonly identical: Order | null; readonly active: boolean };

/** What a panel wants of an `add` that comes again (`reuseIdenticalAdds`), and of a second order on one link. */
export type AddPolicy = { readonly reuseIdenticalAdds: boolean; readonly refuseDuplicateLinks: boolean };

/** `answer`: the earlier order is this one. `wait`: it is, and its own request has yet to tell how it ended. */
export type Earlier = { readonly kind: "answer" | "wait"; readonly order: Order };

/** Whether an `add` is an earlier one come again, or refused for its link; null where it is new. */
export function reuse({ identical, active }: InTheWay, policy: AddPolicy, now: number): Earlier | "link_duplicate" | null {
  // planted: identical-add-answered
  if (identical !== null && policy.reuseIdenticalAdds) {
    return { kind: isBeingPlaced(identical, now) ? "wait" : "answer", order: identical };
  }
  return active && policy.refuseDuplicateLinks ? "link_duplicate" : null;
}

/** Whether the request that sends the order is still at work: one that was left behind gets an id of ours. */
export function isBeingPlaced(order: Order, now: number): boolean {
  const { providerOrderId, state, createdAt } = order;
  return !hasGivenWay(order) && providerOrderId === null && (state.flags & FLAGS.placing_unknown) === 0 && now - createdAt < PLACING_MS;
}

/** Whether the placement is not confirmed, and no request is about to confirm it: a person resolves it. */
export function isPlacementInDoubt(order: Order, now: number): boolean {
  const { providerOrderId, state, createdAt } = order;
  if (providerOrderId !== null || hasGivenWay(order) || isFinal(state.status)) return false;
  return (state.flags & FLAGS.placing_unknown) !== 0 || now - createdAt >= PLACING_MS;
}

/** Whether the order ended without having reached its provider. */
export function isEndedUnplaced({ providerOrderId, state }: Order): boolean {
  return providerOrderId === null && state.reason === "not_placed";
}

/** The placement cannot be confirmed: a person has to look. */
export function leftUnknown(state: OrderState): OrderState {
  return { ...state, flags: state.flags | FLAGS.placing_unknown, reason: "placing_unknown" };
}

/** The provider has the order, and is asked about it from the next minute on. */
export function foundPlaced(state: OrderState): OrderState {
  return { ...state, flags: state.flags & ~FLAGS.placing_unknown, reason: null, cadence: 1 };
}

/** The order never reached the provider: what it cost is returned, whatever the refund policy leaves to others. */
export function neverPlaced(state: OrderState, now: number): RefundPlan {
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
