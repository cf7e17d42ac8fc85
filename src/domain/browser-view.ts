/**
 * What a customer's browser sees of an order: nothing of the supplier, and nothing of how the panel keeps its orders. Pure.
 * Each field is named here: what is added to an order later stays hidden until it is named, too.
 */
import { CUSTOMER_FLAGS, type CustomerFlag } from "./order.ts";
import type { OrderView } from "./order-view.ts";
import { epochMsOf } from "./time.ts";

/** What a status means, and what to do, in the customer's language. */
export type StatusText = { readonly meaning: string; readonly what_to_do: string };

/** Shows an order to a browser. */
export function browserView(order: OrderView, { meaning, what_to_do }: StatusText) {
  const { id, service, link, quantity, charge, currency, status, label } = order;
  return {
    id,
    service,
    link,
    quantity,
    charge,
    currency,
    status,
    label,
    meaning,
    what_to_do,
    start_count: order.start_count,
    remains: order.remains,
    delivered: order.delivered,
    progress: order.progress,
    expected: order.expected,
    refunded: order.refunded,
    refund_held: order.refund_held,
    flags: order.flags.filter((flag): flag is CustomerFlag => (CUSTOMER_FLAGS as readonly string[]).includes(flag)),
    // A refill's id is the supplier's.
    refill: order.refill === null ? null : { ...order.refill, id: null },
    cancel: order.cancel,
    closed: order.closed,
    sync: order.sync === "ok" ? ("ok" as const) : ("delayed" as const),
    placed_at: order.placed_at,
    updated_at: order.updated_at,
    checked_at: order.checked_at,
    next_check_at: order.next_check_at,
  };
}

/** An answer is kept for so long at least, so that a page which polls too eagerly costs nothing, and at most. */
const MIN_AGE_SECONDS = 1;
const MAX_AGE_SECONDS = 60;
/** A check is due at the full minute; its answer is written some seconds later. */
const CHECK_TAKES_MS = 5_000;

/** For how many seconds these orders can bring no news: until the next of them is looked at. `now` in epoch ms. */
export function maxAgeSeconds(orders: readonly Pick<OrderView, "next_check_at">[], now: number): number {
  const next = orders.flatMap(({ next_check_at: at }) => (at === null ? [] : [epochMsOf(at)]));
  if (next.length === 0) return MAX_AGE_SECONDS;
  const seconds = Math.ceil((Math.min(...next) + CHECK_TAKES_MS - now) / 1000);
  return Math.min(MAX_AGE_SECONDS, Math.max(MIN_AGE_SECONDS, seconds));
}
