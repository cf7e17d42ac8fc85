/**
 * What a reseller sees: it buys from the operator, and learns nothing of whom the operator buys from. Pure. The objects are
 * as the API and the feed show them; amounts, status and flags stay as they are.
 */
import type { EventType } from "./feed.ts";
import { CUSTOMER_FLAGS, type Flag, type Reason } from "./order.ts";

/** An object as it is shown. */
export type Shown = Readonly<Record<string, unknown>>;

/** What is of the supplier, in whatever object it stands: whose the order is there, its words, its prices, its pace. */
const OF_THE_SUPPLIER = ["provider", "provider_order_id", "provider_status", "cost", "cost_currency", "next_check_at"] as const;

/** What happened, for somebody who knows the order alone. Whatever is the operator's to decide has one text. */
const TEXTS: Partial<Readonly<Record<Reason, string>>> = {
  canceled: "The order was canceled.",
  partial: "A part of the order was delivered.",
  nothing_delivered: "The order was closed with nothing delivered.",
  refunded: "The order was ended.",
  not_placed: "The order was not taken.",
  remains_unknown: "A part of the order was delivered; how much is being looked at.",
  reversed: "The order goes on after it had ended.",
  goodwill: "The operator returned this.",
  clawback: "The operator took this back.",
};
const LOOKED_AT = "The operator is looking at the order.";

/** The columns of a list of orders. */
export function columnsForReseller(columns: readonly string[]): readonly string[] {
  return columns.filter((column) => !(OF_THE_SUPPLIER as readonly string[]).includes(column));
}

/** An order. */
export function orderForReseller(order: Shown): Shown {
  const shown = withoutSupplier(order);
  const { reason, refill, sync } = shown;
  return {
    ...shown,
    ...(isShown(reason) ? { reason: { ...reason, text: TEXTS[reason["code"] as Reason] ?? LOOKED_AT } } : {}),
    ...(isShown(refill) ? { refill: refillForReseller(refill) } : {}),
    ...(sync === undefined || sync === "ok" ? {} : { sync: "delayed" }),
  };
}

/** A refund: its note is between the operator and the rules. */
export function refundForReseller(refund: Shown): Shown {
  return { ...withoutSupplier(refund), ...("note" in refund ? { note: null } : {}) };
}

/** A refill: its id is the supplier's, and at the own catalogue a refill goes by its order. */
export function refillForReseller(refill: Shown): Shown {
  return { ...refill, ...("id" in refill ? { id: null } : {}) };
}

/** All that support asks about an order. */
export function supportForReseller(support: Shown): Shown {
  const { status, money, flags, history } = support as Support;
  return {
    ...orderForReseller(support),
    status: orderForReseller(status),
    money: { ...money, refunds: money.refunds.map(refundForReseller) },
    flags: flags.map(({ flag, text }) => ({ flag, text: (CUSTOMER_FLAGS as readonly Flag[]).includes(flag) ? text : LOOKED_AT })),
    history: history.map(({ type, before, after, ...rest }) => ({
      ...rest,
      type,
      before: eventForReseller(type, before),
      after: eventForReseller(type, after),
    })),
  };
}

type Support = {
  readonly status: Shown;
  readonly money: Shown & { readonly refunds: readonly Shown[] };
  readonly flags: readonly { readonly flag: Flag; readonly text: string }[];
  readonly history: readonly (Shown & { readonly type: EventType; readonly before: Shown; readonly after: Shown })[];
};

/** What a change of the feed tells, in `previous` and `data`. */
export function eventForReseller(type: EventType, told: Shown): Shown {
  if (type.startsWith("order.")) return orderForReseller(told);
  if (type.startsWith("refund.")) return refundForReseller(told);
  return type === "refill.updated" ? refillForReseller(told) : withoutSupplier(told);
}

function withoutSupplier(shown: Shown): Shown {
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !(OF_THE_SUPPLIER as readonly string[]).includes(name)));
}

function isShown(value: unknown): value is Shown {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
