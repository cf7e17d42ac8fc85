/**
 * The requests that the documents show, in an order in which each goes well. A new route wants a line here.
 */
import { PROVIDER_KEY, PUBLIC, type Recorder } from "./recorder.ts";

type Panels = {
  readonly shop: { readonly key: string };
  readonly resale: { readonly key: string };
  readonly books: { readonly key: string };
};

export async function play(recorder: Recorder): Promise<void> {
  const panels = await addPanels(recorder);
  await addProvider(recorder);
  await sellServices(recorder);
  await registerOrders(recorder, panels);
  await readOrders(recorder, panels);
  await letBrowsersRead(recorder, panels);
  await takeHints(recorder);
  await sendWebhooks(recorder, panels);
  await decideRefunds(recorder, panels);
  await helpOrders(recorder, panels);
  await moveBalances(recorder, panels);
  await callProviderEndpoint(recorder, panels);
  await callCatalogueEndpoint(recorder, panels);
  await lookAfter(recorder, panels);
  await tidyUp(recorder);
}

async function addPanels(recorder: Recorder): Promise<Panels> {
  const body = { id: "shop", name: "My shop", role: "shop", currency: "USD" };
  const shop = await recorder.show("POST /v1/panels", { body });
  const resale = await recorder.must("POST", "/v1/panels", { id: "resale", role: "reseller", currency: "USD" });
  const books = await recorder.must("POST", "/v1/panels", { id: "books", role: "shop", currency: "USD", money: "ledger" });
  await recorder.show("GET /v1/panels", { query: { limit: "2" } });
  await recorder.show("GET /v1/panels/:id", { params: { id: "shop" } });
  await recorder.show("PATCH /v1/panels/:id", { params: { id: "shop" }, body: { refuse_query_keys: true } });
  const key = { name: "web shop", panel: "shop", scopes: ["read", "write"], expires_at: "2027-11-21T12:00:00Z" };
  const { id } = await recorder.show("POST /v1/keys", { body: key });
  await recorder.show("GET /v1/keys", { query: { panel: "shop" } });
  await recorder.show("GET /v1/me", { as: { key: String(shop["key"]) } });
  await recorder.show("DELETE /v1/keys/:id", { params: { id: String(id) } });
  return { shop: { key: String(shop["key"]) }, resale: { key: String(resale["key"]) }, books: { key: String(books["key"]) } };
}

async function addProvider(recorder: Recorder): Promise<void> {
  const acme = { params: { id: "acme" } };
  const body = { url: "https://provider.example/acme/api/v2", key: PROVIDER_KEY, currency: "USD" };
  await recorder.show("PUT /v1/providers/:id", { ...acme, query: { probe: "true" }, body });
  await recorder.show("GET /v1/providers/:id", acme);
  await recorder.show("GET /v1/providers", { query: { limit: "10" } });
  const likes = { params: { id: "acme", service: "2" } };
  await recorder.show("PUT /v1/providers/:id/services/:service", { ...likes, body: { start_minutes: 60, duration_minutes: 1440 } });
  await recorder.show("GET /v1/providers/:id/services/:service", likes);
  await recorder.show("PUT /v1/providers/:id/services/:service/refund-policy", { ...likes, body: { mode: "hold" } });
  await recorder.show("GET /v1/providers/:id/services/:service/refund-policy", likes);
  await recorder.show("DELETE /v1/providers/:id/services/:service/refund-policy", likes);
}

async function sellServices(recorder: Recorder): Promise<void> {
  const followers = { provider: "acme", service: "1", name: "Followers", rate: "1.20", min: 50, max: 10_000, refill: true, cancel: true };
  await recorder.show("PUT /v1/services/:id", { params: { id: "101" }, body: { ...followers, refill_days: 30 } });
  await recorder.show("GET /v1/services/:id", { params: { id: "101" } });
  await recorder.show("POST /v1/services/import", { body: { provider: "acme", markup: "20" } });
  await recorder.show("GET /v1/services", { query: { limit: "2" } });
}

async function registerOrders(recorder: Recorder, { shop }: Panels): Promise<void> {
  const as = shop;
  const link = "https://example.com/p/1";
  const partial = { id: "1001", provider: "acme", provider_order_id: recorder.placed("partial", 250), quantity: 1000, charge: "0.90" };
  await recorder.show("POST /v1/orders", { as, body: { ...partial, service: "12", link, customer: "ann" } });
  const some = [
    { id: "1002", provider: "acme", provider_order_id: recorder.placed("in_progress", 400), quantity: 1000, charge: "0.90" },
    { ...partial, id: "1003" },
    { id: "1004", provider: "acme", provider_order_id: recorder.placed("completed", 0), quantity: 500, charge: "0.139095" },
  ];
  await recorder.show("POST /v1/orders", { as, title: "Several at once", body: some });
  const canceled = { ...partial, id: "1010", provider_order_id: "22817", status: "canceled", refunded: "0.5" };
  await recorder.show("POST /v1/orders", { as, title: "A dry run", query: { dry_run: "true" }, body: canceled });
  const mistaken = { ...partial, id: "1009", provider_order_id: recorder.placed("pending", null) };
  await recorder.must("POST", "/v1/orders", mistaken, "shop");
  await recorder.show("DELETE /v1/orders/:id", { as, params: { id: "1009" } });
  await recorder.show("POST /v1/providers/:id/adopt", {
    as,
    params: { id: "acme" },
    body: { orders: [recorder.placed("in_progress", 100), recorder.placed("pending", null)] },
  });
  await recorder.show("POST /v1/orders/:id/check", { as, params: { id: "1001" } });
  await recorder.minute("shop", "1001", "1002", "1004");
}

async function readOrders(recorder: Recorder, { shop: as }: Panels): Promise<void> {
  const first = { as, params: { id: "1001" } };
  await recorder.show("GET /v1/orders/:id", first);
  await recorder.show("GET /v1/orders?ids=", { as, query: { ids: "1001,1099" } });
  await recorder.show("GET /v1/orders", { as, query: { status: "partial,canceled", limit: "2" } });
  await recorder.show("GET /v1/orders?count=", { as, query: { count: "status" } });
  await recorder.show("GET /v1/orders/:id/changes", first);
  await recorder.show("GET /v1/orders/:id/support", first);
  await recorder.show("GET /v1/changes", { as, query: { after: "0", limit: "2" } });
  await recorder.show("GET /v1/statuses", { as: "anyone", query: { lang: "en" } });
}

async function letBrowsersRead(recorder: Recorder, { shop: as }: Panels): Promise<void> {
  await recorder.show("POST /v1/panels/:id/token-secret", { as, params: { id: "shop" } });
  const crons = [{ url: "https://shop.example/cron/orders?key=of-the-script", name: "orders", every_minutes: 5 }];
  await recorder.show("PUT /v1/panels/:id/crons", { as, params: { id: "shop" }, body: crons });
  await recorder.show("GET /v1/panels/:id/crons", { as, params: { id: "shop" } });
  await recorder.must("PATCH", "/v1/panels/shop", { public_status: true });
  await recorder.show("GET /v1/status/:panel", { as: "anyone", params: { panel: "shop" } });
  const { token } = await recorder.show("POST /v1/tokens", { as, body: { orders: ["1001"], ttl_seconds: 3600 } });
  const query = { token: String(token), lang: "en" };
  await recorder.show("GET /v1/orders/:id", { as: "anyone", title: "A browser", params: { id: "1001" }, query });
}

async function takeHints(recorder: Recorder): Promise<void> {
  const acme = { params: { id: "acme" } };
  const { url } = await recorder.show("POST /v1/providers/:id/hook", { ...acme, host: PUBLIC });
  const token = String(url).split("/").at(-1) ?? "";
  const hook = { as: "anyone", params: { provider: "acme", token } } as const;
  await recorder.show("POST /hooks/:provider/:token", { ...hook, body: { order: "23501" } });
  await recorder.show("GET /hooks/:provider/:token", { ...hook, query: { order: "23501" } });
  const signature = { scheme: "standard", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
  await recorder.show("PUT /v1/providers/:id/hook", { ...acme, body: { signature } });
  await recorder.show("DELETE /v1/providers/:id/hook", acme);
}

async function sendWebhooks(recorder: Recorder, { shop: as }: Panels): Promise<void> {
  const body = { url: "https://backend.example/panelsync", types: ["order.updated", "refund.posted"], description: "the web shop" };
  const { id } = await recorder.show("POST /v1/webhooks", { as, body });
  const one = { as, params: { id: String(id) } };
  await recorder.show("GET /v1/webhooks", { as });
  await recorder.show("GET /v1/webhooks/:id", one);
  await recorder.show("PATCH /v1/webhooks/:id", { ...one, body: { description: null, types: null } });
  await recorder.show("POST /v1/webhooks/:id/test", one);
  await recorder.show("GET /v1/webhooks/:id/deliveries", { ...one, query: { limit: "2" } });
  await recorder.show("POST /v1/webhooks/:id/replay", { ...one, body: { after: 0 } });
  await recorder.show("POST /v1/webhooks/:id/rotate", one);
  await recorder.show("DELETE /v1/webhooks/:id", one);
}

async function decideRefunds(recorder: Recorder, { shop: as }: Panels): Promise<void> {
  const acme = { params: { id: "acme" } };
  await recorder.show("POST /v1/refund-policies/preview", { body: { provider: "acme", policy: { mode: "hold" } } });
  await recorder.show("PUT /v1/providers/:id/refund-policy", { ...acme, body: { mode: "hold" } });
  await recorder.show("GET /v1/providers/:id/refund-policy", acme);
  const held = ["1005", "1006"].map((id) => {
    return { id, provider: "acme", provider_order_id: recorder.placed("partial", 100), quantity: 1000, charge: "0.90" };
  });
  await recorder.must("POST", "/v1/orders", held, "shop");
  await recorder.minute("shop", "1005", "1006");
  await recorder.show("GET /v1/refunds", { as, query: { status: "held" } });
  await recorder.show("POST /v1/refunds/:id/approve", { as, params: { id: "1005-r1" }, body: { note: "as the provider says" } });
  await recorder.show("POST /v1/refunds/:id/reject", {
    as,
    params: { id: "1006-r1" },
    body: { note: "delivered in full, checked by hand" },
  });
  await recorder.show("DELETE /v1/providers/:id/refund-policy", acme);
  const order = { as, params: { id: "1004" } };
  await recorder.show("POST /v1/orders/:id/refunds", {
    ...order,
    idempotencyKey: "late-1004",
    body: { amount: "0.05", note: "took two days longer" },
  });
  await recorder.show("POST /v1/orders/:id/clawbacks", {
    ...order,
    idempotencyKey: "back-1004",
    body: { amount: "0.01", note: "agreed with the customer" },
  });
}

async function helpOrders(recorder: Recorder, { shop: as }: Panels): Promise<void> {
  await recorder.show("POST /v1/orders/:id/refill", { as, params: { id: "1004" } });
  await recorder.show("POST /v1/orders/:id/cancel", { as, params: { id: "1002" } });
  await recorder.operation.work();
  const short = { id: "1007", provider: "acme", provider_order_id: recorder.placed("completed", 40), quantity: 1000, charge: "0.90" };
  await recorder.must("POST", "/v1/orders", short, "shop");
  await recorder.minute("shop", "1007");
  const body = { flag: "completed_with_remains", note: "the count is right" };
  await recorder.show("POST /v1/orders/:id/dismiss", { as, params: { id: "1007" }, body });
  recorder.breakAdds(true);
  const add = { key: as.key, action: "add", service: "1", link: "https://example.com/p/8", quantity: "1000" };
  await recorder.must("POST", "/api/v2/acme", new URLSearchParams(add).toString());
  recorder.breakAdds(false);
  const [doubtful] = recorder.operation.rows("SELECT id FROM orders WHERE panel = 'shop' AND provider_order_id LIKE 'placing %'");
  const found = { provider_order_id: recorder.newestAtProvider() };
  await recorder.show("POST /v1/orders/:id/settle", { as, params: { id: String(doubtful?.["id"]) }, body: found });
}

async function moveBalances(recorder: Recorder, { books: as }: Panels): Promise<void> {
  const ann = { as, params: { id: "ann" } };
  await recorder.show("POST /v1/customers/:id/credits", {
    ...ann,
    idempotencyKey: "payment-5512",
    body: { amount: "25.00", reference: "payment 5512" },
  });
  await recorder.show("POST /v1/customers/:id/debits", {
    ...ann,
    idempotencyKey: "undo-5512",
    body: { amount: "5.00", reference: "payment 5512 was 20.00" },
  });
  await recorder.show("GET /v1/customers", { as, query: { limit: "2" } });
  await recorder.show("GET /v1/customers/:id/balance", ann);
  await recorder.show("GET /v1/customers/:id/entries", { ...ann, query: { limit: "2" } });
  await recorder.must("POST", "/v1/customers/@panel/credits", { amount: "50" }, "resale");
}

async function callProviderEndpoint(recorder: Recorder, { shop }: Panels): Promise<void> {
  const call = (title: string, fields: Readonly<Record<string, string>>) =>
    recorder.show("POST /api/v2/:id", { as: "anyone", title, params: { id: "acme" }, body: { key: shop.key, ...fields } });
  await call("services", { action: "services" });
  await call("balance", { action: "balance" });
  const fields = { service: "1", link: "https://example.com/p/9", quantity: "1000" };
  const { order } = await call("", { action: "add", ...fields });
  recorder.become(String(order), "processing", 250);
  await recorder.minute("shop", String(order));
  await call("status", { action: "status", order: String(order) });
  await call("status of several", { action: "status", orders: `${String(order)},999999` });
  await call("cancel", { action: "cancel", orders: String(order) });
  recorder.become(String(order), "completed", 0);
  await recorder.minute("shop", String(order));
  const { refill } = await call("refill", { action: "refill", order: String(order) });
  await call("refill_status", { action: "refill_status", refill: String(refill) });
  await call("an error", { action: "status" });
}

async function callCatalogueEndpoint(recorder: Recorder, { resale }: Panels): Promise<void> {
  const call = (title: string, fields: Readonly<Record<string, string>>) =>
    recorder.show("POST /api/v2", { as: "anyone", title, body: { key: resale.key, ...fields } });
  await call("services", { action: "services" });
  await call("balance", { action: "balance" });
  const { order } = await call("", { action: "add", service: "101", link: "https://example.com/p/10", quantity: "1000" });
  recorder.become(recorder.newestAtProvider(), "pending", 1000);
  await recorder.minute("resale", String(order));
  await call("status", { action: "status", order: String(order) });
  await call("cancel", { action: "cancel", orders: String(order) });
  await call("an error", { action: "add", service: "7", link: "https://example.com/p/10", quantity: "1000" });
}

async function lookAfter(recorder: Recorder, { shop: as }: Panels): Promise<void> {
  recorder.operation.rows(
    "INSERT INTO order_hours (hour, completed, partial, canceled, refunds, counted_at) VALUES (498684, 41, 3, 1, 4, 1795266120000)",
  );
  recorder.operation.rows("INSERT INTO refund_hours (hour, currency, refunds, amount, taken_back) VALUES (498684, 'USD', 4, 1225000, 0)");
  await recorder.show("GET /v1/reports/days", { query: { by: "day", from: "2026-11-20", to: "2026-12-01" } });
  await recorder.show("GET /v1/reports/services", { query: { from: "2026-11-01", to: "2026-12-01" } });
  await recorder.show("GET /v1/reports/reconciliation", { as, query: { from: "2026-11-01", to: "2026-12-01" } });
  await recorder.show("POST /v1/providers/:id/brake", { params: { id: "acme" }, body: { action: "release" } });
  recorder.operation.rows("UPDATE panels SET frozen_at = 1795262400000, frozen_because = 'the sums differ' WHERE id = 'books'");
  await recorder.show("POST /v1/panels/:id/unfreeze", { params: { id: "books" } });
  await recorder.operation.bury({ v: 1, kind: "check", orders: [["shop", 1]] });
  await watchOver(recorder);
  await recorder.show("GET /v1/dead-letters");
  await recorder.show("POST /v1/dead-letters/:id/replay", { params: { id: "1" } });
  await recorder.show("GET /v1/audit", { query: { limit: "2" } });
  const { operation } = recorder;
  await recorder.minute("shop");
  operation.rows(`UPDATE ticks SET minute = ${Math.floor(operation.now / 60_000)}, at = ${operation.now}`);
  await recorder.show("GET /healthz", { as: "anyone" });
}

async function watchOver(recorder: Recorder): Promise<void> {
  const phone = { params: { id: "phone" } };
  const chat = { type: "ntfy", url: "https://ntfy.example.net/panelsync-3f9a", kinds: ["provider_down", "brake_engaged", "refunds_held"] };
  const night = { from: "23:00", to: "07:00", timezone: "Europe/Berlin" };
  await recorder.show("PUT /v1/alert-channels/:id", { ...phone, body: { ...chat, quiet_hours: night } });
  await recorder.show("GET /v1/alert-channels/:id", phone);
  await recorder.show("GET /v1/alert-channels");
  await recorder.show("POST /v1/alert-channels/:id/test", phone);
  const opened = `INSERT INTO alerts (kind, subject, text, count, bad, good, opened_at, reminders, looked_at)
    VALUES ('dead_letters', '', '1 queue message failed for good, so its work was not done.', 1, 1, 0, ${recorder.operation.now}, 0, ${recorder.operation.now})`;
  recorder.operation.rows(opened);
  await recorder.show("GET /v1/alerts", { query: { open: "true" } });
  await recorder.show("POST /v1/alerts/:id/silence", { params: { id: "1" }, body: { until: "2026-11-22T08:00:00Z" } });
  await recorder.show("GET /v1/overview");
  await recorder.show("DELETE /v1/alert-channels/:id", phone);
}

async function tidyUp(recorder: Recorder): Promise<void> {
  await recorder.must("POST", "/v1/panels", { id: "mistake", role: "shop", currency: "USD" });
  await recorder.show("DELETE /v1/panels/:id", { params: { id: "mistake" } });
  await recorder.must("PUT", "/v1/providers/mistake", { url: "https://provider.example/mistake/api/v2", key: PROVIDER_KEY });
  await recorder.show("DELETE /v1/providers/:id", { params: { id: "mistake" } });
}
