/** Anything that JSON can say. The simulator's answers are built of it, never of `any`. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export type JsonObject = { readonly [field: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export type Scalar = string | number | boolean;

export function isScalar(value: Json | undefined): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** What the caller sent cannot be used: the admin door turns it into a 422, the command line into a message. */
export class InputError extends Error {
  override name = "InputError";
}
