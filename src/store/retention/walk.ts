/**
 * Deleting what has left, and what is too old: a bounded part at a time, by the key of its table, so that nothing pays for an
 * index. Each statement finds out anew what may go; one that comes twice finds nothing the second time.
 */
import { KEEPING_FLAGS } from "../../domain/retention.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";
import { ROWS_OF_SHARES } from "../panels/shares.ts";
import { IS_PLACING } from "../rows/order.ts";
import { horizonSql } from "./horizon.ts";

/**
 * Where the walk is. `afterPanel`: the last panel that is done in this lap; `pages`: how many of the present one were archived since
 * its archived changes were last looked through, and `seq`: how far they are now; `lapDay`: the UTC day on which the last lap was
 * done. `key`: the answer that was looked at last.
 */
export type Walk = {
  readonly afterPanel: string;
  readonly pages: number;
  readonly seq: number;
  readonly lapDay: number;
  readonly key: readonly [panel: string, key: string] | null;
};

/** `panel`: whose turn it is, null where all are done. `rowsToday`: written today, about; `seen`: the walk as it stands in its row. */
export type Turn = { readonly walk: Walk; readonly seen: string; readonly panel: string | null; readonly rowsToday: number };

/** A few rows, and one a provider and for each panel's share of today. */
export async function readTurn(db: D1Database, now: number): Promise<Turn> {
  const row = await db
    .prepare(
      `SELECT t.retention, (SELECT p.id FROM panels p WHERE p.id > coalesce(t.retention->>'$.afterPanel', '') ORDER BY p.id LIMIT 1) AS panel,
         CASE WHEN t.moved_day = ?1 THEN t.moved_today ELSE 0 END + ${ROWS_OF_SHARES("?1")}
           + coalesce((SELECT sum(rows_today) FROM providers WHERE calls_day = ?1), 0) AS rows_today
       FROM ticks t WHERE t.id = 1`,
    )
    .bind(dayOf(minuteOf(now)))
    .first<{ retention: string; panel: string | null; rows_today: number }>();
  if (row === null) throw new Error("the row of ticks is missing");
  const walk = { afterPanel: "", pages: 0, seq: 0, lapDay: 0, key: null, ...(JSON.parse(row.retention) as Partial<Walk>) };
  return { walk, seen: row.retention, panel: row.panel, rowsToday: row.rows_today };
}

/** Remembers where the walk is, unless another has moved it, and what it has written. One row written. */
export async function rememberWalk(db: D1Database, seen: string, next: Walk, { rows, now }: { rows: number; now: number }): Promise<void> {
  await db
    .prepare(
      `UPDATE ticks SET moved_today = CASE WHEN moved_day = ?4 THEN moved_today ELSE 0 END + ?3, moved_day = ?4,
         retention = iif(retention = ?1, ?2, retention) WHERE id = 1`,
    )
    .bind(seen, JSON.stringify(next), rows + 1, dayOf(minuteOf(now)))
    .run();
}

/**
 * Condition on an order `o`: its history stays at hand. It is followed, it is in doubt, something of it waits for somebody, or it
 * has moved since. `horizon` is SQL.
 */
const isUnsettled = (horizon: string): string => `(o.cadence IS NOT NULL
  OR o.status NOT IN ('completed', 'partial', 'canceled', 'refunded') OR ${IS_PLACING}
  OR o.hold_n IS NOT NULL OR o.word_hold_n IS NOT NULL OR o.flags & ${KEEPING_FLAGS} <> 0
  OR o.refill_status IN ('queued', 'asking', 'pending', 'in_progress') OR o.cancel_status IN ('queued', 'asking', 'requested')
  OR o.last_change > ${horizon})`;

/** `last`: what was looked at last; null for nothing. `isThrough`: there is no more to look at. */
export type Walked<Place> = { readonly deleted: number; readonly last: Place | null; readonly isThrough: boolean };

/**
 * Deletes archived changes of a panel, above `after`, of orders that are settled: `most` are looked at. Some eight rows read each, one
 * written for each that goes.
 */
export async function deleteArchivedChanges(db: D1Database, panel: string, after: number, most: number): Promise<Walked<number>> {
  const looked = `(SELECT c.seq, c.order_id FROM changes c
    WHERE c.panel = ?1 AND c.seq > ?2 AND c.seq <= ${horizonSql("?1")} ORDER BY c.seq LIMIT ${most})`;
  const [extent, deleted] = await db.batch<{ last: number | null; looked_at: number }>([
    db.prepare(`SELECT max(seq) AS last, count(*) AS looked_at FROM ${looked}`).bind(panel, after),
    db
      .prepare(
        `DELETE FROM changes WHERE panel = ?1 AND seq IN (SELECT l.seq FROM ${looked} l
           WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.panel = ?1 AND o.id = l.order_id AND ${isUnsettled(horizonSql("?1"))}))`,
      )
      .bind(panel, after),
  ]);
  const { last, looked_at } = extent?.results[0] ?? { last: null, looked_at: 0 };
  return { deleted: deleted?.meta.changes ?? 0, last, isThrough: looked_at < most };
}

/** Deletes archived entries of the audit trail. One row written each. */
export async function deleteArchivedAudit(db: D1Database, most: number): Promise<number> {
  const { meta } = await db
    .prepare(
      `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id <= coalesce((SELECT last_seq FROM archived_pages
         WHERE kind = 'audit' AND panel = '' AND archived_at IS NOT NULL ORDER BY last_seq DESC LIMIT 1), 0) ORDER BY id LIMIT ${most})`,
    )
    .run();
  return meta.changes;
}

/** Before when what has an age is too old, in epoch ms. */
export type Cutoffs = { readonly idempotency: number; readonly deadLetters: number; readonly alerts: number };

/**
 * Deletes answers to idempotency keys, dead letters and closed alerts that are too old: `most` of each are looked at. Answers are
 * walked by their key, the others from their oldest. The newest of a table stays: its number is not to come again.
 */
export async function deleteOld(
  db: D1Database,
  after: Walk["key"],
  { idempotency, deadLetters, alerts }: Cutoffs,
  most: number,
): Promise<Walked<[panel: string, key: string]>> {
  const answers = `(SELECT panel, key FROM idempotency WHERE (panel, key) > (?1, ?2) ORDER BY panel, key LIMIT ${most})`;
  const [last, ...deleted] = await db.batch<{ panel: string; key: string }>([
    db.prepare(`SELECT panel, key FROM ${answers} ORDER BY panel DESC, key DESC LIMIT 1`).bind(after?.[0] ?? "", after?.[1] ?? ""),
    db
      .prepare(`DELETE FROM idempotency WHERE (panel, key) IN ${answers} AND created_at < ?3`)
      .bind(after?.[0] ?? "", after?.[1] ?? "", idempotency),
    db
      .prepare(
        `DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters ORDER BY id LIMIT ${most})
           AND failed_at < ?1 AND id < (SELECT max(id) FROM dead_letters)`,
      )
      .bind(deadLetters),
    db
      .prepare(
        `DELETE FROM alerts WHERE id IN (SELECT id FROM alerts ORDER BY id LIMIT ${most}) AND closed_at < ?1
           AND id < (SELECT max(id) FROM alerts) AND NOT EXISTS (SELECT 1 FROM alert_notices n WHERE n.alert = alerts.id)`,
      )
      .bind(alerts),
  ]);
  const end = last?.results[0];
  const sum = deleted.reduce((total, { meta }) => total + meta.changes, 0);
  return { deleted: sum, last: end === undefined ? null : [end.panel, end.key], isThrough: end === undefined };
}
