/** What a panel's script is told of an order by API v2: the text's "What a panel is told" and "Which words". */
import { isPart, shareOf } from "./rules.ts";
import { type Final, isFinal, type ActiveStatus, type Shown } from "./words.ts";

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
  /** The last word came with a number that nobody can read. */
  readonly isUnreadable: boolean;
  /** The provider's own charge reads 0. */
  readonly isFree: boolean;
  readonly quantity: number | null;
  readonly charge: number | null;
  /** No answer has counted yet: the status is what the panel registered. */
  readonly answered: boolean;
  readonly refunded: number;
  /** How much of it a person gave beside what was due. */
  readonly goodwill: number;
  readonly hold: object | null;
  readonly decision: {
    readonly status: Shown;
    readonly madeIn: Shown;
    readonly due: number | null;
    readonly granted: number;
    readonly isRejection: boolean;
  } | null;
  readonly rejectedAt: number | null;
  readonly left: "yes" | "perhaps" | "no";
  readonly isWordOnly: boolean;
}

const ACTIVE_WORDS = { pending: "Pending", processing: "Processing", in_progress: "In progress" } as const;
const NOTHING: PanelStatus = { word: "Completed", remains: 0 };

/**
 * Silent cases, with more than one answer: a word from registration; goodwill as a part of the decision or not;
 * completed after something was returned, or while a rejection is not confirmed; a decision before policy `off`, or goodwill beside the word that the panel goes by.
 */
export function panelStatusesFor(facts: OrderFacts): PanelStatuses {
  const { status, hold, decision, answered, rejectedAt, left, isWordOnly } = facts;
  const active = activeStatusOf(facts);
  if (hold !== null) return [active];
  if (status === "error") return decidedInError(facts) ?? [active];
  if (!isFinal(status)) return [active];
  if (!answered) return [active, ...asItIs(facts, status), ...(facts.refunded > 0 ? byDecision(facts) : [])];
  // What was rejected may be running: that it came to nothing is told once a later poll has confirmed the end.
  if (rejectedAt !== null) return status === "completed" ? [active, ...byDecision(facts)] : [active];
  if (isWordOnly) {
    // What policy off has let go since is the provider's word again.
    const isRefused = decision?.isRejection === true && decision.status === status && left !== "yes";
    return isRefused ? [NOTHING, ...(left === "perhaps" ? asItIs(facts, status) : [])] : asItIs(facts, status);
  }
  if (left === "yes" && facts.goodwill === 0) return asItIs(facts, status);
  return left !== "no" ? distinct([...byDecision(facts), ...asItIs(facts, status)]) : byDecision(facts);
}

/**
 * A refund decided while the order stands in error is told like any other decision; a refusal is not, nor an earlier word. Nor does
 * an error take back that a person has let the word go that all was canceled.
 */
function decidedInError(facts: OrderFacts): PanelStatuses | null {
  const { decision, isWordOnly, left } = facts;
  if (decision?.madeIn !== "error") return null;
  if (isWordOnly) return decision.status === "canceled" && left === "yes" ? asItIs(facts, "canceled") : null;
  return !decision.isRejection && decision.granted > 0 ? byDecision(facts) : null;
}

/** The largest whole `remains` whose share is no more; share(r) ≤ d just when charge × r ≤ d × quantity. */
export function largestRemains(decision: number, charge: number, quantity: number): number {
  return Number((BigInt(decision) * BigInt(quantity)) / BigInt(charge));
}

/** The last active word stands, or Pending. */
function activeStatusOf({ activeStatus }: OrderFacts): PanelStatus {
  return { word: ACTIVE_WORDS[activeStatus ?? "pending"], remains: null };
}

function byDecision(facts: OrderFacts): PanelStatuses {
  const { status, refunded, goodwill } = facts;
  const decided: PanelStatuses = [sayTotal(refunded, facts), ...(goodwill > 0 ? [sayTotal(refunded - goodwill, facts)] : [])];
  return status === "completed" ? distinct([NOTHING, ...decided]) : distinct(decided);
}

/** In full, in part, or nothing: by the provider's own `remains` where the decision is its share. */
function sayTotal(total: number, { status, charge, quantity, remains, isFree }: OrderFacts): PanelStatus {
  if (charge === null || total <= 0) return NOTHING;
  const isAll = status === "refunded" && isFree;
  const isShare =
    !isAll && status !== "completed" && quantity !== null && isPart(remains, quantity) && shareOf(charge, quantity, remains) === total;
  if (isShare && (status === "partial" || status === "refunded")) return { word: "Partial", remains };
  if (total >= charge) return { word: "Canceled", remains: quantity };
  if (quantity === null) return { word: "Partial", remains: null };
  if (isShare) return { word: "Partial", remains };
  const most = largestRemains(total, charge, quantity);
  return most > 0 ? { word: "Partial", remains: most } : NOTHING;
}

/** The provider's own word; refunded becomes Canceled or Partial, by whether a part was delivered. */
function asItIs(facts: OrderFacts, status: Final): PanelStatuses {
  const { remains: heard, quantity } = facts;
  const remains = heard === null || quantity === null ? heard : Math.min(heard, quantity);
  switch (status) {
    case "completed":
      return distinct([NOTHING, { word: "Completed", remains }]);
    case "partial":
      // Without a number it is no answer yet; a person can let it go all the same.
      return heard === null
        ? [activeStatusOf(facts), ...(isLetPass(facts) ? [{ word: "Partial", remains } as const] : [])]
        : [{ word: "Partial", remains }];
    case "canceled":
      return canceled(quantity, remains);
    case "refunded":
      // A charge of 0 says that all was returned, whatever stands beside it.
      if (facts.isFree) return distinct([...canceled(quantity, remains), { word: "Canceled", remains: null }]);
      if (isPart(heard, quantity)) return [{ word: "Partial", remains }];
      if (heard !== null || !facts.isUnreadable) return canceled(quantity, remains);
      // As of a partial: a number that nobody can read is no answer yet.
      return [activeStatusOf(facts), ...(isLetPass(facts) ? canceled(quantity, remains) : [])];
  }
}

/** A person has decided about this end when nobody knew its number. What was decided about a number says nothing of one that is missing. */
function isLetPass({ decision, status }: OrderFacts): boolean {
  return decision !== null && decision.status === status && decision.due === null;
}

function canceled(quantity: number | null, remains: number | null): PanelStatuses {
  return distinct([
    { word: "Canceled", remains: quantity },
    { word: "Canceled", remains },
  ]);
}

function distinct([first, ...rest]: PanelStatuses): PanelStatuses {
  const all = [first, ...rest];
  const isNew = (status: PanelStatus, place: number): boolean =>
    all.findIndex(({ word, remains }) => word === status.word && remains === status.remains) === place;
  return [first, ...rest.filter((status, n) => isNew(status, n + 1))];
}
