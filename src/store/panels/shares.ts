/**
 * What a panel has used of its shares, claimed before the work that it is for. Adds and registrations are claimed in the panel's
 * row by the statement that gives out their numbers, so that they cost no row; the others in a table of their own.
 */
import { type OrderShare, ROWS_EACH, type Share, type ShareKind, sharesOf } from "../../domain/panel-share.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";

/**
 * How much of a claim is granted: what is `left` of the share; the `whole` of it or nothing; or the whole while `any` is left, so
 * that the last one may go beyond.
 */
type Grant = "left" | "whole" | "any";

export type ShareClaim = {
  readonly panel: string;
  readonly kind: Exclude<ShareKind, OrderShare>;
  readonly wanted: number;
  readonly grant: Grant;
};

const ROWS = `CASE kind ${Object.entries(ROWS_EACH)
  .map(([kind, rows]) => `WHEN '${kind}' THEN ${rows}`)
  .join(" ")} END`;

/**
 * What panels have had written on a day beside the orders that they have placed and registered, about: SQL of a number. A few rows
 * read a panel. `day` is SQL. Orders are counted with their first poll (`rowsWritten` of orders/apply.ts).
 */
export const ROWS_OF_SHARES = (day: string) => `coalesce((SELECT sum(day_used * ${ROWS}) FROM panel_shares WHERE day = ${day}), 0)`;

/**
 * SQL of a list of the shares that panels may have used up today, as rows (panel, kind, day_used). Each share of orders has an
 * index of the panels that have used as many as the free plan gives.
 */
export const USED_SHARES = (day: string) => `SELECT panel, kind, day_used FROM panel_shares WHERE day = ${day}
  UNION ALL SELECT id, 'add', add_day_used FROM panels INDEXED BY panels_adds_used_up
    WHERE add_day_used >= ${sharesOf("free").of.add.day} AND add_day = ${day}
  UNION ALL SELECT id, 'registration', registration_day_used FROM panels INDEXED BY panels_registrations_used_up
    WHERE registration_day_used >= ${sharesOf("free").of.registration.day} AND registration_day = ${day}`;

/** What the panels' orders and the sweeps have written today, about. A few rows read a panel, and one a provider. */
const rowsTodaySql = (day: string): string => `${ROWS_OF_SHARES(day)}
  + coalesce((SELECT sum(rows_today) FROM providers WHERE calls_day = ${day}), 0)`;
const ROWS_TODAY = rowsTodaySql("?4");

/** A claim of orders, as the JSON parameter of a statement. */
export function orderClaim(kind: OrderShare, wanted: number, plan: string | undefined, now: number): string {
  const { of, rowsForRegistration } = sharesOf(plan);
  const rows = kind === "registration" ? rowsForRegistration : null;
  return JSON.stringify({ minute: minuteOf(now), day: dayOf(minuteOf(now)), wanted, ofMinute: of[kind].minute, ofDay: of[kind].day, rows });
}

/**
 * SQL that gives out numbers of orders in an UPDATE of `panels` and claims the share of as many, or aborts the whole batch where
 * the panel has not so much left (`isShareUsedUp`). Orders of this minute are not polled yet, so that the day's rows do not have
 * them. `claim`: the parameter that `orderClaim` makes. The clocks' rule is that of
 * the other shares.
 */
export function claimOrdersSql(kind: OrderShare, claim: string): string {
  const of = (name: string): string => `(${claim}->>'$.${name}')`;
  const isBegun = `panels.${kind}_minute = ${of("minute")} + 1`;
  const minuteUsed = `iif(panels.${kind}_minute = ${of("minute")} OR ${isBegun}, panels.${kind}_minute_used, 0) + ${of("wanted")}`;
  const dayUsed = `iif(panels.${kind}_day = ${of("day")} OR ${isBegun}, panels.${kind}_day_used, 0) + ${of("wanted")}`;
  const isLeft = `${minuteUsed} <= ${of("ofMinute")} AND ${dayUsed} <= ${of("ofDay")}
    AND (${of("rows")} IS NULL OR ${rowsTodaySql(of("day"))} + (${minuteUsed}) * ${ROWS_EACH[kind]} <= ${of("rows")})`;
  return `order_n = CASE WHEN ${isLeft} THEN panels.order_n + ${of("wanted")} END,
    ${kind}_minute = iif(${isBegun}, panels.${kind}_minute, ${of("minute")}), ${kind}_minute_used = ${minuteUsed},
    ${kind}_day = iif(${isBegun}, panels.${kind}_day, ${of("day")}), ${kind}_day_used = ${dayUsed}`;
}

/** Whether the database refused a batch because its panel has not so much of its share left. */
export function isShareUsedUp(error: unknown): boolean {
  return error instanceof Error && error.message.includes("NOT NULL constraint failed: panels.order_n");
}

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
  { panel, kind, wanted, grant }: ShareClaim,
  plan: string | undefined,
  now: number,
): Promise<number> {
  const shares = sharesOf(plan);
  const { minute, day }: Share = shares.of[kind];
  const mostRows = kind === "adoption" ? shares.rowsForRegistration : null;
  const row = await db
    .prepare(
      `INSERT INTO panel_shares (panel, kind, minute, minute_used, day, day_used, granted)
       SELECT ?1, ?2, g.minute, g.minute_used + g.granted, g.day, g.day_used + g.granted, g.granted
       FROM (SELECT w.*, CASE WHEN ?8 = 'any' AND w.available > 0 THEN ?5 WHEN ?8 = 'whole' AND w.available < ?5 THEN 0 ELSE min(?5, w.available) END AS granted
         FROM (SELECT u.*, ${LEFT} AS available FROM (${USED}) u LIMIT 1) w) g
       WHERE g.granted > 0
       ON CONFLICT (panel, kind) DO UPDATE SET minute = excluded.minute, minute_used = excluded.minute_used,
         day = excluded.day, day_used = excluded.day_used, granted = excluded.granted
       RETURNING granted`,
    )
    .bind(panel, kind, minuteOf(now), dayOf(minuteOf(now)), wanted, minute, day, grant, mostRows)
    .first<{ granted: number }>();
  return row?.granted ?? 0;
}

/** What the panel has adopted today, as far as another's clock is not a little ahead. */
const ADOPTED = "iif(panel_shares.day IN (?2, ?2 + 1), panel_shares.day_used, 0)";

const CLAIM_PARTS = `INSERT INTO panel_shares (panel, kind, minute, minute_used, day, day_used, granted)
  SELECT j.value->>'$.panel', 'adoption', ?3, 0, ?2, min(j.value->>'$.wanted', ?4), min(j.value->>'$.wanted', ?4)
  FROM json_each(?1) j WHERE true
  ON CONFLICT (panel, kind) DO UPDATE SET granted = min(excluded.granted, ?4 - ${ADOPTED}),
    day_used = ${ADOPTED} + min(excluded.granted, ?4 - ${ADOPTED}), day = max(iif(panel_shares.day = ?2 + 1, panel_shares.day, 0), ?2)
    WHERE ${ADOPTED} < ?4
  RETURNING panel, granted`;

/**
 * Takes the parts of orders that some panels want adopted out of their shares of adoptions, as far as no more than `most` of these
 * are used then. Answers how many each gets. One statement; a row written a panel, and none for one that gets nothing.
 */
export async function claimPartsOfPanels(
  db: D1Database,
  wanted: readonly { readonly panel: string; readonly wanted: number }[],
  { most, now }: { readonly most: number; readonly now: number },
): Promise<ReadonlyMap<string, number>> {
  const minute = minuteOf(now);
  const { results } = await db
    .prepare(CLAIM_PARTS)
    .bind(JSON.stringify(wanted), dayOf(minute), minute, most)
    .all<{ panel: string; granted: number }>();
  return new Map(results.map(({ panel, granted }) => [panel, granted]));
}
