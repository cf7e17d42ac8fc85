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

/** `request.fields.key`, `panels[2]`; a name that is empty shows as `""`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = part === "" ? '""' : shortened(String(part));
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

/** Says nothing, so nobody is to read it: schemas word their own rules, and a test goes through all of them. */
const UNWORDED = "has a form that is not understood";

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
      return oneOf(issue.values, issue.input);
    case "too_small":
      return `must ${amount(issue.origin, issue.inclusive === false ? "more than" : "at least", Number(issue.minimum))}`;
    case "too_big":
      return `must ${amount(issue.origin, issue.inclusive === false ? "less than" : "at most", Number(issue.maximum))}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return `must have the form ${issue.format === "regex" ? issue.pattern : issue.format}`;
    case "invalid_union":
      return noneFits(issue);
    // A name that an object must not have: its problem is that of a text.
    case "invalid_key":
    case "invalid_element":
      return firstOf(issue.issues);
    case "custom":
      return UNWORDED;
  }
}

function oneOf(values: readonly unknown[], given: unknown): string {
  const known = values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(", ")}`;
  return given === undefined ? `is required: ${known}` : `must be ${known}`;
}

type NoneFits = {
  readonly discriminator?: string | undefined;
  readonly options?: readonly unknown[] | undefined;
  readonly errors: readonly (readonly Issue[])[];
  readonly input: unknown;
};

/** A field that tells forms apart says which of them it knows; else each form says what it misses. */
function noneFits({ discriminator, options = [], errors, input }: NoneFits): string {
  if (discriminator !== undefined) return oneOf(options, (input as Readonly<Record<string, unknown>>)[discriminator]);
  return [...new Set(errors.map(firstOf))].join("; or ") || UNWORDED;
}

/** Of problems within a value, the first; it reads on after the value's own path. */
function firstOf([first]: readonly Issue[]): string {
  if (first === undefined) return UNWORDED;
  return first.path.length === 0 ? first.message : `has ${pathText(first.path)}, which ${first.message}`;
}

/** What names have to be one of a few. */
type Named = { readonly def: { readonly entries?: Readonly<Record<string, string>> } };

/** The fields that an object may have. */
function knownKeys(schema: unknown): string {
  const { shape, keyType } = (schema as { readonly def: { readonly shape?: object; readonly keyType?: Named } }).def;
  const names = shape === undefined ? Object.values(keyType?.def.entries ?? {}) : Object.keys(shape);
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
