/** How many changes a batch writes to a panel's feed. */
export type FeedCount = { readonly panel: string; readonly count: number };

/** Gives out the feed's numbers: above the last, and above now × 1000, so that none comes again after a restore. */
export function numberStatement(db: D1Database, counts: readonly FeedCount[], now: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE panels SET feed_seq = max(feed_seq, ?2) + j.count
       FROM (SELECT value->>'$.panel' AS panel, value->>'$.count' AS count FROM json_each(?1)) j
       WHERE panels.id = j.panel`,
    )
    .bind(JSON.stringify(counts), now * 1000);
}
