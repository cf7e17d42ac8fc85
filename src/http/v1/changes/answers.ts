/**
 * Changes as answers show them. What `previous` and `data` hold goes by the type: parts of orders, refunds, refills, cancels.
 */
import * as z from "zod/mini";
import { EVENT_TYPES } from "../../../domain/feed.ts";
import { timeAnswer } from "../../kit/answers.ts";

export const changeAnswer = z.strictObject({
  seq: z.int(),
  type: z.enum(EVENT_TYPES),
  order: z.string(),
  created_at: timeAnswer,
  previous: z.record(z.string(), z.unknown()),
  data: z.record(z.string(), z.unknown()),
});

export const feedAnswer = z.strictObject({ changes: z.array(changeAnswer), next_after: z.int(), has_more: z.boolean() });

export const historyAnswer = z.strictObject({ changes: z.array(changeAnswer), next_cursor: z.nullable(z.string()), has_more: z.boolean() });
