/**
 * What is known of each route: who may ask, and what makes a request of it right. A new route wants a line here.
 */
import * as fc from "fast-check";
import { type PanelFacts, PROVIDERS } from "./operation.ts";

/** What is known of a route: who may ask, and what makes a request of it right. */
export type Recipe = {
  readonly who: "anyone" | "panel" | "operator" | "key";
  /** Ids that it takes; those of the path's first part where none are named. */
  readonly ids?: readonly string[];
  readonly query?: fc.Arbitrary<string>;
  readonly body?: fc.Arbitrary<unknown>;
  /** Moves money by hand, and wants an Idempotency-Key. */
  readonly keyed?: boolean;
  /** Only the operator may do this to what the ids name. */
  readonly asOperator?: boolean;
};

const note = fc.constantFrom("late", "a regular customer");
const amount = fc.constantFrom("0.000001", "0.01", "0.1");
const limits = fc.constantFrom("", "?limit=1", "?limit=100");
const empty = fc.constantFrom<unknown>({}, undefined);

function registration(panel: PanelFacts): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    {
      id: fc.nat(50).map((n) => `new-${n}`),
      provider: fc.constantFrom("acme", "basil", "cedar"),
      provider_order_id: fc.oneof(
        fc.nat(50).map((n) => `p-${n}`),
        fc.nat(9),
      ),
      quantity: fc.integer({ min: 1, max: 5000 }),
      charge: fc.constantFrom("0", "0.9", "0.000001", "1.27819"),
      currency: fc.constant(panel.id === "beta" ? "EUR" : "USD"),
      service: fc.constantFrom("1", "9", "x'y"),
      link: fc.webUrl(),
      customer: fc.constantFrom(...panel.customers.slice(1)),
      placed_at: fc.constant("2026-11-20T12:00:00+02:00"),
      runs: fc.integer({ min: 1, max: 9 }),
      posts: fc.integer({ min: 1, max: 9 }),
      cost: fc.constant("0.123456789"),
      cost_currency: fc.constant("TRY"),
      status: fc.constantFrom("Pending", "In progress", "canceled"),
      refunded: fc.constant("0"),
    },
    {
      requiredKeys: [
        "id",
        "provider",
        "provider_order_id",
        "quantity",
        "charge",
        ...(panel.money === "ledger" ? ["customer" as const] : []),
      ],
    },
  );
}

const providerSettings = fc.record(
  {
    url: fc.constantFrom(...PROVIDERS).map((name) => `http://127.0.0.1:9/${name}/api/v2`),
    key: fc.constantFrom("secret-key-of-somebody-1", "secret-key-of-somebody-2"),
    name: fc.constantFrom("Acme", null),
    currency: fc.constantFrom("USD", null),
    panels: fc.constantFrom(["alpha"], ["alpha", "beta", "gamma"], null),
    batch_size: fc.integer({ min: 1, max: 100 }),
    max_calls_per_minute: fc.constantFrom(1, 60, null),
    timeout_ms: fc.integer({ min: 100, max: 30_000 }),
    enabled: fc.boolean(),
    status_words: fc.constantFrom({ done: "completed" }, { Hazır: "completed", "in-line": "pending" }),
    request: fc.constantFrom({}, { method: "GET", user_agent: "x" }, { encoding: "json", fields: { key: "api_token" } }),
    brake: fc.constantFrom({ share: 0.5, min_orders: 3 }, null),
    low_balance: fc.constantFrom("25", null),
  },
  { requiredKeys: ["url", "key"] },
);

const policy = fc.record(
  {
    mode: fc.constantFrom("auto", "hold"),
    canceled: fc.constantFrom("full", "by_remains"),
    cap: fc.constantFrom("0.5", null),
    delay_minutes: fc.constantFrom(0, 60),
    error_after_hours: fc.constantFrom(6, null),
  },
  { requiredKeys: [] },
);

const service = fc.record(
  {
    provider: fc.constantFrom("acme", "basil"),
    service: fc.constantFrom("1", 7),
    name: fc.constantFrom("Followers", "لایک"),
    category: fc.constant("First"),
    type: fc.constantFrom("Default", "Package", "Custom Comments"),
    description: fc.constantFrom("<b>fast</b>", null),
    rate: fc.constantFrom("0.9", "1234.567891"),
    min: fc.integer({ min: 1, max: 10 }),
    max: fc.integer({ min: 10, max: 100_000 }),
    dripfeed: fc.boolean(),
    refill: fc.boolean(),
    cancel: fc.boolean(),
    refill_days: fc.constantFrom(30, null),
    currency: fc.constantFrom("EUR", null),
    enabled: fc.boolean(),
  },
  { requiredKeys: ["provider", "service", "name", "rate", "min", "max"] },
);

const webhookFields = {
  url: fc.constantFrom("http://127.0.0.1:9/acme/hook", "https://hooks.shop/in?token=x"),
  types: fc.constantFrom(null, ["refund.posted", "order.updated"]),
  description: fc.constantFrom("of the shop", null),
  headers: fc.constantFrom({}, { "X-Token": "1" }),
};
const webhook = fc.record(webhookFields, { requiredKeys: ["url"] });
const webhookChange = fc.record(
  { ...webhookFields, enabled: fc.boolean(), after: fc.constantFrom(0, "1795262400000000") },
  { requiredKeys: ["headers"] },
);

const panelSettings = {
  name: fc.constantFrom("A panel", null),
  currency: fc.constantFrom("USD", "TRY"),
  money: fc.constantFrom("advice", "ledger"),
  role: fc.constantFrom("shop", "reseller"),
  enabled: fc.boolean(),
  credit_limit: fc.constantFrom(null, "0", "12.5"),
  reuse_identical_adds: fc.boolean(),
  refuse_duplicate_links: fc.boolean(),
  refuse_query_keys: fc.boolean(),
  public_status: fc.boolean(),
};

const quietHours = fc.constantFrom({ from: "23:00", to: "07:00", timezone: "Europe/Berlin" }, null);
const alertChannel = fc.oneof(
  fc.record(
    {
      type: fc.constant("telegram"),
      bot_token: fc.constant("123456:AAbbCCddEEffGGhhIIjjKK"),
      chat_id: fc.constant("-100123"),
      quiet_hours: quietHours,
    },
    { requiredKeys: ["type", "bot_token", "chat_id"] },
  ),
  fc.record(
    {
      type: fc.constantFrom("discord", "slack", "ntfy", "webhook"),
      url: fc.constant("http://127.0.0.1:9/alerts/3f9a"),
      kinds: fc.constantFrom(["provider_down", "refunds_held"], null),
      quiet_hours: quietHours,
      enabled: fc.boolean(),
    },
    { requiredKeys: ["type", "url"] },
  ),
);

function listOfOrders({ orders, marker }: PanelFacts): fc.Arbitrary<string> {
  return fc.oneof(
    limits,
    fc.subarray([...orders], { minLength: 1 }).map((ids) => `?ids=${ids.map(encodeURIComponent).join(",")}`),
    fc.constantFrom("?count=status", "?count=status&status=completed,partial&closed=true", "?count=status&flag=refund_held"),
    fc
      .subarray([
        "status=partial,canceled",
        "provider=acme",
        "flag=refund_held",
        "service=1",
        `link=${encodeURIComponent(`https://example.com/${marker}/3`)}`,
        "provider_order_id=2000",
        "placed_after=2026-11-01T00:00:00Z",
        "placed_before=2027-01-01T00:00:00%2B03:00",
        "closed=false",
        "limit=3",
      ])
      .map((parts) => `?${parts.join("&")}`),
  );
}

export const API_V2 = "an API v2 endpoint";

/** What is known of each route. API v2 calls are made by `callOf`. */
export function recipesFor(panel: PanelFacts): Readonly<Record<string, Recipe | typeof API_V2>> {
  const { orders, customers, money } = panel;
  const settle = fc.constantFrom<unknown>({ drop: true }, { provider_order_id: "77001" }, { provider_order_id: 77002, drop: null });
  return {
    "GET /healthz": { who: "anyone" },
    "GET /v1/statuses": { who: "anyone", query: fc.constantFrom("", "?lang=en", "?lang=tr") },
    "GET /v1/status/:panel": { who: "anyone", ids: [panel.id] },
    "GET /v1/me": { who: "key" },
    "GET /v1/keys": { who: "key", query: limits },
    "POST /v1/keys": {
      who: "key",
      body: fc.record(
        {
          name: note,
          panel: fc.constant(panel.id),
          scopes: fc.subarray(["read", "write", "api_v2"], { minLength: 1 }),
          expires_at: fc.constantFrom(null, "2027-01-01T00:00:00Z"),
        },
        { requiredKeys: ["name", "panel"] },
      ),
    },
    "DELETE /v1/keys/:id": { who: "key", ids: [panel.spareKey] },
    "GET /v1/panels": { who: "operator", query: limits },
    "POST /v1/panels": {
      who: "operator",
      body: fc.record({ id: fc.nat(99).map((n) => `panel-${n}`), ...panelSettings }, { requiredKeys: ["id", "role", "currency"] }),
    },
    "GET /v1/panels/:id": { who: "operator" },
    "PATCH /v1/panels/:id": { who: "operator", ids: ["icebound"], body: fc.record(panelSettings, { requiredKeys: [] }) },
    "DELETE /v1/panels/:id": { who: "operator", ids: ["icebound", "panel-1", panel.id] },
    "POST /v1/providers/:id/hook": {
      who: "operator",
      body: fc.constantFrom<unknown>(
        {},
        undefined,
        { signature: null },
        { signature: { scheme: "standard", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } },
        { signature: { scheme: "hmac", secret: "s-1", header: "X-Sign", algorithm: "sha1", encoding: "hex", timestamp_header: "X-Time" } },
      ),
    },
    "PUT /v1/providers/:id/hook": { who: "operator", ids: ["acme"], body: fc.constant({ signature: null }) },
    "DELETE /v1/providers/:id/hook": { who: "operator", ids: ["acme"] },
    "GET /hooks/:provider/:token": { who: "anyone" },
    "POST /hooks/:provider/:token": { who: "anyone" },
    "GET /v1/panels/:id/crons": { who: "key", ids: [panel.id] },
    "PUT /v1/panels/:id/crons": {
      who: "key",
      ids: [panel.id],
      body: fc.constantFrom(
        [],
        [{ url: "http://127.0.0.1:9/cron/a", every_minutes: 1 }],
        [{ url: "http://127.0.0.1:9/b", every_minutes: 60 }],
      ),
    },
    "POST /v1/panels/:id/token-secret": { who: "key", ids: [panel.id], body: empty },
    "POST /v1/tokens": {
      who: "panel",
      body: fc.oneof(
        fc.record({ orders: fc.constantFrom(["1"], ["new-1", "2"]), ttl_seconds: fc.constant(60) }, { requiredKeys: ["orders"] }),
        fc.record({ customer: fc.constantFrom(...panel.customers.slice(1)) }),
      ),
    },
    "POST /v1/panels/:id/unfreeze": { who: "operator", ids: ["icebound", panel.id], body: empty },
    "GET /v1/providers": { who: "operator", query: limits },
    "GET /v1/providers/:id": { who: "operator" },
    "PUT /v1/providers/:id": {
      who: "operator",
      ids: ["acme", "dill", "elder"],
      query: fc.constantFrom("", "?probe=true"),
      body: providerSettings,
    },
    "DELETE /v1/providers/:id": { who: "operator", ids: ["unused", "acme"] },
    "GET /v1/services": { who: "operator", query: limits },
    "POST /v1/services/import": {
      who: "operator",
      body: fc.record(
        { provider: fc.constantFrom("acme", "basil"), markup: fc.constantFrom(25, "12.5"), categories: fc.constant(["Telegram"]) },
        { requiredKeys: ["provider", "markup"] },
      ),
    },
    "GET /v1/services/:id": { who: "operator" },
    "PUT /v1/services/:id": { who: "operator", ids: ["1", "77", "2147483647"], body: service },
    "GET /v1/orders": { who: "panel", query: listOfOrders(panel) },
    "POST /v1/orders": {
      who: "panel",
      query: fc.constantFrom("", "", "?dry_run=true"),
      body: fc.oneof(registration(panel), fc.array(registration(panel), { minLength: 1, maxLength: 6 })),
    },
    "GET /v1/orders/:id": { who: "panel" },
    "DELETE /v1/orders/:id": { who: "panel", ids: [...orders.slice(0, 3), "new-1", "new-2"] },
    "GET /v1/orders/:id/support": { who: "panel" },
    "GET /v1/orders/:id/changes": { who: "panel", query: limits },
    "POST /v1/orders/:id/check": { who: "panel", body: empty },
    "POST /v1/orders/:id/refill": { who: "panel", ids: panel.refillable, body: empty },
    "POST /v1/orders/:id/cancel": { who: "panel", ids: panel.cancelable, body: empty },
    "POST /v1/orders/:id/settle": { who: "panel", ids: panel.doubtful, body: settle },
    "POST /v1/orders/:id/dismiss": {
      who: "panel",
      ids: orders,
      body: fc.record({ flag: fc.constantFrom("stalled", "panel_outdated"), note: fc.constant("seen") }, { requiredKeys: ["flag"] }),
    },
    "GET /v1/changes": { who: "panel", query: fc.constantFrom("", "?limit=5", "?after=1795262400000000", "?after=0&limit=1000") },
    "GET /v1/customers": { who: "panel", query: limits },
    "GET /v1/customers/:id/balance": { who: "panel", query: fc.constantFrom("", "?currency=USD") },
    "GET /v1/customers/:id/entries": { who: "panel", query: limits },
    "POST /v1/customers/:id/credits": {
      who: "panel",
      ids: customers.slice(1),
      keyed: true,
      body: fc.record({ amount, reference: note }, { requiredKeys: ["amount"] }),
    },
    "POST /v1/customers/:id/debits": {
      who: "panel",
      ids: customers.slice(1),
      keyed: true,
      body: fc.record({ amount, reference: note }, { requiredKeys: ["amount"] }),
    },
    "GET /v1/audit": { who: "operator", query: limits },
    "GET /v1/webhooks": { who: "panel", query: limits },
    "POST /v1/webhooks": { who: "panel", body: webhook },
    "GET /v1/webhooks/:id": { who: "panel", ids: panel.webhooks },
    "PATCH /v1/webhooks/:id": { who: "panel", ids: panel.webhooks, body: webhookChange },
    "DELETE /v1/webhooks/:id": { who: "panel", ids: panel.webhooks },
    "POST /v1/webhooks/:id/rotate": { who: "panel", ids: panel.webhooks, body: empty },
    "POST /v1/webhooks/:id/test": { who: "panel", ids: panel.webhooks, body: empty },
    "POST /v1/webhooks/:id/replay": { who: "panel", ids: panel.webhooks, body: fc.constantFrom({ after: 0 }, { after: "1" }) },
    "GET /v1/webhooks/:id/deliveries": { who: "panel", ids: panel.webhooks },
    "GET /v1/refunds": {
      who: "panel",
      query: fc.oneof(
        limits,
        fc.constantFrom("?status=held", "?status=posted", ...orders.slice(0, 3).map((id) => `?order=${encodeURIComponent(id)}`)),
      ),
    },
    "POST /v1/refunds/:id/approve": {
      who: "panel",
      ids: panel.held,
      body: fc.oneof(empty, fc.record({ amount, note }, { requiredKeys: [] })),
    },
    "POST /v1/refunds/:id/reject": { who: "panel", ids: panel.held, body: fc.oneof(empty, fc.record({ note }, { requiredKeys: [] })) },
    "POST /v1/orders/:id/refunds": {
      who: "panel",
      ids: panel.refundable,
      keyed: true,
      asOperator: money === "ledger",
      body: fc.record({ amount, note }),
    },
    "POST /v1/orders/:id/clawbacks": { who: "panel", ids: panel.refunded, keyed: true, body: fc.record({ amount, note }) },
    "POST /v1/providers/:id/brake": {
      who: "operator",
      ids: ["cedar", "acme"],
      body: fc.record({ action: fc.constantFrom("release", "reject") }),
    },
    "GET /v1/providers/:id/services/:service": { who: "operator" },
    "PUT /v1/providers/:id/services/:service": {
      who: "operator",
      body: fc.record({ start_minutes: fc.constantFrom(30, null), duration_minutes: fc.constant(600) }, { requiredKeys: [] }),
    },
    "POST /v1/providers/:id/adopt": {
      who: "panel",
      ids: ["acme"],
      body: fc.record({ orders: fc.array(fc.constantFrom<unknown>("880001", 880002, "A-880003"), { minLength: 1, maxLength: 4 }) }),
    },
    "GET /v1/providers/:id/refund-policy": { who: "operator" },
    "PUT /v1/providers/:id/refund-policy": { who: "operator", body: policy },
    "DELETE /v1/providers/:id/refund-policy": { who: "operator" },
    "GET /v1/providers/:id/services/:service/refund-policy": { who: "operator" },
    "PUT /v1/providers/:id/services/:service/refund-policy": { who: "operator", body: policy },
    "DELETE /v1/providers/:id/services/:service/refund-policy": { who: "operator" },
    "POST /v1/refund-policies/preview": {
      who: "operator",
      body: fc.record({ provider: fc.constantFrom(...PROVIDERS), service: fc.constantFrom("1", null), policy }),
    },
    "GET /v1/reports/reconciliation": {
      who: "panel",
      query: fc.constantFrom(
        "?from=2026-11-01&to=2026-12-01",
        "?from=2026-11-20T00:00:00Z&to=2026-11-23T00:00:00Z&format=csv",
        "?from=2026-11-01&to=2026-12-01&rate=EUR:USD:1.1",
      ),
    },
    "GET /v1/reports/days": { who: "operator", query: fc.constantFrom("", "?by=hour", "?from=2026-11-01&to=2026-12-01", "?to=2026-11-22") },
    "GET /v1/reports/services": { who: "operator", query: fc.constantFrom("", "?from=2026-11-01&to=2026-12-01", "?to=2026-11-22") },
    "GET /v1/dead-letters": { who: "operator", query: limits },
    "POST /v1/dead-letters/:id/replay": { who: "operator", ids: ["1"], body: fc.constantFrom<unknown>({}, { again: true }, undefined) },
    "GET /v1/overview": { who: "operator" },
    "GET /v1/alerts": { who: "operator", query: fc.constantFrom("", "?open=true", "?open=false&kind=provider_down", "?limit=1") },
    "POST /v1/alerts/:id/silence": { who: "operator", ids: ["1", "2"], body: fc.constant({ until: "2026-11-30T00:00:00Z" }) },
    "GET /v1/alert-channels": { who: "operator", query: limits },
    "GET /v1/alert-channels/:id": { who: "operator", ids: ["phone"] },
    "PUT /v1/alert-channels/:id": { who: "operator", ids: ["phone", "desk"], body: alertChannel },
    "DELETE /v1/alert-channels/:id": { who: "operator", ids: ["desk"] },
    "POST /v1/alert-channels/:id/test": { who: "operator", ids: ["phone"], body: empty },
    "GET /api/v2": API_V2,
    "POST /api/v2": API_V2,
    "GET /api/v2/:id": API_V2,
    "POST /api/v2/:id": API_V2,
  };
}
