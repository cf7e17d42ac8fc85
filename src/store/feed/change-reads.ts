/**
 * Reading the change feed: a panel's from a number on, or one order's along its `prev` pointers.
 */
import type { RecordedChange } from "../../domain/feed-text.ts";
import { type AllPanelsRef, ONE_ROW_IF_OPERATOR, type OperatorRefusal, readOverAll } from "../panels/all-panels.ts";
import { type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import type { PageWanted } from "../rows/page.ts";

/** A row of `changes`. `previous` and `data` are JSON texts, as the database has checked. */
export type ChangeRow = RecordedChange;

/** The columns of a change `c`. */
export const CHANGE_COLUMNS = "c.seq, c.type, c.order_id, c.created_at, c.previous, c.data";

/** The panel's changes above `after`, oldest first. One row read a change. Null when there is no such panel. */
export async function readChanges(db: D1Database, ref: PanelRef, after: number, limit: number): Promise<ChangeRow[] | null> {
  const found = await readForPanel(db, ref, [
    db
      .prepare(`SELECT ${CHANGE_COLUMNS} FROM changes c WHERE c.panel = ${panelIdSql(ref)} AND c.seq > ?2 ORDER BY c.seq LIMIT ?3`)
      .bind(ref.value, after, limit),
  ]);
  return found === null ? null : ((found.results[0]?.results ?? []) as ChangeRow[]);
}

/**
 * Where a reader of all feeds stands: each panel's last number that it has read, and one for the panels that are not named.
 * One number for all would lose changes: a panel's can come out after greater ones of other panels.
 */
export type AllFeedsPlace = { readonly others: number; readonly panels: Readonly<Record<string, number>> };

function nextSeqSql(panel: string, after: string): string {
  return `SELECT c.seq FROM changes c WHERE c.panel = ${panel} AND c.seq > ${after} ORDER BY c.seq LIMIT 1`;
}

type ChangeOfPanel = ChangeRow & { readonly panel: string };

/**
 * All panels' changes above a reader's place: each panel's in its order, and all of them by their numbers, which are times.
 * Three rows read a change, one a panel, and one more for a panel that has something new.
 */
export async function readAllChanges(
  db: D1Database,
  ref: AllPanelsRef,
  { others, panels }: AllFeedsPlace,
  limit: number,
): Promise<{ readonly kind: "read"; readonly changes: readonly ChangeOfPanel[] } | OperatorRefusal> {
  const place = `coalesce(?2->>('$."' || p.id || '"'), ?3)`;
  const read = await readOverAll(db, ref, [
    db
      .prepare(
        `WITH RECURSIVE merged (panel, seq) AS (
           SELECT p.id, (${nextSeqSql("p.id", place)}) FROM ${ONE_ROW_IF_OPERATOR} g CROSS JOIN panels p WHERE p.feed_seq > ${place}
           UNION ALL
           SELECT m.panel, (${nextSeqSql("m.panel", "m.seq")}) FROM merged m WHERE m.seq IS NOT NULL
           ORDER BY 2 NULLS LAST, 1 LIMIT ?4
         )
         SELECT c.panel, ${CHANGE_COLUMNS} FROM merged m CROSS JOIN changes c WHERE c.panel = m.panel AND c.seq = m.seq`,
      )
      .bind(ref.operatorKey, JSON.stringify(panels), others, limit),
  ]);
  return read.kind === "read" ? { kind: "read", changes: (read.results[0]?.results ?? []) as ChangeOfPanel[] } : read;
}

/** An order's changes, or why there are none. */
export type HistoryRead =
  | { readonly kind: "history"; readonly changes: readonly ChangeRow[] }
  | { readonly kind: "no_panel" }
  | { readonly kind: "no_order" };

/**
 * An order's changes, oldest first; a place among them is a change's number. Goes from its newest change back to the
 * cursor: three rows read for each change on the way, and no index to pay for with every change that is written.
 */
export async function readHistory(db: D1Database, ref: PanelRef, orderId: string, { cursor, limit }: PageWanted): Promise<HistoryRead> {
  const panel = panelIdSql(ref);
  const found = await readForPanel(db, ref, [
    db.prepare(`SELECT 1 FROM orders o WHERE o.panel = ${panel} AND o.id = ?2`).bind(ref.value, orderId),
    db
      .prepare(
        `WITH RECURSIVE chain (prev, seq, type, order_id, created_at, previous, data) AS (
           SELECT c.prev, ${CHANGE_COLUMNS} FROM orders o CROSS JOIN changes c
           WHERE o.panel = ${panel} AND o.id = ?2 AND c.panel = o.panel AND c.seq = o.last_change AND c.seq > ?3
           UNION ALL
           SELECT c.prev, ${CHANGE_COLUMNS} FROM chain CROSS JOIN changes c
           WHERE c.panel = ${panel} AND c.seq = chain.prev AND c.seq > ?3
         )
         SELECT ${CHANGE_COLUMNS} FROM chain c ORDER BY c.seq LIMIT ?4`,
      )
      .bind(ref.value, orderId, cursor ?? 0, limit),
  ]);
  if (found === null) return { kind: "no_panel" };
  const [order, changes] = found.results;
  return order?.results.length === 0 ? { kind: "no_order" } : { kind: "history", changes: (changes?.results ?? []) as ChangeRow[] };
}
