/**
 * How many orders a list has, by status: what a page counts beside it, in one bounded read.
 */
import { type Status, STATUS_NAMES } from "../../domain/status.ts";
import { type AllPanelsRef, ONE_ROW_IF_OPERATOR, type OperatorRefusal, readOverAll } from "../panels/all-panels.ts";
import { type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { conditionsOf, type OrderFilter, sourceOf } from "./order-reads.ts";

/** So many orders are looked at, each a row read: a list with more has at least what was found among them. */
export const COUNTED_ORDERS = 10_000;

/** `looked`: how many orders were looked at, one more than are counted where there are more. */
export type OrderCounts = { readonly looked: number; readonly statuses: Readonly<Record<Status, number>> };

/** The panel's orders that the filter finds, among its newest; a row read for each that is looked at. Null when there is no such panel. */
export async function countOrders(db: D1Database, ref: PanelRef, filter: OrderFilter): Promise<OrderCounts | null> {
  const panel = panelIdSql(ref);
  const { sql, params } = countQuery(filter, panel, ref.value, ({ from, conditions }) => {
    const where = [`o.panel = ${panel}`, ...conditions].join(" AND ");
    return `FROM ${from} WHERE ${where} ORDER BY o.n DESC`;
  });
  const found = await readForPanel(db, ref, [db.prepare(sql).bind(...params)]);
  return found === null ? null : toCounts(found.results[0]);
}

/** The same over all panels, one after the other: also a row read a panel. */
export async function countAllOrders(
  db: D1Database,
  ref: AllPanelsRef,
  filter: OrderFilter,
): Promise<({ readonly kind: "read" } & OrderCounts) | OperatorRefusal> {
  const { sql, params } = countQuery(filter, "'*'", ref.operatorKey, ({ from, conditions, isFew }) => {
    const [panels, own] = isFew ? ["", []] : ["CROSS JOIN panels v ", ["o.panel = v.id"]];
    return `FROM ${ONE_ROW_IF_OPERATOR} g ${panels}CROSS JOIN ${from} WHERE ${[...own, ...conditions].join(" AND ")}`;
  });
  const read = await readOverAll(db, ref, [db.prepare(sql).bind(...params)]);
  return read.kind === "read" ? { kind: "read", ...toCounts(read.results[0]) } : read;
}

type Source = Pick<ReturnType<typeof sourceOf>, "from" | "conditions"> & { readonly isFew: boolean };
type Params = readonly (string | number | null)[];

function countQuery(
  filter: OrderFilter,
  panel: string,
  who: string | null,
  fromWhere: (source: Source) => string,
): { readonly sql: string; readonly params: Params } {
  const params: (string | number | null)[] = [who];
  const param = (value: string | number) => `?${params.push(value)}`;
  const { from, conditions, left, isFew = false } = sourceOf(filter, panel, param);
  const source = fromWhere({ from, conditions, isFew });
  const found = ["true", ...conditionsOf(left, param)].join(" AND ");
  // The LIMIT keeps the other conditions out of the choice of an index, and bounds what is read.
  const looked = `SELECT o.status, coalesce(${found}, false) AS found FROM (SELECT o.* ${source} LIMIT ${COUNTED_ORDERS + 1}) o`;
  const counts = STATUS_NAMES.map((status) => `total(found AND status = '${status}') AS "${status}"`);
  return { sql: `SELECT count(*) AS looked, ${counts.join(", ")} FROM (${looked})`, params };
}

function toCounts(result: D1Result | undefined): OrderCounts {
  const { looked = 0, ...statuses } = (result?.results[0] ?? {}) as { readonly looked?: number } & Record<Status, number>;
  return { looked, statuses };
}
