/**
 * What `status` says of one order.
 */
import { codeOfCurrency, type Order } from "../../domain/order.ts";
import { PART_FIELDS, type PartField } from "../../domain/order-report.ts";
import { statusForPanel } from "../../domain/panel-status.ts";
import { isSubscription } from "../../domain/panel-status-subscription.ts";
import { idView } from "./answers.ts";

export type StatusAnswer = Readonly<Record<string, unknown>>;

/** What the endpoint says of money, and the id by which the panel knows a part; null for one that it cannot ask about. */
type AsToldHere = { readonly charge: string; readonly currency: string; readonly partId: (part: string) => string | null };

/** An order as its panel's script is to see it. Figures are texts, but for those of parts, which stay as they came. */
export function statusAnswer(order: Order, here: AsToldHere): StatusAnswer {
  const { state } = order;
  const { label: status, remains } = statusForPanel(state);
  const parts = toldParts(order, here);
  const figures = {
    charge: here.charge,
    start_count: String(state.startCount ?? 0),
    status,
    remains: remains === null ? null : String(remains),
    currency: here.currency,
  };
  return isSubscription(state) ? { ...givenFigures(order, figures), ...parts } : { ...figures, ...parts };
}

type Figures = {
  readonly charge: string;
  readonly start_count: string;
  readonly status: string;
  readonly remains: string | null;
  readonly currency: string;
};

/** A subscription has only the figures that its provider gives: most give none. */
function givenFigures({ state }: Order, { charge, start_count, status, remains, currency }: Figures): StatusAnswer {
  return {
    ...(state.providerCharge === null ? {} : { charge }),
    ...(state.startCount === null ? {} : { start_count }),
    status,
    ...(state.remains === null ? {} : { remains }),
    ...(codeOfCurrency(state.providerCurrency) === null ? {} : { currency }),
  };
}

/** What orders of several parts have besides, as the provider wrote it. */
function toldParts({ state: { parts } }: Order, { partId }: AsToldHere): StatusAnswer {
  if (parts === null) return {};
  const isNumeric = parts.form?.numericOrders === true;
  const orders = parts.orders.flatMap((part) => {
    const id = partId(part);
    return id === null ? [] : [isNumeric ? idView(id) : id];
  });
  // Rows of earlier releases do not say what was null.
  const had: readonly PartField[] = parts.form?.had ?? PART_FIELDS.filter((name) => parts[name] !== null);
  const list = parts.form?.nullOrders === true && parts.orders.length === 0 ? null : orders;
  return Object.fromEntries(had.map((name) => [name, name === "orders" ? list : parts[name]]));
}
