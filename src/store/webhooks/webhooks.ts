/**
 * A panel's webhooks as it sets them.
 */
import type { EventType } from "../../domain/feed.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { feedEndSql } from "../feed/feed-numbers.ts";
import { plannedHorizonSql } from "../retention/horizon.ts";
import { KEPT_DELIVERIES, KEPT_TESTS } from "./sending.ts";
import { toWebhook, type Webhook, WEBHOOK_COLUMNS, type WebhookRow, WITH_OUTCOME } from "./rows.ts";

/** At most so many of one panel: each reads the panel's feed by itself. */
export const MAX_WEBHOOKS = 10;

type OfWebhook = { readonly panel: string; readonly id: string };

const READ = `SELECT ${WEBHOOK_COLUMNS} FROM webhooks w ${WITH_OUTCOME} WHERE w.panel = ?1`;

/** A panel's webhooks by id, from above `after` on. Two rows each. */
export async function listWebhooks(db: D1Database, panel: string, after: string, limit: number): Promise<Webhook[]> {
  const { results } = await db.prepare(`${READ} AND w.id > ?2 ORDER BY w.id LIMIT ?3`).bind(panel, after, limit).all<WebhookRow>();
  return results.map(toWebhook);
}

/** Null where the panel has none with this id. Two rows. */
export async function readWebhook(db: D1Database, { panel, id }: OfWebhook): Promise<Webhook | null> {
  const row = await db.prepare(`${READ} AND w.id = ?2`).bind(panel, id).first<WebhookRow>();
  return row === null ? null : toWebhook(row);
}

export type NewWebhook = OfWebhook & {
  readonly url: string;
  readonly types: readonly EventType[] | null;
  readonly description: string | null;
  /** Sealed. */
  readonly secrets: string;
  readonly createdAt: number;
};

/**
 * Makes a webhook that begins at the present end of its panel's feed; `audit` must be for a statement that changed something.
 * Null where the panel has as many as it may have. Three rows written.
 */
export async function createWebhook(db: D1Database, webhook: NewWebhook, audit: D1PreparedStatement): Promise<Webhook | null> {
  const { panel, id, url, types, description, secrets, createdAt } = webhook;
  const [made, , read] = await db.batch<WebhookRow>([
    db
      .prepare(
        `INSERT INTO webhooks (panel, id, url, types, description, secrets, created_at, place)
         SELECT p.id, ?2, ?3, ?4, ?5, ?6, ?7, ${feedEndSql("p")} FROM panels p
         WHERE p.id = ?1 AND (SELECT count(*) FROM webhooks WHERE panel = ?1) < ${MAX_WEBHOOKS}`,
      )
      .bind(panel, id, url, types === null ? null : JSON.stringify(types), description, secrets, createdAt),
    audit,
    db.prepare(`${READ} AND w.id = ?2`).bind(panel, id),
  ]);
  const row = made?.meta.changes === 0 ? undefined : read?.results[0];
  return row === undefined ? null : toWebhook(row);
}

/** What a change sets: the settings as they are to be, and from where in the feed it goes on. */
export type WebhookChange = {
  readonly url: string;
  readonly types: readonly EventType[] | null;
  readonly description: string | null;
  /** Sealed. */
  readonly secrets: string;
  readonly oldSecretUntil: number | null;
  readonly enabled: boolean;
  /** Begin anew after this number, or after the feed's end, with nothing under way; null: go on as before. */
  readonly restart: { readonly place: number; readonly replayUntil: number } | null;
};

/**
 * Changes a webhook while nothing of it was changed or claimed since it was read; false where something was, or where it would
 * go on from what was archived meanwhile. What stands in `disabled_reason` goes: a person has seen to it. `audit` must be for a statement that changed something.
 */
export async function changeWebhook(
  db: D1Database,
  { settings: { panel, id, secrets }, claimed, version }: Webhook,
  change: WebhookChange,
  audit: D1PreparedStatement,
): Promise<boolean> {
  const { url, types, description, oldSecretUntil, enabled, restart } = change;
  // Beyond the feed's end it would tell nothing for ever, and nobody would see why.
  const begin = `place = min(?11, (SELECT ${feedEndSql("p")} FROM panels p WHERE p.id = ?1)), replay_until = ?12, last_seq = NULL, message_id = NULL,
      digest = NULL, attempt = 0, failing_since = NULL`;
  // Named, the column's index would be paid for although its value stays.
  const sealed = change.secrets === secrets ? "" : ", secrets = ?9";
  const statement = `UPDATE webhooks SET version = version + 1, url = ?5, types = ?6, description = ?7, enabled = ?8, old_secret_until = ?10,
      disabled_reason = iif(?8 = 1, NULL, disabled_reason)${sealed}${restart === null ? "" : `, ${begin}`}
    WHERE panel = ?1 AND id = ?2 AND version = ?3 AND n = ?4 AND ?9 IS NOT NULL
      ${restart === null ? "" : `AND ?11 >= ${plannedHorizonSql("?1")}`}`;
  const [changed] = await db.batch([
    db
      .prepare(statement)
      .bind(
        panel,
        id,
        version,
        claimed.n,
        url,
        types === null ? null : JSON.stringify(types),
        description,
        enabled ? 1 : 0,
        change.secrets,
        oldSecretUntil,
        ...(restart === null ? [] : [restart.place, restart.replayUntil]),
      ),
    audit,
  ]);
  return (changed?.meta.changes ?? 0) > 0;
}

/** Removes a webhook with what is kept of its deliveries; false where there is none. `audit` must be for a statement that changed something. */
export async function deleteWebhook(db: D1Database, { panel, id }: OfWebhook, audit: D1PreparedStatement): Promise<boolean> {
  const [deleted] = await db.batch([
    db.prepare("DELETE FROM webhooks WHERE panel = ?1 AND id = ?2").bind(panel, id),
    audit,
    db.prepare("DELETE FROM webhook_deliveries WHERE panel = ?1 AND webhook = ?2").bind(panel, id),
  ]);
  return (deleted?.meta.changes ?? 0) > 0;
}

/**
 * Counts a test, unless the tenth one before it was sent less than a minute ago: more would make it a way to flood somebody
 * from here. Answers its number, null for none. The slot that it takes is that one's. A row written.
 */
export async function claimTest(db: D1Database, { panel, id }: OfWebhook, now: number): Promise<number | null> {
  const row = await db
    .prepare(
      `UPDATE webhooks SET tests = tests + 1
       WHERE panel = ?1 AND id = ?2 AND NOT EXISTS (
         SELECT 1 FROM webhook_deliveries d
         WHERE d.panel = ?1 AND d.webhook = ?2 AND d.slot = ${KEPT_DELIVERIES} + (tests + 1) % ${KEPT_TESTS} AND d.sent_at > ?3)
       RETURNING tests`,
    )
    .bind(panel, id, now - MINUTE_MS)
    .first<{ tests: number }>();
  return row?.tests ?? null;
}
