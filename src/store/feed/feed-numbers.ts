/**
 * The numbers of a panel's change feed. They stand above the last one, and above now × 1000, so that none comes
 * again with other content after a restore. Gaps are normal.
 */

import { claimOrdersSql } from "../panels/shares.ts";

/** How many changes a batch writes to a panel's feed. */
export type FeedCount = { readonly panel: string; readonly count: number };

/**
 * The last number of a panel's feed, for a row `panels` by the name that the statement has for it. Batches that tell of orders
 * under way do not write the panel's row; its `feed_seq` is what the feed stands above at least: after a restore, and where
 * orders were added. The newest change is never archived. Two rows read.
 */
export function feedEndSql(panels: string): string {
  return `max(${panels}.feed_seq, coalesce((SELECT max(newest.seq) FROM changes newest WHERE newest.panel = ${panels}.id), 0))`;
}

/** The number that the next one follows; `now` is SQL for the time × 1000. */
function newestSql(panels: string, now: string): string {
  return `max(${feedEndSql(panels)}, CAST(${now} AS INTEGER))`;
}

/** SQL for the number of one more change of a panel `p`. */
export function nextNumberSql(panels: string, now: string): string {
  return `${newestSql(panels, now)} + 1`;
}

/**
 * A batch's changes have the last numbers of a block that nobody has begun, so that what follows in the batch finds the block
 * by the newest change alone. A counter in the panel's row would be a row written more. Blocks are four milliseconds.
 */
export const BLOCK = 4096;

/** SQL for the last number of the block that a batch begins with its changes. */
export function lastOfNextBlockSql(panels: string, now: string): string {
  return `(${newestSql(panels, now)} / ${BLOCK} + 1) * ${BLOCK} + ${BLOCK - 1}`;
}

/** SQL for the last number of the block of a panel's newest change. One row read. */
export function lastOfBlockSql(panels: string): string {
  return `coalesce((SELECT max(newest.seq) FROM changes newest WHERE newest.panel = ${panels}.id), 0) / ${BLOCK} * ${BLOCK} + ${BLOCK - 1}`;
}

const NEWEST = newestSql("panels", "?2");

/** Gives out numbers of some panels' feeds: afterwards `feed_seq` is the last of them. One row written a panel. */
export function numberStatement(db: D1Database, counts: readonly FeedCount[], now: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE panels SET feed_seq = ${NEWEST} + j.count
       FROM (SELECT value->>'$.panel' AS panel, value->>'$.count' AS count FROM json_each(?1)) j
       WHERE panels.id = j.panel`,
    )
    .bind(JSON.stringify(counts), now * 1000);
}

/**
 * Gives out numbers for a panel's new orders: one of the feed each, and one of the orders' own. `claim` takes as many of its share
 * of registrations (`claimOrdersSql`); null where they were claimed before. One row written.
 */
export function numberOrdersStatement(db: D1Database, { panel, count }: FeedCount, now: number, claim: string | null): D1PreparedStatement {
  const orders = claim === null ? "order_n = order_n + ?3" : claimOrdersSql("registration", "?4");
  return db
    .prepare(`UPDATE panels SET feed_seq = ${NEWEST} + ?3, ${orders} WHERE id = ?1`)
    .bind(panel, now * 1000, count, ...(claim === null ? [] : [claim]));
}

/** The same for new orders of some panels at once. One row written a panel. */
export function numberAdoptedStatement(db: D1Database, counts: readonly FeedCount[], now: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE panels SET feed_seq = ${NEWEST} + j.count, order_n = order_n + j.count
       FROM (SELECT value->>'$.panel' AS panel, value->>'$.count' AS count FROM json_each(?1)) j
       WHERE panels.id = j.panel`,
    )
    .bind(JSON.stringify(counts), now * 1000);
}
