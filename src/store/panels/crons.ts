/**
 * The crons of panels' scripts: as they are set, and as ticks call them. A call writes two rows: its claim, and its outcome.
 */
import { CRON_LEASE_MS, type CronCall, type DueCron, MAX_AHEAD_MINUTES, MAX_CRONS } from "../../domain/panel-cron.ts";

/** A cron as it stands. `url`: sealed. `calls`: the last ones, newest first. Minutes are counted from the epoch. */
export type PanelCron = DueCron & { readonly name: string | null; readonly hint: string; readonly leaseUntil: number };

type CronRow = {
  panel: string;
  id: string;
  name: string | null;
  url: string;
  hint: string;
  every_minutes: number;
  called_minute: number;
  lease_until: number;
  failures: number;
  calls: string;
};

function toCron(row: CronRow): PanelCron {
  return {
    panel: row.panel,
    id: row.id,
    name: row.name,
    url: row.url,
    hint: row.hint,
    everyMinutes: row.every_minutes,
    calledMinute: row.called_minute,
    leaseUntil: row.lease_until,
    failures: row.failures,
    calls: JSON.parse(row.calls) as CronCall[],
  };
}

/** A panel's crons in its own order. A row read each. */
export async function listCrons(db: D1Database, panel: string): Promise<PanelCron[]> {
  const { results } = await db.prepare("SELECT * FROM panel_crons WHERE panel = ?1").bind(panel).all<CronRow & { place: number }>();
  return results.toSorted((a, b) => a.place - b.place).map(toCron);
}

/** What a panel sets of a cron. One with the id of another stays that one, with its calls. */
export type CronSetting = Pick<PanelCron, "id" | "name" | "url" | "hint" | "everyMinutes" | "calledMinute">;

/**
 * Sets all crons of a panel, in this order: those that are not named are removed. Of two that do it at once, all is as the
 * later has it. Two rows written for each that is new or changed.
 */
export async function setCrons(db: D1Database, panel: string, crons: readonly CronSetting[], audit: D1PreparedStatement): Promise<void> {
  const rows = crons.slice(0, MAX_CRONS).map((cron, place) => ({ ...cron, place }));
  const json = JSON.stringify(rows);
  await db.batch([
    db.prepare("DELETE FROM panel_crons WHERE panel = ?1 AND id NOT IN (SELECT value->>'$.id' FROM json_each(?2))").bind(panel, json),
    db
      .prepare(
        `INSERT INTO panel_crons (panel, id, place, name, url, hint, every_minutes, called_minute)
         SELECT p.id, j.value->>'$.id', j.value->>'$.place', j.value->>'$.name', j.value->>'$.url', j.value->>'$.hint',
           j.value->>'$.everyMinutes', j.value->>'$.calledMinute'
         FROM json_each(?2) j CROSS JOIN panels p WHERE p.id = ?1
         ON CONFLICT (panel, id) DO UPDATE SET place = excluded.place, name = excluded.name, every_minutes = excluded.every_minutes
         WHERE place <> excluded.place OR name IS NOT excluded.name OR every_minutes <> excluded.every_minutes`,
      )
      .bind(panel, json),
    audit,
  ]);
}

/** Whether a cron `c` is due in a minute; both are SQL. One whose clock was ahead is not kept waiting for it. */
function isDueSql(c: string, minute: string): string {
  return `NOT (${minute} - ${c}.called_minute BETWEEN -${MAX_AHEAD_MINUTES} AND ${c}.every_minutes - 1)`;
}

/** More than the panels of any small operator have. */
const MAX_READ = 200;

/** How many are due in a minute (SQL), as a column of another statement: a row read a cron. */
export function dueCronsSql(minute: string): string {
  return `(SELECT count(*) FROM (SELECT * FROM panel_crons LIMIT ${MAX_READ}) c WHERE ${isDueSql("c", minute)})`;
}

/** Crons that are due and not under way, of panels that are on. A row read a cron, and one for each that is due. */
export async function readDueCrons(db: D1Database, minute: number, now: number): Promise<DueCron[]> {
  const { results } = await db
    .prepare(
      `SELECT c.* FROM (SELECT * FROM panel_crons LIMIT ${MAX_READ}) c CROSS JOIN panels p
       WHERE c.lease_until <= ?2 AND ${isDueSql("c", "?1")} AND p.id = c.panel AND p.enabled = 1`,
    )
    .bind(minute, now)
    .all<CronRow>();
  return results.map(toCron);
}

/** Claims calls for a minute, each while nobody has called it since it was read. Answers which it got. A row written each. */
export async function claimCrons(
  db: D1Database,
  crons: readonly DueCron[],
  { minute, now }: { readonly minute: number; readonly now: number },
): Promise<DueCron[]> {
  const rows = crons.map(({ panel, id, calledMinute }) => ({ panel, id, calledMinute }));
  const { results } = await db
    .prepare(
      `UPDATE panel_crons SET called_minute = ?2, lease_until = ?3
       FROM (SELECT value->>'$.panel' AS panel, value->>'$.id' AS id, value->>'$.calledMinute' AS seen FROM json_each(?1)) j
       WHERE panel_crons.panel = j.panel AND panel_crons.id = j.id AND panel_crons.called_minute = j.seen AND panel_crons.lease_until <= ?4
       RETURNING panel_crons.panel, panel_crons.id`,
    )
    .bind(JSON.stringify(rows), minute, now + CRON_LEASE_MS, now)
    .all<{ panel: string; id: string }>();
  const got = new Set(results.map(({ panel, id }) => `${panel}/${id}`));
  return crons.filter(({ panel, id }) => got.has(`${panel}/${id}`));
}

/** How a claimed call ended; `calledMinute` is given back to one that was not begun. */
export type CronOutcome = Pick<DueCron, "panel" | "id" | "failures" | "calls" | "calledMinute">;

/** Keeps how calls of a minute ended, each unless another call was claimed since. A row written each, in one statement. */
export async function noteCronCalls(db: D1Database, outcomes: readonly CronOutcome[], minute: number): Promise<void> {
  const rows = outcomes.map(({ calls, ...outcome }) => ({ ...outcome, calls: JSON.stringify(calls) }));
  await db
    .prepare(
      `UPDATE panel_crons SET called_minute = j.called_minute, lease_until = 0, failures = j.failures, calls = j.calls
       FROM (SELECT value->>'$.panel' AS panel, value->>'$.id' AS id, value->>'$.calledMinute' AS called_minute,
           value->>'$.failures' AS failures, value->>'$.calls' AS calls FROM json_each(?1)) j
       WHERE panel_crons.panel = j.panel AND panel_crons.id = j.id AND panel_crons.called_minute = ?2`,
    )
    .bind(JSON.stringify(rows), minute)
    .run();
}
