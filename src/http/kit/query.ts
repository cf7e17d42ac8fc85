/**
 * Reading a request's query parameters.
 */
import * as z from "zod/mini";
import { fail, ok, type Result } from "../../domain/result.ts";
import { inspect, type Schema, shortened } from "./validate.ts";
import { type Failure, type FieldProblem, MAX_PROBLEMS } from "./errors.ts";

/**
 * The parameters as the schema wants them. One that is given twice or empty is refused: leaving it out of the
 * account could answer more than was asked for, such as a whole panel's orders for `customer=`.
 */
export function readQuery<T>(url: URL, schema: Schema<T>, repeatable: readonly string[] = []): Result<T, Failure> {
  const seen = new Map<string, string | string[]>();
  const problems: FieldProblem[] = [];
  for (const [name, value] of url.searchParams) {
    const path = shortened(name);
    if (repeatable.includes(name)) {
      seen.set(name, url.searchParams.getAll(name));
      continue;
    }
    if (seen.has(name)) problems.push({ path, message: "is given more than once" });
    if (value === "") problems.push({ path, message: "is empty; leave it out or give it a value" });
    seen.set(name, value);
  }
  const result = inspect(schema, Object.fromEntries(seen));
  if (result.ok && problems.length === 0) return result;
  const named = new Set(problems.map(({ path }) => path));
  const others = result.ok ? [] : result.failure.filter(({ path }) => !named.has(path));
  return fail({ code: "invalid_request", fields: [...problems, ...others] });
}

/** For a route that takes no parameters: a mistyped one would be passed over without a word. */
export function refuseQuery(url: URL): Result<undefined, Failure> {
  if (url.search === "") return ok(undefined);
  const names = [...new Set(url.searchParams.keys())];
  if (names.length === 0) return ok(undefined);
  const fields = names
    .slice(0, MAX_PROBLEMS)
    .map((name) => ({ path: shortened(name), message: "is not known here; this route takes no parameters" }));
  return fail({ code: "invalid_request", fields });
}

const MAX_PAGE = 500;

/** A whole number in decimal digits, within bounds. */
export function wholeNumberParam(min: number, max: number): Schema<number> {
  const error =
    max === Number.MAX_SAFE_INTEGER ? `must be a whole number of at least ${min}` : `must be a whole number from ${min} to ${max}`;
  return z.pipe(
    z.string().check(z.regex(/^\d{1,16}$/, error)),
    z.pipe(z.transform(Number), z.number().check(z.gte(min, error), z.lte(max, error))),
  );
}

export const booleanParam = z.pipe(
  z.enum(["true", "false"]),
  z.transform((text) => text === "true"),
);

/** `limit` of a list. */
export const limitParam = z.prefault(wholeNumberParam(1, MAX_PAGE), "50");
