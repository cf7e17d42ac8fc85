/**
 * Where alerts are told: channels with their settings, and what each is still to be told.
 */
import type { AlertKind, Notice } from "../../domain/alert.ts";
import { type ChannelType, FAILURES_TO_REGROUP, LEASE_MS, type QuietHours, type WaitingNotice } from "../../domain/alert-channel.ts";
import type { ToldAlert } from "../../domain/alert-message.ts";
import type { Audited } from "../operations/audit.ts";

/** `secrets`: JSON, sealed. `settings`: the others of its type. `console`: where links lead. Times in epoch ms. */
export type Channel = {
  readonly id: string;
  readonly type: ChannelType;
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: string;
  /** Null: all. */
  readonly kinds: readonly AlertKind[] | null;
  readonly quietHours: QuietHours | null;
  readonly enabled: boolean;
  readonly console: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly leasedUntil: number | null;
  readonly failures: number;
  readonly notBefore: number | null;
  readonly lastSentAt: number | null;
  readonly lastError: string | null;
};

type ChannelRow = {
  id: string;
  type: ChannelType;
  settings: string;
  secrets: string;
  kinds: string | null;
  quiet_hours: string | null;
  enabled: number;
  console: string;
  created_at: number;
  updated_at: number;
  leased_until: number | null;
  failures: number;
  not_before: number | null;
  last_sent_at: number | null;
  last_error: string | null;
};

function toChannel(row: ChannelRow): Channel {
  return {
    id: row.id,
    type: row.type,
    settings: JSON.parse(row.settings) as Channel["settings"],
    secrets: row.secrets,
    kinds: row.kinds === null ? null : (JSON.parse(row.kinds) as AlertKind[]),
    quietHours: row.quiet_hours === null ? null : (JSON.parse(row.quiet_hours) as QuietHours),
    enabled: row.enabled === 1,
    console: row.console,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    leasedUntil: row.leased_until,
    failures: row.failures,
    notBefore: row.not_before,
    lastSentAt: row.last_sent_at,
    lastError: row.last_error,
  };
}

export async function readChannel(db: D1Database, id: string): Promise<Channel | null> {
  const row = await db.prepare("SELECT * FROM alert_channels WHERE id = ?1").bind(id).first<ChannelRow>();
  return row === null ? null : toChannel(row);
}

/** By id, from above `after` on. */
export async function listChannels(db: D1Database, after: string, limit: number): Promise<Channel[]> {
  const { results } = await db
    .prepare("SELECT * FROM alert_channels WHERE id > ?1 ORDER BY id LIMIT ?2")
    .bind(after, limit)
    .all<ChannelRow>();
  return results.map(toChannel);
}

/** Each channel is a call in a tick, now and then. */
export const MAX_CHANNELS = 10;

export type SavedChannel = Pick<Channel, "id" | "type" | "settings" | "secrets" | "kinds" | "quietHours" | "enabled" | "console">;

/**
 * Adds a channel, or sets it anew; false where there are too many. What it was still to be told stays, but for one that is switched off.
 * `seen`: its secrets as they were read, null where there was none: what somebody else has set meanwhile is not written over.
 */
export async function putChannel(db: D1Database, channel: SavedChannel, seen: string | null, { now, audit }: Audited): Promise<boolean> {
  const { id, type, settings, secrets, kinds, quietHours, enabled, console } = channel;
  const put = db
    .prepare(
      `INSERT INTO alert_channels (id, type, settings, secrets, kinds, quiet_hours, enabled, console, created_at, updated_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9
       WHERE (SELECT count(*) FROM alert_channels) < ${MAX_CHANNELS} OR EXISTS (SELECT 1 FROM alert_channels WHERE id = ?1)
       ON CONFLICT (id) DO UPDATE SET type = excluded.type, settings = excluded.settings, secrets = excluded.secrets, kinds = excluded.kinds,
         quiet_hours = excluded.quiet_hours, enabled = excluded.enabled, console = excluded.console, updated_at = excluded.updated_at,
         failures = 0, not_before = NULL, last_error = NULL
       WHERE alert_channels.secrets IS ?10
       RETURNING id`,
    )
    .bind(
      id,
      type,
      JSON.stringify(settings),
      secrets,
      kinds === null ? null : JSON.stringify(kinds),
      quietHours === null ? null : JSON.stringify(quietHours),
      enabled ? 1 : 0,
      console,
      now,
      seen,
    );
  const [saved] = await db.batch([put, audit, ...(enabled ? [] : [db.prepare("DELETE FROM alert_notices WHERE channel = ?1").bind(id)])]);
  return saved?.results.length === 1;
}

/** False: there is none. */
export async function deleteChannel(db: D1Database, id: string, audit: D1PreparedStatement): Promise<boolean> {
  const [deleted] = await db.batch([
    db.prepare("DELETE FROM alert_channels WHERE id = ?1").bind(id),
    audit,
    db.prepare("DELETE FROM alert_notices WHERE channel = ?1").bind(id),
  ]);
  return (deleted?.meta.changes ?? 0) > 0;
}

/** A notice with the alert that it tells of. */
export type ChannelNotice = WaitingNotice & { readonly told: ToldAlert };
export type WaitingChannel = { readonly channel: Channel; readonly notices: readonly ChannelNotice[] };

/** Far more than a small operator has open at once. */
const MAX_NOTICES = 300;

type NoticeRow = {
  channel: string;
  alert: number;
  what: Notice;
  at: number;
  claim: string | null;
  kind: AlertKind;
  subject: string;
  text: string;
  count: number;
  opened_at: number;
  closed_at: number | null;
  silenced_until: number | null;
};

/** The channels that are still to be told something. One row read a channel, and two a notice. */
export async function readWaitingChannels(db: D1Database): Promise<WaitingChannel[]> {
  const [channels, notices] = await db.batch<Record<string, unknown>>([
    db.prepare("SELECT * FROM alert_channels WHERE enabled = 1"),
    db.prepare(
      `SELECT n.*, a.kind, a.subject, a.text, a.count, a.opened_at, a.closed_at, a.silenced_until
       FROM alert_notices n CROSS JOIN alerts a WHERE a.id = n.alert LIMIT ${MAX_NOTICES}`,
    ),
  ]);
  const byChannel = Map.groupBy((notices?.results ?? []) as NoticeRow[], ({ channel }) => channel);
  return ((channels?.results ?? []) as ChannelRow[]).flatMap((row) => {
    const waiting = byChannel.get(row.id);
    return waiting === undefined ? [] : [{ channel: toChannel(row), notices: waiting.map(toNotice) }];
  });
}

function toNotice(row: NoticeRow): ChannelNotice {
  const { alert, kind, what: notice, at, claim } = row;
  const told = {
    id: alert,
    kind,
    notice,
    subject: row.subject,
    text: row.text,
    count: row.count,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
  };
  return { alert, kind, notice, at, claim, silencedUntil: row.silenced_until, told };
}

/** A message on its way: what it tells, under its id. */
export type Claim = { readonly channel: string; readonly id: string; readonly notices: readonly Pick<WaitingNotice, "alert" | "at">[] };

/**
 * Takes a channel for one message; false when another sender has it. One that was taken by a sender that died is taken again once the
 * lease has run out. One row written, and one a notice.
 */
export async function claimMessage(db: D1Database, { channel, id, notices }: Claim, now: number): Promise<boolean> {
  const [leased] = await db.batch([
    db
      .prepare(
        `UPDATE alert_channels SET lease = ?2, leased_until = ?3
         WHERE id = ?1 AND enabled = 1 AND (leased_until IS NULL OR leased_until NOT BETWEEN ?4 + 1 AND ?3)`,
      )
      .bind(channel, id, now + LEASE_MS, now),
    db
      .prepare(
        `UPDATE alert_notices SET claim = ?2 FROM json_each(?3) j
         WHERE channel = ?1 AND alert = j.value->>'$.alert' AND at = j.value->>'$.at' AND changes() > 0`,
      )
      .bind(channel, id, JSON.stringify(notices.map(({ alert, at }) => ({ alert, at })))),
  ]);
  return (leased?.meta.changes ?? 0) > 0;
}

/** A message was taken: what it told need not be told again. What has come up since then stays. */
export async function noteSent(db: D1Database, { channel, id }: Claim, now: number): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM alert_notices WHERE channel = ?1 AND claim = ?2").bind(channel, id),
    db
      .prepare(
        `UPDATE alert_channels SET lease = NULL, leased_until = NULL, failures = 0, not_before = NULL, last_sent_at = ?3, last_error = NULL
         WHERE id = ?1 AND lease = ?2`,
      )
      .bind(channel, id, now),
  ]);
}

/** A message was not taken. After some failures it is made anew the next time. */
export async function noteFailed(
  db: D1Database,
  { channel, id }: Claim,
  { failures, notBefore, error }: { readonly failures: number; readonly notBefore: number; readonly error: string },
): Promise<void> {
  const regroups = failures % FAILURES_TO_REGROUP === 0;
  await db.batch([
    db
      .prepare(
        `UPDATE alert_channels SET lease = NULL, leased_until = NULL, failures = ?3, not_before = ?4, last_error = ?5 WHERE id = ?1 AND lease = ?2`,
      )
      .bind(channel, id, failures, notBefore, error),
    ...(regroups ? [db.prepare("UPDATE alert_notices SET claim = NULL WHERE channel = ?1 AND claim = ?2").bind(channel, id)] : []),
  ]);
}
