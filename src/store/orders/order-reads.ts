/**
 * Reading orders for their panel: by id, or as a list.
 */
import { linkKey } from "../../domain/order-link.ts";
import { type Flag, FLAGS, type Order } from "../../domain/order.ts";
import type { Polling } from "../../domain/order-view.ts";
import type { Status } from "../../domain/status.ts";
import { ENDED, IS_PLACING, type OrderRow, toOrder } from "../rows/order.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { oneRowIfPanel, rowsForPanel } from "../rows/json-sets.ts";
import type { PageWanted } from "../rows/page.ts";
import { type PollingRow, POLLING_COLUMNS, toPolling } from "../rows/provider.ts";

/** Orders by their panel's ids, and how the polling of their providers stands. */
type OrdersRead = { readonly orders: ReadonlyMap<string, Order>; readonly pollings: ReadonlyMap<string, Polling> };

/** Orders with what it takes to show them. One round trip; null when there is no such panel. */
export async function readOrders(db: D1Database, ref: PanelRef, ids: readonly string[]): Promise<OrdersRead | null> {
  const { orders: selectOrders, pollings: selectPollings } = NAMED[ref.by];
  const json = JSON.stringify(ids);
  const found = await readForPanel(db, ref, [
    db.prepare(selectOrders).bind(ref.value, json),
    db.prepare(selectPollings).bind(ref.value, json),
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
  const found = await readForPanel(db, ref, [db.prepare(NAMED[ref.by].orders).bind(ref.value, JSON.stringify(ids))]);
  return found === null ? null : { panel: found.panel, orders: byId((found.results[0]?.results ?? []) as OrderRow[]) };
}

/** By how a ref names the panel: what is read most is not put together each time. */
const NAMED = { id: namedBy("id"), key_hash: namedBy("key_hash"), token: namedBy("token") } as const;

function namedBy(by: PanelRef["by"]): { readonly orders: string; readonly pollings: string } {
  const panel = panelIdSql({ by });
  const named = `${rowsForPanel(panel, "?2")} j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.id = j.value`;
  return {
    orders: `SELECT o.* FROM ${named}`,
    pollings: `SELECT ${POLLING_COLUMNS} FROM providers p WHERE p.id IN (SELECT o.provider FROM ${named})`,
  };
}

function byId(rows: readonly OrderRow[]): ReadonlyMap<string, Order> {
  return new Map(rows.map((row) => [row.id, toOrder(row)]));
}

export function pollingsOf(rows: readonly PollingRow[]): ReadonlyMap<string, Polling> {
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

/**
 * What has no index is looked for among so many orders a request. An index on provider or service would cost a row with
 * every order, one on all statuses a row with every move.
 */
const SCANNED_ORDERS = 10_000;

/**
 * The panel's orders, newest first; a place among them is an order's number. Null when there is no such panel.
 *
 * A page reads a row for each order that it shows and one more, one for each provider, and four for the panel: without a
 * filter, and where the filter has an index (`sourceOf`). Anything else is looked for among `SCANNED_ORDERS`; then a page
 * may be empty and say where the next one begins.
 */
export async function listOrders(db: D1Database, ref: PanelRef, filter: OrderFilter, wanted: PageWanted): Promise<OrderPage | null> {
  const query = queryOf(ref, filter, wanted);
  const found = await readForPanel(db, ref, [db.prepare(query.page).bind(...query.params), pollingsStatement(db, ref)]);
  if (found === null) return null;
  const rows = (found.results[0]?.results ?? []) as OrderRow[];
  const shown = rows.slice(0, wanted.limit);
  const providers = new Set(shown.map(({ provider }) => provider));
  const pollings = ((found.results[1]?.results ?? []) as PollingRow[]).filter(({ id }) => providers.has(id));
  const next = rows.length > wanted.limit ? shown.at(-1)?.n : await edgeOf(db, query, wanted, found.panel);
  return { orders: shown.map(toOrder), pollings: pollingsOf(pollings), next: next ?? null };
}

/**
 * How the polling of all providers stands. Read in one snapshot with the orders: a moment later, it could tell of an
 * answer that they do not show yet. To find out which providers a page needs would cost its orders a second time.
 */
function pollingsStatement(db: D1Database, ref: PanelRef): D1PreparedStatement {
  return db.prepare(`SELECT ${POLLING_COLUMNS} FROM ${oneRowIfPanel(panelIdSql(ref))} k CROSS JOIN providers p`).bind(ref.value);
}

/**
 * `scanned`: how the orders that were looked at are bounded: by their number, or by how many the index has; null where
 * each order found is one of the page's. `edge` selects the last of the index's that was looked at.
 */
type OrderQuery = {
  readonly page: string;
  readonly params: readonly (string | number | null)[];
  readonly scanned: "numbers" | "entries" | null;
  readonly edge: { readonly sql: string; readonly params: readonly (string | number | null)[] };
};

function queryOf(ref: PanelRef, filter: OrderFilter, { cursor, limit }: PageWanted): OrderQuery {
  const panel = panelIdSql(ref);
  const params: (string | number | null)[] = [ref.value, cursor];
  const param = (value: string | number) => `?${params.push(value)}`;
  const { from, conditions, left, isFew } = sourceOf(filter, panel, param);
  const ownParams = [...params];
  const narrowed = conditionsOf(left, param);
  const [own, others] = isFew ? [[...conditions, ...narrowed], []] : [conditions, narrowed];
  const isAll = own.length === 0;
  const top =
    isAll && others.length > 0
      ? `coalesce(?2, (SELECT order_n + 1 FROM panels WHERE id = ${panel}))`
      : `coalesce(?2, ${Number.MAX_SAFE_INTEGER})`;
  const window = isAll && others.length > 0 ? [`o.n >= ${top} - ${SCANNED_ORDERS}`] : [];
  const where = [`o.panel = ${panel}`, `o.n < ${top}`, ...window, ...own].join(" AND ");
  const source = `FROM ${from} WHERE ${where} ORDER BY o.n DESC`;
  // The LIMIT keeps the other conditions out of the choice of an index. Without an ORDER BY around it, it is read no further
  // than the page needs.
  const page =
    others.length === 0
      ? `SELECT o.* ${source} LIMIT ${param(limit + 1)}`
      : `SELECT * FROM (SELECT o.* ${source} LIMIT ${SCANNED_ORDERS}) o WHERE ${others.join(" AND ")} LIMIT ${param(limit + 1)}`;
  return {
    page,
    params,
    scanned: others.length === 0 ? null : isAll ? "numbers" : "entries",
    edge: { sql: `SELECT o.n ${source} LIMIT 1 OFFSET ${SCANNED_ORDERS - 1}`, params: ownParams },
  };
}

/** The number of the last order that was looked at for a page that is not full; null when all were. */
async function edgeOf(db: D1Database, { scanned, edge }: OrderQuery, { cursor }: PageWanted, { lastOrder }: Panel): Promise<number | null> {
  if (scanned === null) return null;
  if (scanned === "entries") {
    const last = await db
      .prepare(edge.sql)
      .bind(...edge.params)
      .first<{ n: number }>();
    return last?.n ?? null;
  }
  const bottom = (cursor ?? lastOrder + 1) - SCANNED_ORDERS;
  return bottom > 1 ? bottom : null;
}

/** Where a list's orders are found newest first; `left` is what that does not account for. */
type OrderSource = {
  readonly from: string;
  readonly conditions: readonly string[];
  readonly left: OrderFilter;
  /** There are so few that nothing has to bound them. */
  readonly isFew?: true;
};

/** Statuses that have an index: few orders have them, and those are looked for. */
const INDEXED_STATUSES: ReadonlySet<Status> = new Set(["error", "unknown"]);

/** SQLite takes a partial index only where its condition is spelled out, and prefers the key unless the index is named. */
export function sourceOf(filter: OrderFilter, panel: string, param: (value: string | number) => string): OrderSource {
  const { provider, provider_order_id: providerOrder, flag, status: [status, ...statuses] = [], customer } = filter;
  if (providerOrder !== undefined) {
    // At each provider one order at most has the id.
    const from = provider === undefined ? `${oneRowIfPanel(panel)} k CROSS JOIN providers p CROSS JOIN orders o` : "orders o";
    const at = provider === undefined ? "p.id" : param(provider);
    const conditions = [`o.provider = ${at}`, `o.provider_order_id = ${param(providerOrder)}`];
    return { from, conditions, left: without(without(filter, "provider"), "provider_order_id"), isFew: true };
  }
  if (flag !== undefined) return { from: indexed(flag), conditions: [`o.flags & ${FLAGS[flag]} <> 0`], left: without(filter, "flag") };
  if (status !== undefined && statuses.length === 0 && INDEXED_STATUSES.has(status))
    return { from: indexed(status), conditions: [`o.status = '${status}'`], left: without(filter, "status") };
  if (customer !== undefined)
    return { from: indexed("customer"), conditions: [`o.customer = ${param(customer)}`], left: without(filter, "customer") };
  return { from: "orders o", conditions: [], left: filter };
}

function indexed(name: string): string {
  return `orders o INDEXED BY orders_${name}`;
}

function without(filter: OrderFilter, name: keyof OrderFilter): OrderFilter {
  return { ...filter, [name]: undefined };
}

/** As `isClosed` in src/domain/order-view.ts. */
const CLOSED = `o.cadence IS NULL AND NOT (${IS_PLACING} AND o.status NOT IN (${ENDED}))`;

export function conditionsOf(filter: OrderFilter, param: (value: string | number) => string): string[] {
  const conditions: string[] = [];
  const narrow = (value: string | number | undefined, condition: (parameter: string) => string) => {
    if (value !== undefined) conditions.push(condition(param(value)));
  };
  if (filter.status !== undefined) conditions.push(`(${filter.status.map((status) => `o.status = ${param(status)}`).join(" OR ")})`);
  narrow(filter.provider, (p) => `o.provider = ${p}`);
  narrow(filter.customer, (p) => `o.customer = ${p}`);
  narrow(filter.service, (p) => `o.service = ${p}`);
  // Orders from before 0.5 have another key, and are found by the very text.
  if (filter.link !== undefined) conditions.push(`(o.link = ${param(filter.link)} OR o.link_key = ${param(linkKey(filter.link))})`);
  narrow(filter.placed_after, (p) => `coalesce(o.placed_at, o.created_at) > ${p}`);
  narrow(filter.placed_before, (p) => `coalesce(o.placed_at, o.created_at) < ${p}`);
  narrow(filter.flag && FLAGS[filter.flag], (p) => `(o.flags & ${p}) <> 0`);
  if (filter.closed !== undefined) conditions.push(filter.closed ? CLOSED : `NOT (${CLOSED})`);
  return conditions;
}
