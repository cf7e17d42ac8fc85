/**
 * A webhook as its rows hold it.
 */
import type { EventType } from "../../domain/feed.ts";
import type { Claimed, Message, Outcome } from "../../domain/webhook-standing.ts";

/** Why a webhook was switched off by itself. */
export const DISABLED_REASONS = ["gone", "no_success", "url_refused"] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** What its panel sets, and when it was made. `secrets`: sealed. Times in epoch ms. */
export type WebhookSettings = {
  readonly panel: string;
  readonly id: string;
  readonly url: string;
  /** Null: all. */
  readonly types: readonly EventType[] | null;
  readonly description: string | null;
  readonly secrets: string;
  readonly oldSecretUntil: number | null;
  readonly enabled: boolean;
  readonly disabledReason: DisabledReason | null;
  readonly createdAt: number;
};

export type Webhook = {
  readonly settings: WebhookSettings;
  /** Which settings these are. */
  readonly version: number;
  readonly claimed: Claimed;
  readonly outcome: Outcome | null;
  /** Messages that begin before this number of the feed are a replay. */
  readonly replayUntil: number;
  readonly tests: number;
};

export type WebhookRow = {
  panel: string;
  id: string;
  url: string;
  types: string | null;
  description: string | null;
  secrets: string;
  old_secret_until: number | null;
  enabled: number;
  disabled_reason: DisabledReason | null;
  version: number;
  created_at: number;
  n: number;
  place: number;
  last_seq: number | null;
  message_id: string | null;
  digest: string | null;
  frozen_at: number | null;
  behind: number | null;
  attempt: number;
  lease_until: number;
  failing_since: number | null;
  replay_until: number;
  tests: number;
  outcome_n: number | null;
  outcome_message: string;
  outcome_succeeded: number;
  outcome_sent_at: number;
  outcome_next_attempt_at: number | null;
};

/** A webhook `w` beside what became of its last attempt, `d`. Two rows. */
export const WEBHOOK_COLUMNS = `w.*, d.n AS outcome_n, d.message_id AS outcome_message, d.succeeded AS outcome_succeeded,
  d.sent_at AS outcome_sent_at, d.next_attempt_at AS outcome_next_attempt_at`;
export const WITH_OUTCOME = "LEFT JOIN webhook_deliveries d ON d.panel = w.panel AND d.webhook = w.id AND d.slot = w.n % 100";

export function toWebhook(row: WebhookRow): Webhook {
  const { panel, id, url, types, description, secrets } = row;
  return {
    settings: {
      panel,
      id,
      url,
      types: types === null ? null : (JSON.parse(types) as EventType[]),
      description,
      secrets,
      oldSecretUntil: row.old_secret_until,
      enabled: row.enabled === 1,
      disabledReason: row.disabled_reason,
      createdAt: row.created_at,
    },
    version: row.version,
    claimed: {
      n: row.n,
      place: row.place,
      message: messageIn(row),
      attempt: row.attempt,
      leaseUntil: row.lease_until,
      failingSince: row.failing_since,
    },
    outcome: outcomeIn(row),
    replayUntil: row.replay_until,
    tests: row.tests,
  };
}

function messageIn({ message_id: id, last_seq: lastSeq, digest, frozen_at, behind }: WebhookRow): Message | null {
  return id === null || lastSeq === null ? null : { id, lastSeq, digest: digest ?? "", frozenAt: frozen_at ?? 0, behind: behind ?? 0 };
}

function outcomeIn(row: WebhookRow): Outcome | null {
  if (row.outcome_n === null) return null;
  return {
    n: row.outcome_n,
    messageId: row.outcome_message,
    succeeded: row.outcome_succeeded === 1,
    sentAt: row.outcome_sent_at,
    nextAttemptAt: row.outcome_next_attempt_at,
  };
}
