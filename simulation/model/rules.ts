/** What is due for one report: docs/rules.md, [F3] to [F10], [M2] and [N1], one by one. Amounts are whole micro-units. */
import type { Shown } from "./words.ts";

/** An order as one report leaves it. */
export interface Reported {
  /** What the customer paid. Null where it is not known: the order is followed without refund arithmetic. */
  readonly charge: number | null;
  /** Null for a package, which is sold without a number of units. */
  readonly quantity: number | null;
  readonly status: Shown;
  /** What came with that very word; null where it was missing or unreadable. */
  readonly remains: number | null;
  /** Of several parts. */
  readonly multi: boolean;
}

export interface DueRules {
  /** `by_remains`: of a canceled order that was delivered in part, the undelivered share alone is due. */
  readonly canceled: "full" | "by_remains";
}

/** `due`: the total that should be refunded by now. `hold`: a person decides, on that much at most. `undecided`: no money moves. */
export type Due =
  | { readonly kind: "due"; readonly amount: number }
  | { readonly kind: "hold"; readonly atMost: number }
  | { readonly kind: "undecided" };

export function dueOf({ charge, quantity, status, remains: reported, multi }: Reported, { canceled }: DueRules): Due {
  const remains = readable(reported);
  if (charge === null) return { kind: "undecided" };
  switch (status) {
    case "pending":
    case "processing":
    case "in_progress":
    case "error":
    case "unknown":
      return { kind: "undecided" };
    case "completed":
      return { kind: "due", amount: 0 };
    case "canceled":
      if (multi) return { kind: "hold", atMost: charge };
      if (canceled === "full" || (quantity === null && !isPart(remains, null))) return { kind: "due", amount: charge };
      // By what remains: where that is not known, or nothing does, a guess either way is somebody's money, as with a partial.
      return remains === null || remains === 0 ? { kind: "hold", atMost: charge } : shareOrHold(charge, quantity, remains);
    case "partial":
      if (multi || remains === null || remains === 0) return { kind: "hold", atMost: charge };
      return shareOrHold(charge, quantity, remains);
    case "refunded":
      if (multi) return { kind: "hold", atMost: charge };
      return isPart(remains, quantity) ? shareOrHold(charge, quantity, remains) : { kind: "due", amount: charge };
  }
}

/** `charge − floor(charge × delivered / quantity)`: refund and kept charge make up the charge exactly. */
export function shareOf(charge: number, quantity: number, remains: number): number {
  const delivered = BigInt(quantity - remains);
  return charge - Number((BigInt(charge) * delivered) / BigInt(quantity));
}

/** [S11]: below zero is 0. What is no whole number says nothing. */
export function readable(remains: number | null): number | null {
  if (remains === null || !Number.isInteger(remains)) return null;
  return Math.max(0, remains);
}

/** Something is left and, where that is known, not all. */
function isPart(remains: number | null, quantity: number | null): remains is number {
  return remains !== null && remains > 0 && (quantity === null || remains < quantity);
}

/** The share of what remains; of a package no share can be computed, so a person decides. */
function shareOrHold(charge: number, quantity: number | null, remains: number): Due {
  if (quantity === null) return { kind: "hold", atMost: charge };
  // `nothing_delivered`: with some services partial really means canceled.
  if (remains >= quantity) return { kind: "due", amount: charge };
  return { kind: "due", amount: shareOf(charge, quantity, remains) };
}
