/**
 * The numbers of a panel's change feed. They stand above the last one, and above now × 1000, so that none comes
 * again with other content after a restore. Gaps are normal.
 */

/** How many changes a batch writes to a panel's feed. */
export type FeedCount = { readonly panel: string; readonly count: number };

/** The number that the next one follows; `?2` is now × 1000. */
const NEWEST = "max(feed_seq, ?2)";

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

/** Gives out numbers for a panel's new orders: one of the feed each, and one of the orders' own. One row written. */
export function numberOrdersStatement(db: D1Database, { panel, count }: FeedCount, now: number): D1PreparedStatement {
  return db.prepare(`UPDATE panels SET feed_seq = ${NEWEST} + ?3, order_n = order_n + ?3 WHERE id = ?1`).bind(panel, now * 1000, count);
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
