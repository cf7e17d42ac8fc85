/** The panel status of an order, which its script gets by API v2: docs/rules.md, [P1] to [P10]. */
import { type Final, isFinal, type ActiveStatus, type Shown } from "./words.ts";

/** [P1] */
export type PanelStatusWord = "Pending" | "Processing" | "In progress" | "Completed" | "Partial" | "Canceled";

export interface PanelStatus {
  readonly word: PanelStatusWord;
  /** Null where the text leaves it open: then any whole number from 0 to the quantity will do. */
  readonly remains: number | null;
}

/** One answer, in rare cases several that the text allows, the likeliest first. */
export type PanelStatuses = readonly [PanelStatus, ...PanelStatus[]];

/** What is known of an order when a panel asks. */
export interface OrderFacts {
  readonly status: Shown;
  /** The last active word. */
  readonly activeStatus: ActiveStatus | null;
  readonly remains: number | null;
  readonly quantity: number | null;
  readonly charge: number | null;
  readonly refunded: number;
  /** How much of it a person gave beside what was due. */
  readonly goodwill: number;
  /** What was due by the last report that said so; null where none has. */
  readonly due: number | null;
  /** The refund of the final word waits: held for a decision. */
  readonly held: boolean;
  /** The refund of the final word was neither posted nor held: refunds are off, or the word is from registration. */
  readonly undone: boolean;
}

const ACTIVE_WORDS = { pending: "Pending", processing: "Processing", in_progress: "In progress" } as const;

/**
 * Silent cases, with more than one answer: a final word whose refund nobody decides; a completed order with a refund on
 * record; goodwill, and a refund above what is due, as a part of the decision or not; a decision below the share of
 * one unit.
 */
export function panelStatusesFor(facts: OrderFacts): PanelStatuses {
  const { status, charge, held, undone, refunded, goodwill, due } = facts;
  if (!isFinal(status)) return [activeStatusOf(facts)];
  // Without a charge there is nothing to decide: followed orders are shown as they are.
  if (charge === null || charge === 0) return asItIs(facts, status);
  if (held) return [activeStatusOf(facts)];
  if (undone) return [activeStatusOf(facts), ...asItIs(facts, status)];

  const decided: PanelStatuses = [
    ...byDecision(refunded, charge, facts.quantity),
    ...byDecision(refunded - goodwill, charge, facts.quantity),
    ...byDecision(Math.min(refunded, due ?? refunded), charge, facts.quantity),
  ];
  return distinct(status === "completed" ? [{ word: "Completed", remains: 0 }, ...decided] : decided);
}

/** [P6]: the largest whole `remains` whose share is no more; share(r) ≤ d just when charge × r ≤ d × quantity. */
export function largestRemains(decision: number, charge: number, quantity: number): number {
  return Number((BigInt(decision) * BigInt(quantity)) / BigInt(charge));
}

/** [P3]: the last active word stands, or Pending. */
function activeStatusOf({ activeStatus }: OrderFacts): PanelStatus {
  return { word: ACTIVE_WORDS[activeStatus ?? "pending"], remains: null };
}

function byDecision(total: number, charge: number, quantity: number | null): PanelStatuses {
  if (total >= charge) return [{ word: "Canceled", remains: quantity }];
  if (total <= 0) return [{ word: "Completed", remains: 0 }];
  if (quantity === null) return [{ word: "Partial", remains: null }];
  const remains = largestRemains(total, charge, quantity);
  const partial: PanelStatus = { word: "Partial", remains };
  // A part of one unit's price cannot be shown by a whole number.
  return remains > 0 ? [partial] : [partial, { word: "Completed", remains: 0 }];
}

/** [P7]: refunded becomes Canceled or Partial, by whether a part was delivered. */
function asItIs({ remains: heard, quantity }: OrderFacts, status: Final): PanelStatuses {
  const remains = heard === null || quantity === null ? heard : Math.min(heard, quantity);
  const inPart = remains !== null && remains > 0 && (quantity === null || remains < quantity);
  switch (status) {
    case "completed":
      return distinct([
        { word: "Completed", remains },
        { word: "Completed", remains: 0 },
      ]);
    case "partial":
      return [{ word: "Partial", remains }];
    case "canceled":
      return [{ word: "Canceled", remains }];
    case "refunded":
      return [{ word: inPart ? "Partial" : "Canceled", remains }];
  }
}

function distinct([first, ...rest]: PanelStatuses): PanelStatuses {
  const all = [first, ...rest];
  const isNew = (status: PanelStatus, place: number): boolean =>
    all.findIndex(({ word, remains }) => word === status.word && remains === status.remains) === place;
  return [first, ...rest.filter((status, n) => isNew(status, n + 1))];
}
