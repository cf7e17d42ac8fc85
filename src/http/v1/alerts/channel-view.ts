/**
 * A channel for alerts as it is shown, and hints at what is secret of it.
 */
import * as z from "zod/mini";
import { ALERT_KINDS } from "../../../domain/alert.ts";
import { CHANNEL_TYPES } from "../../../domain/alert-channel.ts";
import { isoTime } from "../../../domain/time.ts";
import type { Channel } from "../../../store/alerts/channels.ts";
import { pageAnswer, timeAnswer } from "../../kit/answers.ts";

const HINT_CHARACTERS = 4;
/** The hint must leave at least as much unsaid. */
const MIN_HINTED_CHARACTERS = 4 * HINT_CHARACTERS;

/** The end of a secret, to tell secrets apart by. */
export function hintOf(secret: string): string {
  return secret.length < MIN_HINTED_CHARACTERS ? "****" : secret.slice(-HINT_CHARACTERS);
}

/** The server, and the end: whoever has the address of such a channel can write to it. */
export function addressHint(url: string): string {
  return `${URL.parse(url)?.origin ?? ""}/…${hintOf(url)}`;
}

export function channelView(channel: Channel) {
  const { id, type, settings, kinds, quietHours, enabled, createdAt, updatedAt, lastSentAt, lastError, failures, notBefore } = channel;
  return {
    id,
    type,
    ...settings,
    kinds,
    quiet_hours: quietHours,
    enabled,
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
    last_sent_at: lastSentAt === null ? null : isoTime(lastSentAt),
    failures,
    last_error: lastError,
    next_attempt_at: notBefore === null ? null : isoTime(notBefore),
  };
}

const channelFields = {
  id: z.string(),
  type: z.enum(CHANNEL_TYPES),
  chat_id: z.optional(z.string()),
  bot_token_hint: z.optional(z.string()),
  url_hint: z.optional(z.string()),
  token_hint: z.optional(z.string()),
  kinds: z.nullable(z.array(z.enum(ALERT_KINDS))),
  quiet_hours: z.nullable(z.strictObject({ from: z.string(), to: z.string(), timezone: z.string() })),
  enabled: z.boolean(),
  created_at: timeAnswer,
  updated_at: timeAnswer,
  last_sent_at: z.nullable(timeAnswer),
  failures: z.int(),
  last_error: z.nullable(z.string()),
  next_attempt_at: z.nullable(timeAnswer),
};

export const channelAnswer = z.strictObject(channelFields);
/** `secret`: of a Standard Webhook, shown once. */
export const savedChannelAnswer = z.strictObject({ ...channelFields, secret: z.optional(z.string()) });
export const channelsAnswer = pageAnswer("alert_channels", channelAnswer);
