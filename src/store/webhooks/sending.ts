/**
 * Sending webhooks: which have something to send, what that is, and what was claimed and came of it. An attempt writes two
 * rows: its claim, and its outcome.
 */
import type { RecordedChange } from "../../domain/feed-text.ts";
import type { Role } from "../../domain/access.ts";
import { MAX_BODY_BYTES, MAX_CHANGES, MAX_LOOKED_AT, WORTH_MOVING } from "../../domain/webhook-message.ts";
import { LEASE_MS, type Message } from "../../domain/webhook-standing.ts";
import { type DisabledReason, toWebhook, type Webhook, WEBHOOK_COLUMNS, type WebhookRow, WITH_OUTCOME } from "./rows.ts";

/** A webhook that may have something to send, and its panel's role. `lastTookMs`: of its last attempt; null where none is known. */
export type WaitingWebhook = Webhook & { readonly role: Role; readonly lastTookMs: number | null };

/**
 * Whether any webhook is on, as a column of another statement: a row read for each that is off before it.
 */
export const ANY_WEBHOOK = "EXISTS (SELECT 1 FROM webhooks WHERE enabled = 1)";

/** Where the place is, unless a message was not taken. */
const PLACE = "coalesce(w.last_seq, w.place)";

/**
 * Whether one of some types has something to do: a change that is wanted, or so many others that its place moves. Else it
 * would have a turn for nothing, before those that have something to send.
 */
const HAS_WANTED = `(SELECT count(*) >= ${WORTH_MOVING} OR coalesce(sum(instr(w.types, '"' || a.type || '"')), 0) > 0
  FROM (SELECT c.type FROM changes c WHERE c.panel = w.panel AND c.seq > ${PLACE} ORDER BY c.seq LIMIT ${WORTH_MOVING}) a)`;

/**
 * Webhooks that have something to send: changes after their last message, or a message that was not taken. What their rows
 * mean, `standingOf` says. Four rows read a webhook, one that is off one; one of some types reads up to fifty more.
 */
export async function readWaitingWebhooks(db: D1Database): Promise<WaitingWebhook[]> {
  const { results } = await db
    .prepare(
      `SELECT ${WEBHOOK_COLUMNS}, p.role, d.duration_ms
       FROM webhooks w CROSS JOIN panels p ${WITH_OUTCOME}
       WHERE w.enabled = 1 AND p.id = w.panel AND p.enabled = 1
         AND ((w.last_seq IS NOT NULL AND d.succeeded IS NOT 1)
           OR ((SELECT max(c.seq) FROM changes c WHERE c.panel = w.panel) > ${PLACE} AND (w.types IS NULL OR ${HAS_WANTED})))`,
    )
    .all<WebhookRow & { role: Role; duration_ms: number | null }>();
  return results.map((row) => ({ ...toWebhook(row), role: row.role, lastTookMs: row.duration_ms }));
}

/** A part of a panel's feed: what comes after `place`, up to `upTo` where a message is sent again. */
export type FeedPart = { readonly panel: string; readonly place: number; readonly upTo: number | null; readonly types: string | null };

/** What was found there: the first changes of the types wanted, and facts about all that were looked at. */
export type FeedPartRead = {
  readonly changes: readonly RecordedChange[];
  readonly lookedAt: number;
  readonly lookedUpTo: number | null;
  readonly wanted: number;
  /** When the first change that is wanted happened, epoch ms; null where there is none. */
  readonly oldestAt: number | null;
};

const LOOKED_AT = `(SELECT c.seq, c.type, c.order_id, c.created_at, c.previous, c.data FROM changes c
  WHERE c.panel = ?1 AND c.seq > ?2 AND (?3 IS NULL OR c.seq <= ?3) ORDER BY c.seq LIMIT ${MAX_LOOKED_AT})`;
/** In the JSON list's text: its entries as rows would be billed for each change. */
const IS_WANTED = `(?4 IS NULL OR instr(?4, '"' || type || '"') > 0)`;

/** No more than fit into a message: what is too long is not fetched. Characters are bytes or more. */
const CHANGES = `SELECT seq, type, order_id, created_at, previous, data FROM (
    SELECT *, sum(length(previous) + length(data)) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (SELECT * FROM ${LOOKED_AT} WHERE ${IS_WANTED} LIMIT ${MAX_CHANGES})
  ) WHERE coalesce(before, 0) < ${MAX_BODY_BYTES} ORDER BY seq`;

const FACTS = `SELECT count(*) AS looked_at, max(seq) AS looked_up_to, coalesce(sum(${IS_WANTED}), 0) AS wanted,
    min(iif(${IS_WANTED}, created_at, NULL)) AS oldest_at
  FROM ${LOOKED_AT}`;

type FactsRow = { looked_at: number; looked_up_to: number | null; wanted: number; oldest_at: number | null };

/** Reads parts of feeds in one round trip, two statements each: the changes of a message, and a look at a thousand. */
export async function readFeedParts(db: D1Database, parts: readonly FeedPart[]): Promise<FeedPartRead[]> {
  const results = await db.batch(
    parts.flatMap((part) => [CHANGES, FACTS].map((sql) => db.prepare(sql).bind(part.panel, part.place, part.upTo, part.types))),
  );
  return parts.map((_, i) => {
    const changes = (results[2 * i]?.results ?? []) as RecordedChange[];
    return { changes, ...toFacts(results[2 * i + 1]?.results[0] as FactsRow | undefined) };
  });
}

export type FeedFacts = Omit<FeedPartRead, "changes">;

/** How much waits in parts of feeds, in one round trip: a row read a change, a thousand at most for each. */
export async function readFeedFacts(db: D1Database, parts: readonly FeedPart[]): Promise<FeedFacts[]> {
  if (parts.length === 0) return [];
  const results = await db.batch<FactsRow>(parts.map((part) => db.prepare(FACTS).bind(part.panel, part.place, part.upTo, part.types)));
  return results.map(({ results: [row] }) => toFacts(row));
}

function toFacts(row: FactsRow | undefined): FeedFacts {
  return {
    lookedAt: row?.looked_at ?? 0,
    lookedUpTo: row?.looked_up_to ?? null,
    wanted: row?.wanted ?? 0,
    oldestAt: row?.oldest_at ?? null,
  };
}

/** What a claim writes; `message` is null where the place moves over what is not wanted, and nothing is sent. */
export type Claim = {
  readonly webhook: Webhook;
  readonly place: number;
  readonly message: Message | null;
  readonly attempt: number;
  readonly failingSince: number | null;
};

/**
 * Claims attempts, each while the webhook is as it was read: nobody has claimed one since or changed its settings. Answers
 * which it got. One statement, and one row written each.
 */
export async function claimAttempts(db: D1Database, claims: readonly Claim[], now: number): Promise<boolean[]> {
  const rows = claims.map(({ webhook: { settings, claimed, version }, place, message, attempt, failingSince }) => ({
    panel: settings.panel,
    id: settings.id,
    n: claimed.n,
    version,
    place,
    attempt,
    failingSince,
    message,
    // What sends nothing keeps nobody from sending.
    leaseUntil: message === null ? claimed.leaseUntil : now + LEASE_MS,
  }));
  const { results } = await db
    .prepare(
      `UPDATE webhooks SET n = webhooks.n + 1, place = j.place, last_seq = j.value->>'$.message.lastSeq', message_id = j.value->>'$.message.id',
         digest = j.value->>'$.message.digest', frozen_at = j.value->>'$.message.frozenAt', behind = j.value->>'$.message.behind',
         attempt = j.value->>'$.attempt', failing_since = j.value->>'$.failingSince', lease_until = j.value->>'$.leaseUntil'
       FROM (SELECT value, value->>'$.panel' AS panel, value->>'$.id' AS id, value->>'$.n' AS n,
           value->>'$.version' AS version, value->>'$.place' AS place FROM json_each(?1)) j
       WHERE webhooks.panel = j.panel AND webhooks.id = j.id AND webhooks.n = j.n AND webhooks.version = j.version AND webhooks.enabled = 1
       RETURNING webhooks.panel, webhooks.id`,
    )
    .bind(JSON.stringify(rows))
    .all<{ panel: string; id: string }>();
  const got = new Set(results.map(({ panel, id }) => `${panel}/${id}`));
  return claims.map(({ webhook: { settings } }) => got.has(`${settings.panel}/${settings.id}`));
}

export const CAUSES = ["schedule", "test", "replay"] as const;
export type Cause = (typeof CAUSES)[number];

/** What is kept of an attempt; times in epoch ms. */
export type Delivery = {
  /** Of the webhook's attempts, or of its tests, the how manieth. */
  readonly n: number;
  /** The `webhook-id` that was sent. */
  readonly messageId: string;
  readonly cause: Cause;
  readonly attempt: number;
  readonly sentAt: number;
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  readonly succeeded: boolean;
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: string | null;
  readonly response: string | null;
  readonly nextAttemptAt: number | null;
};

/** Of a webhook's attempts the last so many are kept, and of its tests a tenth of that. */
export const KEPT_DELIVERIES = 100;
export const KEPT_TESTS = 10;

function slotOf({ n, cause }: Pick<Delivery, "n" | "cause">): number {
  return cause === "test" ? KEPT_DELIVERIES + (n % KEPT_TESTS) : n % KEPT_DELIVERIES;
}

type OfWebhook = { readonly panel: string; readonly id: string };

/** The statement that keeps an attempt, while there is the webhook. One row written. */
export function deliveryStatement(db: D1Database, { panel, id }: OfWebhook, delivery: Delivery): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO webhook_deliveries (panel, webhook, slot, n, message_id, cause, attempt, sent_at, first_seq, last_seq, succeeded, status,
         duration_ms, error, response, next_attempt_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16 WHERE EXISTS (SELECT 1 FROM webhooks WHERE panel = ?1 AND id = ?2)
       ON CONFLICT (panel, webhook, slot) DO UPDATE SET n = excluded.n, message_id = excluded.message_id, cause = excluded.cause,
         attempt = excluded.attempt, sent_at = excluded.sent_at, first_seq = excluded.first_seq, last_seq = excluded.last_seq,
         succeeded = excluded.succeeded, status = excluded.status, duration_ms = excluded.duration_ms, error = excluded.error,
         response = excluded.response, next_attempt_at = excluded.next_attempt_at`,
    )
    .bind(
      panel,
      id,
      slotOf(delivery),
      delivery.n,
      delivery.messageId,
      delivery.cause,
      delivery.attempt,
      delivery.sentAt,
      delivery.firstSeq,
      delivery.lastSeq,
      delivery.succeeded ? 1 : 0,
      delivery.status,
      delivery.durationMs,
      delivery.error,
      delivery.response,
      delivery.nextAttemptAt,
    );
}

/** Keeps an attempt. */
export async function recordDelivery(db: D1Database, of: OfWebhook, delivery: Delivery): Promise<void> {
  await deliveryStatement(db, of, delivery).run();
}

/** Keeps an attempt, and switches the webhook off, unless its settings have changed since; `audit` as in `auditStatement`, if_changed. */
export async function recordAndDisable(
  db: D1Database,
  { settings, version }: Webhook,
  delivery: Delivery,
  { reason, audit }: { readonly reason: DisabledReason; readonly audit: D1PreparedStatement },
): Promise<void> {
  await db.batch([
    deliveryStatement(db, settings, delivery),
    db
      .prepare(
        `UPDATE webhooks SET enabled = 0, disabled_reason = ?4, version = version + 1
         WHERE panel = ?1 AND id = ?2 AND version = ?3 AND enabled = 1`,
      )
      .bind(settings.panel, settings.id, version, reason),
    audit,
  ]);
}

type DeliveryRow = {
  n: number;
  message_id: string;
  cause: Cause;
  attempt: number;
  sent_at: number;
  first_seq: number | null;
  last_seq: number | null;
  succeeded: number;
  status: number | null;
  duration_ms: number;
  error: string | null;
  response: string | null;
  next_attempt_at: number | null;
};

/** The last deliveries, newest first. A row read each. */
export async function listDeliveries(db: D1Database, { panel, id }: OfWebhook): Promise<Delivery[]> {
  const { results } = await db
    .prepare(`SELECT * FROM webhook_deliveries WHERE panel = ?1 AND webhook = ?2 ORDER BY sent_at DESC, n DESC LIMIT ${KEPT_DELIVERIES}`)
    .bind(panel, id)
    .all<DeliveryRow>();
  return results.map((row) => ({
    n: row.n,
    messageId: row.message_id,
    cause: row.cause,
    attempt: row.attempt,
    sentAt: row.sent_at,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    succeeded: row.succeeded === 1,
    status: row.status,
    durationMs: row.duration_ms,
    error: row.error,
    response: row.response,
    nextAttemptAt: row.next_attempt_at,
  }));
}
