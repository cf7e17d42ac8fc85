/**
 * What a provider said about one order, after the wire's quirks are gone and before any rule is applied.
 */

/** An order's own object in a status answer. Numbers that could not be read are null. */
export type StatusReport = {
  readonly kind: "status";
  /** The provider's word as it came, trimmed, at most 64 characters. */
  readonly providerStatus: string;
  /** Units not delivered: a whole number ≥ 0 (over-delivery reads as 0), or null when missing or unreadable. */
  readonly remains: number | null;
  /** `remains` says a number that cannot be read; left out where it is readable or says none. */
  readonly remainsUnreadable?: true;
  readonly startCount: number | null;
  /** What the provider charges the panel: a plain decimal string, never the customer's charge. */
  readonly charge: string | null;
  /** Currency of `charge`, 3 to 10 characters of A–Z and 0–9, or null. */
  readonly currency: string | null;
  /** A currency is named that is not known here; left out otherwise. */
  readonly currencyUnknown?: true;
  /** True when the answer has `runs`, `posts` or `orders`: a drip-feed or subscription order. */
  readonly multi: boolean;
  /** What the answer has of that; null unless `multi`. */
  readonly parts: Parts | null;
  /** The beginning of what it said, word for word; left out while the order is under way. */
  readonly answer?: string;
};

/**
 * Of an order of several parts, as it came: how many there were or are to be, until when (in any calendar), and the ids
 * of the parts' own orders. A text has at most 64 characters, and there are at most 1,000 ids.
 */
export type Parts = {
  readonly runs: PartFigure | null;
  readonly posts: PartFigure | null;
  readonly expiry: PartFigure | null;
  readonly orders: readonly string[];
  /** How the answer wrote them; left out on rows of earlier releases. */
  readonly form?: PartsForm;
};

/** A number stays a number: scripts store these fields by their types. */
export type PartFigure = string | number;

export const PART_FIELDS = ["runs", "posts", "expiry", "orders"] as const;
export type PartField = (typeof PART_FIELDS)[number];

export type PartsForm = {
  /** The fields that the answer has, those that are null as well, in its order. */
  readonly had: readonly PartField[];
  /** Whether the ids of the parts are numbers. */
  readonly numericOrders: boolean;
  /** A subscription, in contrast to a drip-feed. */
  readonly subscription: boolean;
  /** In the place of the parts' ids the answer has null. */
  readonly nullOrders?: true;
};

/** The provider answered, and said of this order that it has an error with it (wrong id, mostly). */
export type RefusedReport = {
  readonly kind: "refused";
  /** The provider's text as it came, trimmed, at most 200 characters. */
  readonly message: string;
  /** A code beside the text says that there is no such order; the text alone does not. */
  readonly byCode?: true;
};

/**
 * The provider answered for others asked in the same call, and left this order out. `unread`: it did not, but nothing of what it
 * said can be read.
 */
export type MissingReport = { readonly kind: "missing"; readonly unread?: true };

/** What a provider said of an order that it was asked about. */
export type Report = StatusReport | RefusedReport | MissingReport;
