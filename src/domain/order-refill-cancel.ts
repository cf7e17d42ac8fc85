/**
 * Refills and cancels of an order: whether one may be asked, and the order's state with each step of it. Pure; how the
 * requests themselves go on is in `refill-cancel.ts`.
 */
import {
  type AskOutcome,
  cancelAfterAsking,
  cancelAsked,
  cancelSwept,
  isCancelDue,
  isFollowedRefill,
  isInDoubt,
  isOpenCancel,
  isOpenRefill,
  newCancel,
  refillAfterAsking,
  type RefillRequest,
  refillSwept,
} from "./refill-cancel.ts";
import { cadenceOf, correctionWindowOf, DAY_MS, DEFAULT_SETTLE_HOURS } from "./poll-cadence.ts";
import type { Order, OrderState } from "./order.ts";
import { hasGivenWay } from "./order-owner.ts";
import type { Decision } from "./reconcile.ts";
import { isFinal, type Status } from "./status.ts";

export type RefillCancelKind = "refill" | "cancel";
export const REFILL_CANCEL_KINDS = ["refill", "cancel"] as const satisfies readonly RefillCancelKind[];

/** Why a request is not passed on. Times in epoch ms. */
export type RefillCancelProblem =
  | { readonly code: "not_placed" }
  /** It has given way to an order that was placed here. */
  | { readonly code: "provider_order_taken" }
  | { readonly code: "not_offered" }
  | { readonly code: "not_refillable"; readonly status: Status }
  | { readonly code: "refill_too_late"; readonly until: number }
  | { readonly code: "not_cancelable"; readonly status: Status };

/** Whether the order has a request of this kind that has not come to an end, or is not known to have: then none is asked. */
export function isRefillCancelOpen(kind: RefillCancelKind, { refill, cancel }: OrderState, now: number): boolean {
  return kind === "refill" ? isOpenRefill(refill) || isInDoubt(refill, now) : isOpenCancel(cancel);
}

/** Why no request of this kind may be made of the order now; null when it may. `offered`: whether its service has it. */
export function refillCancelProblem(kind: RefillCancelKind, order: Order, offered: boolean, now: number): RefillCancelProblem | null {
  if (hasGivenWay(order)) return { code: "provider_order_taken" };
  if (order.providerOrderId === null) return { code: "not_placed" };
  if (!offered) return { code: "not_offered" };
  return kind === "refill" ? refillProblem(order, now) : cancelProblem(order);
}

/** A refill makes up for what fell off after the order's end. */
function refillProblem({ state, refillDays }: Order, now: number): RefillCancelProblem | null {
  if (state.status !== "completed" && state.status !== "partial") return { code: "not_refillable", status: state.status };
  const until = state.finalAt === null || refillDays === null ? null : state.finalAt + refillDays * DAY_MS;
  return until !== null && now > until ? { code: "refill_too_late", until } : null;
}

function cancelProblem({ state }: Order): RefillCancelProblem | null {
  return isFinal(state.status) ? { code: "not_cancelable", status: state.status } : null;
}

/** The order with a new request. `asking`: it is about to be asked of the provider by the writer of this. */
export function withRefillCancel(kind: RefillCancelKind, order: Order, status: "queued" | "asking", now: number): OrderState {
  return kind === "refill" ? withRefill(order, { id: null, status, at: now }, now) : { ...order.state, cancel: newCancel(status, now) };
}

/** The order with its queued request about to be asked; null when there is none to be asked. */
export function takenUp(kind: RefillCancelKind, order: Order, now: number): OrderState | null {
  const { refill, cancel, status } = order.state;
  if (order.providerOrderId === null) return null;
  // planted: refill-asked-once
  if (kind === "refill") return refill?.status === "queued" ? withRefill(order, { ...refill, status: "asking", at: now }, now) : null;
  // How the order ended answers the cancel, with the next sweep.
  return isCancelDue(cancel, now) && !isFinal(status) ? { ...order.state, cancel: cancelAsked(cancel, now) } : null;
}

/** When the order's request was asked for; it tells this request from another. */
export function requestedAt(kind: RefillCancelKind, { refill, cancel }: OrderState): number | null {
  return (kind === "refill" ? refill : cancel)?.at ?? null;
}

/**
 * What came of asking; `at` is when the request was made, in epoch ms, and tells it from another. `before`: the refill
 * that the order had before this one was asked for.
 */
export type AskedRequest = { readonly at: number; readonly outcome: AskOutcome; readonly before?: RefillRequest | null };

/** The order after that request of it was asked; null when nothing changes, or another request is there by now. */
export function withOutcome(kind: RefillCancelKind, order: Order, asked: AskedRequest, now: number): OrderState | null {
  const { at, outcome, before = null } = asked;
  const { refill, cancel } = order.state;
  if (requestedAt(kind, order.state) !== at) return null;
  if (kind === "refill" && refill !== null) {
    // One that was refused is no refill: what is told of the one before it stays as it is.
    const isRefused = refill.status === "asking" && outcome.kind === "refused" && hasEnded(before);
    const next = isRefused ? before : refillAfterAsking(refill, outcome);
    return sameRefill(next, refill) ? null : withRefill(order, next, now);
  }
  if (kind === "refill" || cancel === null) return null;
  const next = cancelAfterAsking(cancel, outcome, now);
  return next.status === cancel.status ? null : { ...order.state, cancel: next };
}

/** The order once its refill's id turns out to be none; null when it has that id no more. */
export function withoutRefillId(order: Order, refillId: string, now: number): OrderState | null {
  const { refill } = order.state;
  return refill?.id === refillId ? withRefill(order, { ...refill, id: null }, now) : null;
}

/** What was certainly not heard and is not queued again either counts as refused: the panel may ask again at once. */
export const TURNED_AWAY = { kind: "refused" } as const satisfies AskOutcome;

function hasEnded(refill: RefillRequest | null): refill is RefillRequest {
  return refill !== null && !isOpenRefill(refill);
}

function sameRefill(a: RefillRequest, b: RefillRequest): boolean {
  return a.status === b.status && a.id === b.id && a.unread === b.unread;
}

/**
 * An order with an open refill is looked at for as long as that takes, so that a closed one is opened again. How long its
 * provider corrects itself, the next poll applies.
 */
function withRefill({ state, startWindowMs }: Pick<Order, "state" | "startWindowMs">, refill: RefillRequest, now: number): OrderState {
  const next = { ...state, refill };
  const policy = { startWindowMs, correctionWindowMs: correctionWindowOf(DEFAULT_SETTLE_HOURS), asksMany: false };
  return { ...next, cadence: cadenceOf(next, policy, now) };
}

/** Whether a sweep asks how the order's refill goes. Refills take days: an order that is looked at often has not come to them. */
export function isRefillDue({ refill, cadence }: OrderState): boolean {
  return isFollowedRefill(refill) && (cadence === null || cadence >= 60);
}

/** What a sweep makes of an order, with what became of its requests. `word`: the provider's for the refill; null for none. */
export function withSweptRefillCancel(order: Order, decision: Decision, word: string | null, now: number): Decision {
  const { refill, cancel } = decision.next;
  const swept = { refill: refillSwept(refill, word, now), cancel: cancelSwept(cancel, now) };
  if (swept.refill === refill && swept.cancel === cancel) return decision;
  const state: OrderState = { ...decision.next, cancel: swept.cancel };
  const next = swept.refill === null ? state : withRefill({ state, startWindowMs: order.startWindowMs }, swept.refill, now);
  return { ...decision, write: "move", next };
}
