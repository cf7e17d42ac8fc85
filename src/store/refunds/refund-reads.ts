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

/** Posted refunds are most of all and have no index: among others they are looked for in so many a request. */
const SCANNED_REFUNDS = 10_000;
const ABOVE_ALL: RefundPlace = [Number.MAX_SAFE_INTEGER, 0];

/**
 * The panel's refunds, those of the newest order first. A row read for each that is shown and one more, and four for the
 * panel; a refund of an older release reads its order as well. Null when there is no such panel.
 */
export async function readRefunds(
  db: D1Database,
  ref: PanelRef,
  filter: RefundFilter,
  { cursor, limit }: PageWanted<RefundPlace>,
): Promise<RefundPage | null> {
  const params: (string | number)[] = [ref.value, ...(cursor ?? ABOVE_ALL)];
  const param = (value: string | number) => `?${params.push(value)}`;
  const source = sourceSql(ref, filter, param);
  const sourceParams = [...params];
  const isScan = filter.status === "posted" && filter.order === null;
  // The LIMIT inside keeps the status out of the choice of an index. Without an ORDER BY around it, it is read no further
  // than the page needs.
  const refunds = isScan ? `(SELECT * ${source} LIMIT ${SCANNED_REFUNDS}) r WHERE r.status = 'posted'` : `(SELECT * ${source}) r`;
  const page = `SELECT r.*, coalesce(r.order_id, (SELECT o.id FROM orders o WHERE o.panel = r.panel AND o.n = r.order_n)) AS order_id
    FROM ${refunds} LIMIT ${param(limit + 1)}`;
  const found = await readForPanel(db, ref, [db.prepare(page).bind(...params)]);
  if (found === null) return null;
  const rows = (found.results[0]?.results ?? []) as ListedRow[];
  const edge =
    isScan && rows.length <= limit
      ? await db
          .prepare(`SELECT order_n, n ${source} LIMIT 1 OFFSET ${SCANNED_REFUNDS - 1}`)
          .bind(...sourceParams)
          .first<Edge>()
      : null;
  return pageOf(rows, edge, limit);
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

/** Each status but `posted` has a small index of its own, which SQLite takes only where it is named. */
function sourceSql(ref: PanelRef, { order, status }: RefundFilter, param: (value: string) => string): string {
  const panel = panelIdSql(ref);
  const conditions = [`panel = ${panel}`, "(order_n, n) < (?2, ?3)"];
  if (order !== null) conditions.push(`order_n = (SELECT n FROM orders WHERE panel = ${panel} AND id = ${param(order)})`);
  if (status !== null && (status !== "posted" || order !== null)) conditions.push(`status = '${status}'`);
  const table = status === null || status === "posted" || order !== null ? "refunds" : `refunds INDEXED BY refunds_${status}`;
  return `FROM ${table} WHERE ${conditions.join(" AND ")} ORDER BY order_n DESC, n DESC`;
}

function pageOf(rows: readonly ListedRow[], edge: Edge | null, limit: number): RefundPage {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? (shown.at(-1) ?? null) : edge;
  return { refunds: shown.map(toRefund), next: last === null ? null : [last.order_n, last.n] };
}

function toRefund(row: ListedRow): Refund {
  return { orderId: row.order_id, orderN: row.order_n, currency: row.currency, facts: toFacts(row) };
}
