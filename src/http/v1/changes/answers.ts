/**
 * Changes as answers show them. A row of the feed keeps the form in which it was written: what a later release added to
 * orders is missing in it, and so is what a reseller may not see.
 */
import * as z from "zod/mini";
import { EVENT_TYPES } from "../../../domain/feed.ts";
import { amountAnswer, ofPanel, timeAnswer } from "../../kit/answers.ts";
import { cancel, orderAnswer, refill } from "../orders/answers.ts";
import { refundAnswer } from "../refunds/refunds.ts";

const order = z.string();

/** `order.…`: the order as it was shown then. */
export const toldOrderAnswer = z.partial(orderAnswer);
/** `refund.…`: the refund, and the order's total after it. */
export const toldRefundAnswer = z.extend(z.partial(refundAnswer), { order, refunded: z.optional(amountAnswer) });
export const toldRefillAnswer = z.extend(z.partial(refill), { order });
export const toldCancelAnswer = z.extend(z.partial(cancel), { order });

/** The fields that can differ, as they were; a status is an order's, a refund's, a refill's or a cancel's. */
const previous = z.strictObject({
  status: z.optional(z.string()),
  provider_order_id: z.optional(z.nullable(z.string())),
  provider_status: z.optional(z.nullable(z.string())),
  start_count: z.optional(z.nullable(z.int())),
  remains: z.optional(z.nullable(z.int())),
  refunded: z.optional(amountAnswer),
  refund_held: z.optional(amountAnswer),
  flags: z.optional(orderAnswer.shape.flags),
  id: z.optional(z.nullable(z.string())),
  until: z.optional(z.nullable(timeAnswer)),
  requested_at: z.optional(timeAnswer),
});

export const changeAnswer = z.strictObject({
  seq: z.int(),
  type: z.enum(EVENT_TYPES),
  order,
  created_at: timeAnswer,
  previous,
  data: z.union([toldOrderAnswer, toldRefundAnswer, toldRefillAnswer, toldCancelAnswer]),
});

export const listedChangeAnswer = z.extend(changeAnswer, ofPanel);

/** Where the operator asked about all panels, each change tells its panel, and `next_after` has a place for each of them. */
export const feedAnswer = z.strictObject({
  changes: z.array(listedChangeAnswer),
  next_after: z.union([z.int(), z.string()]),
  has_more: z.boolean(),
});

export const historyAnswer = z.strictObject({
  changes: z.array(changeAnswer),
  next_cursor: z.nullable(z.string()),
  has_more: z.boolean(),
  /** On the first page. */
  archived: z.boolean(),
});
