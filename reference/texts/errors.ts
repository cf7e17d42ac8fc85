/**
 * What each error of the HTTP API means and what to do about it. Status and message are made by src/http/kit/errors.ts
 * from the samples here.
 */
import type { Failure, FailureCode } from "../../src/http/kit/errors.ts";

type Of<C extends FailureCode> = Extract<Failure, { readonly code: C }>;

export type ErrorText<C extends FailureCode = FailureCode> = {
  readonly means: string;
  readonly toDo: string;
  /** Facts as they may be; one for each HTTP status that the error can have. */
  readonly samples: readonly [Of<C>, ...Of<C>[]];
};

/** The compiler asks for each code of the union. */
export const ERROR_TEXTS: { readonly [C in FailureCode]: ErrorText<C> } = {
  unauthorized: {
    means: "The request has no key, or one that is not known here.",
    toDo: "Send `Authorization: Bearer <key>` with the whole key. A key that was ended stays unknown: have a new one made.",
    samples: [{ code: "unauthorized", why: "no_key" }],
  },
  key_expired: {
    means: "The key's `expires_at` has passed.",
    toDo: "Make a new key by `POST /v1/keys`.",
    samples: [{ code: "key_expired", at: "2026-11-20T12:00:00.000Z" }],
  },
  too_many_keys: {
    means: "Many wrong keys came from this address within a minute.",
    toDo: "Wait as long as `Retry-After` says, then send the right key.",
    samples: [{ code: "too_many_keys" }],
  },
  admin_disabled: {
    means: "The secret `ADMIN_TOKEN` is missing, too short or can be guessed, so it opens nothing.",
    toDo: "Set a good one with `npx wrangler secret put ADMIN_TOKEN`.",
    samples: [{ code: "admin_disabled", problem: { code: "missing" } }],
  },
  forbidden: {
    means: "The key is good, and may not do this: it lacks the scope, or the route is the operator's.",
    toDo: "Send a key that has the scope. The message names it.",
    samples: [{ code: "forbidden", scope: "money" }],
  },
  panel_disabled: {
    means: "The panel is switched off, and its keys with it.",
    toDo: "The operator sends `PATCH /v1/panels/{id}` with `enabled` true.",
    samples: [{ code: "panel_disabled", panel: "shop" }],
  },
  token_invalid: {
    means: "The browser's token cannot be read. The message says what is wrong with it.",
    toDo: "Make it as the chapter Browsers shows: a JWT with HS256, signed with the panel's token secret.",
    samples: [{ code: "token_invalid", problem: "is not a JWT" }],
  },
  token_expired: {
    means: "The browser's token has ended.",
    toDo: "The page asks the panel's backend for a new one.",
    samples: [{ code: "token_expired", at: "2026-11-20T12:00:00.000Z" }],
  },
  token_foreign: {
    means: "The token was signed with another secret, or the panel's token secret was replaced since.",
    toDo: "Sign with the secret that `POST /v1/panels/{id}/token-secret` answered last.",
    samples: [{ code: "token_foreign" }],
  },
  token_forbidden: {
    means: "A browser's token reads the orders that it names, and nothing else.",
    toDo: "Ask by the panel's backend, with a key.",
    samples: [{ code: "token_forbidden" }],
  },
  token_secret_unreadable: {
    means: "The panel's token secret was sealed with other `ENCRYPTION_KEYS`.",
    toDo: "Set them to what they were, or make a new secret by `POST /v1/panels/{id}/token-secret`.",
    samples: [{ code: "token_secret_unreadable", panel: "shop" }],
  },
  another_panel: {
    means:
      "A panel's key acts for its own panel only, and the request names another; or an operator's header `Panel` names another than the request.",
    toDo: "Leave the `Panel` header out, or name the same panel.",
    samples: [{ code: "another_panel" }],
  },
  reseller: {
    means: "A reseller buys from the operator's catalogue. This is for shops.",
    toDo: "Ask the operator, who decides refunds and credits the account.",
    samples: [{ code: "reseller", panel: "resale" }],
  },
  scope_above_own: {
    means: "A key was to be made that may do more than its maker.",
    toDo: "Leave those scopes out, or ask the operator for the key.",
    samples: [{ code: "scope_above_own", scopes: ["money"] }],
  },
  operators_money: {
    means: "The order was paid from an account here, so the operator moves its money.",
    toDo: "The operator sends the request, with a header `Panel: <id>`.",
    samples: [{ code: "operators_money", subject: "this order" }],
  },
  panel_required: {
    means: "An operator's key acts for no panel by itself.",
    toDo: "Name the panel in a header `Panel: <id>`.",
    samples: [{ code: "panel_required" }],
  },
  not_over_all_panels: {
    means: "The header `Panel: *` names all panels, and this route is for one, or for none.",
    toDo: "Name one panel, or leave the header out.",
    samples: [{ code: "not_over_all_panels" }],
  },
  too_many_feeds: {
    means: "More panels have changes than one `next_after` has places for.",
    toDo: "Read each panel's feed by itself, with a header `Panel: <id>`.",
    samples: [{ code: "too_many_feeds", most: 100 }],
  },
  status_not_found: {
    means: "No panel with this id shows its status. Whether there is such a panel, this does not say.",
    toDo: "The operator switches it on by the panel's `public_status`.",
    samples: [{ code: "status_not_found", panel: "shop-2" }],
  },
  changes_archived: {
    means:
      "Changes after the number that was asked for have left the feed for the archive. Nothing is skipped silently: refunds may be among them.",
    toDo: "Read them in the archive, or compare each order's `refunded` with what was credited. Then go on from the number that the answer names.",
    samples: [{ code: "changes_archived", after: 1_793_534_400_000_005 }],
  },
  panel_not_found: {
    means: "There is no panel with this id.",
    toDo: "`GET /v1/panels` lists those there are.",
    samples: [{ code: "panel_not_found", panel: "shop-2" }],
  },
  key_not_found: {
    means: "There is no key with this id that the caller manages.",
    toDo: "`GET /v1/keys` lists them.",
    samples: [{ code: "key_not_found", key: "5f1a" }],
  },
  provider_not_found: {
    means: "There is no provider with this id, or the panel may not use it.",
    toDo: "`GET /v1/providers` lists those there are, each with its `panels`.",
    samples: [{ code: "provider_not_found", provider: "acme-2" }],
  },
  hook_not_found: {
    means: "The provider has no webhook, or the token in the path is not its own.",
    toDo: "Make one by `POST /v1/providers/{id}/hook`, and give its URL to the provider.",
    samples: [{ code: "hook_not_found", provider: "acme" }],
  },
  hook_signature: {
    means: "The webhook's signature is missing, wrong, too old, or was used before; or a signed webhook named orders in its query alone.",
    toDo: "Sign the body as it was set for the webhook. Clocks may differ by 5 minutes. What a query says is not signed.",
    samples: [{ code: "hook_signature", provider: "acme", why: "refused" }],
  },
  webhook_not_found: {
    means: "The panel has no webhook of this id.",
    toDo: "`GET /v1/webhooks` lists those there are.",
    samples: [{ code: "webhook_not_found", webhook: "wh_1" }],
  },
  webhooks_full: {
    means: "The panel has as many webhooks as it may.",
    toDo: "Change one of them, or delete one that nobody needs.",
    samples: [{ code: "webhooks_full", most: 10 }],
  },
  webhook_unreadable: {
    means: "The webhook's secret cannot be opened: it is sealed under a key that `ENCRYPTION_KEYS` does not have.",
    toDo: "Have the operator set the secret to what it was. Or rotate the webhook's secret, and set its headers again.",
    samples: [{ code: "webhook_unreadable", webhook: "wh_1" }],
  },
  webhook_off: {
    means: "The webhook, or its panel, is switched off, so a replay would send nothing.",
    toDo: "PATCH it with `enabled` true; with `after` beside that it goes back to an earlier number.",
    samples: [{ code: "webhook_off", webhook: "wh_1", off: "webhook" }],
  },
  keys_full: {
    means: "A panel's key was to make a key, and the panel has 100.",
    toDo: "End a key that nobody needs.",
    samples: [{ code: "keys_full", most: 100 }],
  },
  webhook_tests_used_up: {
    means:
      "Ten tests of the webhook, or of the panel's webhooks together, were sent within a minute, or the panel has used up its tests of the UTC day.",
    toDo: "Wait as long as `Retry-After` says.",
    samples: [{ code: "webhook_tests_used_up" }],
  },
  hook_contended: {
    means: "Too many webhooks of the provider came at the same moments.",
    toDo: "Send it again after `Retry-After`.",
    samples: [{ code: "hook_contended", provider: "acme" }],
  },
  service_not_found: {
    means: "The catalogue has no service with this id.",
    toDo: "`GET /v1/services` lists those there are.",
    samples: [{ code: "service_not_found", service: "77" }],
  },
  order_not_found: {
    means:
      "The panel has no order with this id. Another panel's order does not exist either, nor one that a browser's token does not name.",
    toDo: "Send the panel's own id. Register the order first by `POST /v1/orders`.",
    samples: [{ code: "order_not_found", order: "1002" }],
  },
  customer_not_found: {
    means: "The customer has no account in this currency.",
    toDo: "An account begins with its first credit or charge. Name another currency by `?currency=`.",
    samples: [{ code: "customer_not_found", customer: "bob", currency: "USD" }],
  },
  refund_not_found: {
    means: "The panel has no refund with this id.",
    toDo: "`GET /v1/refunds` lists them.",
    samples: [{ code: "refund_not_found", refund: "1001-r2" }],
  },
  dead_letter_not_found: {
    means: "There is no failed message with this id.",
    toDo: "`GET /v1/dead-letters` lists those there are.",
    samples: [{ code: "dead_letter_not_found", id: "7" }],
  },
  panel_exists: {
    means: "A panel has this id already.",
    toDo: "Choose another id, or change that panel by `PATCH`.",
    samples: [{ code: "panel_exists", panel: "shop" }],
  },
  currency_fixed: {
    means: "The panel has orders, so its currency stays.",
    toDo: "Name the currency in each order, or add a second panel.",
    samples: [{ code: "currency_fixed", panel: "shop" }],
  },
  money_fixed: {
    means: "The panel has orders or accounts, so who credits its customers stays.",
    toDo: "Add a second panel with the other mode.",
    samples: [{ code: "money_fixed", panel: "shop" }],
  },
  role_needs_ledger: {
    means: "A reseller pays from an account here, and this panel keeps its balances itself.",
    toDo: "Make another panel with the role `reseller`.",
    samples: [{ code: "role_needs_ledger", panel: "shop" }],
  },
  settings_contended: {
    means: "Others changed the same settings at the same moments. Nothing was done.",
    toDo: "Send the request again.",
    samples: [{ code: "settings_contended", subject: "acme" }],
  },
  no_ledger: {
    means: "The panel keeps its customers' balances itself, so it has no accounts here.",
    toDo: "Keep to the panel's own books. A panel without orders can be changed to `ledger`.",
    samples: [{ code: "no_ledger", panel: "shop" }],
  },
  account_contended: {
    means: "Other transfers moved the same account at the same moments. Nothing was posted.",
    toDo: "Send the request again with the same `Idempotency-Key`.",
    samples: [{ code: "account_contended", customer: "ann" }],
  },
  idempotency_key_reused: {
    means: "The `Idempotency-Key` belongs to another request: method, path or body differ.",
    toDo: "Repeat that request as it was, or send this one under a new key.",
    samples: [{ code: "idempotency_key_reused", key: "late-1001" }],
  },
  provider_unavailable: {
    means: "The provider was needed and did not help: 502 if it was asked, 503 if it could not be asked now.",
    toDo: "Read the message and the provider's health at `GET /v1/providers/{id}`, then send the request again.",
    samples: [
      { code: "provider_unavailable", provider: "acme", asked: true, problem: "It answered with a page instead of JSON." },
      { code: "provider_unavailable", provider: "acme", asked: false, problem: "Its calls of this minute are used up." },
    ],
  },
  order_conflict: {
    means: "The id is registered with other content.",
    toDo: "Send the order as it was, or under another id. `details.fields` names what differs.",
    samples: [{ code: "order_conflict", order: "1001", fields: ["charge"] }],
  },
  provider_order_conflict: {
    means: "The provider's order is an order here already. One delivery cannot be two orders: it would be refunded twice.",
    toDo: "Check `provider_order_id`.",
    samples: [{ code: "provider_order_conflict", provider: "acme", providerOrder: "23501", order: "1001" }],
  },
  provider_order_taken: {
    means: "The provider's order is another panel's.",
    toDo: "Look at the provider for the one with this order's link and time.",
    samples: [{ code: "provider_order_taken", provider: "acme", providerOrder: "23501" }],
  },
  insufficient_balance: {
    means: "The account does not hold what the order costs.",
    toDo: "Credit it by `POST /v1/customers/{id}/credits`, or have the panel's `credit_limit` raised; then send this again.",
    samples: [{ code: "insufficient_balance", customer: "ann", balance: "0.5", needed: "0.9", currency: "USD" }],
  },
  overdrawn: {
    means: "More was to be taken back than the account holds.",
    toDo: "Take back at most what is left of it.",
    samples: [{ code: "overdrawn", customer: "ann", balance: "4.1", amount: "5", currency: "USD" }],
  },
  order_contended: {
    means: "Others changed the order, or registered the same, at the same moments. Nothing was done.",
    toDo: "Send the request again.",
    samples: [{ code: "order_contended", order: "1001" }],
  },
  order_settled: {
    means: "The order is no longer in doubt: it was settled otherwise.",
    toDo: "Read the order. Nothing needs to be done.",
    samples: [{ code: "order_settled", order: "2000000007", as: "23507" }],
  },
  order_placing: {
    means: "The order is just being placed at its provider.",
    toDo: "Wait two minutes. If it gets the flag `placing_unknown`, settle it then.",
    samples: [{ code: "order_placing", order: "2000000007" }],
  },
  order_in_use: {
    means: "The order cannot be removed. The message says what stands in the way.",
    toDo: "Do what the message says, or leave the order on record.",
    samples: [{ code: "order_in_use", order: "1001", why: "posted" }],
  },
  in_use: {
    means: "Something uses the panel or provider, so it is not removed.",
    toDo: "Switch it off with `enabled` false.",
    samples: [{ code: "in_use", subject: "provider", id: "acme", by: "it has orders" }],
  },
  order_not_placed: {
    means: "The order has no id at its provider yet, so nothing can be asked of it there.",
    toDo: "Try again in some minutes.",
    samples: [{ code: "order_not_placed", order: "2000000007" }],
  },
  order_gave_way: {
    means: "The provider's order that it named is one that was placed here.",
    toDo: "Look for the order's own id at the provider, and register it under another id here.",
    samples: [{ code: "order_gave_way", order: "1001" }],
  },
  not_offered: {
    means: "The service was sold without this.",
    toDo: "Look at `refill` and `cancel` of the service.",
    samples: [{ code: "not_offered", order: "17", request: "refill" }],
  },
  not_refillable: {
    means: "A refill comes after delivery, and the order has not come so far.",
    toDo: "Ask once the order is completed or partial.",
    samples: [{ code: "not_refillable", order: "1001", status: "pending" }],
  },
  refill_too_late: {
    means: "The service promises refills for some days, and they are over.",
    toDo: "Nothing. `refill.until` of an order tells the time in advance.",
    samples: [{ code: "refill_too_late", order: "1001", until: "2026-10-21T12:00:00.000Z" }],
  },
  not_cancelable: {
    means: "The order has ended.",
    toDo: "Nothing: there is nothing left to cancel.",
    samples: [{ code: "not_cancelable", order: "1001", status: "completed" }],
  },
  refund_decided: {
    means: "The refund was decided otherwise before.",
    toDo: "A decision is not taken back. Post goodwill by `POST /v1/orders/{id}/refunds`, or a claw-back.",
    samples: [{ code: "refund_decided", refund: "1001-r1", status: "posted", amount: "0.225", by: "panel:shop" }],
  },
  above_charge: {
    means: "Net refunds stay within the charge, and this amount would exceed it.",
    toDo: "Send at most what the message says.",
    samples: [{ code: "above_charge", most: "0.675", held: "0" }],
  },
  above_refunded: {
    means: "More was to be taken back than was refunded.",
    toDo: "Send at most what the message says.",
    samples: [{ code: "above_refunded", most: "0.225" }],
  },
  no_charge: {
    means: "The order has no charge here, so no amount of it can be refunded.",
    toDo: "Where the provider's word waits, decide about it without an `amount`.",
    samples: [{ code: "no_charge", order: "23501" }],
  },
  already_replayed: {
    means: "The message was sent again before.",
    toDo: "Send `again` true to send it once more.",
    samples: [{ code: "already_replayed", id: "1", at: "2026-11-20T12:00:00.000Z" }],
  },
  alert_not_found: {
    means: "There is no alert of this id, or it has not opened.",
    toDo: "List the alerts.",
    samples: [{ code: "alert_not_found", id: "7" }],
  },
  alert_channel_not_found: {
    means: "There is no alert channel of this id.",
    toDo: "List the channels.",
    samples: [{ code: "alert_channel_not_found", channel: "phone" }],
  },
  alert_channels_full: {
    means: "There are as many alert channels as there may be.",
    toDo: "Change one, or end one that nobody reads.",
    samples: [{ code: "alert_channels_full", most: 10 }],
  },
  alert_channel_unreadable: {
    means: "The channel's secrets were sealed under a key that `ENCRYPTION_KEYS` does not have any more.",
    toDo: "Set `ENCRYPTION_KEYS` to what it was, or set the channel anew with all its secrets.",
    samples: [{ code: "alert_channel_unreadable", channel: "phone" }],
  },
  route_not_found: {
    means: "Nothing answers at this path.",
    toDo: "Check the path.",
    samples: [{ code: "route_not_found", path: "/v1/order" }],
  },
  method_not_allowed: {
    means: "The path exists, and takes other methods. `Allow` lists them.",
    toDo: "Use one of those.",
    samples: [{ code: "method_not_allowed", method: "PUT", allowed: ["GET", "HEAD", "POST"] }],
  },
  invalid_path: {
    means: "The path's percent-encoding is broken.",
    toDo: "Encode ids with `rawurlencode` or `encodeURIComponent`.",
    samples: [{ code: "invalid_path", path: "/v1/orders/%E0" }],
  },
  body_too_large: {
    means: "The body is longer than 1 MiB.",
    toDo: "Send it in parts.",
    samples: [{ code: "body_too_large", limitBytes: 1_048_576 }],
  },
  invalid_json: {
    means: "The body is empty, or no JSON in UTF-8.",
    toDo: "Send JSON. In PHP: `json_encode($body)`.",
    samples: [{ code: "invalid_json", problem: "it is cut off or has a syntax error." }],
  },
  invalid_request: {
    means: "A field, parameter or header is missing, unknown or has a wrong form.",
    toDo: "`details.fields` names each, with what it must be. Nothing was done.",
    samples: [{ code: "invalid_request", fields: [{ path: "charge", message: "is required" }] }],
  },
  loop_detected: {
    means: "A provider's URL leads back to this Worker.",
    toDo: "Set the provider's `url` to the provider's own.",
    samples: [{ code: "loop_detected" }],
  },
  sealing_off: {
    means: "Without `ENCRYPTION_KEYS` a secret would stand in the database in plain text, so nothing was saved.",
    toDo: "Set the secret as the message says, then send this again.",
    samples: [{ code: "sealing_off", problem: { code: "missing" } }],
  },
  share_used_up: {
    means: "The panel's share of this minute or this UTC day is used up. Nothing was done.",
    toDo: "Wait as long as `Retry-After` says, or send smaller parts.",
    samples: [{ code: "share_used_up", kind: "registration", retryAfterSeconds: 30 }],
  },
  queue_unavailable: {
    means: "The queue takes no more messages just now. Orders are still checked at their own pace.",
    toDo: "Wait as long as `Retry-After` says. A daily quota begins anew at 00:00 UTC.",
    samples: [{ code: "queue_unavailable" }],
  },
  database_unavailable: {
    means: "The database did not answer.",
    toDo: "Send the request again after `Retry-After`; one that moves money, with the same `Idempotency-Key`.",
    samples: [{ code: "database_unavailable" }],
  },
  internal_error: {
    means: "Something went wrong in panelsync.",
    toDo: "Report it with the `Request-Id`. The log has it under that number.",
    samples: [{ code: "internal_error", requestId: "9e2f0c41d7a85b36e0147cf2" }],
  },
};
