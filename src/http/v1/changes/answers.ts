/**
 * Changes as answers show them. What `previous` and `data` hold goes by the type: parts of orders, refunds, refills, cancels.
 */
import * as z from "zod/mini";
import { EVENT_TYPES } from "../../../domain/feed.ts";
import { ofPanel, timeAnswer } from "../../kit/answers.ts";

const change = z.strictObject({
  seq: z.int(),
  type: z.enum(EVENT_TYPES),
  order: z.string(),
  created_at: timeAnswer,
  previous: z.record(z.string(), z.unknown()),
  data: z.record(z.string(), z.unknown()),
});

/** Where the operator asked about all panels, each change tells its panel, and `next_after` has a place for each of them. */
export const feedAnswer = z.strictObject({
  changes: z.array(z.extend(change, ofPanel)),
  next_after: z.union([z.int(), z.string()]),
  has_more: z.boolean(),
});

export const historyAnswer = z.strictObject({ changes: z.array(change), next_cursor: z.nullable(z.string()), has_more: z.boolean() });
