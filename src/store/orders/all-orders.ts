/**
 * Reading orders of all panels, for an operator.
 */
import type { Order } from "../../domain/order.ts";
import type { Polling } from "../../domain/order-view.ts";
import {
  afterGroup,
  type AllPanelsRef,
  groupOf,
  groupStatements,
  type MergedPlace,
  mergedParam,
  mergedSql,
  movedOn,
  ONE_ROW_IF_OPERATOR,
  type OperatorRefusal,
  readOverAll,
  timeKeySql,
} from "../panels/all-panels.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { type PollingRow, POLLING_COLUMNS } from "../rows/provider.ts";
import { conditionsOf, type OrderFilter, pollingsOf, sourceOf } from "./order-reads.ts";

type Found = { readonly kind: "read"; readonly orders: readonly Order[]; readonly pollings: ReadonlyMap<string, Polling> };

/** A place in a panel's list: an order's number. */
type OrderPlace = readonly [n: number];
export type AllOrdersPlace = MergedPlace<OrderPlace>;
type AllOrdersPage = Found & { readonly next: AllOrdersPlace | null };

/** Among so many orders a request is looked for what has no index: each costs three rows. */
const SCANNED_ORDERS = 3_000;

/**
 * The orders of all panels, the newest first, as many panels at a time as are merged.
 *
 * A page reads three rows for each order that it shows, a few for each panel, one for each provider. What has no index is
 * looked for among `SCANNED_ORDERS`; then a page may be empty and say where the next one begins.
 */
export async function listAllOrders(
  db: D1Database,
  ref: AllPanelsRef,
  filter: OrderFilter,
  { cursor: from, limit }: { readonly cursor: AllOrdersPlace; readonly limit: number },
): Promise<AllOrdersPage | OperatorRefusal> {
  // At each provider one order at most has an id: all that there are make one page.
  const isOnePage = filter.provider_order_id !== undefined;
  const query = queryOf(filter, from, limit);
  const read = await readOverAll(db, ref, [
    db.prepare(query.page).bind(ref.operatorKey, ...query.params),
    pollingsStatement(db, ref),
    ...(isOnePage ? [] : groupStatements(db, ref, from)),
  ]);
  if (read.kind !== "read") return read;
  const [page, pollings, group] = read.results;
  const rows = (page?.results ?? []) as OrderRow[];
  const shown = rows.slice(0, limit);
  const found = { kind: "read", orders: shown.map(toOrder), pollings: pollingsOf((pollings?.results ?? []) as PollingRow[]) } as const;
  if (isOnePage) return { ...found, next: null };
  const { places, next } = groupOf(from, group, (below): OrderPlace => [below]);
  const isFull = rows.length > limit;
  const edge = isFull || query.edge === null ? null : await edgeOf(db, query.edge, [ref.operatorKey, ...query.ownParams]);
  const last = isFull ? shown.map(({ panel, n }) => [panel, n] as const) : edge;
  return { ...found, next: last === null ? afterGroup(next) : { panel: next, places: movedOn(places, last) } };
}

/** As in one panel's list: in one snapshot with the orders. */
function pollingsStatement(db: D1Database, ref: AllPanelsRef): D1PreparedStatement {
  return db.prepare(`SELECT ${POLLING_COLUMNS} FROM ${ONE_ROW_IF_OPERATOR} g CROSS JOIN providers p`).bind(ref.operatorKey);
}

type Params = readonly (string | number)[];
/** `edge` selects the last order of each panel's that was looked at; null where each order found is one of the page's. */
type AllOrdersQuery = { readonly page: string; readonly params: Params; readonly edge: string | null; readonly ownParams: Params };

function queryOf(filter: OrderFilter, from: AllOrdersPlace, limit: number): AllOrdersQuery {
  const params: (string | number)[] = [mergedParam(from)];
  const param = (value: string | number) => `?${params.push(value) + 1}`;
  const { from: source, conditions, left, isFew } = sourceOf(filter, "'*'", param);
  const ownParams = [...params];
  const narrowed = conditionsOf(left, param);
  if (isFew) {
    const where = [...conditions, ...narrowed].join(" AND ");
    const page = `SELECT o.* FROM ${ONE_ROW_IF_OPERATOR} g CROSS JOIN ${source} WHERE ${where} ORDER BY o.created_at DESC, o.panel LIMIT 1 + ?2`;
    return { page, params: [limit, ...params.slice(1)], edge: null, ownParams };
  }
  const next = (panel: string, place: string) =>
    `SELECT json_array(${timeKeySql("o.created_at")}, o.n) FROM ${source}
     WHERE ${[`o.panel = ${panel}`, `o.n < ${place}->>1`, ...conditions].join(" AND ")} ORDER BY o.n DESC LIMIT 1`;
  const isScan = narrowed.length > 0;
  const merged = mergedSql(from, next, isScan ? SCANNED_ORDERS : limit + 1);
  const where = ["o.panel = m.panel", "o.n = m.place->>1", ...narrowed].join(" AND ");
  const page = `${merged} SELECT o.* FROM merged m CROSS JOIN orders o WHERE ${where} LIMIT ${param(limit + 1)}`;
  const edge = `${merged} SELECT panel, min(place->>1) AS n, count(*) AS count FROM merged WHERE place IS NOT NULL GROUP BY panel`;
  return { page, params, edge: isScan ? edge : null, ownParams };
}

type EdgeRow = { panel: string; n: number; count: number };

/** How far each panel's orders were looked at; null when all of them were. */
async function edgeOf(
  db: D1Database,
  edge: string,
  params: readonly (string | number | null)[],
): Promise<readonly (readonly [string, number])[] | null> {
  const { results } = await db
    .prepare(edge)
    .bind(...params)
    .all<EdgeRow>();
  const looked = results.reduce((sum, { count }) => sum + count, 0);
  return looked < SCANNED_ORDERS ? null : results.map(({ panel, n }) => [panel, n]);
}

/** Orders of all panels that have one of some ids, at most `limit` and one more. A row read a panel and order, and one more each. */
export async function readAllNamed(
  db: D1Database,
  ref: AllPanelsRef,
  ids: readonly string[],
  limit: number,
): Promise<Found | OperatorRefusal> {
  const read = await readOverAll(db, ref, [
    db
      .prepare(
        `SELECT o.* FROM ${ONE_ROW_IF_OPERATOR} g CROSS JOIN panels p CROSS JOIN orders o INDEXED BY orders_id
         WHERE o.panel = p.id AND o.id IN (SELECT value FROM json_each(?2)) LIMIT ?3 + 1`,
      )
      .bind(ref.operatorKey, JSON.stringify(ids), limit),
    pollingsStatement(db, ref),
  ]);
  if (read.kind !== "read") return read;
  const [orders, pollings] = read.results;
  return {
    kind: "read",
    orders: ((orders?.results ?? []) as OrderRow[]).map(toOrder),
    pollings: pollingsOf((pollings?.results ?? []) as PollingRow[]),
  };
}
