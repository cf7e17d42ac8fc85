/** What is known here of the parts of an order of several: orders of their own at the provider, as far as they were adopted. */
import type { PartsKnown } from "./model/rules.ts";
import type { Row } from "./steps.ts";

const SHORT: ReadonlySet<unknown> = new Set(["canceled", "refunded", "partial"]);

export function partsKnownOf({ quantity, runs, posts }: Row, parts: readonly Row[]): PartsKnown {
  const ordered = (runs ?? posts) as number | null;
  const isShort = parts.some(({ status }) => SHORT.has(status));
  const isUnheard = parts.some(({ polled_at }) => polled_at === null);
  if (quantity === null || ordered === null || parts.length !== ordered || Number(quantity) % ordered !== 0)
    return { isShort, isUnheard, undelivered: null };
  // The quantity of an order that was bought here is that of all of its parts.
  const left = parts.map((part) => undeliveredOf(part, Number(quantity) / ordered));
  if (left.some((units) => units === null)) return { isShort, isUnheard, undelivered: null };
  return { isShort, isUnheard, undelivered: { units: left.reduce<number>((sum, units) => sum + (units ?? 0), 0), of: Number(quantity) } };
}

/** Null while it is under way, and where nobody can tell. */
function undeliveredOf({ status, remains, provider_charge }: Row, quantity: number): number | null {
  // Of a refunded one whose price has come to zero the number is an old one.
  const isFree = status === "refunded" && typeof provider_charge === "string" && !/[1-9]/.test(provider_charge);
  const left = remains === null || isFree ? 0 : Math.min(Number(remains), quantity);
  switch (status) {
    case "completed":
      return 0;
    case "canceled":
      return quantity;
    case "refunded":
      return left > 0 ? left : quantity;
    case "partial":
      return left > 0 ? left : null;
    default:
      return null;
  }
}
