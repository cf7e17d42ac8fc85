/**
 * Reading orders for their panel: by id, or as a list.
 */
import { type Flag, FLAGS, type Order } from "../../domain/order.ts";
import type { Polling } from "../../domain/order-view.ts";
import type { Status } from "../../domain/status.ts";
import { ENDED, IS_PLACING, type OrderRow, toOrder } from "../rows/order.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import type { PageWanted } from "../rows/page.ts";
import { type PollingRow, POLLING_COLUMNS, toPolling } from "../rows/provider.ts";

/** Orders by their panel's ids, and how the polling of their providers stands. */
type OrdersRead = { readonly orders: ReadonlyMap<string, Order>; readonly pollings: ReadonlyMap<string, Polling> };

/** Orders with what it takes to show them. One round trip; null when there is no such panel. */
export async function readOrders(db: D1Database, ref: PanelRef, ids: readonly string[]): Promise<OrdersRead | null> {
  const named = namedSql(ref);
  const found = await readForPanel(db, ref, [
    db.prepare(`SELECT o.* FROM ${named}`).bind(ref.value, JSON.stringify(ids)),
    db
      .prepare(`SELECT ${POLLING_COLUMNS} FROM providers p WHERE p.id IN (SELECT o.provider FROM ${named})`)
      .bind(ref.value, JSON.stringify(ids)),
  ]);
  if (found === null) return null;
  const [orders, pollings] = found.results;
  return { orders: byId((orders?.results ?? []) as OrderRow[]), pollings: pollingsOf((pollings?.results ?? []) as PollingRow[]) };
}

/** Orders alone. One round trip; null when there is no such panel. */
export async function readBareOrders(
  db: D1Database,
  ref: PanelRef,
  ids: readonly string[],
): Promise<{ readonly panel: Panel; readonly orders: ReadonlyMap<string, Order> } | null> {
  const found = await readForPanel(db, ref, [db.prepare(`SELECT o.* FROM ${namedSql(ref)}`).bind(ref.value, JSON.stringify(ids))]);
  return found === null ? null : { panel: found.panel, orders: byId((found.results[0]?.results ?? []) as OrderRow[]) };
}

function namedSql(ref: PanelRef): string {
  return `json_each(?2) j CROSS JOIN orders o WHERE o.panel = ${panelIdSql(ref)} AND o.id = j.value`;
}

function byId(rows: readonly OrderRow[]): ReadonlyMap<string, Order> {
  return new Map(rows.map((row) => [row.id, toOrder(row)]));
}

function pollingsOf(rows: readonly PollingRow[]): ReadonlyMap<string, Polling> {
  return new Map(rows.map((row) => [row.id, toPolling(row)]));
}

/** What a list of orders is narrowed by; what is left out does not narrow it. Times in epoch ms. */
export type OrderFilter = {
  readonly status?: readonly Status[];
  readonly provider?: string;
  readonly provider_order_id?: string;
  readonly flag?: Flag;
  readonly customer?: string;
  readonly service?: string;
  readonly link?: string;
  readonly placed_after?: number;
  readonly placed_before?: number;
  readonly closed?: boolean;
};

/** `next`: the order number to go on below; null at the end of the list. A page may be short and have one all the same. */
type OrderPage = { readonly orders: readonly Order[]; readonly pollings: ReadonlyMap<string, Polling>; readonly next: number | null };

/** A filter has no index of its own (each would cost a row with every order): a request looks at so many orders. */
const SCANNED_ORDERS = 1000;

/**
 * The panel's orders, newest first; a place among them is an order's number. With a filter, a window of order numbers is
 * looked at and the answer says where the next one begins; only a provider's own order id is found directly.
 * Null when there is no such panel. The orders are read twice, for how the polling of their providers stood just then: read
 * a moment later, it can tell of an answer that the orders read do not show yet.
 */
export async function listOrders(
  db: D1Database,
  ref: PanelRef,
  filter: OrderFilter,
  { cursor, limit }: PageWanted,
): Promise<OrderPage | null> {
  const params: (string | number | null)[] = [ref.value, cursor];
  const param = (value: string | number) => `?${params.push(value)}`;
  const conditions = conditionsOf(filter, param);
  const isFew = filter.flag === "placing_unknown" || (filter.provider !== undefined && filter.provider_order_id !== undefined);
  const isScan = conditions.length > 0 && !isFew;
  const panel = panelIdSql(ref);
  const top = `coalesce(?2, (SELECT order_n + 1 FROM panels WHERE id = ${panel}))`;
  const window = isScan ? [`o.n >= ${top} - ${SCANNED_ORDERS}`] : [];
  const where = [`o.panel = ${panel}`, `o.n < ${top}`, ...window, ...conditions].join(" AND ");
  const page = `orders o WHERE ${where} ORDER BY o.n DESC LIMIT ${param(limit + 1)}`;
  const found = await readForPanel(db, ref, [
    db.prepare(`SELECT o.* FROM ${page}`).bind(...params),
    db.prepare(`SELECT ${POLLING_COLUMNS} FROM providers p WHERE p.id IN (SELECT o.provider FROM ${page})`).bind(...params),
  ]);
  if (found === null) return null;
  const rows = (found.results[0]?.results ?? []) as OrderRow[];
  const orders = rows.slice(0, limit).map(toOrder);
  const pollings = pollingsOf((found.results[1]?.results ?? []) as PollingRow[]);
  if (rows.length > limit) return { orders, pollings, next: orders.at(-1)?.number ?? null };
  const bottom = (cursor ?? found.panel.lastOrder + 1) - SCANNED_ORDERS;
  return { orders, pollings, next: isScan && bottom > 1 ? bottom : null };
}

/** As `isClosed` in src/domain/order-view.ts. */
const CLOSED = `o.cadence IS NULL AND NOT (${IS_PLACING} AND o.status NOT IN (${ENDED}))`;

function conditionsOf(filter: OrderFilter, param: (value: string | number) => string): string[] {
  const conditions: string[] = [];
  const narrow = (value: string | number | undefined, condition: (parameter: string) => string) => {
    if (value !== undefined) conditions.push(condition(param(value)));
  };
  narrow(filter.status && JSON.stringify(filter.status), (p) => `o.status IN (SELECT value FROM json_each(${p}))`);
  narrow(filter.provider, (p) => `o.provider = ${p}`);
  narrow(filter.provider_order_id, (p) => `o.provider_order_id = ${p}`);
  // They have an index of their own.
  if (filter.flag === "placing_unknown") conditions.push(IS_PLACING);
  narrow(filter.flag && FLAGS[filter.flag], (p) => `(o.flags & ${p}) <> 0`);
  narrow(filter.customer, (p) => `o.customer = ${p}`);
  narrow(filter.service, (p) => `o.service = ${p}`);
  narrow(filter.link, (p) => `o.link = ${p}`);
  narrow(filter.placed_after, (p) => `coalesce(o.placed_at, o.created_at) > ${p}`);
  narrow(filter.placed_before, (p) => `coalesce(o.placed_at, o.created_at) < ${p}`);
  if (filter.closed !== undefined) conditions.push(filter.closed ? CLOSED : `NOT (${CLOSED})`);
  return conditions;
}
