/**
 * Reading the change feed: a panel's from a number on, or one order's along its `prev` pointers.
 */
import type { RecordedChange } from "../../domain/feed-text.ts";
import { type AllPanelsRef, ONE_ROW_IF_OPERATOR, type OperatorRefusal, readOverAll } from "../panels/all-panels.ts";
import { type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { horizonSql } from "../retention/horizon.ts";
import type { PageWanted } from "../rows/page.ts";

/** A row of `changes`. `previous` and `data` are JSON texts, as the database has checked. */
export type ChangeRow = RecordedChange;

/** The columns of a change `c`. */
export const CHANGE_COLUMNS = "c.seq, c.type, c.order_id, c.created_at, c.previous, c.data";

/** Changes, or from where on the feed is whole: what comes after the number asked for is in the archive. */
export type FeedRead =
  | { readonly kind: "feed"; readonly changes: readonly ChangeRow[] }
  | { readonly kind: "archived"; readonly after: number }
  | { readonly kind: "no_panel" };

/** The panel's changes above `after`, oldest first. One row read a change, and two for how far the feed was archived. */
export async function readChanges(db: D1Database, ref: PanelRef, after: number, limit: number): Promise<FeedRead> {
  const panel = panelIdSql(ref);
  const found = await readForPanel(db, ref, [
    db
      .prepare(`SELECT ${CHANGE_COLUMNS} FROM changes c WHERE c.panel = ${panel} AND c.seq > ?2 ORDER BY c.seq LIMIT ?3`)
      .bind(ref.value, after, limit),
    db.prepare(`SELECT ${horizonSql(panel)} AS horizon`).bind(ref.value),
  ]);
  if (found === null) return { kind: "no_panel" };
  const [changes, archived] = found.results;
  const horizon = horizonIn(archived);
  return after < horizon ? { kind: "archived", after: horizon } : { kind: "feed", changes: (changes?.results ?? []) as ChangeRow[] };
}

function horizonIn(result: D1Result | undefined): number {
  return (result?.results[0] as { horizon: number } | undefined)?.horizon ?? 0;
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

/** `archived`: the panels in whose archive changes after the reader's place are, and from where on their feeds are whole. */
export type AllFeedsRead = {
  readonly kind: "read";
  readonly changes: readonly ChangeOfPanel[];
  readonly archived: Readonly<Record<string, number>>;
};

/**
 * All panels' changes above a reader's place: each panel's in its order, and all of them by their numbers, which are times.
 * Three rows read a change, three a panel, and one more for a panel that has something new.
 */
export async function readAllChanges(
  db: D1Database,
  ref: AllPanelsRef,
  { others, panels }: AllFeedsPlace,
  limit: number,
): Promise<AllFeedsRead | OperatorRefusal> {
  const place = `coalesce(?2->>('$."' || p.id || '"'), ?3)`;
  const read = await readOverAll(db, ref, [
    db
      .prepare(
        `WITH RECURSIVE merged (panel, seq) AS (
           SELECT p.id, (${nextSeqSql("p.id", place)}) FROM ${ONE_ROW_IF_OPERATOR} g CROSS JOIN panels p
           UNION ALL
           SELECT m.panel, (${nextSeqSql("m.panel", "m.seq")}) FROM merged m WHERE m.seq IS NOT NULL
           ORDER BY 2 NULLS LAST, 1 LIMIT ?4
         )
         SELECT c.panel, ${CHANGE_COLUMNS} FROM merged m CROSS JOIN changes c WHERE c.panel = m.panel AND c.seq = m.seq`,
      )
      .bind(ref.operatorKey, JSON.stringify(panels), others, limit),
    db
      .prepare(
        `SELECT p.id AS panel, ${horizonSql("p.id")} AS horizon FROM ${ONE_ROW_IF_OPERATOR} g CROSS JOIN panels p
         WHERE ${horizonSql("p.id")} > ${place}`,
      )
      .bind(ref.operatorKey, JSON.stringify(panels), others),
  ]);
  if (read.kind !== "read") return read;
  const below = (read.results[1]?.results ?? []) as { panel: string; horizon: number }[];
  return {
    kind: "read",
    changes: (read.results[0]?.results ?? []) as ChangeOfPanel[],
    archived: Object.fromEntries(below.map(({ panel, horizon }) => [panel, horizon])),
  };
}

/** An order's changes, or why there are none. `isCut`: its older ones are in the archive; told with the first page. */
export type HistoryRead =
  | { readonly kind: "history"; readonly changes: readonly ChangeRow[]; readonly isCut: boolean }
  | { readonly kind: "no_panel" }
  | { readonly kind: "no_order" };

/**
 * An order's changes, oldest first; a place among them is a change's number. Goes from its newest change back to the
 * cursor: three rows read for each change on the way, and no index to pay for with every change that is written.
 */
export async function readHistory(db: D1Database, ref: PanelRef, orderId: string, { cursor, limit }: PageWanted): Promise<HistoryRead> {
  const panel = panelIdSql(ref);
  const found = await readForPanel(db, ref, [
    db.prepare(`SELECT o.last_change FROM orders o WHERE o.panel = ${panel} AND o.id = ?2`).bind(ref.value, orderId),
    db
      .prepare(
        `WITH RECURSIVE chain (prev, seq, type, order_id, created_at, previous, data) AS (
           SELECT c.prev, ${CHANGE_COLUMNS} FROM orders o CROSS JOIN changes c
           WHERE o.panel = ${panel} AND o.id = ?2 AND c.panel = o.panel AND c.seq = o.last_change AND c.seq > ?3
           UNION ALL
           SELECT c.prev, ${CHANGE_COLUMNS} FROM chain CROSS JOIN changes c
           WHERE c.panel = ${panel} AND c.seq = chain.prev AND c.seq > ?3
         )
         SELECT ${CHANGE_COLUMNS}, c.prev FROM chain c ORDER BY c.seq LIMIT ?4`,
      )
      .bind(ref.value, orderId, cursor ?? 0, limit),
  ]);
  if (found === null) return { kind: "no_panel" };
  const [orders, changes] = found.results;
  const order = orders?.results[0] as { last_change: number } | undefined;
  if (order === undefined) return { kind: "no_order" };
  const rows = (changes?.results ?? []) as (ChangeRow & { prev: number | null })[];
  const isCut = cursor === null && order.last_change !== 0 && rows[0]?.prev !== null;
  return { kind: "history", changes: rows, isCut };
}
