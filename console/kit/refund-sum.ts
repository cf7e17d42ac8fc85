/** How a refund is worked out, written out so that it can be checked with a pencil. */
import type { Order } from "../api/answers.ts";
import { amountOf, countText, microsOf } from "./money.ts";

export type OfOrder = Pick<Order, "charge" | "currency" | "quantity" | "remains" | "delivered" | "status" | "refunded" | "refund_held"> & {
  readonly reason?: Order["reason"] | undefined;
};

export type Sum = {
  readonly lines: readonly (readonly [what: string, how: string, amount: string])[];
  /** What is due in total by the usual rules; null where that cannot be said. */
  readonly due: bigint | null;
};

const NOTHING: Sum = { lines: [], due: null };

/** By the usual rules. A policy of the provider or a person may have said otherwise. */
export function refundSumOf({ charge, quantity, remains, status, reason, currency }: OfOrder): Sum {
  if (charge === null) return NOTHING;
  const whole = microsOf(charge);
  const paid = ["Charge", quantity === null ? "" : `for ${countText(quantity)}`, `${charge} ${currency}`] as const;
  if (status === "completed") return { lines: [paid, ["Due back", "completed", `0 ${currency}`]], due: 0n };
  if (status === "canceled") return { lines: [paid, ["Due back", "canceled: the full charge", `${charge} ${currency}`]], due: whole };
  if (status !== "partial" && status !== "refunded") return NOTHING;
  const isPart = remains !== null && quantity !== null && remains > 0 && remains < quantity;
  if (isPart) return shareSum({ paid, charge, whole, quantity, remains, currency });
  if (status === "refunded" && reason?.code !== "remains_unknown")
    return { lines: [paid, ["Due back", "refunded: the full charge", `${charge} ${currency}`]], due: whole };
  if (remains !== null && quantity !== null && remains >= quantity)
    return { lines: [paid, ["Due back", "nothing was delivered", `${charge} ${currency}`]], due: whole };
  return { lines: [paid, ["Due back", "the provider does not say how much is missing", `0 to ${charge} ${currency}`]], due: null };
}

type Share = {
  readonly paid: Sum["lines"][number];
  readonly charge: string;
  readonly whole: bigint;
  readonly quantity: number;
  readonly remains: number;
  readonly currency: string;
};

function shareSum({ paid, charge, whole, quantity, remains, currency }: Share): Sum {
  const delivered = quantity - remains;
  const kept = (whole * BigInt(delivered)) / BigInt(quantity);
  const due = whole - kept;
  return {
    lines: [
      paid,
      ["Kept", `${charge} × ${countText(delivered)} ÷ ${countText(quantity)}, rounded down`, `${amountOf(kept)} ${currency}`],
      ["Due back", `${charge} − ${amountOf(kept)}, for ${countText(remains)} not delivered`, `${amountOf(due)} ${currency}`],
    ],
    due,
  };
}
