/**
 * What is due back to the customer, in total, once a provider has said a status.
 * Source: the default refund rules of the product's domain (help centres of hosted panels for the shares).
 */
import { undeliveredShare } from "./money.ts";
import { isFinal, type Status } from "./status.ts";

export const REFUND_REASONS = {
  canceled: "The provider canceled the order; the full charge is returned.",
  partial: "The provider delivered a part; the share of what was not delivered is returned.",
  nothing_delivered: "The provider closed the order as partial with nothing delivered; the full charge is returned.",
  refunded: "The provider returned the order's amount; the full charge is returned.",
  remains_unknown: "The provider ended the order, and what it says was left does not tell how much is due; someone has to decide.",
  multi_order: "The order has several parts; its refund is never automatic, someone has to decide.",
  policy_hold: "The refund policy leaves this refund to a person.",
  over_cap: "The refund is above the policy's cap; someone has to decide.",
  error_too_long: "The order has been in error for longer than the policy allows; someone has to decide.",
  decided_before: "A person has decided about this order before, and the provider now says something else; someone has to decide again.",
  brake: "Unusually many of the provider's orders ended badly at once; its refunds wait for the operator.",
  frozen: "The panel's books did not add up at the last check; its refunds wait until that is cleared.",
  provider_order_taken: "The provider's order belongs to an order that was placed here; this one gave way, someone has to decide.",
  not_placed: "The order never reached the provider; the full charge is returned.",
  goodwill: "The panel returned this by its own decision.",
  clawback: "The panel took this back by its own decision.",
} as const;

export type RefundReason = keyof typeof REFUND_REASONS;

/**
 * - `due`: so much must have been refunded by now, in total.
 * - `hold`: money may be due, and a person decides how much; `atMost` is what is at stake in total.
 * - `undecided`: the status says nothing about money; what was refunded stands.
 */
export type RefundDue =
  | { readonly kind: "due"; readonly amount: number; readonly reason: RefundReason | null }
  | { readonly kind: "hold"; readonly atMost: number; readonly reason: RefundReason }
  | { readonly kind: "undecided" };

export type RefundFacts = {
  /** What the customer paid, in micro-units; null when it is not known and no refund can be worked out. */
  readonly charge: number | null;
  readonly quantity: number | null;
  readonly status: Status;
  /** What the provider says is undelivered; null when missing or unreadable. */
  readonly remains: number | null;
  /** The provider says a number for it that cannot be read. */
  readonly remainsUnreadable: boolean;
  /** What the provider takes for the order now: a decimal string, null when it has not said. */
  readonly providerCharge: string | null;
  /** A drip-feed or subscription order, and how many parts were ordered; null where unknown. */
  readonly multi: boolean;
  readonly runs: number | null;
  readonly posts: number | null;
};

/** How a part of an order of several parts stands: an order of its own at the provider. `heard`: the provider has answered about it. */
export type PartFacts = { readonly status: Status; readonly remains: number | null; readonly heard: boolean };

/** How a policy bends the default rules. */
export type RefundRules = {
  /** What a canceled order returns: all, or the share of what was not delivered. */
  readonly canceled: "full" | "by_remains";
};

const DEFAULT_RULES: RefundRules = { canceled: "full" };

const UNDECIDED: RefundDue = { kind: "undecided" };

/**
 * The total refund due. A total, not an event: the same facts always give the same amount. `parts` are those of an
 * order of several parts that are known here. Rules [F2] to [F10], [A5], [M2], [M10], [N1].
 */
export function refundDue(facts: RefundFacts, rules: RefundRules = DEFAULT_RULES, parts: readonly PartFacts[] = []): RefundDue {
  const { charge, status } = facts;
  if (charge === null) return UNDECIDED;
  if (facts.multi && isFinal(status)) return dueOfSeveral(facts, charge, parts);
  switch (status) {
    case "canceled":
    case "refunded":
    case "partial":
      return dueOfEnded(facts, charge, rules);
    case "pending":
    case "processing":
    case "in_progress":
    case "completed":
      return { kind: "due", amount: 0, reason: null };
    case "error":
    case "unknown":
      return UNDECIDED;
  }
}

/** What is due of an order that came to nothing, or to less than was ordered. */
function dueOfEnded(facts: RefundFacts, charge: number, rules: RefundRules): RefundDue {
  const { quantity, status, remains } = facts;
  if (hasReturnedAll(facts)) return { kind: "due", amount: charge, reason: "refunded" };
  // Rule [F8]: a number that can be read in two ways may be a part.
  if (status === "refunded" && remains === null && facts.remainsUnreadable)
    return { kind: "hold", atMost: charge, reason: "remains_unknown" };
  if (quantity === null) return dueOfUncounted({ charge, status, remains });
  const inPart = remains !== null && remains > 0 && remains < quantity;
  if (status === "canceled" && (rules.canceled === "full" || (remains !== null && remains >= quantity))) {
    return { kind: "due", amount: charge, reason: "canceled" };
  }
  if (inPart)
    return { kind: "due", amount: undeliveredShare(charge, quantity, remains), reason: status === "canceled" ? "canceled" : "partial" };
  if (status === "refunded") return { kind: "due", amount: charge, reason: "refunded" };
  if (remains !== null && remains >= quantity) return { kind: "due", amount: charge, reason: "nothing_delivered" };
  return { kind: "hold", atMost: charge, reason: "remains_unknown" };
}

/** Rule [F8]: some servers keep the old number of a refunded order, and say by its price that all was returned. */
export function hasReturnedAll({ status, providerCharge }: Pick<RefundFacts, "status" | "providerCharge">): boolean {
  return status === "refunded" && providerCharge !== null && !/[1-9]/.test(providerCharge);
}

/** Rule [F10]: a package is bought whole, and its number of units is unknown: a part of it is for a person to weigh. */
function dueOfUncounted({ charge, status, remains }: { charge: number; status: Status; remains: number | null }): RefundDue {
  const inPart = remains !== null && remains > 0;
  if (status === "canceled") return { kind: "due", amount: charge, reason: "canceled" };
  if (status === "refunded" && !inPart) return { kind: "due", amount: charge, reason: "refunded" };
  return { kind: "hold", atMost: charge, reason: "remains_unknown" };
}

/**
 * Rules [M2], [M10]: a person decides, and what is at stake is what the parts have left undelivered, where all of them are
 * known. Otherwise it is the charge.
 */
function dueOfSeveral({ status, quantity, runs, posts }: RefundFacts, charge: number, parts: readonly PartFacts[]): RefundDue {
  if (status === "completed" && !isAnyShort(parts)) return { kind: "due", amount: 0, reason: null };
  return { kind: "hold", atMost: undeliveredOf(parts, { charge, quantity, ordered: runs ?? posts }) ?? charge, reason: "multi_order" };
}

/** A part has ended short of what was ordered. */
function isAnyShort(parts: readonly PartFacts[]): boolean {
  return parts.some(({ status }) => isFinal(status) && status !== "completed");
}

/** Whether nobody can say yet that nothing is due of a completed order: of some part nothing was heard, and of none that it fell short. */
export function waitsForParts(
  { charge, multi, status }: Pick<RefundFacts, "charge" | "multi" | "status">,
  parts: readonly PartFacts[],
): boolean {
  return multi && status === "completed" && (charge ?? 0) > 0 && parts.some(({ heard }) => !heard) && !isAnyShort(parts);
}

type Several = { readonly charge: number; readonly quantity: number | null; readonly ordered: number | null };

/** What the parts left undelivered is worth, each an equal share of `quantity`; null unless all are known and have ended. */
function undeliveredOf(parts: readonly PartFacts[], { charge, quantity, ordered }: Several): number | null {
  if (quantity === null || ordered === null || parts.length !== ordered || quantity % ordered !== 0) return null;
  let left = 0;
  for (const part of parts) {
    const units = leftOf(part, quantity / ordered);
    if (units === null) return null;
    left += units;
  }
  return undeliveredShare(charge, quantity, left);
}

function leftOf({ status, remains }: PartFacts, quantity: number): number | null {
  if (status === "completed") return 0;
  if (status === "canceled") return quantity;
  if (status === "partial") return remains === null || remains === 0 ? null : Math.min(remains, quantity);
  if (status === "refunded") return remains === null || remains === 0 ? quantity : Math.min(remains, quantity);
  return null;
}
