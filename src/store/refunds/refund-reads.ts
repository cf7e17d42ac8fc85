import type { RefundFacts, RefundKind, RefundStatus } from "../../domain/feed.ts";
import type { RefundReason } from "../../domain/refund-rules.ts";
import { type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import type { PageWanted } from "../rows/page.ts";

/** A refund with the order that it belongs to. */
export type Refund = { readonly orderId: string; readonly orderN: number; readonly currency: string; readonly facts: RefundFacts };

/** A place in the list of refunds, which goes by order number and refund number, both falling. */
type RefundPlace = readonly [orderN: number, n: number];
type RefundFilter = { readonly order: string | null; readonly status: RefundStatus | null };
/** `next`: where to go on; null at the end of the list. A page may be short, or empty, and have one all the same. */
type RefundPage = { readonly refunds: readonly Refund[]; readonly next: RefundPlace | null };

/** Decided refunds have no index by status: a request for one status looks at no more than so many refunds. */
const SCANNED_REFUNDS = 1000;
const ABOVE_ALL: RefundPlace = [Number.MAX_SAFE_INTEGER, 0];

/** The panel's refunds, those of the newest order first. Null when there is no such panel. */
export async function readRefunds(
  db: D1Database,
  ref: PanelRef,
  filter: RefundFilter,
  { cursor, limit }: PageWanted<RefundPlace>,
): Promise<RefundPage | null> {
  const params: (string | number)[] = [ref.value, ...(cursor ?? ABOVE_ALL)];
  const param = (value: string | number) => `?${params.push(value)}`;
  const scan = scanSql(ref, filter, param);
  const scanParams = [...params];
  const scanned = filter.status === null ? limit + 1 : SCANNED_REFUNDS;
  const wanted = filter.status === null ? "" : `AND r.status = ${param(filter.status)}`;
  const page = `SELECT r.*, o.id AS order_id FROM (${scan} LIMIT ${param(scanned)}) r CROSS JOIN orders o
    WHERE o.panel = r.panel AND o.n = r.order_n ${wanted} ORDER BY r.order_n DESC, r.n DESC LIMIT ${param(limit + 1)}`;
  const edge = `SELECT order_n, n FROM (${scan} LIMIT 1 OFFSET ${SCANNED_REFUNDS - 1})`;
  const found = await readForPanel(db, ref, [
    db.prepare(page).bind(...params),
    ...(filter.status === null ? [] : [db.prepare(edge).bind(...scanParams)]),
  ]);
  if (found === null) return null;
  const [rows, edges] = found.results;
  return pageOf((rows?.results ?? []) as ListedRow[], (edges?.results[0] ?? null) as Edge | null, limit);
}

/** A row of `refunds`. */
export type RefundRow = {
  order_n: number;
  n: number;
  kind: RefundKind;
  amount: number | null;
  currency: string;
  status: RefundStatus;
  reason: RefundReason;
  remains: number | null;
  created_at: number;
  decided_at: number | null;
  decided_by: string | null;
  note: string | null;
};

export function toFacts(row: RefundRow): RefundFacts {
  const { n, kind, amount, status, reason, remains, note } = row;
  return {
    n,
    kind,
    amount,
    status,
    reason,
    remains,
    note,
    createdAt: row.created_at,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
  };
}

type ListedRow = RefundRow & { order_id: string };

/** The last refund that was looked at; null when all were. */
type Edge = { order_n: number; n: number };

/** Open refunds are found by their own small index, which SQLite takes only where its condition is spelled out. */
function scanSql(ref: PanelRef, { order, status }: RefundFilter, param: (value: string) => string): string {
  const panel = panelIdSql(ref);
  const conditions = [`panel = ${panel}`, "(order_n, n) < (?2, ?3)"];
  if (order !== null) conditions.push(`order_n = (SELECT n FROM orders WHERE panel = ${panel} AND id = ${param(order)})`);
  if (status === "held" || status === "delayed") conditions.push("status IN ('held', 'delayed')");
  return `SELECT * FROM refunds WHERE ${conditions.join(" AND ")} ORDER BY order_n DESC, n DESC`;
}

function pageOf(rows: readonly ListedRow[], edge: Edge | null, limit: number): RefundPage {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? (shown.at(-1) ?? null) : edge;
  return { refunds: shown.map(toRefund), next: last === null ? null : [last.order_n, last.n] };
}

function toRefund(row: ListedRow): Refund {
  return { orderId: row.order_id, orderN: row.order_n, currency: row.currency, facts: toFacts(row) };
}
