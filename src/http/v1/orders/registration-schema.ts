import * as z from "zod/mini";
import { type Status, statusFor } from "../../../domain/status.ts";
import { DAY_MS } from "../../../domain/poll-cadence.ts";
import { MINUTE_MS } from "../../../domain/time.ts";
import type { Registration } from "../../../store/orders/registration.ts";
import { customerName } from "../customers/account-id.ts";
import type { Schema } from "../../kit/validate.ts";
import { amount, currency, foreignId, line, moment, optional, orderId, price, quantity, text, wholeNumber } from "../../kit/fields.ts";

/** No panel of this kind is older; an earlier time is a wrong unit or a wrong column. */
const EARLIEST_PLACED_AT = Date.UTC(2010, 0, 1);

const MAX_WORD_CHARACTERS = 64;
export const MAX_LINK_CHARACTERS = 2048;
export const MAX_NAME_CHARACTERS = 128;

/** Ids are text; a whole number is taken for its digits, since API v2 answers ids as numbers. */
export const providerOrderId: Schema<string> = z.pipe(
  z.transform((value: unknown) => (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? String(value) : value)),
  // With spaces or commas one delivery would have several spellings, and two orders on it would be refunded twice.
  foreignId.check(z.regex(/^[^\s,]*$/, "must have no spaces and no commas: API v2 puts them between ids")),
);

/** A panel's own word for a status, in any spelling that providers use. */
const statusWord: Schema<Status> = z.pipe(
  line(MAX_WORD_CHARACTERS),
  z.transform((word, context): Status => {
    const status = statusFor(word, {}, false);
    if (status !== null) return status;
    context.issues.push({
      code: "custom",
      message: "is not a status known here, such as pending, in_progress, completed, partial or canceled",
      input: word,
    });
    return z.NEVER;
  }),
);

/** At most a year. */
export const MAX_MINUTES = 366 * 24 * 60;

/** How long a service takes to start or to deliver. */
export const minutes = wholeNumber(1, MAX_MINUTES);

/** Whether an order can have been placed then, at a moment that is now: both in epoch ms. */
export function isPlacedAt(at: number, now: number): boolean {
  return at >= EARLIEST_PLACED_AT && at <= now + DAY_MS;
}

/** An order as registered, before its panel's currency is filled in. */
export type RegistrationInput = Omit<Registration, "currency"> & { readonly currency: string | null };

/** The schema of an order as registered, at a moment in epoch ms. */
export function registrationSchema(now: number): Schema<RegistrationInput> {
  const placedAt = moment.check(
    z.gte(EARLIEST_PLACED_AT, "must not be before 2010"),
    z.lte(now + DAY_MS, "must not be more than a day ahead"),
  );
  const order = z.strictObject({
    id: orderId,
    provider: line(MAX_NAME_CHARACTERS),
    provider_order_id: providerOrderId,
    quantity,
    charge: amount,
    currency: optional(currency),
    service: optional(text(MAX_NAME_CHARACTERS)),
    link: optional(text(MAX_LINK_CHARACTERS)),
    customer: optional(customerName),
    placed_at: optional(placedAt),
    runs: optional(quantity),
    posts: optional(quantity),
    start_minutes: optional(minutes),
    duration_minutes: optional(minutes),
    cost: optional(price),
    cost_currency: optional(currency),
    status: optional(statusWord),
    refunded: optional(amount),
  });
  const withinCharge = order.check(
    z.refine<{ charge: number; refunded: number | null }>(({ charge, refunded }) => (refunded ?? 0) <= charge, {
      path: ["refunded"],
      error: "is more than the charge",
      when: ({ issues }) => issues.every(isBesideAmounts),
    }),
  );
  return z.pipe(
    withinCharge,
    z.transform(({ status, refunded, start_minutes, duration_minutes, ...rest }): RegistrationInput => ({
      ...rest,
      start_window_ms: start_minutes === null ? null : start_minutes * MINUTE_MS,
      duration_ms: duration_minutes === null ? null : duration_minutes * MINUTE_MS,
      registered_status: status,
      registered_refunded: refunded ?? 0,
    })),
  );
}

/** The amounts are compared also where other fields are wrong, so that one answer names everything. */
function isBesideAmounts({ code, path }: z.core.$ZodRawIssue): boolean {
  const field = path?.[0];
  return code === "unrecognized_keys" || (field !== undefined && field !== "charge" && field !== "refunded");
}
