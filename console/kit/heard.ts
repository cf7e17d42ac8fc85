/** What a panel's script, which asks over API v2, is told once a refund is decided. */
import type { Order } from "../api/answers.ts";
import { amountOf, countText, microsOf } from "./money.ts";
import { refundSumOf } from "./refund-sum.ts";

type OfOrder = Pick<Order, "charge" | "currency" | "quantity" | "remains" | "delivered" | "status" | "refunded" | "refund_held"> & {
  readonly provider_status?: string | null | undefined;
};

/** The word and the number; null where it is the provider's own word. */
export type Heard = { readonly label: "Completed" | "Partial" | "Canceled"; readonly remains: number | null } | null;

/** Once so much was returned in total. */
export function heardOf(order: OfOrder, total: bigint): Heard {
  const { charge, quantity, remains, status } = order;
  const whole = charge === null ? 0n : microsOf(charge);
  if (whole === 0n) return null;
  if (total === 0n) return { label: "Completed", remains: 0 };
  const isPart = status !== "completed" && (remains ?? 0) < (quantity ?? 0);
  // Of an order that came to nothing, the whole charge is no part.
  const mayBeAll = status === "partial" || status === "refunded";
  // The provider's own number, where it is worth just that.
  if (isPart && (mayBeAll || total < whole) && refundSumOf({ ...order, status: "partial" }).due === total)
    return { label: "Partial", remains };
  if (total >= whole) return { label: "Canceled", remains: quantity };
  if (quantity === null) return { label: "Partial", remains: null };
  const within = Number((total * BigInt(quantity)) / whole);
  return within === 0 ? { label: "Completed", remains: 0 } : { label: "Partial", remains: within };
}

/** `amount` is what is returned now; null where only the provider's word waits. */
export function approvedText(order: OfOrder, amount: string | null): string {
  const total = microsOf(order.refunded) + microsOf(amount ?? "0");
  return heardText(order, amount === null ? null : heardOf(order, total), total);
}

/** A rejection is told when a later look still names the end: until then the order may be running. */
export function rejectedText(order: OfOrder): string {
  const total = microsOf(order.refunded);
  const isWordOnly = order.charge === null || microsOf(order.charge) === 0n;
  const heard = isWordOnly ? ({ label: "Completed", remains: 0 } as const) : heardOf(order, total);
  return `${heardText(order, heard, total)} It hears it once a later look confirms the end.`;
}

function heardText({ charge, quantity, provider_status: word }: OfOrder, heard: Heard, total: bigint): string {
  if (heard === null) return `The panel's script hears the provider's word${word ? `, “${word}”` : ""}, and refunds by it.`;
  const { label, remains } = heard;
  if (label === "Canceled") return `The panel's script hears Canceled: all of ${charge ?? ""} back.`;
  if (label === "Completed") return `The panel's script hears Completed${total > 0n ? `: ${amountOf(total)} is less than one unit` : ""}.`;
  if (remains === null || quantity === null) return "The panel's script hears Partial, without a number.";
  return `The panel's script hears Partial with ${countText(remains)} of ${countText(quantity)} not delivered.`;
}
