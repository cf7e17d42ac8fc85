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

/** What is left of the minute's share, of the day's, and of what registering may leave to polling. */
const LEFT = (minuteUsed: string, dayUsed: string) => `max(0, min(?6 - ${minuteUsed}, ?7 - ${dayUsed}, CASE WHEN ?9 IS NULL THEN ?5
  WHEN ${ROWS_TODAY} + ?5 * ${ROWS.replace("CASE kind", "CASE ?2")} > ?9 THEN 0 ELSE ?5 END))`;
const GRANT = (minuteUsed: string, dayUsed: string) => {
  const left = LEFT(minuteUsed, dayUsed);
  return `CASE WHEN ?8 = 1 AND ${left} < ?5 THEN 0 ELSE min(?5, ${left}) END`;
};
/** Clocks differ a little: where another one has begun the next minute, that one goes on, or each turn would be a new share. */
const IS_BEGUN = "minute = ?3 + 1";
const MINUTE_USED = `CASE WHEN minute = ?3 OR ${IS_BEGUN} THEN minute_used ELSE 0 END`;
const DAY_USED = `CASE WHEN day = ?4 OR ${IS_BEGUN} THEN day_used ELSE 0 END`;

/**
 * Takes some of a panel's share; answers how many it gets. One row written; none where it gets nothing, or a flood of what is
 * refused would use up the day's rows. `now` in epoch ms. Where registering has to
 * leave rows to polling, a panel that is within its share gets none either.
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
       SELECT ?1, ?2, ?3, g.granted, ?4, g.granted, g.granted FROM (SELECT ${GRANT("0", "0")} AS granted) g WHERE g.granted > 0
       ON CONFLICT (panel, kind) DO UPDATE SET granted = ${GRANT(MINUTE_USED, DAY_USED)},
         minute = CASE WHEN ${IS_BEGUN} THEN minute ELSE ?3 END, minute_used = ${MINUTE_USED} + ${GRANT(MINUTE_USED, DAY_USED)},
         day = CASE WHEN ${IS_BEGUN} THEN day ELSE ?4 END, day_used = ${DAY_USED} + ${GRANT(MINUTE_USED, DAY_USED)}
         WHERE ${GRANT(MINUTE_USED, DAY_USED)} > 0
       RETURNING granted`,
    )
    .bind(panel, kind, minuteOf(now), dayOf(minuteOf(now)), wanted, minute, day, isWhole ? 1 : 0, mostRows)
    .first<{ granted: number }>();
  return row?.granted ?? 0;
}
