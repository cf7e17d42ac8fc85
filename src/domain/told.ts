/**
 * What a panel's script is told. Scripts act on the first final word they hear and refund their customer by
 * themselves from it, so a final word goes out only when its refund is decided, and says exactly that refund.
 */
import { largestRemainsWithin } from "./money.ts";
import type { OrderState } from "./order.ts";
import { isFinal, STATUSES } from "./status.ts";

/** One of the six words that every script knows, and the number it would refund by. */
export type Told = { readonly word: string; readonly final: boolean; readonly remains: number | null };

export function tellPanel(order: OrderState): Told {
  if (!isDecided(order)) return { word: STATUSES[order.middle].label, final: false, remains: wholeRemains(order) };
  const { charge, quantity, refunded } = order;
  if (charge === null || charge === 0 || quantity === null) return { word: followedWord(order), final: true, remains: order.remains };
  if (order.status === "completed" && refunded === 0) return { word: STATUSES.completed.label, final: true, remains: 0 };
  if (refunded >= charge) return { word: STATUSES.canceled.label, final: true, remains: quantity };
  const remains = largestRemainsWithin(refunded, charge, quantity);
  return remains === 0
    ? { word: STATUSES.completed.label, final: true, remains: 0 }
    : { word: STATUSES.partial.label, final: true, remains };
}

/** A final status whose refund is settled. One that was taken back only once still stands. */
function isDecided(order: OrderState): boolean {
  return isFinal(order.status) && order.hold === null;
}

/** An order from which no refund can follow is told as it is. */
function followedWord({ status, remains, quantity }: OrderState): string {
  if (status !== "refunded") return STATUSES[status].label;
  const inPart = remains !== null && remains > 0 && (quantity === null || remains < quantity);
  return inPart ? STATUSES.partial.label : STATUSES.canceled.label;
}

function wholeRemains({ remains, quantity }: OrderState): number | null {
  if (remains === null) return quantity;
  return quantity === null ? remains : Math.min(remains, quantity);
}
