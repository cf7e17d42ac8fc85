/**
 * Every way in which a request can fail, as facts, and the one map from a failure to what the client is told.
 */
import type { Scope } from "../../domain/access.ts";
import { type AdminTokenProblem, describeAdminTokenProblem } from "../../domain/admin-token.ts";
import type { RemovalProblem } from "../../domain/order-removal.ts";
import type { ShareKind } from "../../domain/panel-share.ts";
import { describeKeysProblem, type EncryptionKeysProblem, MAKE_ENCRYPTION_KEYS } from "../../secrets/encryption-keys.ts";

/** One thing wrong with a request; `path` is as in `request.fields.key` or `[3].charge`, empty for the whole. */
export type FieldProblem = { readonly path: string; readonly message: string };

export type Failure =
  | { readonly code: "unauthorized"; readonly why: "no_key" | "unknown_key" }
  | { readonly code: "admin_disabled"; readonly problem: AdminTokenProblem }
  /** `scope`: one that the key lacks; null where the route is the operator's. */
  | { readonly code: "forbidden"; readonly scope: Scope | null }
  | { readonly code: "too_many_keys" }
  | { readonly code: "key_expired"; readonly at: string }
  | { readonly code: "panel_disabled"; readonly panel: string }
  /** `problem` reads on after "the token". */
  | { readonly code: "token_invalid"; readonly problem: string }
  | { readonly code: "token_expired"; readonly at: string }
  | { readonly code: "token_foreign" }
  | { readonly code: "token_forbidden" }
  | { readonly code: "token_secret_unreadable"; readonly panel: string }
  | { readonly code: "another_panel" }
  | { readonly code: "reseller"; readonly panel: string }
  | { readonly code: "key_not_found"; readonly key: string }
  | { readonly code: "scope_above_own"; readonly scopes: readonly Scope[] }
  | { readonly code: "role_needs_ledger"; readonly panel: string }
  | { readonly code: "operators_money"; readonly subject: string }
  | { readonly code: "panel_required" }
  | { readonly code: "not_over_all_panels" }
  | { readonly code: "too_many_feeds"; readonly most: number }
  /** `after`: from where on the feed is whole. */
  | { readonly code: "changes_archived"; readonly after: number | string }
  | { readonly code: "panel_not_found"; readonly panel: string }
  | { readonly code: "status_not_found"; readonly panel: string }
  | { readonly code: "panel_exists"; readonly panel: string }
  | { readonly code: "currency_fixed"; readonly panel: string }
  | { readonly code: "money_fixed"; readonly panel: string }
  | { readonly code: "settings_contended"; readonly subject: string }
  | { readonly code: "no_ledger"; readonly panel: string }
  | { readonly code: "customer_not_found"; readonly customer: string; readonly currency: string }
  | { readonly code: "account_contended"; readonly customer: string }
  | { readonly code: "idempotency_key_reused"; readonly key: string }
  | { readonly code: "provider_not_found"; readonly provider: string }
  | { readonly code: "hook_not_found"; readonly provider: string }
  | { readonly code: "hook_signature"; readonly provider: string; readonly why: "refused" | "no_body" }
  | { readonly code: "hook_contended"; readonly provider: string }
  /** `asked`: it was called, and its answer was none that helps; else it was not called. `problem`: a sentence. */
  | { readonly code: "provider_unavailable"; readonly provider: string; readonly asked: boolean; readonly problem: string }
  | { readonly code: "service_not_found"; readonly service: string }
  /** `byToken`: for a browser. The same is said of an order that its token does not name and of one that is not there. */
  | { readonly code: "order_not_found"; readonly order: string; readonly byToken?: boolean }
  | { readonly code: "order_conflict"; readonly order: string; readonly fields: readonly string[] }
  | { readonly code: "provider_order_conflict"; readonly provider: string; readonly providerOrder: string; readonly order: string | null }
  | { readonly code: "provider_order_taken"; readonly provider: string; readonly providerOrder: string }
  | InsufficientBalance
  | { readonly code: "overdrawn"; readonly customer: string; readonly balance: string; readonly amount: string; readonly currency: string }
  | { readonly code: "order_contended"; readonly order: string }
  /** `as`: the provider's id that it has, or "dropped". */
  | { readonly code: "order_settled"; readonly order: string; readonly as: string }
  | { readonly code: "order_placing"; readonly order: string }
  | { readonly code: "order_in_use"; readonly order: string; readonly why: RemovalProblem }
  /** `by`: what uses it, in words. */
  | { readonly code: "in_use"; readonly subject: "panel" | "provider"; readonly id: string; readonly by: string }
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
  | { readonly code: "webhook_not_found"; readonly webhook: string }
  | { readonly code: "keys_full"; readonly most: number }
  | { readonly code: "webhooks_full"; readonly most: number }
  /** What it keeps sealed cannot be opened. */
  | { readonly code: "webhook_unreadable"; readonly webhook: string }
  /** `off`: it is switched off itself, or its panel is. */
  | { readonly code: "webhook_off"; readonly webhook: string; readonly off: "webhook" | "panel" }
  | { readonly code: "webhook_tests_used_up" }
  | { readonly code: "dead_letter_not_found"; readonly id: string }
  | { readonly code: "alert_not_found"; readonly id: string }
  | { readonly code: "alert_channel_not_found"; readonly channel: string }
  | { readonly code: "alert_channels_full"; readonly most: number }
  /** What it keeps sealed cannot be opened. */
  | { readonly code: "alert_channel_unreadable"; readonly channel: string }
  | { readonly code: "already_replayed"; readonly id: string; readonly at: string }
  | { readonly code: "route_not_found"; readonly path: string }
  | { readonly code: "method_not_allowed"; readonly method: string; readonly allowed: readonly string[] }
  | { readonly code: "invalid_path"; readonly path: string }
  | { readonly code: "body_too_large"; readonly limitBytes: number }
  | { readonly code: "invalid_json"; readonly problem: string }
  | { readonly code: "invalid_request"; readonly fields: readonly FieldProblem[] }
  | { readonly code: "loop_detected" }
  | { readonly code: "sealing_off"; readonly problem: EncryptionKeysProblem }
  /** A panel's own share, or what may be registered before polling would lack rows. */
  | { readonly code: "share_used_up"; readonly kind: ShareKind; readonly retryAfterSeconds: number }
  | { readonly code: "queue_unavailable" }
  | { readonly code: "database_unavailable" }
  | { readonly code: "internal_error"; readonly requestId: string };

/** Why a refill or a cancel is not asked for. `until`: ISO 8601. */
export type RefillCancelFailure =
  | { readonly code: "order_not_placed"; readonly order: string }
  | { readonly code: "order_gave_way"; readonly order: string }
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

/** The routes that read over all panels, in words. */
const OVER_ALL_PANELS = "`GET /v1/orders`, `GET /v1/changes`, `GET /v1/refunds` and `GET /v1/customers`";

const COUNTED: Readonly<Record<ShareKind, string>> = {
  add: "orders",
  registration: "registrations",
  check: "checks",
  adoption: "adoptions",
  unknown_id: "unknown ids",
  change: "changes",
  webhook_test: "tests of webhooks",
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
  admin_disabled: ({ problem }) => ({
    status: 503,
    message: `The operator's access is off, because ${describeAdminTokenProblem(problem)}. \`node -p "require('crypto').randomBytes(24).toString('base64url')"\` makes a good one; set it with \`npx wrangler secret put ADMIN_TOKEN\`.`,
  }),
  forbidden: ({ scope }) => ({
    status: 403,
    message:
      scope === null
        ? "This route is the operator's, and a panel key was sent. Send ADMIN_TOKEN as the key, or an operator's key."
        : `The key may not do this: it lacks the scope ${quoted(scope)}. Send another key, or have one made with it by \`POST /v1/keys\`.`,
  }),
  too_many_keys: () => ({
    status: 429,
    message: "Too many wrong keys came from this address. Wait a minute, and send the right one.",
    headers: RETRY_LATER,
  }),
  key_expired: ({ at }) => ({
    status: 401,
    message: `The key expired at ${at}. Have a new one made by \`POST /v1/keys\`.`,
    headers: WANTS_BEARER,
  }),
  panel_disabled: ({ panel }) => ({
    status: 403,
    message: `Panel ${quoted(panel)} is switched off, and its keys with it. The operator switches it on by \`PATCH /v1/panels/{id}\` with \`enabled\` true.`,
  }),
  token_invalid: ({ problem }) => ({
    status: 401,
    message: `The token ${problem}. It must be a JWT, signed by HS256 with the panel's token secret.`,
    headers: WANTS_BEARER,
  }),
  token_expired: ({ at }) => ({
    status: 401,
    message: `The token ended at ${at}. Ask the page that made it for a new one.`,
    headers: WANTS_BEARER,
  }),
  token_foreign: () => ({
    status: 401,
    message: "The token was not signed with the token secret of its panel, or that secret was replaced. Have a new token made.",
    headers: WANTS_BEARER,
  }),
  token_forbidden: () => ({
    status: 403,
    message: "A browser's token reads the orders that it names, and with `customer` the list of that customer's orders. Nothing else.",
  }),
  token_secret_unreadable: ({ panel }) => ({
    status: 503,
    message: `The token secret of panel ${quoted(panel)} cannot be opened with the secret ENCRYPTION_KEYS. Set that to what it was, or make a new one by \`POST /v1/panels/{id}/token-secret\`.`,
  }),
  another_panel: () => ({
    status: 403,
    message:
      "Two panels are named. A panel's key acts for its own panel: leave the header `Panel` out. An operator names one panel: the same in the header as elsewhere.",
  }),
  reseller: ({ panel }) => ({
    status: 403,
    message: `Panel ${quoted(panel)} is a reseller: it buys from the operator's catalogue. Registering orders, deciding refunds and setting crons are for shops and the operator.`,
  }),
  key_not_found: ({ key }) => ({ status: 404, message: `There is no key ${quoted(key)}. \`GET /v1/keys\` lists those there are.` }),
  scope_above_own: ({ scopes }) => ({
    status: 403,
    message: `A key makes no key that may do more than itself: ${scopes.join(", ")}. Leave these scopes out, or ask the operator.`,
  }),
  role_needs_ledger: ({ panel }) => ({
    status: 409,
    message: `Panel ${quoted(panel)} keeps its customers' balances itself, and a reseller pays from an account here. Make another panel with the role "reseller".`,
  }),
  operators_money: ({ subject }) => ({
    status: 403,
    message: `The money of ${subject} is the operator's to move: the panel buys from the operator, on its account here. Send ADMIN_TOKEN as the key, with a header \`Panel: <id>\`.`,
  }),
  panel_required: () => ({ status: 422, message: "The operator's key acts for no panel by itself. Name one in a header `Panel: <id>`." }),
  not_over_all_panels: () => ({
    status: 422,
    message: `This route is for one panel, or for none. A header \`Panel: *\` is taken by ${OVER_ALL_PANELS}. Name one panel, or leave the header out.`,
  }),
  too_many_feeds: ({ most }) => ({
    status: 422,
    message: `More than ${most} panels have changes, and \`next_after\` has a place for each. Read each panel's feed by itself, with a header \`Panel: <id>\`.`,
  }),
  status_not_found: ({ panel }) => ({
    status: 404,
    message: `There is no public status of ${quoted(panel)}. The operator switches it on for a panel, by its \`public_status\`.`,
  }),
  changes_archived: ({ after }) => ({
    status: 410,
    message: `Changes after the number that you named are in the archive, refunds among them: the feed does not tell them any more. Read them there, or compare each order's \`refunded\`; then go on with after=${after}.`,
    fields: [{ path: "after", message: `must be ${after} or above; what comes before is in the archive` }],
  }),
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
  hook_not_found: ({ provider }) => ({
    status: 404,
    message: `Provider ${quoted(provider)} has no such webhook. \`POST /v1/providers/{id}/hook\` makes one, and ends the one before.`,
  }),
  hook_signature: ({ provider, why }) => ({
    status: 401,
    message:
      why === "no_body"
        ? `The webhook of provider ${quoted(provider)} is signed, and this request has no body for a signature to cover; a query is not signed. Have the provider send the orders in the body of a POST, or take the signature off by \`PUT /v1/providers/{id}/hook\`.`
        : `The signature is missing, wrong, more than 5 minutes off, or was used before. It must be as set for the webhook of provider ${quoted(provider)}.`,
  }),
  hook_contended: ({ provider }) => ({
    status: 503,
    message: `Too many webhooks of provider ${quoted(provider)} came at the same moments. Send it again.`,
    headers: RETRY_LATER,
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
  order_not_found: ({ order, byToken = false }) => ({
    status: 404,
    message: `${byToken ? `The token reaches no order ${quoted(order)}: it names others, or the panel has none with this id.` : `There is no order ${quoted(order)} in this panel.`} Orders are found by the panel's own id, once they are registered.`,
  }),
  order_conflict: ({ order, fields }) => ({
    status: 409,
    message: `Order ${quoted(order)} is registered with other content: ${fields.join(", ")} differ${fields.length === 1 ? "s" : ""}. Send it as it was, or under another id.`,
    fields: fields.map((path) => ({ path, message: "differs from what is registered" })),
  }),
  provider_order_conflict: ({ provider, providerOrder, order }) => ({
    status: 409,
    message: `The provider's order ${quoted(providerOrder)} at ${quoted(provider)} is ${heldAs(order)}. One delivery cannot be two orders: it would be refunded twice.`,
    fields: [{ path: "provider_order_id", message: `is ${heldAs(order)}` }],
  }),
  provider_order_taken: ({ provider, providerOrder }) => ({
    status: 409,
    message: `The provider's order ${quoted(providerOrder)} at ${quoted(provider)} is not this panel's. Look for the one with this order's link and time.`,
    fields: [{ path: "provider_order_id", message: "is not this panel's" }],
  }),
  // Not 422: nothing in the request is wrong, and the same request is taken once the account is credited.
  insufficient_balance: ({ customer, balance, needed, currency }) => ({
    status: 402,
    message: `The account of ${quoted(customer)} holds ${balance} ${currency}, and ${needed} is needed. Credit it by \`POST /v1/customers/{id}/credits\`, or have the operator raise the panel's credit_limit; then send this again.`,
  }),
  overdrawn: ({ customer, balance, amount, currency }) => ({
    status: 409,
    message: `The account of ${quoted(customer)} holds ${balance} ${currency}, so ${amount} cannot be taken back: no account goes below the panel's credit. Take back what is left of it.`,
    fields: [{ path: "amount", message: "is more than the account holds" }],
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
  order_gave_way: ({ order }) => ({
    status: 409,
    message: `Order ${quoted(order)} gave way: its provider's order is one that was placed here, so nothing can be asked of it by this one. Look for the order's own id at the provider, and register it under another id here.`,
  }),
  order_in_use: ({ order, why }) => ({
    status: 409,
    message: `Order ${quoted(order)} cannot be removed: ${IN_USE[why]}`,
  }),
  in_use: ({ subject, id, by }) => ({
    status: 409,
    message: `The ${subject} ${quoted(id)} cannot be removed: ${by}. Switch it off instead: ${
      subject === "panel" ? "PATCH it with" : "PUT it with"
    } {"enabled": false}.`,
  }),
  order_not_placed: ({ order }) => ({
    status: 409,
    message: `Order ${quoted(order)} has no id at its provider yet, so nothing can be asked of it there. Try again in some minutes.`,
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
  webhook_not_found: ({ webhook }) => ({
    status: 404,
    message: `There is no webhook ${quoted(webhook)} in this panel. \`GET /v1/webhooks\` lists those there are.`,
  }),
  keys_full: ({ most }) => ({
    status: 409,
    message: `A panel's key makes no more than ${most} keys of its panel, and this one has them. DELETE one that nobody needs; the operator may make more.`,
  }),
  webhooks_full: ({ most }) => ({
    status: 409,
    message: `A panel has at most ${most} webhooks, and this one has them. Change one by PATCH, or DELETE one that nobody needs.`,
  }),
  webhook_unreadable: ({ webhook }) => ({
    status: 409,
    message: `What webhook ${quoted(webhook)} keeps secret cannot be opened: the secret ENCRYPTION_KEYS is another one than it was sealed under. Have the operator set it to what it was, or rotate the webhook's secret, and then set its headers.`,
  }),
  webhook_off: ({ webhook, off }) => ({
    status: 409,
    message:
      off === "webhook"
        ? `Webhook ${quoted(webhook)} is switched off, so nothing would be sent; \`disabled_reason\` says why. PATCH it with {"enabled": true}: it goes on from its place at once. With \`after\` beside that it goes back.`
        : `The panel of webhook ${quoted(webhook)} is switched off, so nothing would be sent. PATCH the panel with {"enabled": true}, then send this again.`,
  }),
  webhook_tests_used_up: () => ({
    status: 429,
    message:
      "Ten tests of this webhook, or of the panel's together, were sent within a minute, or the panel has used up its tests of the UTC day. Wait a minute before the next one.",
    headers: RETRY_LATER,
  }),
  alert_not_found: ({ id }) => ({
    status: 404,
    message: `There is no alert ${quoted(id)}. \`GET /v1/alerts\` lists those there are.`,
  }),
  alert_channel_not_found: ({ channel }) => ({
    status: 404,
    message: `There is no alert channel ${quoted(channel)}. \`GET /v1/alert-channels\` lists those there are.`,
  }),
  alert_channels_full: ({ most }) => ({
    status: 409,
    message: `There are ${most} alert channels, and there can be no more. Change one by PUT, or DELETE one that nobody reads.`,
  }),
  alert_channel_unreadable: ({ channel }) => ({
    status: 409,
    message: `What alert channel ${quoted(channel)} keeps secret cannot be opened: the secret ENCRYPTION_KEYS is another one than it was sealed under. Set that to what it was, or PUT the channel with all its secrets.`,
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
    message: `${quoted(method)} is not possible here. Use ${allowed.join(" or ")}.`,
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
  loop_detected: () => ({
    status: 508,
    message: "The request has come by panelsync several times. A provider's URL leads back to this Worker; set it to the provider's own.",
  }),
  sealing_off: ({ problem }) => ({
    status: 503,
    message: `Nothing was saved: a secret would stand in the database in plain text, since ${describeKeysProblem(problem)}. Make one and set it by \`${MAKE_ENCRYPTION_KEYS}\`, then send this again.`,
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

/** Why an order stays, and what to do instead. */
const IN_USE: Readonly<Record<RemovalProblem, string>> = {
  bought: "it was bought here, and the provider has it. Request a cancel by `POST /v1/orders/{id}/cancel`.",
  part: "it is a part of another order, which brings it back. Remove that one.",
  posted: "a refund of it was posted. Take that back by `POST /v1/orders/{id}/clawbacks`; the order stays on record.",
  waiting: "a refund of it waits. Reject that first (`GET /v1/refunds?order=` has its id), then remove the order.",
  told: "the panel's script was told how it ended. Put the panel right by hand; the order stays on record.",
  requested: "a refill or a cancel of it was requested of its provider. It stays on record.",
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

/** `order`: the panel's own; null where another panel has it. */
function heldAs(order: string | null): string {
  return order === null ? "not this panel's" : `registered as order ${quoted(order)}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}

/** D1 could not be reached or is overloaded, as against refusing what it was told. */
export function isDatabaseTrouble(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("D1_") && !error.message.includes("SQLITE_CONSTRAINT");
}
