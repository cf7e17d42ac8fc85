/**
 * Whose a provider's order is, where several panels share the account: the one panel's that was first to place, adopt or
 * register it. What panelsync has placed itself outranks what was only registered or adopted. Rules [O4], [O5], [O11] to
 * [O18]. Pure.
 */
import { isOpenCancel, isOpenRefill } from "./refill-cancel.ts";
import { FLAGS, type Order, type OrderState } from "./order.ts";
import { isProviderOrderId } from "./order-ids.ts";
import type { RefundPlan } from "./refund-plan.ts";

/** Who has an order of a provider's. `isPlaced`: it was placed here, or is a part of one that was. `since` in epoch ms. */
export type Holder = { readonly panel: string; readonly isPlaced: boolean; readonly since: number };

/** What is known, when a panel names an id, of the provider's order that it stands for. */
export type Known = {
  /** Whoever has it on record; null where nobody has. */
  readonly holder: Holder | null;
  /**
   * Since when another panel has had an order there whose id is not known yet: any id that came later may be that order's.
   * Epoch ms; null where there is none.
   */
  readonly placingSince: number | null;
  /** Whether the provider has shown that its ids are texts. */
  readonly textIds: boolean;
  /** Whether a restore has lost orders of the panel: what it names may be one of them. */
  readonly hasLostOrders?: boolean;
};

/**
 * - `own`: the panel has it.
 * - `anothers`: it does not exist for this panel.
 * - `contested`: another panel was the first to ask about it after a restore, and it may be an order that this one has lost.
 *   Nothing is said of it: a script would take an error for its end.
 * - `unclear`: it may be the order that another panel is just placing.
 * - `nobodys`: nobody has it here.
 * - `stranger`: no provider's id is spelled so.
 */
export type Standing = "own" | "anothers" | "contested" | "unclear" | "nobodys" | "stranger";

/** How a panel stands to a provider's order that it names by its id. */
export function standingOf(panel: string, id: string, { holder, placingSince, textIds, hasLostOrders = false }: Known): Standing {
  // planted: whose-order
  if (holder !== null && holder.panel !== panel) return hasLostOrders && !holder.isPlaced ? "contested" : "anothers";
  if (holder !== null) return isSure(holder, placingSince) ? "own" : "unclear";
  if (!isProviderOrderId(id, { textIds })) return "stranger";
  return placingSince === null ? "nobodys" : "unclear";
}

/** What the panel has placed is its own. So is what it had on record before the other began to place. */
function isSure({ isPlaced, since }: Holder, placingSince: number | null): boolean {
  return isPlaced || placingSince === null || since <= placingSince;
}

/** What a panel wants of a provider's order: to read how it stands, to follow it, or to change it there. */
export type Act = "read" | "follow" | "change";

/**
 * Whether a provider may be asked on a panel's behalf. Reading may end in nothing worse than a registration that gives way;
 * a refill or a cancel of what may be another's is never sent.
 */
export function mayAct(standing: Standing, act: Act): boolean {
  switch (standing) {
    case "own":
    case "nobodys":
      return true;
    case "unclear":
      return act !== "change";
    case "anothers":
    case "contested":
    case "stranger":
      return false;
  }
}

/** Whether an order has given way to one that was placed here. */
export function hasGivenWay({ state }: Pick<Order, "state">): boolean {
  return (state.flags & FLAGS.provider_order_taken) !== 0;
}

/**
 * The order after its provider's order has turned out to be one that was placed here. What was refunded stays refunded;
 * what waits, waits for a person, since the provider's word was about another's order. Nothing is asked any more.
 */
export function gaveWay(state: OrderState, now: number): RefundPlan {
  const { refill, cancel, hold } = state;
  const next: OrderState = {
    ...state,
    reason: "provider_order_taken",
    flags: state.flags | FLAGS.provider_order_taken,
    backTo: null,
    refill: refill === null ? null : { ...refill, id: null, status: isOpenRefill(refill) ? "error" : refill.status },
    cancel: cancel !== null && isOpenCancel(cancel) ? { ...cancel, status: "refused", waitUntil: null } : cancel,
    cadence: null,
  };
  if (hold === null) return { next, refunds: [] };
  const n = state.refundCount + 1;
  const held = { ...hold, n, reason: "provider_order_taken" as const, at: now, postsAt: null };
  return {
    next: { ...next, hold: held, refundCount: n, flags: next.flags | FLAGS.refund_held },
    refunds: [
      { kind: "withdraw", n: hold.n },
      { kind: "hold", n, amount: hold.amount, reason: "provider_order_taken", remains: state.remains },
    ],
  };
}
