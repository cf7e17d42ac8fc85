/**
 * Webhooks and their deliveries as answers show them.
 */
import * as z from "zod/mini";
import { EVENT_TYPES } from "../../../domain/feed.ts";
import { DISABLED_REASONS } from "../../../store/webhooks/rows.ts";
import { CAUSES } from "../../../store/webhooks/sending.ts";
import { pageAnswer, timeAnswer } from "../../kit/answers.ts";

const webhookFields = {
  id: z.string(),
  url: z.string(),
  types: z.nullable(z.array(z.enum(EVENT_TYPES))),
  description: z.nullable(z.string()),
  headers: z.record(z.string(), z.string()),
  enabled: z.boolean(),
  after: z.int(),
  behind: z.int(),
  oldest_at: z.nullable(timeAnswer),
  next_attempt_at: z.nullable(timeAnswer),
  failing_since: z.nullable(timeAnswer),
  disabled_reason: z.nullable(z.enum(DISABLED_REASONS)),
  created_at: timeAnswer,
};

export const webhookAnswer = z.strictObject(webhookFields);
/** The only answers that show the secret. */
export const webhookWithSecretAnswer = z.strictObject({ ...webhookFields, secret: z.string() });
export const webhooksAnswer = pageAnswer("webhooks", webhookAnswer);

export const deliveryAnswer = z.strictObject({
  id: z.string(),
  at: timeAnswer,
  attempt: z.int(),
  trigger: z.enum(CAUSES),
  first_seq: z.nullable(z.int()),
  last_seq: z.nullable(z.int()),
  status: z.nullable(z.int()),
  duration_ms: z.int(),
  error: z.nullable(z.string()),
  response: z.nullable(z.string()),
});
export const deliveriesAnswer = pageAnswer("deliveries", deliveryAnswer);

export const webhookTestAnswer = z.strictObject({ status: z.nullable(z.int()), duration_ms: z.int(), error: z.nullable(z.string()) });
