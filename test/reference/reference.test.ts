/**
 * The OpenAPI document and the page at `/reference/`: complete, true, and as they are committed.
 */
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type * as Api from "../../docs/api-types.ts";
import { recordExamples } from "../../reference/examples/record.ts";
import type { Example } from "../../reference/examples/recorder.ts";
import { API_V2_ANSWERS } from "../../reference/openapi/api-v2-answers.ts";
import { buildDocument } from "../../reference/openapi/document.ts";
import { type JsonSchema, requestSchema, SHAPES } from "../../reference/openapi/json-schema.ts";
import { buildPage } from "../../reference/page/page.ts";
import { currentDocument, FILES, jsonText, readGuideCode, readSources } from "../../reference/sources.ts";
import { ANSWERS } from "../../reference/texts/answers.ts";
import { ERROR_TEXTS } from "../../reference/texts/errors.ts";
import { typesOf } from "../../reference/types.ts";
import { type Failure, type FailureCode, wireError } from "../../src/http/kit/errors.ts";
import type { Route } from "../../src/http/kit/route.ts";
import type { Schema } from "../../src/http/kit/validate.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { registrationBody } from "../../src/http/v1/orders/registration.ts";
import { registrationSchema } from "../../src/http/v1/orders/registration-schema.ts";
import type { orderAnswer } from "../../src/http/v1/orders/answers.ts";
import type { supportAnswer } from "../../src/http/v1/orders/support.ts";
import type { providerAnswer } from "../../src/http/v1/providers/answers.ts";
import type { refundAnswer } from "../../src/http/v1/refunds/refunds.ts";

function statusesOf(code: FailureCode): number[] {
  return ERROR_TEXTS[code].samples.map((sample: Failure) => wireError(sample).status);
}

const NOON = Date.UTC(2026, 10, 21, 12);

const sources = readSources();
const { document, problems } = currentDocument();

/** Where one of these fails, `npm run reference` writes what has to be committed. */
describe("the files that `npm run reference` writes", () => {
  it("are those of the routes, texts and examples that are here", () => {
    expect(JSON.parse(readFileSync(FILES.document, "utf8"))).toEqual(JSON.parse(jsonText(document)));
    expect(readFileSync(FILES.types, "utf8")).toBe(typesOf(document));
  });

  it("show requests and answers as the API answers them today", async () => {
    expect(jsonText(await recordExamples())).toBe(jsonText(sources.examples));
  });
});

function defOf({ _zod: { def } }: z.core.$ZodType | z.core.$ZodCheck): object {
  return def;
}

/** Rules of a schema, and of those within it, that would be told in no words of their own. One that a worded union covers is told in its. */
function unwordedRules(schema: z.core.$ZodType, seen = new Set<z.core.$ZodType>()): string[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const def = defOf(schema) as z.core.$ZodTypeDef & Readonly<Record<string, unknown>>;
  if (def.type === "union" && def.error !== undefined) return [];
  const rules = [schema, ...(def.checks ?? [])].flatMap((rule) => {
    const { check, error } = defOf(rule) as { readonly check?: string; readonly error?: unknown };
    return check !== undefined && ["custom", "string_format"].includes(check) && error === undefined ? [check] : [];
  });
  const isSchema = (value: unknown): value is z.core.$ZodType => typeof value === "object" && value !== null && "_zod" in value;
  const parts = Object.values({ ...def, checks: [] }).flatMap((part) =>
    isSchema(part) || typeof part !== "object" || part === null ? [part] : Object.values(part),
  );
  return [
    ...rules,
    ...parts.filter((part) => isSchema(part) && "type" in defOf(part)).flatMap((part) => unwordedRules(part as z.core.$ZodType, seen)),
  ];
}

describe("the schemas of requests", () => {
  it("have words of their own for each rule: what a request breaks is told", () => {
    const wordless = ROUTES.flatMap(({ name, params, query, body }) =>
      [params, query, body].flatMap((schema) =>
        schema === null ? [] : unwordedRules(schema as z.core.$ZodType).map((rule) => `${name}: ${rule}`),
      ),
    );
    expect(wordless).toEqual([]);
    expect(unwordedRules(z.strictObject({ a: z.array(z.nullable(z.string().check(z.regex(/a/)))) }))).toEqual(["string_format"]);
    expect(unwordedRules(z.record(z.string().check(z.refine(() => false)), z.string()))).toEqual(["custom"]);
  });
});

describe("the texts", () => {
  it("leave out no route, field or parameter", () => {
    expect(problems).toEqual([]);
  });

  it("are missed where one is not there", () => {
    const without = (heading: string) => new Map([...sources.requestDoc].filter(([name]) => name !== heading));
    const { problems: missed } = buildDocument({ ...sources, requestDoc: without("A key") });
    expect(missed).toContain(
      "docs/requests.md: POST /v1/keys takes expires_at, and no table that reference/texts/routes.ts names for it has a row",
    );
    const examples = sources.examples.filter(({ route }) => route !== "GET /v1/me");
    expect(buildDocument({ ...sources, examples }).problems).toEqual(["reference/examples/scenario.ts: GET /v1/me has no example"]);
  });

  it("name no answer twice", () => {
    expect(new Set(ANSWERS.map(({ name }) => name)).size).toBe(ANSWERS.length);
    expect(new Set(ANSWERS.map(({ schema }) => schema)).size).toBe(ANSWERS.length);
  });
});

/** The row that an example is of; undefined for API v2. */
function routeOf({ route: name }: Example): Route | undefined {
  return ROUTES.find((route) => route.name === name);
}

function parses(schema: Schema<unknown> | null | undefined, value: unknown): unknown {
  const checked = schema?.safeParse(value);
  return checked?.success === true ? true : (checked?.error?.issues ?? "no schema");
}

describe("each example", () => {
  const rest = sources.examples.filter((example) => routeOf(example) !== undefined);

  it.each(rest)("of $route $title is a request that the route takes", (example) => {
    const route = routeOf(example) ?? expect.unreachable();
    const { params, query, body } = example.request;
    if (route.params !== null) expect(parses(route.params, params)).toBe(true);
    // A browser's token is taken out before the route reads its query.
    const { token: _, lang: __, ...read } = query;
    const own = route.who === "reader" ? read : query;
    if (route.query !== null) expect(parses(route.query, own)).toBe(true);
    else if (!route.ignoresQuery) expect(own).toEqual({});
    if (body === null || route.body === null) return;
    const isRegistration = (route.body as unknown) === registrationBody;
    const schema = isRegistration ? registrationSchema(NOON) : route.body;
    for (const one of isRegistration && Array.isArray(body) ? (body as unknown[]) : [body]) expect(parses(schema, one)).toBe(true);
  });

  it.each(rest)("of $route $title is an answer of the route's, to the last field", (example) => {
    const { status, body } = example.answer;
    expect(parses(routeOf(example)?.answers[status], body)).toBe(true);
  });

  it.each(sources.examples.filter(({ route }) => route.includes("/api/v2")))("of $route $title is an answer of the action's", (example) => {
    const { title, answer } = example;
    const schema = API_V2_ANSWERS[(title || "add") as keyof typeof API_V2_ANSWERS];
    expect(parses(schema, answer.body)).toBe(true);
  });
});

/** Every schema within one. */
function* within(schema: JsonSchema): Generator<JsonSchema> {
  yield schema;
  const { properties = {}, items, anyOf = [], oneOf = [], additionalProperties } = schema;
  const inner = [...Object.values(properties), ...anyOf, ...oneOf, ...(items === undefined ? [] : [items])];
  for (const one of [...inner, ...(typeof additionalProperties === "object" ? [additionalProperties] : [])]) yield* within(one);
}

describe("the document", () => {
  it("lets no answer have a field that it does not name", () => {
    const open = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      [...within(schema)].some(({ properties, additionalProperties }) => properties !== undefined && additionalProperties !== false)
        ? [name]
        : [],
    );
    expect(open).toEqual([]);
  });

  it("has a pattern for all money, in requests and in answers", () => {
    const [registered, held] = [document.components.schemas["OrderToRegister"], document.components.schemas["Order"]];
    const money = [
      ...["charge", "cost", "refunded"].map((name) => registered?.properties?.[name]),
      ...["charge", "refunded", "refund_held"].map((name) => held?.properties?.[name]),
      ...bodies().flatMap(({ properties }) => ["amount", "credit_limit", "cap", "rate"].flatMap((name) => properties?.[name] ?? [])),
    ];
    expect(money.length).toBeGreaterThan(14);
    for (const schema of money) {
      const texts = [...within(schema ?? {})].filter(({ type }) => type === "string" || (Array.isArray(type) && type.includes("string")));
      expect(texts.map(({ pattern }) => pattern)).toEqual([expect.stringMatching(/\\d\{1,[69]\}/)]);
    }
  });

  it("says what transforms hide as the Worker checks it", () => {
    const text = fc.oneof(
      fc.stringMatching(/^-?\d{0,11}(\.\d{0,8})?$/),
      fc.stringMatching(/^0{0,20}\d{0,11}\.\d{0,7}0{0,25}$/),
      fc.constantFrom(
        "0",
        "0.0",
        "00.10",
        "1.",
        ".5",
        ".",
        "..",
        "...",
        " a",
        "a ",
        "1,2",
        "a b",
        "0123",
        "10000",
        "10000.1",
        "2147483647",
      ),
      fc.string({ maxLength: 8 }),
    );
    expect(SHAPES.length).toBeGreaterThan(4);
    for (const { schema, shape } of SHAPES) {
      const pattern = new RegExp(shape.pattern ?? "", "u");
      fc.assert(
        fc.property(text, (value) => {
          const json = requestSchema(schema);
          const fits = pattern.test(value) && value.length >= (json.minLength ?? 0) && value.length <= (json.maxLength ?? Infinity);
          // A pattern may let pass what only a number tells, or Unicode; it refuses nothing that is taken.
          if (schema.safeParse(value).success) expect([value, fits]).toEqual([value, true]);
          else if (fits) expect([value, isBeyondPatterns(value)]).toEqual([value, true]);
        }),
        { numRuns: 500 },
      );
    }
  });

  it("says of each error whether it comes with Retry-After", () => {
    const { responses } = document.components as unknown as Readonly<
      Record<string, Record<string, { headers: Record<string, { $ref?: string; description?: string }> }>>
    >;
    const comes = (status: number, code: FailureCode): boolean =>
      ERROR_TEXTS[code].samples.some((sample: Failure) => {
        const wire = wireError(sample);
        return wire.status === status && wire.headers?.["Retry-After"] !== undefined;
      });
    for (const [name, { headers }] of Object.entries(responses ?? {})) {
      const [status, ...codes] = name.split(".") as [string, ...FailureCode[]];
      const waiting = codes.filter((code) => comes(Number(status), code));
      const said = headers["Retry-After"];
      const told = said?.$ref === undefined ? (said?.description?.match(/(?<=`)\w+(?=`)/g) ?? []) : codes;
      expect([name, told]).toEqual([name, waiting]);
    }
    // The guide of the page says which have it.
    const codes = Object.keys(ERROR_TEXTS) as FailureCode[];
    const without = (status: number) => codes.filter((code) => statusesOf(code).includes(status) && !comes(status, code));
    expect([without(429), without(503)]).toEqual([[], ["admin_disabled", "token_secret_unreadable", "sealing_off"]]);
  });

  it("has an operation for each route, and says of each who may call it", () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const declared = ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(described.toSorted()).toEqual([...new Set([...declared, "POST /api/v2", "POST /api/v2/{id}"])].toSorted());
    for (const operation of operations()) expect(operation).toMatchObject({ "x-callers": expect.stringMatching(/^[A-Z].*\.$/) as string });
  });
});

/** Larger than any amount, percentage or id that is taken; or text that only Unicode's tables tell from other text. */
function isBeyondPatterns(value: string): boolean {
  return Number(value) > 10_000 || !/^[\x20-\x7e]*$/.test(value);
}

function operations(): Record<string, unknown>[] {
  return Object.values(document.paths).flatMap((methods) => Object.values(methods));
}

function bodies(): JsonSchema[] {
  return operations().flatMap(({ requestBody }) => {
    const { content } = (requestBody ?? { content: {} }) as { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
    return Object.values(content).flatMap(({ schema }) => [...within(schema)]);
  });
}

describe("the page", () => {
  const page = buildPage(document, readGuideCode());

  it("has each operation, object and error, and every anchor that it links to", () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = new Set([...page.matchAll(/ href="#([^"]+)"/g)].map(([, id = ""]) => id));
    expect([...links].filter((id) => !ids.includes(id))).toEqual([]);
    const wanted = [
      ...operations().map(({ operationId }) => String(operationId)),
      ...Object.keys(document.components.schemas).map((name) => `schema-${name}`),
      ...Object.keys(ERROR_TEXTS).map((code) => `error-${code}`),
    ];
    expect(wanted.filter((id) => !links.has(id))).toEqual([]);
  });

  it.each([
    ["browsers", "function orderToken"],
    ["browsers", "/tracker.v1.js"],
    ["browsers", "&lt;/order-status&gt;"],
    ["webhooks", "hash_equals"],
    ["orders", "npm run import"],
  ])("shows before the routes of %s what a developer writes once: %s", (chapter, code) => {
    const [, told = ""] = page.split(`id="chapter-${chapter}"`);
    expect(told.slice(0, told.indexOf("<section"))).toContain(code);
  });

  it("needs nothing that its policy forbids", () => {
    expect(page).not.toMatch(/<script|<iframe|<style| style=| on[a-z]+="|javascript:|@import/i);
    expect([...page.matchAll(/ (?:src|href)="(?!#)([^"]+)"/g)].map(([, url]) => url)).toEqual([
      "reference.css",
      "icon.svg",
      "/openapi.json",
    ]);
  });

  it("shows what comes from texts as text", () => {
    const hostile = { ...document, info: { title: "x", version: `</p><script src="//x"></script>` } };
    expect(buildPage(hostile, readGuideCode())).not.toContain("<script");
  });

  it("shows what the forms of an object have in common once", () => {
    const rowsOf = (name: string) => [...page.matchAll(new RegExp(`<dt><code>${name}</code>[^\\n]*`, "g"))].map(([row]) => row);
    const rows = rowsOf("signature.scheme");
    expect(rows).toHaveLength(rowsOf("signature").length);
    for (const row of rows) expect(row).toMatch(/required.*standard.*hmac/);
  });

  it("shows money as text in both languages", () => {
    const samples = operations().flatMap((operation) => operation["x-codeSamples"] as { readonly lang: string; readonly source: string }[]);
    expect(new Set(samples.map(({ lang }) => lang))).toEqual(new Set(["curl", "PHP"]));
    for (const { source } of samples) expect(source).not.toMatch(/"?'?(amount|charge|rate|cap|refunded)'?"?\s*(=>|:)\s*\d/);
  });
});

/** As JSON has it: nothing is undefined, and nothing is changed. */
type Plain<T> = T extends readonly (infer E)[]
  ? readonly Plain<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> }
    : T;
type Output<S> = S extends Schema<infer T> ? Plain<T> : never;
type Same<One, Other> = [One, Other] extends [Other, One] ? true : never;

/** The compiler checks that the types which others use are those of what the Worker answers. */
const CHECKED: readonly [
  Same<Output<typeof orderAnswer>, Plain<Api.Order>>,
  Same<Output<typeof refundAnswer>, Plain<Api.Refund>>,
  Same<Output<typeof supportAnswer>, Plain<Api.Support>>,
  Same<Output<typeof providerAnswer>, Plain<Api.Provider>>,
] = [true, true, true, true];

it("the types of answers are those of the schemas", () => {
  expect(CHECKED).not.toContain(false);
});
