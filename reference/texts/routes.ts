/**
 * What the documents say of each route beside what its row in src/http/routes.ts says already. The compiler asks for all
 * of them, so a new route begins with a text here.
 */
import type { FailureCode } from "../../src/http/kit/errors.ts";
import type { RouteName } from "../../src/http/routes.ts";

/** The chapters, in the order of the page. */
export const CHAPTERS = {
  Orders: "Register the orders that a panel has placed at a provider, read them, and ask for help with one.",
  "Change feed": "All that happens, numbered. A backend that keeps `next_after` misses nothing.",
  Webhooks: "The change feed, sent to a panel's backend.",
  Refunds: "What was returned, what waits for a person, and decisions by hand.",
  Accounts: "Customers' balances, for panels whose `money` is `ledger`.",
  Reports: "Figures over a period.",
  "API v2":
    "For panel scripts. Amounts are told as the provider writes them: compare `0.981` and `0.98100` as numbers. docs/api-v2/reference.md in the repository has every error text.",
  Browsers: "Tokens with which customers' browsers read their own orders.",
  Keys: "Who may what.",
  Panels: "The operator's panels and resellers.",
  Providers: "Where orders are delivered, and how they are called.",
  "Refund policies": "How refunds are decided, for a provider or one of its services.",
  Catalogue: "Services that the operator sells under own ids, names and prices.",
  Operations: "What the operator looks at when something is wrong.",
  Public: "For anyone, without a key.",
} as const;

export type Chapter = keyof typeof CHAPTERS;

export type RouteText = {
  readonly chapter: Chapter;
  /** A line without a full stop. */
  readonly summary: string;
  /** What else a caller has to know; "" for nothing. */
  readonly text: string;
  /** The headings of docs/requests.md under which the body's fields stand; `part` names those of a part of it. */
  readonly body?: readonly (string | { readonly part: string; readonly heading: string })[];
  /** Likewise those of the query's parameters. */
  readonly query?: readonly string[];
  /** Errors that come from what the route does. Those of keys, bodies, queries and the platform are added by rule. */
  readonly errors: readonly FailureCode[];
  /** Its answer has an `ETag`, and is 304 when it is as it was; of some routes, where a browser's token asks. */
  readonly revalidates?: true | "for browsers";
  /** Parameters that are a text where an operator asks about all panels. */
  readonly textOverAll?: readonly string[];
  /** It reads the body by itself, whatever its form is. */
  readonly anyBody?: string;
  /** Its answer is CSV where the request wants it. */
  readonly csv?: true;
};

const POLICY = { body: ["A refund policy"], errors: ["provider_not_found"] } as const;
const MONEY = ["order_not_found", "order_contended", "operators_money", "no_charge", "insufficient_balance"] as const;
const REFILL_CANCEL = ["order_not_found", "order_not_placed", "order_gave_way", "not_offered", "order_contended"] as const;

export const ROUTE_TEXTS: { readonly [N in RouteName]: RouteText } = {
  "POST /v1/orders": {
    chapter: "Orders",
    summary: "Register orders",
    text: "Takes one order, or an array of up to 1,000, each on its own. The same order again is no mistake: one is answered 200 instead of 201, in an array its `result` is `exists`.",
    body: ["An order"],
    query: ["Other parameters"],
    errors: ["order_conflict", "provider_order_conflict", "insufficient_balance", "order_contended", "share_used_up"],
  },
  "GET /v1/orders": {
    chapter: "Orders",
    summary: "List orders",
    text: "Newest first, by any of the filters. With `ids` it reads those orders instead, and takes no other parameter. With `count=status` it says how many the filters find, by status, and looks at 10,000 orders at most: those of the filter's index, or the newest; with more, `at_least` is true. Each is a row read, so ask when the filter changes, and seldom after that. A reseller may not filter by what is the supplier's. A browser's token for a customer lists that customer's orders. `Accept: text/csv` gets a page as CSV.",
    query: ["Lists", "Filters of orders"],
    errors: ["reseller"],
    csv: true,
    revalidates: "for browsers",
  },
  "GET /v1/orders?ids=": {
    chapter: "Orders",
    summary: "Read several orders",
    text: "Up to 100 by their ids. What the panel has no order for is listed in `missing`.",
    query: ["Filters of orders"],
    errors: [],
    revalidates: true,
  },
  "GET /v1/orders?count=": {
    chapter: "Orders",
    summary: "Count orders by status",
    text: "Of the list that the same filters give. It looks at 10,000 orders at most; with more, `at_least` is true.",
    query: ["Filters of orders"],
    errors: ["reseller"],
  },
  "GET /v1/orders/:id": {
    chapter: "Orders",
    summary: "Read an order",
    text: "Answered from the database, whatever its provider does. Poll with `If-None-Match`: 304 has no body.",
    errors: ["order_not_found"],
    revalidates: true,
  },
  "DELETE /v1/orders/:id": {
    chapter: "Orders",
    summary: "Remove a registration made by mistake",
    text: "Only while nothing was posted, told or bought here. Its feed ends with `order.removed`.",
    errors: ["order_not_found", "order_in_use", "order_contended"],
  },
  "GET /v1/orders/:id/changes": {
    chapter: "Orders",
    summary: "Read an order's history",
    text: "Its part of the change feed, oldest first.",
    query: ["Lists"],
    errors: ["order_not_found"],
  },
  "GET /v1/orders/:id/support": {
    chapter: "Orders",
    summary: "Read all that a ticket needs",
    text: "One object to paste into a ticket.",
    errors: ["order_not_found"],
  },
  "POST /v1/orders/:id/check": {
    chapter: "Orders",
    summary: "Poll an order soon",
    text: "Whatever its pace. Those that are asked for in the same minute share a call.",
    errors: ["order_not_found", "share_used_up", "queue_unavailable"],
  },
  "POST /v1/orders/:id/refill": {
    chapter: "Orders",
    summary: "Request a refill",
    text: "Recorded at once, and sent to the provider by the queue. Twice is as once. The outcome comes as `refill.updated`.",
    errors: [...REFILL_CANCEL, "not_refillable", "refill_too_late"],
  },
  "POST /v1/orders/:id/cancel": {
    chapter: "Orders",
    summary: "Request a cancel",
    text: "Recorded at once, and sent to the provider by the queue. Twice is as once. Requested is not granted: money follows the order's status.",
    errors: [...REFILL_CANCEL, "not_cancelable"],
  },
  "POST /v1/orders/:id/settle": {
    chapter: "Orders",
    summary: "Settle an order whose placement could not be confirmed",
    text: "For orders with the flag `placing_unknown`: say under which id the provider has the order, or that it does not have it. Dropped, its charge is returned.",
    body: ["A settlement"],
    errors: [
      ...(["order_not_found", "order_settled", "order_placing", "order_gave_way", "order_contended"] as const),
      ...(["provider_order_conflict", "provider_order_taken", "operators_money"] as const),
    ],
  },
  "POST /v1/orders/:id/dismiss": {
    chapter: "Orders",
    summary: "Dismiss a flag",
    text: "The flag comes back only with a new reason. On an order that was bought from your catalogue on an account here, `over_refunded`, `completed_with_remains` and `canceled_after_delivery` are the operator's to dismiss.",
    body: ["A dismissal"],
    errors: ["order_not_found", "operators_money", "order_contended"],
  },
  "POST /v1/providers/:id/adopt": {
    chapter: "Orders",
    summary: "Follow orders that are open at a provider",
    text: "For switching a panel over: bare ids of its open orders. They are asked about within the provider's calls. No refund follows from them here, since their charge is not known.",
    body: ["Orders to adopt"],
    errors: ["provider_not_found", "share_used_up"],
  },
  "GET /v1/changes": {
    chapter: "Change feed",
    summary: "Read what has changed",
    text: "Keep `next_after` together with what you did about the changes. Credit a customer what the order's `refunded` is above the total that you have credited.",
    query: ["The change feed"],
    errors: ["changes_archived", "too_many_feeds"],
    textOverAll: ["after"],
  },
  "GET /v1/webhooks": { chapter: "Webhooks", summary: "List webhooks", text: "", query: ["Lists"], errors: [] },
  "POST /v1/webhooks": {
    chapter: "Webhooks",
    summary: "Make a webhook",
    text: "It begins with what changes from now on. The answer is the only place where its secret is shown, beside that of a rotation. A panel has at most 10.",
    body: ["A webhook"],
    errors: ["webhooks_full", "sealing_off"],
  },
  "GET /v1/webhooks/:id": {
    chapter: "Webhooks",
    summary: "Read a webhook",
    text: "With its place in the feed, how far it is behind, and when it is tried again.",
    errors: ["webhook_not_found"],
  },
  "PATCH /v1/webhooks/:id": {
    chapter: "Webhooks",
    summary: "Change a webhook",
    text: "Fields that are left out keep their value. `enabled` false is a pause: its place in the feed stays. `after` skips ahead or goes back.",
    body: ["A webhook"],
    errors: ["webhook_not_found", "webhook_unreadable", "settings_contended", "sealing_off", "changes_archived"],
  },
  "DELETE /v1/webhooks/:id": {
    chapter: "Webhooks",
    summary: "End a webhook",
    text: "Nothing is sent to it any more. Its deliveries are forgotten.",
    errors: ["webhook_not_found"],
  },
  "POST /v1/webhooks/:id/rotate": {
    chapter: "Webhooks",
    summary: "Replace a webhook's secret",
    text: "For 24 hours both secrets sign, so that a receiver can change over without losing one.",
    errors: ["webhook_not_found", "settings_contended", "sealing_off"],
  },
  "POST /v1/webhooks/:id/test": {
    chapter: "Webhooks",
    summary: "Send a test",
    text: "A signed delivery without changes, sent at once. Ten a minute; by a panel's key, of all its webhooks together.",
    errors: ["webhook_not_found", "webhook_unreadable", "webhook_tests_used_up"],
  },
  "POST /v1/webhooks/:id/replay": {
    chapter: "Webhooks",
    summary: "Send changes again",
    text: "Goes back to a place in the feed and sends what follows, in new deliveries. A webhook that is off is refused: switch it on first.",
    body: ["A replay of a webhook"],
    errors: ["webhook_not_found", "webhook_off", "settings_contended", "changes_archived"],
  },
  "GET /v1/webhooks/:id/deliveries": {
    chapter: "Webhooks",
    summary: "List deliveries",
    text: "The last 100 attempts, newest first.",
    query: ["Lists"],
    errors: ["webhook_not_found"],
  },
  "GET /v1/refunds": {
    chapter: "Refunds",
    summary: "List refunds",
    text: "Those of the newest order first. `?status=held` is what waits for a person. `Accept: text/csv` gets a page as CSV.",
    query: ["Lists", "Filters of refunds"],
    errors: [],
    csv: true,
  },
  "POST /v1/refunds/:id/approve": {
    chapter: "Refunds",
    summary: "Approve a refund that waits",
    text: "Posts it, or another amount in its place. The same again is as once; with another amount it is refused. `Panel` names the one panel of the refund, as the list over all panels shows it.",
    body: ["An approval"],
    errors: [
      ...(["refund_not_found", "refund_decided", "operators_money", "order_contended"] as const),
      ...(["no_charge", "above_charge", "insufficient_balance"] as const),
    ],
  },
  "POST /v1/refunds/:id/reject": {
    chapter: "Refunds",
    summary: "Reject a refund that waits",
    text: "The same amount due again opens nothing. Twice is as once.",
    body: ["A rejection"],
    errors: ["refund_not_found", "refund_decided", "operators_money", "order_contended", "insufficient_balance"],
  },
  "POST /v1/orders/:id/refunds": {
    chapter: "Refunds",
    summary: "Refund by hand",
    text: "Goodwill, within the charge. It counts: a later report posts that much less.",
    body: ["A refund or claw-back"],
    errors: [...MONEY, "above_charge"],
  },
  "POST /v1/orders/:id/clawbacks": {
    chapter: "Refunds",
    summary: "Take a refund back",
    text: "Shown as a refund of a negative amount. Refunds that wait stay as they are.",
    body: ["A refund or claw-back"],
    errors: [...MONEY, "above_refunded"],
  },
  "GET /v1/customers": {
    chapter: "Accounts",
    summary: "List accounts",
    text: "Each with its balance, by currency and customer.",
    query: ["Lists"],
    errors: ["no_ledger"],
  },
  "GET /v1/customers/:id/balance": {
    chapter: "Accounts",
    summary: "Read a balance",
    text: "",
    query: ["Other parameters"],
    errors: ["no_ledger", "customer_not_found"],
  },
  "GET /v1/customers/:id/entries": {
    chapter: "Accounts",
    summary: "List what moved a balance",
    text: "Newest first. `Accept: text/csv` gets a page as CSV.",
    query: ["Lists", "Other parameters"],
    csv: true,
    errors: ["no_ledger", "customer_not_found"],
  },
  "POST /v1/customers/:id/credits": {
    chapter: "Accounts",
    summary: "Credit an account",
    text: "Money that the customer has paid in. A new customer's account begins with it. Only the operator credits `@panel`.",
    body: ["A credit or debit"],
    query: ["Other parameters"],
    errors: ["no_ledger", "operators_money", "account_contended"],
  },
  "POST /v1/customers/:id/debits": {
    chapter: "Accounts",
    summary: "Take a mistaken credit back",
    text: "Never more than the account holds.",
    body: ["A credit or debit"],
    query: ["Other parameters"],
    errors: ["no_ledger", "operators_money", "account_contended", "customer_not_found", "overdrawn"],
  },
  "GET /v1/reports/reconciliation": {
    chapter: "Reports",
    summary: "Compare refunds to customers with refunds from providers",
    text: "",
    query: ["The reconciliation report"],
    errors: [],
    csv: true,
  },
  "GET /v1/reports/days": {
    chapter: "Reports",
    summary: "What each day or hour came to",
    text: "Over all panels: how orders ended, what was refunded, how polling providers went. Orders and refunds are counted three times an hour, calls with each poll. What nobody looked at is null, which is not zero. Hours of calls are kept for three days, all else for 190.",
    query: ["The report on days"],
    errors: [],
  },
  "GET /v1/reports/services": {
    chapter: "Reports",
    summary: "How services did, and how long they took",
    text: "Of all panels' orders that ended in the period, beside the period of the same length before it. History is made three times an hour.",
    query: ["The report on services"],
    errors: [],
  },
  "POST /v1/tokens": {
    chapter: "Browsers",
    summary: "Make a token for a browser",
    text: "For backends that do not sign by themselves. A panel without a token secret gets one.",
    body: ["A token"],
    errors: ["sealing_off", "token_secret_unreadable"],
  },
  "GET /v1/panels/:id/crons": {
    chapter: "Panels",
    summary: "List the crons of a panel's script",
    text: "In their own order, each with its last 20 calls, newest first. A URL is shown as a hint, since it often has a key in it.",
    errors: ["panel_not_found", "reseller"],
  },
  "PUT /v1/panels/:id/crons": {
    chapter: "Panels",
    summary: "Set the crons of a panel's script",
    text: "URLs that are called by `GET` every so many minutes, in the place of a cron on the panel's server. The list takes the place of the one before; one that stays keeps its calls. Only 2xx is a success, and redirects are not followed.",
    body: ["A panel's crons"],
    errors: ["panel_not_found", "reseller", "sealing_off"],
  },
  "POST /v1/panels/:id/token-secret": {
    chapter: "Browsers",
    summary: "Make a new token secret",
    text: "The secret is in this answer only. Every token that was made before ends.",
    errors: ["panel_not_found", "sealing_off"],
  },
  "GET /v1/me": {
    chapter: "Keys",
    summary: "Ask whose key was sent",
    text: "The first thing to try with a new key.",
    errors: [],
  },
  "GET /v1/keys": {
    chapter: "Keys",
    summary: "List keys",
    text: "An operator sees all of them, or with the header `Panel` those of one panel; a panel's key those of its own.",
    query: ["Lists", "Other parameters"],
    errors: [],
  },
  "POST /v1/keys": {
    chapter: "Keys",
    summary: "Make a key",
    text: "The key is in this answer only; panelsync keeps its hash. A panel's key makes keys of its own panel, up to 100, with no scope that it lacks itself. An operator names the panel by `panel` or by the header `Panel`; without either, the key is an operator's.",
    body: ["A key"],
    errors: ["scope_above_own", "panel_not_found", "keys_full"],
  },
  "DELETE /v1/keys/:id": {
    chapter: "Keys",
    summary: "End a key",
    text: "From now on it opens nothing.",
    errors: ["key_not_found"],
  },
  "GET /v1/panels": { chapter: "Panels", summary: "List panels", text: "", query: ["Lists"], errors: [] },
  "POST /v1/panels": {
    chapter: "Panels",
    summary: "Add a panel",
    text: "The answer has its first key, with every scope, this once.",
    body: ["A panel"],
    errors: ["panel_exists"],
  },
  "GET /v1/panels/:id": { chapter: "Panels", summary: "Read a panel", text: "", errors: ["panel_not_found"] },
  "PATCH /v1/panels/:id": {
    chapter: "Panels",
    summary: "Change a panel",
    text: "What is left out stays. `enabled` false shuts its keys and endpoints at once; its orders are followed to their end.",
    body: ["A panel"],
    errors: ["panel_not_found", "role_needs_ledger", "currency_fixed", "money_fixed", "settings_contended"],
  },
  "DELETE /v1/panels/:id": {
    chapter: "Panels",
    summary: "Remove a panel that nothing ever used",
    text: "",
    errors: ["panel_not_found", "in_use"],
  },
  "POST /v1/panels/:id/unfreeze": {
    chapter: "Panels",
    summary: "End the freeze of a panel's refunds",
    text: "After a ledger mismatch was understood and repaired.",
    errors: ["panel_not_found"],
  },
  "GET /v1/providers": {
    chapter: "Providers",
    summary: "List providers with their health",
    text: "What an engaged brake holds is told with the provider alone.",
    query: ["Lists"],
    errors: [],
  },
  "GET /v1/providers/:id": { chapter: "Providers", summary: "Read a provider with its health", text: "", errors: ["provider_not_found"] },
  "PUT /v1/providers/:id": {
    chapter: "Providers",
    summary: "Add or change a provider",
    text: "201 for a new one. What is left out keeps its value. A probe that fails is no error: `probe.ok` is false, and the provider is switched off unless `enabled` was given.",
    body: ["A provider", { part: "request", heading: "How a provider is called" }, { part: "brake", heading: "A brake's settings" }],
    query: ["Other parameters"],
    errors: ["settings_contended", "sealing_off"],
  },
  "DELETE /v1/providers/:id": {
    chapter: "Providers",
    summary: "Remove a provider that nothing ever used",
    text: "",
    errors: ["provider_not_found", "in_use"],
  },
  "POST /v1/providers/:id/brake": {
    chapter: "Providers",
    summary: "Release or reject what a brake holds",
    text: "Repeat it until `remaining` is 0. With a wrong key at the provider, mend the key and wait: the holds go away by themselves.",
    body: ["What a brake holds"],
    errors: ["provider_not_found"],
  },
  "POST /v1/providers/:id/hook": {
    chapter: "Providers",
    summary: "Make a webhook for a provider",
    text: "The URL is in this answer only: give it to the provider. One that was made before ends.",
    body: ["A provider's webhook", { part: "signature", heading: "A webhook's signature" }],
    errors: ["provider_not_found", "sealing_off"],
  },
  "PUT /v1/providers/:id/hook": {
    chapter: "Providers",
    summary: "Change how a provider's webhook is signed",
    text: "Its URL stays. Some providers tell their secret only once they know the URL.",
    body: ["A provider's webhook", { part: "signature", heading: "A webhook's signature" }],
    errors: ["hook_not_found", "sealing_off"],
  },
  "DELETE /v1/providers/:id/hook": {
    chapter: "Providers",
    summary: "End a provider's webhook",
    text: "",
    errors: ["hook_not_found"],
  },
  "POST /hooks/:provider/:token": {
    chapter: "Providers",
    summary: "Hint at orders that have news",
    text: "For the provider. A hint is never the truth: the orders that it names are polled within seconds. The answer is the same for known and unknown orders, and for a ping without any.",
    anyBody:
      "JSON or a form of up to 128 KiB, with provider's ids in `order`, `orders`, `order_id` or `id`, or in the same below `data`. Where no signature is set, the same fields of the query count, too.",
    errors: ["hook_not_found", "hook_signature", "hook_contended", "body_too_large"],
  },
  "GET /hooks/:provider/:token": {
    chapter: "Providers",
    summary: "Hint at orders in the query",
    text: "For providers that send no body: the same fields stand in the query. Where a signature is set it is refused, since a signature covers a body alone.",
    errors: ["hook_not_found", "hook_signature", "hook_contended", "body_too_large"],
  },
  "GET /v1/providers/:id/services/:service": {
    chapter: "Providers",
    summary: "Read how long a service takes",
    text: "",
    errors: ["provider_not_found"],
  },
  "PUT /v1/providers/:id/services/:service": {
    chapter: "Providers",
    summary: "Set how long a service takes",
    text: "Orders that are there already keep theirs.",
    body: ["A service's times"],
    errors: ["provider_not_found"],
  },
  "GET /v1/providers/:id/refund-policy": {
    chapter: "Refund policies",
    summary: "Read a provider's policy",
    text: "",
    errors: POLICY.errors,
  },
  "PUT /v1/providers/:id/refund-policy": {
    chapter: "Refund policies",
    summary: "Set a provider's policy",
    text: "What is left out is the default.",
    ...POLICY,
  },
  "DELETE /v1/providers/:id/refund-policy": {
    chapter: "Refund policies",
    summary: "Remove a provider's policy",
    text: "Answers the policy that holds from now on.",
    errors: POLICY.errors,
  },
  "GET /v1/providers/:id/services/:service/refund-policy": {
    chapter: "Refund policies",
    summary: "Read a service's policy",
    text: "",
    errors: POLICY.errors,
  },
  "PUT /v1/providers/:id/services/:service/refund-policy": {
    chapter: "Refund policies",
    summary: "Set a service's policy",
    text: "What is left out is the provider's.",
    ...POLICY,
  },
  "DELETE /v1/providers/:id/services/:service/refund-policy": {
    chapter: "Refund policies",
    summary: "Remove a service's policy",
    text: "Answers the policy that holds from now on.",
    errors: POLICY.errors,
  },
  "POST /v1/refund-policies/preview": {
    chapter: "Refund policies",
    summary: "Try a policy",
    text: "Shows what it would make of the provider's orders as they stand. Nothing is written.",
    body: ["A policy to try", { part: "policy", heading: "A refund policy" }],
    errors: ["provider_not_found"],
  },
  "GET /v1/services": { chapter: "Catalogue", summary: "List services", text: "", query: ["Lists"], errors: [] },
  "GET /v1/services/:id": { chapter: "Catalogue", summary: "Read a service", text: "", errors: ["service_not_found"] },
  "PUT /v1/services/:id": {
    chapter: "Catalogue",
    summary: "Add or change a service",
    text: "201 for a new one. Services are never deleted, since orders name them: switch them off.",
    body: ["A service of the catalogue"],
    errors: ["settings_contended"],
  },
  "POST /v1/services/import": {
    chapter: "Catalogue",
    summary: "Import a provider's services",
    text: "Asks the provider for its list. A later import updates rates and bounds, and disables what is gone; your names and descriptions stay.",
    body: ["An import"],
    errors: ["provider_unavailable", "settings_contended"],
  },
  "GET /v1/audit": {
    chapter: "Operations",
    summary: "List who changed which money or setting",
    text: "Newest first. `Accept: text/csv` gets a page as CSV.",
    csv: true,
    query: ["Lists"],
    errors: [],
  },
  "GET /v1/overview": {
    chapter: "Operations",
    summary: "See whether all is right",
    text: "One bounded read: a sentence, what needs a person, how each provider stands, and how much of the day's limits is used. Counts stop at 100.",
    errors: [],
  },
  "GET /v1/alerts": {
    chapter: "Operations",
    summary: "List alerts",
    text: "Newest first. Which kinds there are, and when each opens and closes: docs/alerts.md in the repository.",
    query: ["Lists", "Other parameters"],
    errors: [],
  },
  "POST /v1/alerts/:id/silence": {
    chapter: "Operations",
    summary: "Silence an alert",
    text: "Nothing more is told of its kind and subject until then, but for that it is over. A time that has passed ends a silence.",
    body: ["A silence"],
    errors: ["alert_not_found"],
  },
  "GET /v1/alert-channels": {
    chapter: "Operations",
    summary: "List alert channels",
    text: "By id. Secrets are shown as hints.",
    query: ["Lists"],
    errors: [],
  },
  "GET /v1/alert-channels/:id": {
    chapter: "Operations",
    summary: "Read an alert channel",
    text: "Secrets are shown as hints.",
    errors: ["alert_channel_not_found"],
  },
  "PUT /v1/alert-channels/:id": {
    chapter: "Operations",
    summary: "Add an alert channel, or set it anew",
    text: "Secrets that are left out stay as they are; any other field that is left out has its default. There are ten channels at most.",
    body: ["An alert channel", { part: "quiet_hours", heading: "Quiet hours" }],
    errors: ["alert_channels_full", "settings_contended", "sealing_off"],
  },
  "DELETE /v1/alert-channels/:id": {
    chapter: "Operations",
    summary: "End an alert channel",
    text: "What it was still to be told is dropped.",
    errors: ["alert_channel_not_found"],
  },
  "POST /v1/alert-channels/:id/test": {
    chapter: "Operations",
    summary: "Send a test to an alert channel",
    text: "At once, whatever its quiet hours are.",
    errors: ["alert_channel_not_found", "alert_channel_unreadable"],
  },
  "GET /v1/dead-letters": {
    chapter: "Operations",
    summary: "List messages that failed",
    text: "Newest first.",
    query: ["Lists"],
    errors: [],
  },
  "POST /v1/dead-letters/:id/replay": {
    chapter: "Operations",
    summary: "Send a failed message again",
    text: "Every message can be handled twice.",
    body: ["A replay"],
    errors: ["dead_letter_not_found", "already_replayed", "queue_unavailable"],
  },
  "GET /healthz": {
    chapter: "Public",
    summary: "Ask whether orders are being followed",
    text: "For uptime monitors, which look at the code: 200 is `ok`, 503 `degraded` or `stalled`. Unknown parameters are passed over.",
    errors: [],
  },
  "GET /v1/status/:panel": {
    chapter: "Public",
    summary: "Read whether a panel's orders are followed",
    text: "For the panel's customers, where the operator has set `public_status`. It names no provider. `/status/{panel}` shows it as a page.",
    errors: ["status_not_found"],
    revalidates: true,
  },
  "GET /v1/statuses": {
    chapter: "Public",
    summary: "Read texts for customers",
    text: "Each status and each flag that means something to customers: what it means, and what to do.",
    query: ["Other parameters"],
    errors: [],
    revalidates: true,
  },
};

/** What a part of a path names, by what stands before it. */
export const PATH_TEXTS: Readonly<Record<string, string>> = {
  panels: "The panel's id.",
  status: "The panel's id.",
  webhooks: "The webhook's id.",
  keys: "The key's id, as `GET /v1/keys` lists it. Not the key.",
  providers: "The provider's id.",
  "providers services": "The provider's own id of the service.",
  services: "The service's id in the catalogue.",
  hooks: "The provider's id, or the webhook's token: the URL is given as a whole.",
  orders: "The panel's own id of the order.",
  refunds: "The refund's id, as `GET /v1/refunds` lists it.",
  customers: "The customer; `@panel` for the panel's own account.",
  alerts: "The alert's id, as `GET /v1/alerts` lists it.",
  "alert-channels": "The channel's id, which the operator gives it.",
  "dead-letters": "The message's number, as `GET /v1/dead-letters` lists it.",
};
