/**
 * An order as answers show it; `OrderView` in src/domain/order-view.ts makes it.
 */
import * as z from "zod/mini";
import { CUSTOMER_FLAGS, FLAG_NAMES } from "../../../domain/order.ts";
import { CANCEL_STATUSES, REFILL_STATUSES } from "../../../domain/refill-cancel.ts";
import { SYNCS } from "../../../domain/order-view.ts";
import { type Status, STATUS_NAMES } from "../../../domain/status.ts";
import { amountAnswer, errorAnswer, ofPanel, pageAnswer, timeAnswer } from "../../kit/answers.ts";

export const refill = z.strictObject({ id: z.nullable(z.string()), status: z.enum(REFILL_STATUSES), until: z.nullable(timeAnswer) });
export const cancel = z.strictObject({ status: z.enum(CANCEL_STATUSES), requested_at: timeAnswer });

/** Left out for resellers: what is of the supplier. */
const ofSupplier = {
  provider: z.optional(z.string()),
  provider_order_id: z.optional(z.nullable(z.string())),
  provider_status: z.optional(z.nullable(z.string())),
  next_check_at: z.optional(z.nullable(timeAnswer)),
};

export const orderAnswer = z.strictObject({
  ...ofSupplier,
  id: z.string(),
  service: z.nullable(z.string()),
  link: z.nullable(z.string()),
  customer: z.nullable(z.string()),
  quantity: z.nullable(z.int()),
  charge: z.nullable(amountAnswer),
  currency: z.string(),
  status: z.enum(STATUS_NAMES),
  label: z.string(),
  reason: z.nullable(z.strictObject({ code: z.string(), text: z.string() })),
  start_count: z.nullable(z.int()),
  remains: z.nullable(z.int()),
  delivered: z.nullable(z.int()),
  progress: z.nullable(z.number()),
  expected: z.nullable(z.strictObject({ start_by: z.nullable(timeAnswer), end_by: z.nullable(timeAnswer) })),
  refunded: amountAnswer,
  refund_held: amountAnswer,
  flags: z.array(z.enum(FLAG_NAMES)),
  duplicate_of: z.nullable(z.string()),
  refill: z.nullable(refill),
  cancel: z.nullable(cancel),
  closed: z.boolean(),
  sync: z.enum(SYNCS),
  placed_at: timeAnswer,
  updated_at: timeAnswer,
  checked_at: z.nullable(timeAnswer),
});

/** As a browser sees it; `browserView` in src/domain/browser-view.ts makes it. */
export const browserOrderAnswer = z.strictObject({
  ...z.omit(orderAnswer, {
    provider: true,
    provider_order_id: true,
    provider_status: true,
    customer: true,
    reason: true,
    duplicate_of: true,
  }).shape,
  meaning: z.string(),
  what_to_do: z.string(),
  flags: z.array(z.enum(CUSTOMER_FLAGS)),
  refill: z.nullable(z.extend(refill, { id: z.null() })),
  sync: z.enum(["ok", "delayed"]),
  next_check_at: z.nullable(timeAnswer),
});

/** What a dry run says of an order: what the first poll would refund by the status given, or hold for a person. */
const preview = z.nullable(z.strictObject({ would: z.enum(["post", "hold"]), refund: amountAnswer, reason: z.string() }));
export const registeredOrderAnswer = z.extend(orderAnswer, { preview: z.optional(preview) });

/** To a panel, or to a browser. */
export const readOrderAnswer = z.union([orderAnswer, browserOrderAnswer]);
/** One of a list tells its panel where the operator asked about all. */
export const listedOrderAnswer = z.extend(orderAnswer, ofPanel);
const listedOrder = z.union([listedOrderAnswer, browserOrderAnswer]);
export const orderListAnswer = pageAnswer("orders", listedOrder);
export const namedOrdersAnswer = z.strictObject({ orders: z.array(listedOrder), missing: z.array(z.string()) });

/** How many a list has, by status; `at_least`: so many were counted, and there are more orders that were not looked at. */
export const orderCountsAnswer = z.strictObject({
  total: z.int(),
  at_least: z.boolean(),
  statuses: z.strictObject(Object.fromEntries(STATUS_NAMES.map((status) => [status, z.int()])) as Record<Status, ReturnType<typeof z.int>>),
});

/** What became of each order of a request that registers some. */
export const registrationsAnswer = z.strictObject({
  results: z.array(
    z.strictObject({
      id: z.nullable(z.string()),
      result: z.enum(["created", "exists", "conflict", "invalid"]),
      error: z.optional(errorAnswer.shape.error),
      preview: z.optional(preview),
    }),
  ),
});

export const checkAnswer = z.strictObject({ id: z.string(), result: z.literal("queued") });

const asked = { id: z.string(), result: z.enum(["queued", "already_asked"]) };
export const refillAnswer = z.strictObject({ ...asked, refill });
export const cancelAnswer = z.strictObject({ ...asked, cancel });
