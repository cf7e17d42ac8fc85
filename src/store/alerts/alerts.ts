/**
 * Alerts as rows: what a look changes of them, and the list.
 */
import type { AlertChange, AlertKind, LiveAlert } from "../../domain/alert.ts";
import type { PageWanted } from "../rows/page.ts";

export type AlertRow = {
  id: number;
  kind: AlertKind;
  subject: string;
  text: string;
  count: number;
  bad: number;
  good: number;
  opened_at: number | null;
  closed_at: number | null;
  silenced_until: number | null;
  reminders: number;
  told_at: number | null;
  looked_at: number;
};

export const ALERT_COLUMNS = [
  ...(["id", "kind", "subject", "text", "count", "bad", "good", "opened_at", "closed_at"] as const),
  ...(["silenced_until", "reminders", "told_at", "looked_at"] as const),
] as const satisfies readonly (keyof AlertRow)[];

export function toLive(row: AlertRow): LiveAlert {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    text: row.text,
    count: row.count,
    bad: row.bad,
    good: row.good,
    openedAt: row.opened_at,
    silencedUntil: row.silenced_until,
    reminders: row.reminders,
    toldAt: row.told_at,
    lookedAt: row.looked_at,
  };
}

const INSERT = `INSERT INTO alerts (kind, subject, text, count, bad, good, opened_at, closed_at, silenced_until, reminders, told_at, looked_at)
  SELECT j.value->>'$.next.kind', j.value->>'$.next.subject', j.value->>'$.next.text', j.value->>'$.next.count', j.value->>'$.next.bad',
    j.value->>'$.next.good', j.value->>'$.next.openedAt', j.value->>'$.next.closedAt', j.value->>'$.next.silencedUntil',
    j.value->>'$.next.reminders', j.value->>'$.next.toldAt', ?2
  FROM json_each(?1) j WHERE j.value->>'$.id' IS NULL ON CONFLICT (kind, subject) WHERE closed_at IS NULL DO NOTHING`;

/** A silence is somebody's, who may have set it since the look: it stays. */
const UPDATE = `UPDATE alerts SET text = j.value->>'$.next.text', count = j.value->>'$.next.count', bad = j.value->>'$.next.bad',
    good = j.value->>'$.next.good', opened_at = j.value->>'$.next.openedAt', closed_at = j.value->>'$.next.closedAt',
    reminders = j.value->>'$.next.reminders', told_at = j.value->>'$.next.toldAt', looked_at = ?2
  FROM json_each(?1) j
  WHERE alerts.id = j.value->>'$.id' AND alerts.looked_at = j.value->>'$.lookedAt' AND alerts.closed_at IS NULL AND j.value->>'$.next' IS NOT NULL`;

const FORGET = `DELETE FROM alerts WHERE id IN (SELECT value->>'$.id' FROM json_each(?1) WHERE value->>'$.next' IS NULL)
  AND opened_at IS NULL AND closed_at IS NULL`;

/** For each channel that wants to know: what it was to be told of the same alert before, it need not be told any more. */
const notify = (isOfAlert: string): string => `INSERT INTO alert_notices (channel, alert, what, at)
  SELECT c.id, a.id, j.value->>'$.notice', ?2
  FROM json_each(?1) j CROSS JOIN alerts a CROSS JOIN alert_channels c
  WHERE j.value->>'$.notice' IS NOT NULL AND ${isOfAlert} AND a.looked_at = ?2
    AND c.enabled = 1 AND (c.kinds IS NULL OR EXISTS (SELECT 1 FROM json_each(c.kinds) k WHERE k.value = a.kind))
  ON CONFLICT (channel, alert) DO UPDATE SET what = excluded.what, at = excluded.at, claim = NULL`;

const NOTIFY_KNOWN = notify("a.id = j.value->>'$.id'");
/** Those that this transaction has added are the last ones. */
const NOTIFY_NEW = notify(`j.value->>'$.id' IS NULL AND a.id > (SELECT max(id) FROM alerts) - ?3
    AND a.kind = j.value->>'$.next.kind' AND a.subject = j.value->>'$.next.subject'`);

/**
 * The statements that write what a look has changed, and what the channels are to be told of it, in one transaction. An alert that somebody
 * else has written since it was read stays as it is, and is not told of. A row written for each change, two where it opens
 * or closes, and one for each channel that is told.
 */
export function alertStatements(db: D1Database, changes: readonly AlertChange[], now: number): D1PreparedStatement[] {
  const param = JSON.stringify(changes);
  return [
    db.prepare(FORGET).bind(param),
    db.prepare(UPDATE).bind(param, now),
    db.prepare(INSERT).bind(param, now),
    ...(changes.some(({ notice }) => notice !== null)
      ? [db.prepare(NOTIFY_KNOWN).bind(param, now), db.prepare(NOTIFY_NEW).bind(param, now, changes.length)]
      : []),
  ];
}

export async function writeAlerts(db: D1Database, changes: readonly AlertChange[], now: number): Promise<void> {
  if (changes.length > 0) await db.batch(alertStatements(db, changes, now));
}

/** Whether an alert is undecided, and whether a channel is still to be told something. Two rows read at most. */
export async function readAlertsPending(db: D1Database): Promise<{ readonly isUndecided: boolean; readonly hasNotices: boolean }> {
  const row = await db
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM alerts INDEXED BY alerts_undecided WHERE closed_at IS NULL AND (opened_at IS NULL OR good > 0)) AS undecided,
         EXISTS (SELECT 1 FROM alert_notices) AS notices`,
    )
    .first<{ undecided: number; notices: number }>();
  return { isUndecided: row?.undecided === 1, hasNotices: row?.notices === 1 };
}

/** Until when what has happened is silenced; null for not. */
export async function readSilence(
  db: D1Database,
  { kind, subject }: Pick<AlertRow, "kind" | "subject">,
  now: number,
): Promise<number | null> {
  const row = await db
    .prepare(
      `SELECT max(silenced_until) AS until FROM alerts INDEXED BY alerts_silenced WHERE silenced_until > ?3 AND kind = ?1 AND subject = ?2`,
    )
    .bind(kind, subject, now)
    .first<{ until: number | null }>();
  return row?.until ?? null;
}

/** An alert that was opened, as it is shown. */
export type ShownAlert = Omit<LiveAlert, "openedAt"> & { readonly openedAt: number; readonly closedAt: number | null };

export type AlertFilter = { readonly open?: boolean; readonly kind?: AlertKind };

/** Newest first. One row read an alert that is shown; those of a kind, and those that are open, have an index of their own. */
export async function listAlerts(db: D1Database, { open, kind }: AlertFilter, { cursor, limit }: PageWanted): Promise<ShownAlert[]> {
  const conditions = [
    "a.id < ?1",
    "a.opened_at IS NOT NULL",
    ...(kind === undefined ? [] : ["a.kind = ?3"]),
    ...(open === undefined ? [] : [`a.closed_at IS ${open ? "" : "NOT "}NULL`]),
  ].join(" AND ");
  const index = open === true ? "INDEXED BY alerts_live" : kind === undefined ? "NOT INDEXED" : "INDEXED BY alerts_kind";
  const { results } = await db
    .prepare(`SELECT a.* FROM alerts a ${index} WHERE ${conditions} ORDER BY a.id DESC LIMIT ?2`)
    .bind(cursor ?? Number.MAX_SAFE_INTEGER, limit, ...(kind === undefined ? [] : [kind]))
    .all<AlertRow>();
  return results.flatMap(toShown);
}

export function toShown(row: AlertRow): ShownAlert[] {
  return row.opened_at === null ? [] : [{ ...toLive(row), openedAt: row.opened_at, closedAt: row.closed_at }];
}

/** Silences an alert; null when there is none of this id. `audit` must be for a statement that changed something. */
export async function silenceAlert(db: D1Database, id: number, until: number, audit: D1PreparedStatement): Promise<ShownAlert | null> {
  const [updated] = await db.batch<AlertRow>([
    db.prepare("UPDATE alerts SET silenced_until = ?2 WHERE id = ?1 AND opened_at IS NOT NULL RETURNING *").bind(id, until),
    audit,
  ]);
  return updated?.results.flatMap(toShown)[0] ?? null;
}
