/**
 * What a panel's script is told. Scripts act on the first final word they hear and refund their customer by
 * themselves from it, so a final word goes out only when its refund is decided, and says exactly that refund.
 */
import { largestRemainsWithin } from "./money.ts";
import { FLAGS, type OrderState, type ReportedFinal } from "./order.ts";
import { isSubscription, subscriptionWord } from "./panel-status-subscription.ts";
import { isFinal, STATUSES } from "./status.ts";

/** One of the six words that every script knows (of subscriptions, one of five), and the number it would refund by. */
export type PanelStatus = { readonly label: string; readonly final: boolean; readonly remains: number | null };

/** What the panel is told of an order now. Rules [P1] to [P10], [P17], [N2], [N3]. */
export function statusForPanel(order: OrderState): PanelStatus {
  const told = plainStatus(order);
  return isSubscription(order) ? { ...told, label: subscriptionWord(order, told) } : told;
}

function plainStatus(order: OrderState): PanelStatus {
  return isDecided(order)
    ? finalWord({ ...order, left: isLeftToPanel(order) })
    : { label: STATUSES[order.activeStatus].label, final: false, remains: wholeRemains(order) };
}

/**
 * A final status that the provider has said, or the panel before it, and whose refund is settled. One that was taken back only once still
 * stands. Where no refund follows from it, the panel's script goes by the provider's numbers: a part without one is no
 * answer yet. The same in SQL: src/store/orders/status-reads.ts.
 */
function isDecided(order: OrderState): boolean {
  // planted: undecided-while-held
  if (!isFinal(order.status) || order.hold !== null) return false;
  if (order.polledAt === null && !isAsRegistered(order)) return false;
  // Subscriptions have no `remains`: that one expired is all there is to say.
  return !(order.status === "partial" && order.remains === null && isFollowed(order) && !isSubscription(order));
}

/** Never polled, and yet certain: it was never placed, or the panel has told and returned what goes with its word already. */
function isAsRegistered({ status, reason, refunded }: OrderState): boolean {
  return status === "completed" || refunded > 0 || reason === "not_placed";
}

/** No refund follows from it here: what it cost is not known, or nothing, or the policy leaves it to the panel. */
function isFollowed(order: OrderState): boolean {
  return order.charge === null || order.charge === 0 || isLeftToPanel(order);
}

/** What an order's final word follows from. */
export function reportedFinalOf(order: OrderState): ReportedFinal {
  const { status, refunded, remains } = order;
  return { status, refunded, remains, left: isLeftToPanel(order) };
}

/** The refund policy is off: no rule has named a reason, and no person has decided. The panel goes by the provider's word. */
function isLeftToPanel({ reason, decided, refunded }: OrderState): boolean {
  return reason === null && decided === null && refunded === 0;
}

type Facts = ReportedFinal & Pick<OrderState, "charge" | "quantity">;

function finalWord(facts: Facts): PanelStatus {
  const { charge, quantity, refunded, left } = facts;
  if (charge === null || charge === 0 || left) return followedWord(facts);
  if (refunded === 0) return { label: STATUSES.completed.label, final: true, remains: 0 };
  if (refunded >= charge) return { label: STATUSES.canceled.label, final: true, remains: quantity };
  // Where the quantity is unknown, no number says the refund.
  if (quantity === null) return { label: STATUSES.partial.label, final: true, remains: null };
  const remains = largestRemainsWithin(refunded, charge, quantity);
  return remains === 0
    ? { label: STATUSES.completed.label, final: true, remains: 0 }
    : { label: STATUSES.partial.label, final: true, remains };
}

/** An order from which no refund can follow is told as it is, in numbers that go together. */
function followedWord(facts: Facts): PanelStatus {
  const { status, remains, quantity } = facts;
  const inPart = remains !== null && remains > 0 && (quantity === null || remains < quantity);
  if (status === "completed") return { label: STATUSES.completed.label, final: true, remains: 0 };
  if (status === "partial" || (status === "refunded" && inPart))
    return { label: STATUSES.partial.label, final: true, remains: wholeRemains(facts) };
  return { label: STATUSES.canceled.label, final: true, remains: quantity ?? remains };
}

function wholeRemains({ remains, quantity }: Pick<OrderState, "remains" | "quantity">): number | null {
  if (remains === null) return quantity;
  return quantity === null ? remains : Math.min(remains, quantity);
}

/**
 * The order with its flag `panel_outdated` as it should be: on while a script that acted on the first final word it
 * was told has acted on what no longer holds. A refund that waits changes nothing yet.
 */
export function withOutdated(order: OrderState): OrderState {
  // planted: outdated-flag
  const flags = isOutdated(order) ? order.flags | FLAGS.panel_outdated : order.flags & ~FLAGS.panel_outdated;
  return flags === order.flags ? order : { ...order, flags };
}

function isOutdated(order: OrderState): boolean {
  if (order.reportedFinal === null) return false;
  if (!isFinal(order.status)) return true;
  if (order.hold !== null) return (order.flags & FLAGS.panel_outdated) !== 0;
  const { charge, quantity, reportedFinal: told } = order;
  const [first, now] = [finalWord({ charge, quantity, ...told }), finalWord({ charge, quantity, ...reportedFinalOf(order) })];
  return first.label !== now.label || first.remains !== now.remains;
}
