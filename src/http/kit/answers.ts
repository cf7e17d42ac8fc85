/**
 * The form of answers, as schemas. Handlers do not check what they answer; tests hold every answer they see against these,
 * and documents are made of them.
 */
import * as z from "zod/mini";
import type { Schema } from "./validate.ts";

/** A moment: ISO 8601 in UTC. */
export const timeAnswer = z.iso.datetime();
/** Money: a decimal string; what is taken back is negative. */
export const amountAnswer = z.string().check(z.regex(/^-?\d+(\.\d{1,6})?$/));
/** A provider's price: a decimal string with up to 12 decimals. */
export const priceAnswer = z.string().check(z.regex(/^-?\d+(\.\d{1,12})?$/));

/** Of a row of a list: whose it is. Left out where one panel's list was asked for. */
export const ofPanel = { panel: z.optional(z.string()) };

/** An answer without a body: 204. */
export const noBody = z.null();

export const errorAnswer = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    details: z.optional(z.strictObject({ fields: z.array(z.strictObject({ path: z.string(), message: z.string() })) })),
  }),
});

/** One page of a list, its entries under `name`. */
export function pageAnswer<T>(name: string, entry: Schema<T>) {
  return z.strictObject({
    [name]: z.array(entry),
    next_cursor: z.nullable(z.string()),
    has_more: z.boolean(),
  });
}
