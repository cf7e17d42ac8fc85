/**
 * Archived pages: planned before anything is written to the bucket, confirmed once it stands there. Only then do triggers let
 * go of what is in them.
 */
import type { ArchivedAuditEntry, ArchivedChange, PageSpan } from "../../domain/archive.ts";

/** A page that was planned, and how many entries it has. */
export type Page = PageSpan & { readonly entries: number };

/** What comes next in the archive: a page that is under way, or what it could be made of. */
export type NextPage<Entry> = { readonly planned: Page | null; readonly horizon: number; readonly entries: readonly Entry[] };

/** How far a page may reach, and how many entries it may have. `below`: only what has a lower number (or is older). */
export type PageBounds = { readonly below: number; readonly most: number };

type BoundsRow = { horizon: number; planned_first: number | null; planned_last: number | null; planned_entries: number | null };

const BOUNDS = `SELECT
    coalesce((SELECT last_seq FROM archived_pages
      WHERE kind = ?1 AND panel = ?2 AND archived_at IS NOT NULL ORDER BY last_seq DESC LIMIT 1), 0) AS horizon,
    p.first_seq AS planned_first, p.last_seq AS planned_last, p.entries AS planned_entries
  FROM (SELECT 1) LEFT JOIN (SELECT * FROM archived_pages WHERE kind = ?1 AND panel = ?2 ORDER BY last_seq DESC LIMIT 1) p
    ON p.archived_at IS NULL`;

/**
 * The changes of a panel's next page: older than they need to be kept, taken by all webhooks, and never the newest. One row
 * read a change, and some for the panel's webhooks.
 */
export async function readNextChanges(db: D1Database, panel: string, { below, most }: PageBounds): Promise<NextPage<ArchivedChange>> {
  const [bounds, changes] = await db.batch<Record<string, unknown>>([
    db.prepare(BOUNDS).bind("changes", panel),
    db
      .prepare(
        `WITH b AS MATERIALIZED (${BOUNDS}),
           r AS MATERIALIZED (SELECT horizon, coalesce(planned_entries, ?4) AS entries, coalesce(planned_last, min(?3,
             coalesce((SELECT min(place) FROM webhooks WHERE panel = ?2), ?3),
             coalesce((SELECT max(seq) - 1 FROM changes WHERE panel = ?2), 0))) AS up_to FROM b)
         SELECT c.panel, c.seq, c.prev, c.type, c.order_id, c.created_at, c.previous, c.data FROM r CROSS JOIN changes c
         WHERE c.panel = ?2 AND c.seq > r.horizon AND c.seq <= r.up_to ORDER BY c.seq LIMIT (SELECT entries FROM r)`,
      )
      .bind("changes", panel, below, most),
  ]);
  return toNextPage({ kind: "changes", panel }, bounds?.results[0] as BoundsRow, (changes?.results ?? []) as ArchivedChange[]);
}

/** The entries of the audit trail's next page, older than `below` (epoch ms). One row read an entry. */
export async function readNextAudit(db: D1Database, { below, most }: PageBounds): Promise<NextPage<ArchivedAuditEntry>> {
  const [bounds, entries] = await db.batch<Record<string, unknown>>([
    db.prepare(BOUNDS).bind("audit", ""),
    db
      .prepare(
        `WITH b AS MATERIALIZED (${BOUNDS}),
           r AS MATERIALIZED (SELECT horizon, coalesce(planned_entries, ?4) AS entries,
             coalesce(planned_last, (SELECT max(id) - 1 FROM audit), 0) AS up_to, planned_last IS NOT NULL AS planned FROM b)
         SELECT a.id, a.at, a.actor, a.panel, a.action, a.subject, a.before, a.after, a.key_id, a.key_name, a.request_id,
           (r.planned OR a.at < ?3) AS old
         FROM r CROSS JOIN audit a WHERE a.id > r.horizon AND a.id <= r.up_to ORDER BY a.id LIMIT (SELECT entries FROM r)`,
      )
      .bind("audit", "", below, most),
  ]);
  const rows = (entries?.results ?? []) as (ArchivedAuditEntry & { old: number })[];
  const young = rows.findIndex(({ old }) => old === 0);
  return toNextPage({ kind: "audit", panel: "" }, bounds?.results[0] as BoundsRow, young === -1 ? rows : rows.slice(0, young));
}

function toNextPage<Entry>(of: Pick<PageSpan, "kind" | "panel">, row: BoundsRow, entries: readonly Entry[]): NextPage<Entry> {
  const { horizon, planned_first: first, planned_last: last, planned_entries } = row;
  const planned = first === null || last === null || planned_entries === null ? null : { ...of, first, last, entries: planned_entries };
  return { planned, horizon, entries };
}

/** Plans a page; false where somebody else has planned one, or a webhook went back below its end. One row written. */
export async function planPage(db: D1Database, { kind, panel, first, last, entries }: Page, now: number): Promise<boolean> {
  try {
    await db
      .prepare(`INSERT INTO archived_pages (kind, panel, first_seq, last_seq, entries, planned_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`)
      .bind(kind, panel, first, last, entries, now)
      .run();
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes("a page must follow from the last one")) return false;
    throw error;
  }
}

/** What stands in the bucket. `sha256`: hex. */
export type Written = { readonly bytes: number; readonly sha256: string };

/** Confirms that a page stands in the bucket. One row written; none where another has confirmed it. */
export async function confirmPage(db: D1Database, { kind, panel, last }: Page, { bytes, sha256 }: Written, now: number): Promise<void> {
  await db
    .prepare(
      `UPDATE archived_pages SET archived_at = ?4, bytes = ?5, sha256 = ?6
       WHERE kind = ?1 AND panel = ?2 AND last_seq = ?3 AND archived_at IS NULL`,
    )
    .bind(kind, panel, last, now, bytes, sha256)
    .run();
}
