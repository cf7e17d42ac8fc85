/**
 * How far the ledger check has come, and which panels it has frozen.
 */
import type { CheckPlace, ReadRows } from "./check-pages.ts";

/** How far the check has come. `place` is null when it is through, or was never begun. */
export type CheckProgress = {
  /** The UTC day, counted from the epoch, it was last worked on; messages of that day so far, and rows they read. */
  readonly day: number;
  readonly page: number;
  readonly rowsRead: number;
  readonly place: CheckPlace | null;
  /** When all panels were last through, epoch ms; null when never. */
  readonly finishedAt: number | null;
};

type ProgressRow = { day: number; page: number; rows_read: number; place: string | null; finished_at: number | null };

export async function readProgress(db: D1Database): Promise<CheckProgress> {
  const row = await db.prepare("SELECT day, page, rows_read, place, finished_at FROM audits_of_books WHERE id = 1").first<ProgressRow>();
  return {
    day: row?.day ?? 0,
    page: row?.page ?? 0,
    rowsRead: row?.rows_read ?? 0,
    place: row === null || row.place === null ? null : (JSON.parse(row.place) as CheckPlace),
    finishedAt: row?.finished_at ?? null,
  };
}

/** Moves the check on; false when somebody else has moved it on from `seen` already. One row written. */
export async function moveOn(db: D1Database, seen: CheckProgress, next: CheckProgress): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE audits_of_books SET day = ?3, page = ?4, rows_read = ?5, place = ?6, finished_at = ?7
       WHERE id = 1 AND day = ?1 AND page = ?2`,
    )
    .bind(seen.day, seen.page, next.day, next.page, next.rowsRead, next.place === null ? null : JSON.stringify(next.place), next.finishedAt)
    .run();
  return meta.changes > 0;
}

/** Reads pages of the ledger: each is one batch, and so one snapshot. */
export function pagesOf(db: D1Database): ReadRows {
  return async (queries) => {
    const results = await db.batch<object>(queries.map(({ sql, params }) => db.prepare(sql).bind(...params)));
    return results.map(({ results: rows }) => rows);
  };
}

/** From now on the panel's refunds are held. One that is frozen already keeps its first reason. */
export async function freezePanel(db: D1Database, panel: string, because: string, now: number): Promise<void> {
  await db
    .prepare("UPDATE panels SET frozen_at = ?2, frozen_because = ?3 WHERE id = ?1 AND frozen_at IS NULL")
    .bind(panel, now, because)
    .run();
}

/** Lets the panel's refunds go again, if it is frozen since `at` still. `audit` must be for a statement that changed something. */
export async function unfreezePanel(db: D1Database, panel: string, at: number, audit: D1PreparedStatement): Promise<void> {
  await db.batch([
    db.prepare("UPDATE panels SET frozen_at = NULL, frozen_because = NULL WHERE id = ?1 AND frozen_at = ?2").bind(panel, at),
    audit,
  ]);
}
