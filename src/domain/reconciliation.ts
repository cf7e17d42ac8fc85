/**
 * Holding what customers got back against what the providers gave back: pure arithmetic over orders.
 *
 * A provider names its price while an order runs, and after the end what it takes in all. What lies between the two
 * was returned; what it takes beyond the share that it delivered was kept.
 */
import { codeOfCurrency, FLAGS, NO_CURRENCY, NO_KNOWN_CURRENCY, UNKNOWN_CURRENCY } from "./order.ts";
import { convertPrice, finestStep, formatPrice, parsePrice, priceOfMicros, shareOf } from "./price.ts";
import type { Status } from "./status.ts";

/** What is needed to know of an order. Prices are decimal strings as the provider, or the panel, told them. */
export type OrderFacts = {
  readonly order: string;
  readonly provider: string;
  /** Null for an order that its provider never had, as far as anyone knows. */
  readonly providerOrder: string | null;
  readonly status: Status;
  readonly quantity: number | null;
  readonly remains: number | null;
  readonly multi: boolean;
  readonly flags: number;
  /** Whether the provider refused its last refill in the period. */
  readonly refillRefused: boolean;
  /** Whether the order ended in the period; what its customer got back may have been posted in another one. */
  readonly ended: boolean;
  readonly currency: string;
  /** What its customer got back in the period, claw-backs taken off; null when nothing was posted in it. */
  readonly refundedMicros: bigint | null;
  /** The first charge that the provider named while the order ran, and the last one; null where it named none. */
  readonly providerPrice: string | null;
  readonly providerCharge: string | null;
  /** What the price was in, and what the last charge is in, as an `OrderState` has them. */
  readonly providerPriceCurrency: string | null;
  readonly providerCurrency: string | null;
  /** The provider's own currency, as far as it is set: what it names no currency for is in that one. */
  readonly ownCurrency: string | null;
  /** What the panel registered as the order's cost. */
  readonly cost: string | null;
  readonly costCurrency: string | null;
};

/** Why an order's part of a provider's figures cannot be worked out. */
export const UNCLEAR = {
  not_placed: "The order has no id at the provider: it never reached it, or nobody knows whether it did.",
  several_parts: "A drip-feed or subscription order: its price is not one order's.",
  charge_unknown: "The provider has not said what it takes in the end.",
  price_unknown: "Neither did the provider name a price while the order ran, nor was a cost registered.",
  currencies_differ:
    "The price, or the cost as registered, is in another currency than the provider's charge, or one of them is in an unknown one.",
  delivered_unknown: "The provider did not say how much it delivered.",
  above_price: "The provider would keep more than its price: charge and price are not of one currency, or not of one order.",
} as const;
export type Unclear = keyof typeof UNCLEAR;

/** A provider's part in one order, in 1e-12 of its currency; null where that is unclear. */
export type ProviderPart = { readonly returned: bigint | null; readonly kept: bigint | null; readonly unclear: Unclear | null };

/** What the provider returned, and kept though it was not delivered, of an order that ended other than completed. */
export function providerPart(order: OrderFacts): ProviderPart {
  if (order.providerOrder === null) return unclearPart("not_placed");
  if (order.multi) return unclearPart("several_parts");
  const taken = order.providerCharge === null ? null : parsePrice(order.providerCharge);
  if (taken === null) return unclearPart("charge_unknown");
  const share = deliveredShare(order);
  const asked = askedPrice(order);
  if (!asked.ok) {
    // Whatever the price was: nothing was delivered, so all that it takes is kept.
    return { returned: null, kept: share === "none" ? taken : null, unclear: asked.unclear };
  }
  const returned = taken < asked.price ? asked.price - taken : 0n;
  if (share === "unknown") return { returned, kept: null, unclear: "delivered_unknown" };
  const expected = share === "none" ? 0n : shareOf(asked.price, share.units, share.of);
  const over = taken - expected;
  // Whatever currencies are named: nobody keeps more than all.
  if (over > asked.price) return unclearPart("above_price");
  return { returned, kept: over >= finestStep(asked.text, order.providerCharge ?? "") ? over : 0n, unclear: null };
}

function unclearPart(unclear: Unclear): ProviderPart {
  return { returned: null, kept: null, unclear };
}

/** Canceled without a number stands for nothing delivered; a partial must say. */
function deliveredShare({ status, quantity, remains }: OrderFacts): "none" | "unknown" | { readonly units: number; readonly of: number } {
  const inPart = remains !== null && quantity !== null && remains > 0 && remains < quantity;
  if (inPart) return { units: quantity - remains, of: quantity };
  if (status !== "partial") return "none";
  return remains !== null && quantity !== null && remains >= quantity ? "none" : "unknown";
}

type AskedPrice = { readonly ok: true; readonly price: bigint; readonly text: string } | { readonly ok: false; readonly unclear: Unclear };

/** The order's full price at the provider: what it asked while the order ran, else what the panel registered. */
function askedPrice(order: OrderFacts): AskedPrice {
  const text = order.providerPrice ?? order.cost;
  const price = text === null ? null : parsePrice(text);
  if (text === null || price === null) return { ok: false, unclear: "price_unknown" };
  return isInOneCurrency(order) ? { ok: true, price, text } : { ok: false, unclear: "currencies_differ" };
}

/** Whether price and charge are in one currency, as far as it was said. Rule [S41]. */
function isInOneCurrency(order: OrderFacts): boolean {
  const price = order.providerPrice === null ? order.costCurrency : order.providerPriceCurrency;
  const charge = chargeCurrency(order);
  // What was not written down can be what the charge is in, unless nobody knows what that is.
  if (price === null) return charge !== UNKNOWN_CURRENCY;
  if (price === NO_KNOWN_CURRENCY) return order.providerCurrency === null || order.providerCurrency === price;
  return charge === (price === NO_CURRENCY ? unnamedCurrency(order) : price);
}

/** What the last charge is in: a code, `NO_CURRENCY` or `UNKNOWN_CURRENCY`. */
function chargeCurrency(order: OrderFacts): string {
  const { providerPrice, providerPriceCurrency: price, providerCurrency } = order;
  if (providerCurrency !== null) return providerCurrency;
  // In a row of an earlier release: a currency that was named once stays, so that only an unknown one took its place.
  const wasNamed = providerPrice !== null && price !== NO_KNOWN_CURRENCY && codeOfCurrency(price) !== null;
  return wasNamed ? UNKNOWN_CURRENCY : unnamedCurrency(order);
}

/** What an amount is in that no currency stood beside: price and charge alike. */
function unnamedCurrency({ ownCurrency }: OrderFacts): string {
  return ownCurrency ?? NO_CURRENCY;
}

export const FIGURES = ["refunded_to_customers", "returned_by_provider", "kept_by_provider"] as const;
export const ORDER_FLAGS = ["completed_with_remains", "canceled_after_delivery"] as const;
export const LISTS = [...FIGURES, "unclear", ...ORDER_FLAGS, "refill_refused"] as const;
/** The lists of what a provider owes: money that it kept, units that it left out, refills that it refused. */
export const OWED = ["kept_by_provider", "completed_with_remains", "refill_refused"] as const satisfies readonly List[];
export type List = (typeof LISTS)[number];

/** An order behind a figure, in a list of what is unclear, or flagged. `amount`: its part of the figure, in 1e-12. */
export type ListedOrder = { readonly facts: OrderFacts; readonly amount: bigint | null; readonly unclear: Unclear | null };

/** What one provider comes to in one currency; null where nobody knows which. */
export type Account = {
  readonly provider: string;
  readonly currency: string | null;
  readonly lists: Readonly<Record<List, readonly ListedOrder[]>>;
};

/** The accounts of all orders, by provider and currency. Amounts of different currencies never meet. */
export function accountsOf(orders: readonly OrderFacts[]): Account[] {
  const accounts = new Map<string, { provider: string; currency: string | null; lists: Record<List, ListedOrder[]> }>();
  const add = (list: List, currency: string | null, order: ListedOrder): void => {
    const { provider } = order.facts;
    const key = `${provider} ${currency ?? ""}`;
    const account = accounts.get(key) ?? { provider, currency, lists: emptyLists() };
    accounts.set(key, account);
    account.lists[list].push(order);
  };
  for (const facts of orders) {
    const charged = codeOfCurrency(chargeCurrency(facts));
    const listed: ListedOrder = { facts, amount: null, unclear: null };
    if (facts.refundedMicros !== null)
      add("refunded_to_customers", facts.currency, { ...listed, amount: priceOfMicros(facts.refundedMicros) });
    if (facts.refillRefused) add("refill_refused", charged, listed);
    if (!facts.ended) continue;
    for (const flag of ORDER_FLAGS) if ((facts.flags & FLAGS[flag]) !== 0) add(flag, charged, listed);
    if (facts.status === "completed") continue;
    const { returned, kept, unclear } = providerPart(facts);
    if (returned !== null && returned > 0n) add("returned_by_provider", charged, { ...listed, amount: returned });
    if (kept !== null && kept > 0n) add("kept_by_provider", charged, { ...listed, amount: kept });
    if (unclear !== null) add("unclear", charged, { ...listed, unclear });
  }
  return [...accounts.values()].toSorted((a, b) => compare(a.provider, b.provider) || compare(a.currency ?? "", b.currency ?? ""));
}

function emptyLists(): Record<List, ListedOrder[]> {
  return Object.fromEntries(LISTS.map((list): [List, ListedOrder[]] => [list, []])) as Record<List, ListedOrder[]>;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The provider's ids of a list's orders, joined by commas, as forms for tickets take them. */
export function ticketIds(entries: readonly ListedOrder[]): string {
  return entries.flatMap(({ facts }) => facts.providerOrder ?? []).join(",");
}

/** The sum of a list, in 1e-12. */
export function totalOf(entries: readonly ListedOrder[]): bigint {
  return entries.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n);
}

/** What the operator says one unit of a currency is worth in another. */
export type Rate = { readonly from: string; readonly to: string; readonly text: string; readonly rate: bigint };

/** Reads `TRY:USD:0.029`; null for anything else, and for a rate of nothing. */
export function parseRate(text: string): Rate | null {
  const [, from, to, rateText] = /^([A-Z0-9]{3,10}):([A-Z0-9]{3,10}):(\d{1,12}(?:\.\d{1,12})?)$/.exec(text) ?? [];
  const rate = rateText === undefined ? null : parsePrice(rateText);
  if (from === undefined || to === undefined || rateText === undefined || rate === null || rate === 0n || from === to) return null;
  return { from, to, text: rateText, rate };
}

/** An amount at the rate, as a decimal string. */
export function converted(amount: bigint, { rate }: Rate): string {
  return formatPrice(convertPrice(amount, rate));
}
