/**
 * The OpenAPI document, made from the table of routes, the texts and the recorded examples.
 */
import { errorObject, type FailureCode, wireError } from "../../src/http/kit/errors.ts";
import { noBody } from "../../src/http/kit/answers.ts";
import type { Route } from "../../src/http/kit/route.ts";
import type { Schema } from "../../src/http/kit/validate.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { registrationBody } from "../../src/http/v1/orders/registration.ts";
import { registrationSchema } from "../../src/http/v1/orders/registration-schema.ts";
import { TEXT_LANGUAGES } from "../../src/http/v1/statuses/texts.ts";
import type { Example } from "../examples/recorder.ts";
import { ANSWERS } from "../texts/answers.ts";
import { ERROR_TEXTS } from "../texts/errors.ts";
import { CHAPTERS, PATH_TEXTS, ROUTE_TEXTS, type RouteText } from "../texts/routes.ts";
import { apiV2Paths, exampleName } from "./api-v2.ts";
import { codeSamplesOf } from "./code-samples.ts";
import { describeAnswer, describeRequest, type Problems } from "./describe.ts";
import { errorsOf } from "./error-rules.ts";
import { answerSchema, answerSchemas, type JsonSchema, refTo, requestSchema } from "./json-schema.ts";
import { documentPath, partsOf } from "./paths.ts";
import type { RequestDoc } from "./request-doc.ts";
import { callersOf, takesPanelHeader, takesToken } from "./who.ts";

export type Sources = { readonly version: string; readonly requestDoc: RequestDoc; readonly examples: readonly Example[] };

/** Responses that routes share, by name. */
type Responses = Record<string, unknown>;

/** What a document is made of, and what comes up on the way. */
type Making = { readonly sources: Sources; readonly problems: Problems; readonly responses: Responses };

export type Operation = Record<string, unknown>;
export type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> } & Readonly<Record<string, unknown>>;
} & Readonly<Record<string, unknown>>;

const OVERVIEW = `Orders of SMM panels, followed at their providers, and refunds for what was not delivered.

Bodies and answers are JSON. Money is a decimal string such as \`"0.9"\`, times are ISO 8601 in UTC, ids are strings. An unknown field or parameter is refused with 422, and the message lists those that are known. Every answer has a \`Request-Id\`.`;

/** The document, and what it lacks: a sentence each. */
export function buildDocument(sources: Sources): { readonly document: Document; readonly problems: readonly string[] } {
  const problems: Problems = [];
  const responses: Responses = {};
  const schemas = answerSchemas(ANSWERS);
  for (const answer of ANSWERS) {
    const schema = schemas[answer.name];
    if (schema === undefined) continue;
    describeAnswer(answer, schema, problems);
    schema.description = answer.text;
  }
  const order = requestSchema(registrationSchema(0));
  describeRequest(order, ["An order"], sources.requestDoc, { route: "POST /v1/orders", problems });
  schemas["OrderToRegister"] = { description: "An order that the panel has placed at a provider.", ...order };
  const paths = pathsOf({ sources, problems, responses });
  const document = {
    openapi: "3.1.0",
    info: {
      title: "panelsync",
      version: sources.version,
      description: OVERVIEW,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The Worker that serves this document." }],
    tags: Object.entries(CHAPTERS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        panelKey: { type: "http", scheme: "bearer", description: "A panel's key. The roles named are scopes of the key." },
        browserToken: {
          type: "apiKey",
          in: "query",
          name: "token",
          description: "A token that the panel's backend signed: a JWT with HS256. It is also taken as `Authorization: Bearer`.",
        },
        operatorKey: {
          type: "http",
          scheme: "bearer",
          description: "An operator's key, or `ADMIN_TOKEN`, which has the scope `admin`. The roles named are scopes of the key.",
        },
      },
      headers: HEADERS,
      parameters: PARAMETERS,
      responses,
      examples: errorExamples(new Set(Object.keys(responses).flatMap((name) => name.split(".").slice(1)))),
    },
    "x-errors": Object.fromEntries(Object.entries(ERROR_TEXTS).map(([code, text]) => [code, errorEntry(text)])),
  };
  return { document, problems };
}

const LANGUAGES_TOLD = `There are texts in ${TEXT_LANGUAGES.map((name) => `\`${name}\``).join(", ")}; a region is passed over, and any other language is answered in English.`;

const HEADERS = {
  RequestId: { description: "Names the request in the log and in the audit trail.", schema: { type: "string" } },
  ETag: { description: "Send it back as `If-None-Match`.", schema: { type: "string" } },
  Link: { description: 'Of CSV: the path of the next page, as `<…>; rel="next"`; the last page has none.', schema: { type: "string" } },
  ContentLanguage: { description: "With a token: the language of `meaning` and `what_to_do`.", schema: { type: "string" } },
  RetryAfter: { description: "Seconds to wait.", schema: { type: "integer" } },
  IdempotentReplayed: { description: "`true` where this is the first answer again.", schema: { type: "string" } },
} as const;

const PARAMETERS = {
  Panel: {
    name: "Panel",
    in: "header",
    required: false,
    description: "The panel that an operator acts for; required with an operator's key. A panel's key names no other panel.",
    schema: { type: "string" },
    example: "shop",
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    required: true,
    description: "A new value for each movement of money, and the same one to send it again: it moves once.",
    schema: { type: "string", minLength: 1, maxLength: 255, pattern: String.raw`^[\x20-\x7e]+$` },
    example: "late-1001",
  },
  Token: {
    name: "token",
    in: "query",
    required: false,
    description: "A browser's token, in place of a key.",
    schema: { type: "string" },
  },
  Lang: {
    name: "lang",
    in: "query",
    required: false,
    description: `With a token: the language of \`meaning\` and \`what_to_do\`. ${LANGUAGES_TOLD} \`Content-Language\` says which it is.`,
    schema: { type: "string", maxLength: 35 },
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    required: false,
    description: "The `ETag` of the answer that the client has: 304 if it is still the same.",
    schema: { type: "string" },
  },
} as const;

const header = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });
const parameter = (name: keyof typeof PARAMETERS) => ({ $ref: `#/components/parameters/${name}` });

function errorEntry({ means, toDo, samples }: (typeof ERROR_TEXTS)[FailureCode]) {
  const wires = samples.map((sample) => wireError(sample));
  const [{ message } = { message: "" }] = wires;
  return { status: [...new Set(wires.map(({ status }) => status))], means, to_do: toDo, message };
}

/** Those that routes have: two come where there is no route. */
function errorExamples(used: ReadonlySet<string>): Record<string, unknown> {
  const entries = Object.entries(ERROR_TEXTS).filter(([code]) => used.has(code));
  return Object.fromEntries(
    entries.map(([code, { means, samples }]) => [code, { summary: means, value: { error: errorObject(samples[0]) } }]),
  );
}

/** Routes that share a method and a path are one operation: the row that is meant only for some requests comes first. */
function pathsOf(making: Making): Document["paths"] {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of ROUTES) {
    if (route.when !== null) continue;
    const others = ROUTES.filter((other) => other.when !== null && other.method === route.method && other.path === route.path);
    const ofPath = (paths[documentPath(route.path)] ??= {});
    ofPath[route.method.toLowerCase()] = operationOf([route, ...others], making);
  }
  return { ...paths, ...apiV2Paths(making.sources.examples, codeSamplesOf) } as Document["paths"];
}

function textOf({ name }: Route, problems: Problems): RouteText {
  const text = (ROUTE_TEXTS as Readonly<Record<string, RouteText>>)[name];
  if (text !== undefined) return text;
  problems.push(`reference/texts/routes.ts: ${name} has no text`);
  return { chapter: "Operations", summary: name, text: "", errors: [] };
}

function operationOf(routes: readonly [Route, ...Route[]], making: Making): Operation {
  const { sources, problems } = making;
  const [route] = routes;
  const text = textOf(route, problems);
  const examples = sources.examples.filter(({ route: name }) => routes.some((one) => one.name === name));
  if (!examples.some(({ title }) => title === "")) problems.push(`reference/examples/scenario.ts: ${route.name} has no example`);
  const callers = callersOf(route);
  const parameters = routes.flatMap((one) => parametersOf(one, sources, problems));
  const codes = [...new Set(routes.flatMap((one) => errorsOf(one)))].toSorted();
  return {
    tags: [text.chapter],
    operationId: operationIdOf(route),
    summary: text.summary,
    ...(text.text === "" ? {} : { description: text.text }),
    security: callers.security,
    "x-callers": callers.words,
    "x-scopes": callers.scopes,
    ...(parameters.length === 0 ? {} : { parameters: withoutRepeats(parameters) }),
    ...bodyOf(route, text, examples, making),
    responses: { ...answersOf(routes, examples, problems), ...errorsByStatus(codes, making.responses) },
    "x-errors": codes,
    "x-codeSamples": examples.filter(isMain).flatMap((example) => codeSamplesOf(example)),
  };
}

/** Dry runs and arrays show in the bodies; as code they would only repeat. */
function isMain({ title }: Example): boolean {
  return title === "";
}

function operationIdOf({ method, path }: Route): string {
  const words = path.split("/").filter((part) => part !== "" && part !== "v1");
  const named = words.map((word) => word.replace(":", "by-").split("-").map(capitalised).join(""));
  return `${method.toLowerCase()}${named.join("")}`;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

type Parameter = Record<string, unknown>;

function withoutRepeats(parameters: readonly Parameter[]): Parameter[] {
  return [...new Map(parameters.map((one) => [one["$ref"] ?? `${String(one["in"])} ${String(one["name"])}`, one])).values()];
}

function parametersOf(route: Route, { requestDoc }: Sources, problems: Problems): Parameter[] {
  const text = textOf(route, problems);
  const query = route.query === null ? {} : requestSchema(route.query);
  describeRequest(query, text.query ?? [], requestDoc, { route: route.name, problems });
  const inQuery = Object.entries(query.properties ?? {}).map(([name, { description, ...one }]) => ({
    name,
    in: "query",
    required: route.when === null && (query.required?.includes(name) ?? false),
    ...(description === undefined ? {} : { description }),
    schema: text.textOverAll?.includes(name) === true ? { anyOf: [one, { type: "string" }] } : one,
    ...(route.repeatable.includes(name) ? { explode: true } : {}),
  }));
  return [
    ...pathParametersOf(route, problems),
    ...inQuery,
    ...(takesToken(route) ? [parameter("Token"), parameter("Lang")] : []),
    ...(takesPanelHeader(route) ? [parameter("Panel")] : []),
    ...(route.needsIdempotencyKey ? [parameter("IdempotencyKey")] : []),
    ...(text.revalidates === undefined ? [] : [parameter("IfNoneMatch")]),
  ];
}

function pathParametersOf({ path, params, name: route }: Route, problems: Problems): Parameter[] {
  const properties = params === null ? {} : (requestSchema(params).properties ?? {});
  const before = (part: string): string => {
    const names = path.split("/").filter((word) => word !== "" && word !== "v1");
    return names
      .slice(0, names.indexOf(`:${part}`))
      .filter((word) => !word.startsWith(":"))
      .join(" ");
  };
  return partsOf(path).map((name) => {
    // A customer's path is read into another name.
    const schema = properties[name] ?? Object.values(properties)[0] ?? { type: "string" };
    const description = PATH_TEXTS[before(name)];
    if (description === undefined) problems.push(`reference/texts/routes.ts: PATH_TEXTS says nothing of ${name} in ${route}`);
    return { name, in: "path", required: true, ...(description === undefined ? {} : { description }), schema };
  });
}

function bodyOf(
  { body, bodyIsOptional, name }: Route,
  { body: headings = [], anyBody }: RouteText,
  examples: readonly Example[],
  { sources, problems }: Making,
): Operation {
  const shown = examples.filter(({ request }) => request.body !== null);
  const bodies = examplesOf(shown, ({ request }) => request.body);
  if (body === null) {
    const content = { "application/json": { schema: {}, ...bodies } };
    return anyBody === undefined ? {} : { requestBody: { required: false, description: anyBody, content } };
  }
  const isRegistration = (body as unknown) === registrationBody;
  const schema: JsonSchema = isRegistration ? registrationsSchema() : requestSchema(body);
  if (!isRegistration) describeRequest(schema, headings, sources.requestDoc, { route: name, problems });
  return { requestBody: { required: !bodyIsOptional, content: { "application/json": { schema, ...bodies } } } };
}

const MAX_REGISTERED = 1000;

function registrationsSchema(): JsonSchema {
  const one = { $ref: refTo("OrderToRegister") };
  return { oneOf: [one, { type: "array", items: one, minItems: 1, maxItems: MAX_REGISTERED }] };
}

function examplesOf(examples: readonly Example[], valueOf: (example: Example) => unknown): { readonly examples?: unknown } {
  if (examples.length === 0) return {};
  const entries = examples.map((example) => {
    const [, when] = /\?(\w+)=$/.exec(example.route) ?? [];
    const title = example.title === "" && when !== undefined ? `With ${when}` : example.title;
    return [exampleName(title), { ...(title === "" ? {} : { summary: title }), value: valueOf(example) }];
  });
  return { examples: Object.fromEntries(entries) as unknown };
}

function answersOf(routes: readonly Route[], examples: readonly Example[], problems: Problems): Record<string, unknown> {
  const statuses = [...new Set(routes.flatMap(({ answers }) => Object.keys(answers)))].toSorted();
  const revalidates = routes.some((route) => textOf(route, problems).revalidates !== undefined);
  const csv = routes.some((route) => textOf(route, problems).csv === true);
  const isPaged = routes.some(({ query }) => query !== null && requestSchema(query).properties?.["cursor"] !== undefined);
  const answers = statuses.map((status) => {
    const schemas = routes.flatMap((route) => alternativesOf(route.answers[Number(status)]));
    const shown = examples.filter(({ answer }) => answer.status === Number(status));
    const headers = {
      "Request-Id": header("RequestId"),
      ...(revalidates ? { ETag: header("ETag") } : {}),
      ...(routes.some(takesToken) ? { "Content-Language": header("ContentLanguage") } : {}),
      ...(csv && isPaged ? { Link: header("Link") } : {}),
      ...(routes.some(({ needsIdempotencyKey }) => needsIdempotencyKey) ? { "Idempotent-Replayed": header("IdempotentReplayed") } : {}),
    };
    if (schemas.some((schema) => (schema as unknown) === noBody)) return [status, { description: "Done. No body.", headers }];
    const named = schemas.map((schema) => namedSchema(schema, problems, routes[0]?.name ?? ""));
    const description = named.map(({ text }) => text).join(" Or: ");
    const [only, ...more] = named.map(({ schema }) => schema);
    const content = {
      "application/json": {
        schema: more.length === 0 ? only : { anyOf: [only, ...more] },
        ...examplesOf(shown, ({ answer }) => answer.body),
      },
      ...(csv ? { "text/csv": { schema: { type: "string" } } } : {}),
    };
    return [status, { description, headers, content }];
  });
  const unchanged = { description: "As the `If-None-Match` has it. No body.", headers: { "Request-Id": header("RequestId") } };
  return Object.fromEntries([...answers, ...(revalidates ? [["304", unchanged]] : [])]) as Record<string, unknown>;
}

/** The answers that a schema stands for, each by itself. */
function alternativesOf(schema: Schema<unknown> | undefined): Schema<unknown>[] {
  if (schema === undefined) return [];
  const { options } = (schema as unknown as { readonly def: object }).def as { readonly options?: readonly Schema<unknown>[] };
  return options === undefined ? [schema] : [...options];
}

function namedSchema(schema: Schema<unknown>, problems: Problems, route: string): { readonly text: string; readonly schema: JsonSchema } {
  const known = ANSWERS.find((answer) => answer.schema === schema);
  if (known !== undefined) return { text: known.text, schema: { $ref: refTo(known.name) } };
  problems.push(`reference/texts/answers.ts: an answer of ${route} has no name and no texts`);
  return { text: "The answer.", schema: answerSchema(schema) };
}

/** One response for each HTTP status, with an example for each code. Many routes share them. */
function errorsByStatus(codes: readonly FailureCode[], shared: Responses): Record<string, unknown> {
  const byStatus = new Map<number, FailureCode[]>();
  for (const code of codes)
    for (const status of errorEntry(ERROR_TEXTS[code]).status) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  const responses = [...byStatus].map(([status, named]) => {
    const name = [status, ...named].join(".");
    shared[name] ??= errorResponse(status, named);
    return [String(status), { $ref: `#/components/responses/${name}` }];
  });
  return Object.fromEntries(responses) as Record<string, unknown>;
}

function errorResponse(status: number, codes: readonly FailureCode[]) {
  const headers = {
    "Request-Id": header("RequestId"),
    ...retryAfter(
      codes,
      codes.filter((code) => waitingHelps(status, code)),
    ),
  };
  const examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  const content = { "application/json": { schema: { $ref: refTo("Error") }, examples } };
  return { description: codes.map((code) => `\`${code}\``).join(", "), headers, content };
}

function waitingHelps(status: number, code: FailureCode): boolean {
  const wires = ERROR_TEXTS[code].samples.map((sample) => wireError(sample));
  return wires.some((wire) => wire.status === status && "Retry-After" in (wire.headers ?? {}));
}

/** The header of those where waiting helps; it says with which errors it comes where that is not with all. */
function retryAfter(codes: readonly FailureCode[], waiting: readonly FailureCode[]): Record<string, unknown> {
  if (waiting.length === 0) return {};
  if (waiting.length === codes.length) return { "Retry-After": header("RetryAfter") };
  const named = waiting.map((code) => `\`${code}\``).join(", ");
  return { "Retry-After": { ...HEADERS.RetryAfter, description: `Seconds to wait. Only with ${named}.` } };
}
