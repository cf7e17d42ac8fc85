/**
 * What a panel has used of its shares, claimed before the work that it is for.
 */
import { ROWS_EACH, type Share, type ShareKind, sharesOf } from "../../domain/panel-share.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";

/** `isWhole`: all of it or nothing. */
export type ShareClaim = { readonly panel: string; readonly kind: ShareKind; readonly wanted: number; readonly isWhole: boolean };

const ROWS = `CASE kind ${Object.entries(ROWS_EACH)
  .map(([kind, rows]) => `WHEN '${kind}' THEN ${rows}`)
  .join(" ")} END`;

/** What panels have had written on a day, about: SQL of a number. A few rows read a panel. `day` is SQL. */
export const ROWS_OF_SHARES = (day: string) => `coalesce((SELECT sum(day_used * ${ROWS}) FROM panel_shares WHERE day = ${day}), 0)`;

/** What the panels' orders and the sweeps have written today, about. A few rows read a panel, and one a provider. */
const ROWS_TODAY = `${ROWS_OF_SHARES("?4")}
  + coalesce((SELECT sum(rows_today) FROM providers WHERE calls_day = ?4), 0)`;

/** What is left of the minute's share, of the day's, and of what registering may leave to polling; `u` is what is used. */
const LEFT = `max(0, min(?6 - u.minute_used, ?7 - u.day_used, CASE WHEN ?9 IS NULL THEN ?5
  WHEN ${ROWS_TODAY} + ?5 * ${ROWS.replace("CASE kind", "CASE ?2")} > ?9 THEN 0 ELSE ?5 END))`;

/** Clocks differ a little: where another one has begun the next minute, that one goes on, or each turn would be a new share. */
const IS_BEGUN = "s.minute = ?3 + 1";

/** What the panel has used of the present minute and day. */
const USED = `SELECT CASE WHEN ${IS_BEGUN} THEN s.minute ELSE ?3 END AS minute, CASE WHEN ${IS_BEGUN} THEN s.day ELSE ?4 END AS day,
    CASE WHEN s.minute = ?3 OR ${IS_BEGUN} THEN s.minute_used ELSE 0 END AS minute_used,
    CASE WHEN s.day = ?4 OR ${IS_BEGUN} THEN s.day_used ELSE 0 END AS day_used
  FROM (SELECT 1) LEFT JOIN panel_shares s ON s.panel = ?1 AND s.kind = ?2 LIMIT 1`;

/**
 * Takes some of a panel's share; answers how many it gets. One row written; none where it gets nothing, or a flood of what is
 * refused would use up the day's rows. `now` in epoch ms. Where registering has to leave rows to polling, a panel that is
 * within its share gets none either.
 */
export async function claimShare(
  db: D1Database,
  { panel, kind, wanted, isWhole }: ShareClaim,
  plan: string | undefined,
  now: number,
): Promise<number> {
  const shares = sharesOf(plan);
  const { minute, day }: Share = shares.of[kind];
  const mostRows = kind === "registration" || kind === "adoption" ? shares.rowsForRegistration : null;
  const row = await db
    .prepare(
      `INSERT INTO panel_shares (panel, kind, minute, minute_used, day, day_used, granted)
       SELECT ?1, ?2, g.minute, g.minute_used + g.granted, g.day, g.day_used + g.granted, g.granted
       FROM (SELECT w.*, CASE WHEN ?8 = 1 AND w.available < ?5 THEN 0 ELSE min(?5, w.available) END AS granted
         FROM (SELECT u.*, ${LEFT} AS available FROM (${USED}) u LIMIT 1) w) g
       WHERE g.granted > 0
       ON CONFLICT (panel, kind) DO UPDATE SET minute = excluded.minute, minute_used = excluded.minute_used,
         day = excluded.day, day_used = excluded.day_used, granted = excluded.granted
       RETURNING granted`,
    )
    .bind(panel, kind, minuteOf(now), dayOf(minuteOf(now)), wanted, minute, day, isWhole ? 1 : 0, mostRows)
    .first<{ granted: number }>();
  return row?.granted ?? 0;
}
