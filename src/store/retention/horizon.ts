/**
 * How far a panel's feed was archived. What is below is no longer told by the feed: a reader that stands below it has to be
 * told so, for what it skipped may be a refund.
 */

/** The number of the last change in the archive, 0 for none: SQL. `panel` is SQL, too. One row read, two where a page is under way. */
export function horizonSql(panel: string): string {
  return `coalesce((SELECT a.last_seq FROM archived_pages a
    WHERE a.kind = 'changes' AND a.panel = ${panel} AND a.archived_at IS NOT NULL ORDER BY a.last_seq DESC LIMIT 1), 0)`;
}

/** The same with the page that is under way: what it has may be gone in a moment. */
export function plannedHorizonSql(panel: string): string {
  return `coalesce((SELECT a.last_seq FROM archived_pages a
    WHERE a.kind = 'changes' AND a.panel = ${panel} ORDER BY a.last_seq DESC LIMIT 1), 0)`;
}

/** Up to which number nothing can be sent again. */
export async function readPlannedHorizon(db: D1Database, panel: string): Promise<number> {
  const row = await db
    .prepare(`SELECT ${plannedHorizonSql("?1")} AS horizon`)
    .bind(panel)
    .first<{ horizon: number }>();
  return row?.horizon ?? 0;
}
