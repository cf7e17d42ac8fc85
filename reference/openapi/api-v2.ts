/**
 * The two endpoints of API v2. They are no rows of the table of routes: the protocol has its own words, and at a
 * provider's endpoint much of an answer is the provider's own.
 */
import type { Example } from "../examples/recorder.ts";
import { API_V2_ANSWERS } from "./api-v2-answers.ts";
import { answerSchema, type JsonSchema } from "./json-schema.ts";

const ACTIONS = ["services", "add", "status", "refill", "refill_status", "cancel", "balance"] as const;

const FIELDS: Readonly<Record<string, JsonSchema>> = {
  key: { type: "string", description: "The panel's key, with the scope `api_v2`." },
  action: { type: "string", enum: [...ACTIONS], description: "What is asked." },
  service: { type: "string", description: "`add`: the service's id." },
  link: { type: "string", description: "`add`: what is delivered to." },
  quantity: { type: "string", description: "`add`: units, for the types that take a quantity." },
  order: { type: "string", description: "`status`, `refill`, `cancel`: one id." },
  orders: { type: "string", description: "Likewise several ids, with commas; at most 1,000 count." },
  refill: { type: "string", description: "`refill_status`: one refill's id." },
  refills: { type: "string", description: "Likewise several." },
};

const REQUEST: JsonSchema = {
  type: "object",
  properties: { ...FIELDS },
  required: ["key", "action"],
  additionalProperties: { type: "string", description: "`add`: the other fields that the service's type needs." },
};

const DOORS = [
  {
    path: "/api/v2",
    name: "POST /api/v2",
    operationId: "postApiV2",
    summary: "Call API v2 of your own catalogue",
    description:
      "A panel adds this address as a provider and finds the operator's services there, with the operator's ids, prices and words. Nothing of a supplier is told.",
    parameters: [],
  },
  {
    path: "/api/v2/{id}",
    name: "POST /api/v2/:id",
    operationId: "postApiV2Provider",
    summary: "Call API v2 in front of a provider",
    description:
      "A panel puts this address in place of the provider's, and its own key in place of the provider's key. Ids, services and prices stay the provider's. Where the provider does not exist, or the panel may not use it, or is a reseller, the answer is 404 without a body.",
    parameters: [
      { name: "id", in: "path", required: true, description: "The provider's id.", schema: { type: "string" }, example: "acme" },
    ],
  },
] as const;

/** Who may call, in words. */
const CALLERS = {
  "/api/v2": "A panel, by a key with the scope `api_v2` in the field `key`. Shops and resellers.",
  "/api/v2/{id}": "A shop that may use the provider, by a key with the scope `api_v2` in the field `key`.",
} as const;

type Samples = (example: Example) => unknown;

/** The operations by their path. */
export function apiV2Paths(examples: readonly Example[], samplesOf: Samples): Record<string, unknown> {
  return Object.fromEntries(
    DOORS.map(({ path, name, parameters, ...texts }) => {
      const own = examples.filter(({ route }) => route === name).map((example) => ({ ...example, title: example.title || "add" }));
      const operation = {
        tags: ["API v2"],
        ...texts,
        security: [],
        "x-callers": CALLERS[path],
        "x-scopes": { panel: ["api_v2"], operator: null },
        ...(parameters.length === 0 ? {} : { parameters }),
        requestBody: {
          required: true,
          description: "As a form, multipart or JSON. `services`, `status` and `balance` also come by `GET`, with the fields in the query.",
          content: {
            "application/x-www-form-urlencoded": {
              schema: REQUEST,
              examples: Object.fromEntries(own.map(({ title, request }) => [exampleName(title), { summary: title, value: request.body }])),
            },
          },
        },
        responses: responsesOf(own, path),
        "x-codeSamples": own.filter(({ title }) => title === "add" || title === "status").flatMap((example) => samplesOf(example)),
      };
      return [path, { post: operation }];
    }),
  );
}

function responsesOf(own: readonly Example[], path: string): Record<string, unknown> {
  const anyOf = Object.entries(API_V2_ANSWERS).map(([title, schema]) => ({ title, ...answerSchema(schema) }));
  return {
    "200": {
      description: "What the action answers. An error is 200 too, as `error` alone.",
      content: {
        "application/json": {
          schema: { anyOf },
          examples: Object.fromEntries(own.map(({ title, answer }) => [exampleName(title), { summary: title, value: answer.body }])),
        },
      },
    },
    ...(path === "/api/v2" ? {} : { "404": { description: "No such provider for this panel. No body." } }),
    "413": { description: "Over 128 KiB, or more than 200 fields. No body." },
    "429": { description: "No answer now; an `add` has placed nothing. No body. Send it again after `Retry-After`." },
    "503": { description: "No answer now; an `add` has placed nothing. No body. Send it again after `Retry-After`." },
  };
}

export function exampleName(title: string): string {
  return title === "" ? "example" : title.toLowerCase().replaceAll(" ", "_");
}
