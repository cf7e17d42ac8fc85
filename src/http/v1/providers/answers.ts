/**
 * A provider as answers show it; `view.ts` makes it.
 */
import * as z from "zod/mini";
import { STATUS_NAMES } from "../../../domain/status.ts";
import { amountAnswer, pageAnswer, timeAnswer } from "../../kit/answers.ts";

const request = z.strictObject({
  method: z.enum(["POST", "GET"]),
  encoding: z.enum(["form", "json"]),
  trailing_slash: z.boolean(),
  user_agent: z.nullable(z.string()),
  idempotency_field: z.nullable(z.string()),
  fields: z.record(z.string(), z.string()),
  actions: z.record(z.string(), z.string()),
  cancel_one: z.boolean(),
});

const held = z.strictObject({
  count: z.int(),
  amount: z.nullable(amountAnswer),
  amounts: z.record(z.string(), amountAnswer),
  at_least: z.optional(z.literal(true)),
});

const health = z.strictObject({
  circuit: z.enum(["closed", "open", "half_open"]),
  last_success_at: z.nullable(timeAnswer),
  last_error: z.nullable(z.strictObject({ code: z.string(), message: z.string(), at: z.nullable(timeAnswer) })),
  consecutive_failures: z.int(),
  retry_at: z.nullable(timeAnswer),
  many: z.enum(["unknown", "yes", "no"]),
  learned_batch_size: z.int(),
  active_orders: z.int(),
  calls_today: z.int(),
  stretch: z.number(),
  balance: z.nullable(z.string()),
  balance_currency: z.nullable(z.string()),
  balance_at: z.nullable(timeAnswer),
  runs_out_at: z.nullable(timeAnswer),
  unread_orders: z.array(
    z.strictObject({
      panel: z.string(),
      orders: z.int(),
      at_least: z.optional(z.literal(true)),
      since: timeAnswer,
      asked_at: timeAnswer,
      answer: z.string(),
    }),
  ),
  unknown_words: z.record(z.string(), z.int()),
  unknown_word_examples: z.record(z.string(), z.strictObject({ panel: z.string(), order: z.string() })),
});

const providerFields = {
  id: z.string(),
  name: z.nullable(z.string()),
  url: z.string(),
  key_hint: z.string(),
  currency: z.nullable(z.string()),
  panels: z.nullable(z.array(z.string())),
  batch_size: z.int(),
  max_calls_per_minute: z.nullable(z.int()),
  timeout_ms: z.int(),
  enabled: z.boolean(),
  status_words: z.record(z.string(), z.enum(STATUS_NAMES)),
  request,
  settle_hours: z.int(),
  low_balance: z.nullable(amountAnswer),
  brake: z.nullable(
    z.strictObject({
      share: z.nullable(z.number()),
      min_orders: z.nullable(z.int()),
      engaged_at: z.nullable(timeAnswer),
      panels: z.nullable(z.array(z.string())),
      evidence: z.nullable(z.strictObject({ ended: z.int(), ended_badly: z.int() })),
      held: z.nullable(held),
    }),
  ),
  created_at: timeAnswer,
  updated_at: timeAnswer,
  health,
};

const failure = z.nullable(z.strictObject({ code: z.string(), message: z.string() }));
const probe = z.strictObject({
  ok: z.boolean(),
  balance: z.nullable(z.string()),
  currency: z.nullable(z.string()),
  request,
  tried: z.array(z.strictObject({ shape: z.string(), error: failure })),
  error: failure,
});

export const providerAnswer = z.strictObject(providerFields);
export const savedProviderAnswer = z.strictObject({ ...providerFields, probe: z.optional(probe) });
export const providersAnswer = pageAnswer("providers", providerAnswer);
