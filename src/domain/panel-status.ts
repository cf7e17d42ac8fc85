/**
 * What a panel's script is told. Scripts act on the first final word they hear and refund their customer by
 * themselves from it, so a final word goes out only when its refund is decided, and says exactly that refund.
 */
import { largestRemainsWithin, undeliveredShare } from "./money.ts";
import { FLAGS, type OrderState, type ReportedFinal } from "./order.ts";
import { isWordOnly, lacksNumber } from "./refund-plan.ts";
import { hasReturnedAll } from "./refund-rules.ts";
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
    ? finalWord({ ...order, ...reportedFinalOf(order) })
    : { label: STATUSES[order.activeStatus].label, final: false, remains: wholeRemains(order) };
}

/**
 * A final status that the provider has said, or the panel before it, and whose refund is settled. One that was taken back only once still
 * stands; what was rejected may be running, until a later poll confirms the end. Of an order in error only what a person
 * has granted is an answer. The same in SQL: src/store/orders/reported-finals.ts.
 */
export function isDecided(order: OrderState): boolean {
  // planted: undecided-while-held
  if (order.hold !== null) return false;
  // planted: rejection-confirmed
  if (order.rejectedAt !== null) return false;
  // planted: granted-in-error
  if (order.status === "error") return order.decided?.inError === true && (order.decided.granted > 0 || isCancelLetGo(order));
  if (!isFinal(order.status)) return false;
  if (order.polledAt === null && !isAsRegistered(order)) return false;
  return !(lacksNumber(order) && isFollowed(order) && !isLetPass(order));
}

/** The provider's word that all was canceled, which says as much without any number, was let go by a person. */
function isCancelLetGo(order: OrderState): boolean {
  return isWordOnly(order) && order.leftToPanel && order.decided?.status === "canceled";
}

/** Never polled, and yet certain: it was never placed, or the panel has told and returned what goes with its word already. */
function isAsRegistered({ status, reason, refunded }: OrderState): boolean {
  return status === "completed" || refunded > 0 || reason === "not_placed";
}

/** No refund follows from it here: the panel's script goes by the provider's numbers, and a part without one is no answer yet. */
function isFollowed(order: OrderState): boolean {
  return isWordOnly(order) || order.leftToPanel;
}

/** A person has decided about the end without a number. That the panel returns a known number of units says nothing of it. */
function isLetPass(order: OrderState): boolean {
  return isAnsweredByPerson(order) && (order.decided?.due === null || !order.leftToPanel);
}

function isAnsweredByPerson({ decided, status }: OrderState): boolean {
  return decided !== null && decided.status === status;
}

/** What an order's final word follows from. Where its provider has returned all, no number of units counts beside that. */
export function reportedFinalOf(order: OrderState): ReportedFinal {
  const { refunded, leftToPanel: left } = order;
  const status = order.status === "error" && isCancelLetGo(order) ? "canceled" : order.status;
  const remains = hasReturnedAll(order) ? null : order.remains;
  const isRefused = isWordOnly(order) && !left && isAnsweredByPerson(order);
  return { status, refunded, remains, left, ...(isRefused ? { refused: true } : {}) };
}

type Facts = ReportedFinal & Pick<OrderState, "charge" | "quantity">;

const NOTHING_DUE: PanelStatus = { label: STATUSES.completed.label, final: true, remains: 0 };

function finalWord(facts: Facts): PanelStatus {
  const { charge, quantity, refunded, left } = facts;
  if (facts.refused === true) return NOTHING_DUE;
  if (charge === null || charge === 0 || left) return followedWord(facts);
  if (refunded === 0) return NOTHING_DUE;
  // planted: own-remains-told
  if (isOwnShare(facts, charge)) return { label: STATUSES.partial.label, final: true, remains: facts.remains };
  if (refunded >= charge) return { label: STATUSES.canceled.label, final: true, remains: quantity };
  // Where the quantity is unknown, no number says the refund.
  if (quantity === null) return { label: STATUSES.partial.label, final: true, remains: null };
  const remains = largestRemainsWithin(refunded, charge, quantity);
  return remains === 0 ? NOTHING_DUE : { label: STATUSES.partial.label, final: true, remains };
}

/** What was returned is the share of the provider's own number: a part, whatever else would come to the same amount. */
function isOwnShare({ status, remains, quantity, refunded }: Facts, charge: number): boolean {
  if (status === "completed") return false;
  // Of an order that came to nothing, the whole charge is no part.
  if (refunded >= charge && status !== "partial" && status !== "refunded") return false;
  if (quantity === null || remains === null || remains <= 0 || remains >= quantity) return false;
  return undeliveredShare(charge, quantity, remains) === refunded;
}

/** Whether the word that is told says exactly what was returned: some amounts are no whole number of units. */
function isSayable(facts: Facts): boolean {
  const { charge, quantity, refunded, left } = facts;
  if (charge === null || charge === 0 || left || refunded === 0 || refunded >= charge) return true;
  const { remains } = finalWord(facts);
  return quantity !== null && remains !== null && undeliveredShare(charge, quantity, remains) === refunded;
}

/** An order from which no refund can follow is told as it is, in numbers that go together. */
function followedWord(facts: Facts): PanelStatus {
  const { status, remains, quantity } = facts;
  const inPart = remains !== null && remains > 0 && (quantity === null || remains < quantity);
  if (status === "completed") return NOTHING_DUE;
  // A person has let a part without a number pass: nobody can return a share of it.
  if (status === "partial" && remains === null) return { label: STATUSES.partial.label, final: true, remains: 0 };
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
 * was told has acted on what no longer holds, or on less than was returned. A refund that waits changes nothing yet.
 * Rules [P12], [P26].
 */
export function withOutdated(order: OrderState): OrderState {
  // planted: outdated-flag
  const flags = isOutdated(order) ? order.flags | FLAGS.panel_outdated : order.flags & ~FLAGS.panel_outdated;
  return flags === order.flags ? order : { ...order, flags };
}

function isOutdated(order: OrderState): boolean {
  const { charge, quantity, reportedFinal: told } = order;
  const now = { charge, quantity, ...reportedFinalOf(order) };
  if (told === null) return order.isScripts && isDecided(order) && !isSayable(now);
  if (order.hold !== null || order.rejectedAt !== null) return (order.flags & FLAGS.panel_outdated) !== 0;
  if (!isDecided(order)) return true;
  const [first, word] = [finalWord({ charge, quantity, ...told }), finalWord(now)];
  if (first.label !== word.label) return true;
  // All or nothing was returned with the other words, whatever number stands beside them.
  if (word.label === STATUSES.partial.label && first.remains !== word.remains) return true;
  return !isSayable(now) && !(told.corrected === true && told.refunded === now.refunded);
}
