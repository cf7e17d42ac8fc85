/**
 * Holding what came in against a schema, with every problem told at once, by its path and in words.
 */
import type * as z from "zod/mini";
import { fail, ok, type Result } from "../../domain/result.ts";
import { type Failure, type FieldProblem, MAX_PROBLEMS } from "./errors.ts";

export type Schema<T> = z.ZodMiniType<T>;

/** The value as the schema makes it, or a failure with all that is wrong with it. */
export function validate<T>(schema: Schema<T>, value: unknown): Result<T, Failure> {
  const result = inspect(schema, value);
  return result.ok ? result : fail({ code: "invalid_request", fields: result.failure });
}

/** The same, for callers that have more problems to add. */
export function inspect<T>(schema: Schema<T>, value: unknown): Result<T, readonly FieldProblem[]> {
  const parsed = schema.safeParse(value, { error: wording });
  return parsed.success ? ok(parsed.data) : fail(parsed.error.issues.flatMap(problemsOf).slice(0, MAX_PROBLEMS));
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue): FieldProblem[] {
  if (issue.code !== "unrecognized_keys") return [{ path: pathText(issue.path), message: issue.message }];
  return issue.keys.slice(0, MAX_PROBLEMS).map((key) => ({ path: pathText([...issue.path, shortened(key)]), message: issue.message }));
}

const MAX_KEY_CHARACTERS = 64;

/** A name that the client chose, as far as it is said back. */
export function shortened(key: string): string {
  return key.length > MAX_KEY_CHARACTERS ? `${key.slice(0, MAX_KEY_CHARACTERS)}…` : key;
}

/** `request.fields.key`, `panels[2]`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? shortened(String(part)) : `${text}.${shortened(String(part))}`;
  }, "");
}

/** Words for the problems that a schema does not word itself. They read on after the path: "charge is required". */
function wording(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is required"
        : `must be ${kindNames[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}`;
    case "unrecognized_keys":
      return `is not known here; known are ${knownKeys(issue.inst)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `must ${amount(issue.origin, "at least", Number(issue.minimum))}`;
    case "too_big":
      return `must ${amount(issue.origin, "at most", Number(issue.maximum))}`;
    default:
      return "has a form that is not understood";
  }
}

/** The fields that an object may have. */
function knownKeys(schema: unknown): string {
  const { shape } = (schema as { readonly def: { readonly shape: object } }).def;
  const names = Object.keys(shape);
  return names.length === 0 ? "none" : names.join(", ");
}

const kindNames: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" && !Number.isInteger(value)) return Number.isFinite(value) ? "a fraction" : "a number out of range";
  return kindNames[typeof value] ?? typeof value;
}

function amount(origin: string, bound: string, limit: number): string {
  if (origin === "string") return `have ${bound} ${limit} character${limit === 1 ? "" : "s"}`;
  if (origin === "array") return `have ${bound} ${limit} entr${limit === 1 ? "y" : "ies"}`;
  return `be ${bound} ${limit}`;
}
