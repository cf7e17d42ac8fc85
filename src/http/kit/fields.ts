/**
 * The fields that several resources share, as schemas. Their problems read on after the field's path.
 */
import * as z from "zod/mini";
import { type AmountProblem, parseAmount } from "../../domain/money.ts";
import { MAX_ORDER_ID_CHARACTERS } from "../../domain/order-ids.ts";
import type { Schema } from "./validate.ts";

/** `null` says the same as leaving the field out. */
export function optional<T>(schema: Schema<T>): Schema<T | null> {
  return z.prefault(z.nullable(schema), null);
}

/** Neither the database nor an answer can hold half a character, and SQLite ends a text at a NUL. */
const CAN_BE_STORED = z.refine<string>((value) => value.isWellFormed() && !value.includes("\0"), {
  error: "must be valid Unicode without NUL characters",
});
const HAS_NO_CONTROLS = z.refine<string>((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), {
  error: "must be valid Unicode without control characters",
});

/** A text of others', kept as it is; lengths are in UTF-16 units, as everywhere in JavaScript. */
export function text(maxCharacters: number): Schema<string> {
  return z.string().check(z.maxLength(maxCharacters), CAN_BE_STORED);
}

/** A text on one line, at least one character long. */
export function line(maxCharacters: number): Schema<string> {
  return z.string().check(z.minLength(1), z.maxLength(maxCharacters), HAS_NO_CONTROLS);
}

/** An id that providers have given. */
export const foreignId = line(MAX_ORDER_ID_CHARACTERS);

/** Characters that show nothing: controls, marks of direction, fillers, and spaces other than the plain one. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]|(?! )\p{Zs}/u;

/**
 * A panel's own id of an order. It stands in paths, where `.` and `..` mean another place, and in lists with commas between
 * them; and two ids that look alike are one to people.
 */
export const orderId: Schema<string> = z.string().check(
  z.minLength(1),
  z.maxLength(MAX_ORDER_ID_CHARACTERS),
  z.refine((id) => id.isWellFormed() && !INVISIBLE.test(id), { error: "must have no control or invisible characters" }),
  z.refine((id) => id === id.trim(), { error: "must not begin or end with a space" }),
  z.refine((id) => id !== "." && id !== "..", { error: "must not be . or .., which no path can name" }),
  z.refine((id) => !id.includes(","), {
    error: "must have no comma, which stands between ids in `?ids=` and in API v2's `orders`; take another sign, such as - or _",
  }),
);

/** A provider's own id of a service, as it stands in a path. */
const MAX_SERVICE_CHARACTERS = 128;
export const serviceInPath: Schema<string> = z.string().check(
  z.maxLength(MAX_SERVICE_CHARACTERS),
  HAS_NO_CONTROLS,
  z.refine((id) => id !== "" && id === id.trim(), { error: "must be a service's id: not empty, and without spaces around it" }),
);

/** An id that the operator gives, of a panel or provider: it stands in paths and headers. */
export const slug = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      "must be 1 to 64 characters of A-Z, a-z, 0-9, '.', '_' and '-', beginning with a letter or digit",
    ),
  );

export const currency = z.string().check(z.regex(/^[A-Z0-9]{3,10}$/, "must be 3 to 10 characters of A-Z and 0-9"));

/** Quantities fit the 32-bit columns that panels keep them in. */
const MAX_QUANTITY = 2 ** 31 - 1;
export const quantity = wholeNumber(1, MAX_QUANTITY);

export function wholeNumber(min: number, max: number): Schema<number> {
  return z.int().check(z.gte(min), z.lte(max));
}

const AMOUNT_WORDING: Readonly<Record<AmountProblem, string>> = {
  not_a_decimal: 'must be a decimal string such as "0.9": digits and at most one point, no sign and no separators',
  too_many_decimals: "must have at most 6 decimals; amounts are not rounded here",
  too_large: "is more than 9007199254.740991, the largest amount that is kept exactly",
};

const decimalString = z.string({
  error: ({ input }) =>
    typeof input === "number" ? 'must be a string such as "0.9", not a number: JSON numbers lose decimals' : undefined,
});

/** Money as a decimal string; becomes micro-units. */
export const amount: Schema<number> = z.pipe(
  decimalString,
  z.transform((value, context): number => {
    const parsed = parseAmount(value);
    if (parsed.ok) return parsed.micros;
    context.issues.push({ code: "custom", message: AMOUNT_WORDING[parsed.problem], input: value });
    return z.NEVER;
  }),
);

/** Money that is to move: more than nothing. Which way it moves, the route says, not a sign. */
export const positiveAmount: Schema<number> = z.pipe(
  decimalString,
  z.transform((value, context): number => {
    const parsed = parseAmount(value.replace(/^-/, ""));
    if (parsed.ok && parsed.micros > 0 && !value.startsWith("-")) return parsed.micros;
    const message = parsed.ok ? "must be more than 0; the route says which way the money moves" : AMOUNT_WORDING[parsed.problem];
    context.issues.push({ code: "custom", message, input: value });
    return z.NEVER;
  }),
);

/** A provider's price: more decimals than money has here, so it stays text. */
export const price = decimalString.check(z.regex(/^\d{1,15}(\.\d{1,9})?$/, "must be a decimal string with at most 9 decimals"));

/** A moment; becomes epoch ms. */
export const moment: Schema<number> = z.pipe(
  z.iso.datetime({ offset: true, error: "must be a time in ISO 8601 with its offset, such as 2026-01-31T12:00:00Z" }),
  z.transform((value: string) => Date.parse(value)),
);

/** A time or a day in UTC, in epoch ms. */
export const utcMoment: Schema<number> = z.pipe(
  z.union([z.iso.datetime(), z.iso.date()], { error: "must be a time in UTC in ISO 8601, such as 2026-01-31T12:00:00Z or 2026-01-31" }),
  z.transform((value: string) => Date.parse(value)),
);
