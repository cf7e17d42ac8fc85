/**
 * Every way in which a request can fail, as facts, and the one map from a failure to what the client is told.
 */

import type { ShareKind } from "../../domain/panel-share.ts";

/** One thing wrong with a request; `path` is as in `request.fields.key` or `[3].charge`, empty for the whole. */
export type FieldProblem = { readonly path: string; readonly message: string };

export type Failure =
  | { readonly code: "unauthorized"; readonly why: "no_key" | "unknown_key" }
  | { readonly code: "admin_disabled"; readonly minCharacters: number }
  | { readonly code: "forbidden" }
  | { readonly code: "operators_money"; readonly subject: string }
  | { readonly code: "panel_required" }
  | { readonly code: "panel_not_found"; readonly panel: string }
  | { readonly code: "panel_exists"; readonly panel: string }
  | { readonly code: "currency_fixed"; readonly panel: string }
  | { readonly code: "money_fixed"; readonly panel: string }
  | { readonly code: "settings_contended"; readonly subject: string }
  | { readonly code: "no_ledger"; readonly panel: string }
  | { readonly code: "customer_not_found"; readonly customer: string; readonly currency: string }
  | { readonly code: "account_contended"; readonly customer: string }
  | { readonly code: "idempotency_key_reused"; readonly key: string }
  | { readonly code: "provider_not_found"; readonly provider: string }
  /** `asked`: it was called, and its answer was none that helps; else it was not called. `problem`: a sentence. */
  | { readonly code: "provider_unavailable"; readonly provider: string; readonly asked: boolean; readonly problem: string }
  | { readonly code: "service_not_found"; readonly service: string }
  | { readonly code: "order_not_found"; readonly order: string }
  | { readonly code: "order_conflict"; readonly order: string; readonly fields: readonly string[] }
  | { readonly code: "provider_order_conflict"; readonly provider: string; readonly providerOrder: string; readonly order: string }
  | { readonly code: "provider_order_taken"; readonly provider: string; readonly providerOrder: string }
  | InsufficientBalance
  | { readonly code: "order_contended"; readonly order: string }
  /** `as`: the provider's id that it has, or "dropped". */
  | { readonly code: "order_settled"; readonly order: string; readonly as: string }
  | { readonly code: "order_placing"; readonly order: string }
  | RefillCancelFailure
  | { readonly code: "refund_not_found"; readonly refund: string }
  | {
      readonly code: "refund_decided";
      readonly refund: string;
      readonly status: "posted" | "rejected";
      /** Null where only the provider's word was decided about. */
      readonly amount: string | null;
      readonly by: string;
    }
  | { readonly code: "above_charge"; readonly most: string; readonly held: string }
  | { readonly code: "above_refunded"; readonly most: string }
  | { readonly code: "no_charge"; readonly order: string }
  | { readonly code: "dead_letter_not_found"; readonly id: string }
  | { readonly code: "already_replayed"; readonly id: string; readonly at: string }
  | { readonly code: "route_not_found"; readonly path: string }
  | { readonly code: "method_not_allowed"; readonly method: string; readonly allowed: readonly string[] }
  | { readonly code: "invalid_path"; readonly path: string }
  | { readonly code: "body_too_large"; readonly limitBytes: number }
  | { readonly code: "invalid_json"; readonly problem: string }
  | { readonly code: "invalid_request"; readonly fields: readonly FieldProblem[] }
  /** A panel's own share, or what may be registered before polling would lack rows. */
  | { readonly code: "share_used_up"; readonly kind: ShareKind; readonly retryAfterSeconds: number }
  | { readonly code: "queue_unavailable" }
  | { readonly code: "database_unavailable" }
  | { readonly code: "internal_error"; readonly requestId: string };

/** Why a refill or a cancel is not asked for. `until`: ISO 8601. */
export type RefillCancelFailure =
  | { readonly code: "order_not_placed"; readonly order: string }
  | { readonly code: "not_offered"; readonly order: string; readonly request: "refill" | "cancel" }
  | { readonly code: "not_refillable"; readonly order: string; readonly status: string }
  | { readonly code: "refill_too_late"; readonly order: string; readonly until: string }
  | { readonly code: "not_cancelable"; readonly order: string; readonly status: string };

/** An account does not hold what is to be taken from it; amounts as decimal strings. `customer`: as in paths. */
export type InsufficientBalance = {
  readonly code: "insufficient_balance";
  readonly customer: string;
  readonly balance: string;
  readonly needed: string;
  readonly currency: string;
};

export type FailureCode = Failure["code"];

/** A failure as it goes over the wire. */
export type WireError = {
  readonly status: number;
  readonly message: string;
  readonly fields?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
};

/** Queues and D1 recover within seconds, or at midnight UTC when a quota is used up: a minute serves both. */
const RETRY_AFTER_SECONDS = 60;
export const RETRY_LATER = { "Retry-After": String(RETRY_AFTER_SECONDS) } as const;
const WANTS_BEARER = { "WWW-Authenticate": 'Bearer realm="panelsync"' } as const;

const COUNTED: Readonly<Record<ShareKind, string>> = {
  add: "orders",
  registration: "registrations",
  check: "checks",
  adoption: "adoptions",
  unknown_id: "unknown ids",
};

const WIRE: { readonly [C in FailureCode]: (failure: Extract<Failure, { readonly code: C }>) => WireError } = {
  unauthorized: ({ why }) => ({
    status: 401,
    message:
      why === "no_key"
        ? "The request has no key. Send it as `Authorization: Bearer <key>`."
        : "The key is not known here. Check that it was copied whole and not replaced.",
    headers: WANTS_BEARER,
  }),
  admin_disabled: ({ minCharacters }) => ({
    status: 503,
    message: `The operator's access is off, because the secret ADMIN_TOKEN is missing or shorter than ${minCharacters} characters. Set it with \`wrangler secret put ADMIN_TOKEN\`.`,
  }),
  forbidden: () => ({ status: 403, message: "This route is the operator's, and a panel key was sent. Send ADMIN_TOKEN as the key." }),
  operators_money: ({ subject }) => ({
    status: 403,
    message: `The money of ${subject} is the operator's to move: the panel buys from the operator, on its account here. Send ADMIN_TOKEN as the key, with a header \`Panel: <id>\`.`,
  }),
  panel_required: () => ({ status: 422, message: "The operator's key acts for no panel by itself. Name one in a header `Panel: <id>`." }),
  panel_not_found: ({ panel }) => ({
    status: 404,
    message: `There is no panel ${quoted(panel)}. \`GET /v1/panels\` lists those there are.`,
  }),
  panel_exists: ({ panel }) => ({
    status: 409,
    message: `There is a panel ${quoted(panel)} already. Choose another id, or change it by PATCH.`,
  }),
  currency_fixed: ({ panel }) => ({
    status: 409,
    message: `Panel ${quoted(panel)} has orders, so its currency stays. Orders may name another currency each.`,
  }),
  money_fixed: ({ panel }) => ({
    status: 409,
    message: `Panel ${quoted(panel)} has orders or accounts, so who credits its customers stays: what happened so far is in one set of books, and would be missing in the other. Add another panel for the other mode.`,
  }),
  settings_contended: ({ subject }) => ({
    status: 503,
    message: `The settings of ${quoted(subject)} were being changed by others at the same moments. Try again.`,
    headers: RETRY_LATER,
  }),
  no_ledger: ({ panel }) => ({
    status: 409,
    message: `Panel ${quoted(panel)} keeps its customers' balances itself (\`money\` is "advice"), so there are no accounts here. A panel without orders can be changed to "ledger" by the operator.`,
  }),
  customer_not_found: ({ customer, currency }) => ({
    status: 404,
    message: `Customer ${quoted(customer)} has no account in ${currency}. An account begins with its first credit or charge; another currency is named by \`?currency=\`.`,
  }),
  account_contended: ({ customer }) => ({
    status: 503,
    message: `The account of ${quoted(customer)} had other transfers at the same moments; nothing was posted. Send the request again with the same key.`,
    headers: RETRY_LATER,
  }),
  idempotency_key_reused: ({ key }) => ({
    status: 409,
    message: `The Idempotency-Key ${quoted(key)} was used for another request. Send that one as it was, or this one under a new key.`,
  }),
  provider_not_found: ({ provider }) => ({
    status: 404,
    message: `There is no provider ${quoted(provider)}. \`GET /v1/providers\` lists those there are.`,
  }),
  provider_unavailable: ({ provider, asked, problem }) => ({
    status: asked ? 502 : 503,
    message: `Provider ${quoted(provider)} ${asked ? "gave no answer that can be used" : "was not asked"}, so nothing was changed. ${problem}`,
    ...(asked ? {} : { headers: RETRY_LATER }),
  }),
  service_not_found: ({ service }) => ({
    status: 404,
    message: `There is no service ${quoted(service)}. \`GET /v1/services\` lists those there are.`,
  }),
  order_not_found: ({ order }) => ({
    status: 404,
    message: `There is no order ${quoted(order)} in this panel. Orders are found by the panel's own id, once they are registered.`,
  }),
  order_conflict: ({ order, fields }) => ({
    status: 409,
    message: `Order ${quoted(order)} is registered with other content: ${fields.join(", ")} differ${fields.length === 1 ? "s" : ""}. Send it as it was, or under another id.`,
    fields: fields.map((path) => ({ path, message: "differs from what is registered" })),
  }),
  provider_order_conflict: ({ provider, providerOrder, order }) => ({
    status: 409,
    message: `The provider's order ${quoted(providerOrder)} at ${quoted(provider)} is registered as order ${quoted(order)}. One delivery cannot be two orders: it would be refunded twice.`,
    fields: [{ path: "provider_order_id", message: `is registered as order ${quoted(order)}` }],
  }),
  provider_order_taken: ({ provider, providerOrder }) => ({
    status: 409,
    message: `The provider's order ${quoted(providerOrder)} at ${quoted(provider)} is not this panel's. Look for the one with this order's link and time.`,
    fields: [{ path: "provider_order_id", message: "is not this panel's" }],
  }),
  // Not 422: nothing in the request is wrong, and the same request is taken once the account is credited.
  insufficient_balance: ({ customer, balance, needed, currency }) => ({
    status: 402,
    message: `The account of ${quoted(customer)} holds ${balance} ${currency}, and ${needed} is needed. Credit it by \`POST /v1/customers/{id}/credits\`, or have the operator set allow_credit for the panel; then send this again.`,
  }),
  order_contended: ({ order }) => ({
    status: 503,
    message: `Order ${quoted(order)}: others registered, charged or changed the same at the same moments, so nothing was done. Send it again.`,
    headers: RETRY_LATER,
  }),
  order_settled: ({ order, as }) => ({
    status: 409,
    message: `Order ${quoted(order)} needs no settling: ${as === "dropped" ? "it was dropped, and its charge returned" : `it is the provider's order ${quoted(as)}`}.`,
  }),
  order_placing: ({ order }) => ({
    status: 409,
    message: `Order ${quoted(order)} is just being placed. Where its provider does not say whether it took it, it gets the flag placing_unknown within two minutes; then it can be settled.`,
  }),
  order_not_placed: ({ order }) => ({
    status: 409,
    message: `Order ${quoted(order)} has no id at its provider yet, so nothing can be asked of it there. Try again once it shows \`provider_order_id\`.`,
  }),
  not_offered: ({ order, request }) => ({
    status: 409,
    message: `Order ${quoted(order)} was bought as a service without ${request}. The operator's catalogue says which services have it.`,
  }),
  not_refillable: ({ order, status }) => ({
    status: 409,
    message: `Order ${quoted(order)} is ${status}, and a refill comes after delivery. Ask once it is completed or partial.`,
  }),
  refill_too_late: ({ order, until }) => ({
    status: 409,
    message: `Refills of order ${quoted(order)} could be asked until ${until}. Its service promises them for no longer.`,
  }),
  not_cancelable: ({ order, status }) => ({
    status: 409,
    message: `Order ${quoted(order)} is ${status}: it has ended, and there is nothing left to cancel.`,
  }),
  refund_not_found: ({ refund }) => ({
    status: 404,
    message: `There is no refund ${quoted(refund)} in this panel. \`GET /v1/refunds\` lists those there are.`,
  }),
  refund_decided: ({ refund, status, amount, by }) => ({
    status: 409,
    message: `Refund ${quoted(refund)} was ${status}${status === "posted" && amount !== null ? ` with ${amount}` : ""} by ${by}; a decision is not taken back. Use goodwill or a claw-back instead.`,
  }),
  above_charge: ({ most, held }) => ({
    status: 422,
    message: `No more than ${most} can be refunded: net refunds stay within the charge${held === "0" ? "" : `, and ${held} of it waits for a decision`}.`,
    fields: [{ path: "amount", message: `must be at most ${most}` }],
  }),
  above_refunded: ({ most }) => ({
    status: 422,
    message: `No more than ${most} can be taken back: that is what was refunded.`,
    fields: [{ path: "amount", message: `must be at most ${most}` }],
  }),
  no_charge: ({ order }) => ({
    status: 422,
    message: `Order ${quoted(order)} has no charge here, so no amount of it can be refunded. Where the provider's word waits, decide about it without an amount.`,
  }),
  dead_letter_not_found: ({ id }) => ({
    status: 404,
    message: `There is no dead letter ${quoted(id)}. \`GET /v1/dead-letters\` lists those there are.`,
  }),
  already_replayed: ({ id, at }) => ({
    status: 409,
    message: `Dead letter ${quoted(id)} was replayed at ${at}. Send {"again": true} to replay it once more.`,
  }),
  route_not_found: ({ path }) => ({ status: 404, message: `There is nothing at ${quoted(path)}. Check the path.` }),
  method_not_allowed: ({ method, allowed }) => ({
    status: 405,
    message: `${quoted(method)} is not possible here; ${allowed.join(", ")} is.`,
    headers: { Allow: allowed.join(", ") },
  }),
  invalid_path: ({ path }) => ({
    status: 400,
    message: `The path ${quoted(path)} is not valid percent-encoded UTF-8. Encode ids with encodeURIComponent or the like.`,
  }),
  body_too_large: ({ limitBytes }) => ({ status: 413, message: `The body is longer than ${limitBytes} bytes. Send it in parts.` }),
  invalid_json: ({ problem }) => ({ status: 400, message: `The body is not JSON: ${problem}` }),
  invalid_request: ({ fields }) => ({
    status: 422,
    message: `The request cannot be taken as it is: ${inOneSentence(fields)}.`,
    fields: fields.slice(0, MAX_PROBLEMS),
  }),
  share_used_up: ({ kind, retryAfterSeconds }) => ({
    status: 429,
    message: `No more ${COUNTED[kind]} are taken just now: this panel's share of the minute or the UTC day is used up, or the day's database rows are kept for orders that are followed already. Nothing was done. Try again later, or in smaller parts.`,
    headers: { "Retry-After": String(retryAfterSeconds) },
  }),
  queue_unavailable: () => ({
    status: 503,
    message:
      "The queue takes no more messages just now; its daily quota may be used up until 00:00 UTC. Orders are still checked at their own pace. Try again later.",
    headers: RETRY_LATER,
  }),
  database_unavailable: () => ({ status: 503, message: "The database did not answer. Try again later.", headers: RETRY_LATER }),
  internal_error: ({ requestId }) => ({
    status: 500,
    message: `Something went wrong here that should not. The log has it under request ${requestId}.`,
  }),
};

/** What the client is told about a failure. */
export function wireError(failure: Failure): WireError {
  // The map's type pairs each code with its own failure; TypeScript cannot follow that through an index.
  return (WIRE[failure.code] as (failure: Failure) => WireError)(failure);
}

/** The `error` object of the contract. */
export function errorObject(failure: Failure): {
  readonly code: FailureCode;
  readonly message: string;
  readonly details?: { readonly fields: readonly FieldProblem[] };
} {
  const { message, fields } = wireError(failure);
  return { code: failure.code, message, ...(fields === undefined ? {} : { details: { fields } }) };
}

/** A request made to be wrong in a hundred thousand places gets an answer of a bearable size all the same. */
export const MAX_PROBLEMS = 50;

/** How many problems a message spells out; `details` has more. */
const TOLD_PROBLEMS = 3;

function inOneSentence(fields: readonly FieldProblem[]): string {
  const told = fields.slice(0, TOLD_PROBLEMS).map(({ path, message }) => `${path === "" ? "it" : path} ${message}`);
  return [...told, ...(fields.length > TOLD_PROBLEMS ? ["and more, see details"] : [])].join("; ");
}

/** How much of a text that the client sent is said back to it. */
const QUOTED_CHARACTERS = 100;

function quoted(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}

/** D1 could not be reached or is overloaded, as against refusing what it was told. */
export function isDatabaseTrouble(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("D1_") && !error.message.includes("SQLITE_CONSTRAINT");
}
