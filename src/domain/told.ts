/**
 * What a panel's script is told. Scripts act on the first final word they hear and refund their customer by
 * themselves from it, so a final word goes out only when its refund is decided, and says exactly that refund.
 */
import { largestRemainsWithin } from "./money.ts";
import { FLAGS, type OrderState, type ToldFacts } from "./order.ts";
import { isFinal, STATUSES } from "./status.ts";

/** One of the six words that every script knows, and the number it would refund by. */
export type Told = { readonly word: string; readonly final: boolean; readonly remains: number | null };

export function tellPanel(order: OrderState): Told {
  return isDecided(order) ? finalWord(order) : { word: STATUSES[order.middle].label, final: false, remains: wholeRemains(order) };
}

/** A final status whose refund is settled. One that was taken back only once still stands. */
function isDecided(order: OrderState): boolean {
  return isFinal(order.status) && order.hold === null;
}

type Facts = ToldFacts & Pick<OrderState, "charge" | "quantity">;

function finalWord(facts: Facts): Told {
  const { charge, quantity, refunded } = facts;
  if (charge === null || charge === 0) return followedWord(facts);
  if (facts.status === "completed" && refunded === 0) return { word: STATUSES.completed.label, final: true, remains: 0 };
  if (refunded >= charge) return { word: STATUSES.canceled.label, final: true, remains: quantity ?? facts.remains };
  // Where nobody knows how much was ordered, no number says the refund: the provider's own stands.
  if (quantity === null) return followedWord(facts);
  const remains = largestRemainsWithin(refunded, charge, quantity);
  return remains === 0
    ? { word: STATUSES.completed.label, final: true, remains: 0 }
    : { word: STATUSES.partial.label, final: true, remains };
}

/** An order from which no refund can follow is told as it is, in numbers that go together. */
function followedWord(facts: Facts): Told {
  const { status, remains, quantity } = facts;
  const inPart = remains !== null && remains > 0 && (quantity === null || remains < quantity);
  if (status === "completed") return { word: STATUSES.completed.label, final: true, remains: 0 };
  if (status === "partial" || (status === "refunded" && inPart))
    return { word: STATUSES.partial.label, final: true, remains: wholeRemains(facts) };
  return { word: STATUSES.canceled.label, final: true, remains: quantity ?? remains };
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
  const flags = isOutdated(order) ? order.flags | FLAGS.panel_outdated : order.flags & ~FLAGS.panel_outdated;
  return flags === order.flags ? order : { ...order, flags };
}

function isOutdated(order: OrderState): boolean {
  if (order.told === null) return false;
  if (!isFinal(order.status)) return true;
  if (order.hold !== null) return (order.flags & FLAGS.panel_outdated) !== 0;
  const { charge, quantity, told } = order;
  const [first, now] = [finalWord({ charge, quantity, ...told }), finalWord(order)];
  return first.word !== now.word || first.remains !== now.remains;
}
