/** What is due for one report, row by row of the table of refunds. Amounts are whole micro-units. */
import { isFinal, type Shown } from "./words.ts";

/** An order as one report leaves it. */
export interface Reported {
  /** What the customer paid. Null where it is not known: the panel's script pays, and its word alone is decided about. */
  readonly charge: number | null;
  /** Null for a package, which is sold without a number of units. */
  readonly quantity: number | null;
  readonly status: Shown;
  /** What came with that very word; null where it was missing or unreadable. */
  readonly remains: number | null;
  /** A number came that nobody can read. */
  readonly isUnreadable?: boolean;
  /** The provider's own charge now reads 0. */
  readonly isFree: boolean;
  /** What is known of the parts of an order of several; null for a plain one. */
  readonly parts: PartsKnown | null;
}

/** A part that ended short of what was ordered: canceled, refunded or partial. */
export interface PartsKnown {
  readonly isShort: boolean;
  /** Of some part that was named nothing was heard yet. */
  readonly isUnheard: boolean;
  /** What they left undelivered, of all units; null unless every part is known and has ended. */
  readonly undelivered: { readonly units: number; readonly of: number } | null;
}

/** Nothing is known of any. */
export const NO_PARTS: PartsKnown = { isShort: false, isUnheard: false, undelivered: null };

/**
 * Completed says that nothing is due, and with a charge that is final for the panel: it does not count before each part was
 * heard of, unless one is known to be short.
 */
export function isTooEarly(charge: number | null, status: Shown, parts: PartsKnown | null): boolean {
  return status === "completed" && charge !== null && charge > 0 && parts !== null && parts.isUnheard && !parts.isShort;
}

export interface DueRules {
  /** `by_remains`: of a canceled order that was delivered in part, the undelivered share alone is due. */
  readonly canceled: "full" | "by_remains";
}

/** Why so much is due, as the rules name it. */
export type Why = "nothing" | "canceled" | "share" | "nothing_delivered" | "refunded";

/** `due`: the total that should be refunded by now. `review`: a person decides; `total` is null where nobody knows it, and is `atMost`. */
export type Due =
  | { readonly kind: "due"; readonly total: number; readonly why: Why }
  | { readonly kind: "review"; readonly of: "remains" | "parts"; readonly total: number | null; readonly atMost: number }
  | { readonly kind: "nothing_said" };

export function dueOf(reported: Reported, { canceled }: DueRules): Due {
  const { charge, quantity, status, isUnreadable = false, isFree, parts } = reported;
  const remains = readable(reported.remains);
  if (charge === null || !isFinal(status)) return { kind: "nothing_said" };
  if (parts !== null) return dueOfParts(charge, status, parts);
  switch (status) {
    case "completed":
      return { kind: "due", total: 0, why: "nothing" };
    case "partial":
      if (remains === null || remains === 0) return reviewOf(charge);
      // `nothing_delivered`: with some services partial really means canceled.
      return shareOrReview(charge, quantity, remains, quantity !== null && remains >= quantity ? "nothing_delivered" : "share");
    case "canceled":
      if (canceled === "full" || quantity === null) return { kind: "due", total: charge, why: "canceled" };
      return remains === null || remains === 0 ? reviewOf(charge) : shareOrReview(charge, quantity, remains, "canceled");
    case "refunded":
      // What can be read in two ways may be a part, unless the charge says that all was returned.
      if (remains === null && isUnreadable && !isFree) return reviewOf(charge);
      // Panel scripts that set their charge to 0 have returned all.
      if (!isPart(remains, quantity) || isFree) return { kind: "due", total: charge, why: "refunded" };
      return shareOrReview(charge, quantity, remains, "share");
  }
}

/** A final word other than completed is held; completed as well, where a part was cut short. */
function dueOfParts(charge: number, status: Shown, { isShort, undelivered }: PartsKnown): Due {
  if (status === "completed" && !isShort) return { kind: "due", total: 0, why: "nothing" };
  const total = undelivered === null ? charge : shareOf(charge, undelivered.of, undelivered.units);
  return { kind: "review", of: "parts", total, atMost: total };
}

function reviewOf(charge: number): Due {
  return { kind: "review", of: "remains", total: null, atMost: charge };
}

/** `charge − floor(charge × delivered / quantity)`: refund and kept charge make up the charge exactly. */
export function shareOf(charge: number, quantity: number, remains: number): number {
  const delivered = BigInt(quantity - remains);
  return charge - Number((BigInt(charge) * delivered) / BigInt(quantity));
}

/** Below zero is 0: delivered too much. What is no whole number says nothing. */
export function readable(remains: number | null): number | null {
  if (remains === null || !Number.isInteger(remains)) return null;
  return Math.max(0, remains);
}

/** Something is left and, where that is known, not all. */
export function isPart(remains: number | null, quantity: number | null): remains is number {
  return remains !== null && remains > 0 && (quantity === null || remains < quantity);
}

/** The share of what remains; of a package no share can be computed, so a person decides. */
function shareOrReview(charge: number, quantity: number | null, remains: number, why: Why): Due {
  if (quantity === null) return reviewOf(charge);
  return { kind: "due", total: remains >= quantity ? charge : shareOf(charge, quantity, remains), why };
}
