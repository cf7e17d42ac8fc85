import type { RefundFacts, RefundKind, RefundStatus } from "../../domain/feed.ts";
import type { RefundReason } from "../../domain/refund-rules.ts";
import {
  afterGroup,
  type AllPanelsRef,
  groupOf,
  groupStatements,
  type MergedPlace,
  mergedParam,
  mergedSql,
  movedOn,
  type OperatorRefusal,
  readOverAll,
  timeKeySql,
} from "../panels/all-panels.ts";
import { type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import type { PageWanted } from "../rows/page.ts";

/** A refund with the order that it belongs to. */
export type Refund = {
  readonly panel: string;
  readonly orderId: string;
  readonly orderN: number;
  readonly currency: string;
  readonly facts: RefundFacts;
};

/** A place in the list of refunds, which goes by order number and refund number, both falling. */
type RefundPlace = readonly [orderN: number, n: number];
type RefundFilter = { readonly order: string | null; readonly status: RefundStatus | null };
/** `next`: where to go on; null at the end of the list. */
type RefundPage = { readonly refunds: readonly Refund[]; readonly next: RefundPlace | null };

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
  const page = `SELECT ${LISTED_COLUMNS} ${sourceSql(ref, filter, param)} LIMIT ${param(limit + 1)}`;
  const found = await readForPanel(db, ref, [db.prepare(page).bind(...params)]);
  if (found === null) return null;
  const rows = (found.results[0]?.results ?? []) as ListedRow[];
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { refunds: shown.map(toRefund), next: last === undefined ? null : [last.order_n, last.n] };
}

/** Of a refund `r`; one of an older release does not tell its order's id. */
const LISTED_COLUMNS = "r.*, coalesce(r.order_id, (SELECT o.id FROM orders o WHERE o.panel = r.panel AND o.n = r.order_n)) AS order_id";

export type AllRefundsPlace = MergedPlace<RefundPlace>;
type AllRefundsPage = { readonly kind: "read"; readonly refunds: readonly Refund[]; readonly next: AllRefundsPlace | null };

/**
 * The refunds of all panels, those of the newest order first, as many panels at a time as are merged. Four rows read for
 * each that is shown, and a few for each panel.
 */
export async function readAllRefunds(
  db: D1Database,
  ref: AllPanelsRef,
  { order, status }: RefundFilter,
  { cursor: from, limit }: { readonly cursor: AllRefundsPlace; readonly limit: number },
): Promise<AllRefundsPage | OperatorRefusal> {
  const params: (string | number)[] = [mergedParam(from)];
  const param = (value: string | number) => `?${params.push(value) + 1}`;
  const [ofOrder, ofStatus] = [order, status].map((value) => (value === null ? null : param(value)));
  const next = (panel: string, place: string) => {
    const conditions = [`r.panel = ${panel}`, `(r.order_n, r.n) < (${place}->>1, ${place}->>2)`];
    if (ofOrder !== null) conditions.push(`r.order_n = (SELECT n FROM orders WHERE panel = ${panel} AND id = ${ofOrder})`);
    if (ofStatus !== null) conditions.push(`r.status = ${ofStatus}`);
    // A removed order leaves what was rejected of it.
    const time = "coalesce((SELECT o.created_at FROM orders o WHERE o.panel = r.panel AND o.n = r.order_n), r.created_at)";
    return `SELECT json_array(${timeKeySql(time)}, r.order_n, r.n) FROM refunds r ${ofStatus !== null && ofOrder === null ? BY_STATUS : ""}
      WHERE ${conditions.join(" AND ")} ORDER BY r.order_n DESC, r.n DESC LIMIT 1`;
  };
  const page = `${mergedSql(from, next, limit + 1)}
    SELECT ${LISTED_COLUMNS} FROM merged m CROSS JOIN refunds r
    WHERE r.panel = m.panel AND r.order_n = m.place->>1 AND r.n = m.place->>2 LIMIT ${param(limit + 1)}`;
  const read = await readOverAll(db, ref, [db.prepare(page).bind(ref.operatorKey, ...params), ...groupStatements(db, ref, from)]);
  if (read.kind !== "read") return read;
  const rows = (read.results[0]?.results ?? []) as ListedRow[];
  const shown = rows.slice(0, limit);
  const refunds = shown.map(toRefund);
  const { places, next: nextGroup } = groupOf(from, read.results[1], (below): RefundPlace => [below, 0]);
  if (rows.length <= limit) return { kind: "read", refunds, next: afterGroup(nextGroup) };
  const moved = movedOn<RefundPlace>(
    places,
    shown.map(({ panel, order_n, n }) => [panel, order_n, n]),
  );
  return { kind: "read", refunds, next: { panel: nextGroup, places: moved } };
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

type ListedRow = RefundRow & { panel: string; order_id: string };

const BY_STATUS = "INDEXED BY refunds_status";

/** An order's refunds are few, and found by the key; else a status is found by its index, which SQLite takes where it is named. */
function sourceSql(ref: PanelRef, { order, status }: RefundFilter, param: (value: string) => string): string {
  const panel = panelIdSql(ref);
  const conditions = [`r.panel = ${panel}`, "(r.order_n, r.n) < (?2, ?3)"];
  if (order !== null) conditions.push(`r.order_n = (SELECT n FROM orders WHERE panel = ${panel} AND id = ${param(order)})`);
  if (status !== null) conditions.push(`r.status = ${param(status)}`);
  const isByStatus = status !== null && order === null;
  return `FROM refunds r ${isByStatus ? BY_STATUS : ""} WHERE ${conditions.join(" AND ")} ORDER BY r.order_n DESC, r.n DESC`;
}

function toRefund(row: ListedRow): Refund {
  return { panel: row.panel, orderId: row.order_id, orderN: row.order_n, currency: row.currency, facts: toFacts(row) };
}
