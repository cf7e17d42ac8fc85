/**
 * Providers as the operator keeps them over HTTP, and the probe of one.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { ADMIN, codeOf, order, paths } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { World } from "../world/world.ts";

const world = new World();
let key = "";

beforeAll(async () => {
  await migrate();
  key = await world.panel("alpha");
  await world.provider("acme");
  await world.post("/v1/orders", key, order("1"));
});

describe("providers", () => {
  it("a new one is answered as shown, with its health, and never its key", async () => {
    const answer = await world.ask("PUT", "/v1/providers/whole", { body: { url: "https://whole.example/api/v2", key: "secret-key-9876" } });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: "whole",
      name: null,
      url: "https://whole.example/api/v2",
      key_hint: "9876",
      currency: null,
      panels: null,
      batch_size: 100,
      max_calls_per_minute: null,
      timeout_ms: 15_000,
      enabled: true,
      settle_hours: 72,
      low_balance: null,
      status_words: {},
      request: {
        method: "POST",
        encoding: "form",
        trailing_slash: false,
        user_agent: null,
        idempotency_field: null,
        fields: { key: "key", action: "action", order: "order", orders: "orders", service: "service" },
        actions: {
          services: "services",
          add: "add",
          status: "status",
          refill: "refill",
          refill_status: "refill_status",
          cancel: "cancel",
          balance: "balance",
        },
        cancel_one: false,
      },
      brake: { share: 0.66, min_orders: 20, engaged_at: null, panels: [], evidence: null, held: { count: 0, amount: "0", amounts: {} } },
      created_at: "2026-11-21T12:00:00.000Z",
      updated_at: "2026-11-21T12:00:00.000Z",
      health: {
        circuit: "closed",
        last_success_at: null,
        last_error: null,
        consecutive_failures: 0,
        retry_at: null,
        many: "unknown",
        learned_batch_size: 100,
        active_orders: 0,
        calls_today: 0,
        stretch: 1,
        balance: null,
        balance_currency: null,
        balance_at: null,
        runs_out_at: null,
        unread_orders: [],
        unknown_words: {},
        unknown_word_examples: {},
      },
    });
    expect(answer.text).not.toContain("secret-key");
    expect((await world.get("/v1/providers/whole")).json).toEqual(answer.json);
  });

  it("a change keeps what it leaves out, takes all there is to set, and null sets back", async () => {
    const settings = {
      name: "Acme",
      currency: "EUR",
      panels: ["alpha"],
      batch_size: 50,
      max_calls_per_minute: 60,
      timeout_ms: 5000,
      enabled: false,
      status_words: { "Wait-ing": "processing" },
      request: { method: "GET", user_agent: "Mozilla/5.0", fields: { key: "api_token" } },
      brake: { share: 0.3, min_orders: 20 },
    };
    await world.provider("keeps", settings);
    const before = (await world.get("/v1/providers/keeps")).json;
    expect(before).toMatchObject({
      ...settings,
      status_words: { waiting: "processing" },
      request: { method: "GET", encoding: "form", fields: { key: "api_token", order: "order" } },
    });
    world.now += 1000;
    const after = (await world.ask("PUT", "/v1/providers/keeps", { body: { name: null } })).json;
    expect(after).toEqual({ ...before, name: null, updated_at: "2026-11-21T12:00:01.000Z" });
    const back = (
      await world.ask("PUT", "/v1/providers/keeps", {
        body: { currency: null, panels: null, max_calls_per_minute: null, brake: null, request: {} },
      })
    ).json;
    expect(back).toMatchObject({
      currency: null,
      panels: null,
      max_calls_per_minute: null,
      brake: null,
      request: { method: "POST", fields: { key: "key" } },
      batch_size: 50,
    });
    world.now = NOW;
  });

  it("what was learned is forgotten when calls will look different, and only then; every change is noticed by sweeps", async () => {
    await world.provider("learned", { request: {} });
    const learned = {
      many: "no",
      learned_batch_size: 7,
      failures: 4,
      retry_at: NOW,
      last_success_at: NOW - 5,
      calls_today: 9,
      marks: "[]",
    };
    const forgotten = { ...learned, many: "unknown", learned_batch_size: 100, failures: 0, retry_at: null };
    const versions = async () => {
      const [row] = await rows("SELECT * FROM providers WHERE id = 'learned'");
      return row as Record<string, number>;
    };
    for (const [change, expected, settingsStep] of [
      [{ name: "x", batch_size: 5, status_words: { a: "error" } }, learned, 0],
      [{ url: "https://learned.example/api/v2", key: "provider-key-1234", request: { method: "POST" } }, learned, 0],
      [{ url: "https://learned.example/other/v2" }, forgotten, 1],
      [{ url: "https://other.example/api/v2", key: "provider-key-1234" }, forgotten, 1],
      [{ key: "another-key-5678" }, forgotten, 1],
      [{ request: { encoding: "json" } }, forgotten, 1],
    ] as const) {
      await env.DB.prepare(
        "UPDATE providers SET many = 'no', learned_batch_size = 7, failures = 4, retry_at = ?1, last_success_at = ?1 - 5, calls_today = 9 WHERE id = 'learned'",
      )
        .bind(NOW)
        .run();
      const before = await versions();
      expect((await world.ask("PUT", "/v1/providers/learned", { body: change })).status).toBe(200);
      const after = await versions();
      expect(after).toMatchObject({
        ...expected,
        settings_version: (before["settings_version"] ?? 0) + settingsStep,
        state_version: (before["state_version"] ?? 0) + 1,
      });
    }
  });

  it("url and key are required to add one, and only then", async () => {
    const answer = await world.ask("PUT", "/v1/providers/incomplete", { body: { name: "x" } });
    expect([answer.status, paths(answer)]).toEqual([422, ["url", "key"]]);
    expect(codeOf(await world.get("/v1/providers/incomplete"))).toEqual([404, "provider_not_found"]);
  });

  it("of two requests that add one at once, both succeed and one creates", async () => {
    const answers = await Promise.all([world.provider("at-once", { name: "a" }), world.provider("at-once", { name: "a" })]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
  });

  it.each<[Record<string, unknown>, string]>([
    [{ url: "http://acme.example" }, "url"],
    [{ url: "https://127.0.0.1/api" }, "url"],
    [{ url: "https://[::1]/api" }, "url"],
    [{ url: "https://localhost/api" }, "url"],
    [{ url: "https://user:pass@acme.example" }, "url"],
    [{ url: "https://panelsync.example/api/v2" }, "url"],
    [{ url: "nonsense" }, "url"],
    [{ url: 5 }, "url"],
    [{ key: "" }, "key"],
    [{ key: "a\nb" }, "key"],
    [{ batch_size: 0 }, "batch_size"],
    [{ batch_size: 101 }, "batch_size"],
    [{ batch_size: null }, "batch_size"],
    [{ max_calls_per_minute: 0 }, "max_calls_per_minute"],
    [{ timeout_ms: 99 }, "timeout_ms"],
    [{ timeout_ms: 60_001 }, "timeout_ms"],
    [{ enabled: "yes" }, "enabled"],
    [{ panels: "alpha" }, "panels"],
    [{ panels: ["a b"] }, "panels[0]"],
    [{ status_words: { done: "finished" } }, "status_words.done"],
    [{ status_words: { done: "unknown" } }, "status_words.done"],
    [{ status_words: { "": "completed" } }, 'status_words.""'],
    [{ status_words: { done: "completed", "D-one": "error" } }, "status_words.D-one"],
    [{ request: { method: "DELETE" } }, "request.method"],
    [{ request: { user_agent: "a\r\nX-Evil: 1" } }, "request.user_agent"],
    [{ request: { fields: { key: "action" } } }, "request.fields"],
    [{ request: { fields: { secret: "x" } } }, "request.fields.secret"],
    [{ brake: { share: 0, min_orders: 5 } }, "brake.share"],
    [{ brake: { share: 0.5 } }, "brake.min_orders"],
    [{ currency: "usd" }, "currency"],
    [{ api_key: "x" }, "api_key"],
  ])("refuses %j, naming it, and changes nothing", async (change, path) => {
    const [before] = await rows("SELECT * FROM providers WHERE id = 'acme'");
    // From a public host: on the developer's own machine more URLs are right.
    const answer = await world.ask("PUT", "https://panelsync.example/v1/providers/acme", { body: change });
    expect([answer.status, paths(answer)]).toEqual([422, [path]]);
    expect(answer.text).not.toContain("provider-key-1234");
    expect(answer.text).not.toContain("not understood");
    expect((await rows("SELECT * FROM providers WHERE id = 'acme'"))[0]).toEqual(before);
  });

  it("private addresses are taken only by a Worker that is itself served from the developer's own machine", async () => {
    const put = (origin: string, allow: string) => {
      const local = new World({ ALLOW_PRIVATE_URLS: allow });
      const headers = { Authorization: `Bearer ${ADMIN}` };
      const body = JSON.stringify({ url: "http://127.0.0.1:9999/api/v2", key: "k" });
      return local.fetch(new Request(`${origin}/v1/providers/local`, { method: "PUT", headers, body }));
    };
    expect((await put("http://127.0.0.1:8787", "1")).status).toBe(201);
    expect((await put("http://localhost:8787", "1")).json.key_hint).toBe("****");
    expect((await put("http://127.0.0.1:8787", "0")).status).toBe(422);
    expect((await put("https://panelsync.example", "1")).status).toBe(422);
    expect((await put("https://127.0.0.1.panelsync.example", "1")).status).toBe(422);
    expect((await put("http://127.0.0.1:9999", "1")).status).toBe(422);
  });

  it("the balance that is low is an amount, in the audit trail as well", async () => {
    const set = (low_balance: unknown) =>
      world.ask("PUT", "/v1/providers/funds", { body: { url: "https://funds.example/api", key: "secret-key-9876", low_balance } });
    expect((await set("12.50")).json.low_balance).toBe("12.5");
    expect((await set(null)).json.low_balance).toBeNull();
    expect((await world.get("/v1/audit?limit=1")).json.entries[0]).toMatchObject({
      before: { low_balance: "12.5" },
      after: { low_balance: null },
    });
    expect((await set(-1)).status).toBe(422);
  });

  it("health shows the circuit, the last error and the figures of the day", async () => {
    await world.provider("ill");
    await world.post("/v1/orders", key, order("ill-1", { provider: "ill" }));
    await env.DB.prepare(
      `UPDATE providers SET failures = 3, retry_at = ?1, last_success_at = ?2, last_failure_at = ?3, last_failure = '{"code":"http","message":"HTTP 500"}',
       calls_day = ?4, calls_today = 42, unknown_words = '{"Wartend":2}', unread_orders = ?5, clock = '{"minute":1,"position":1000,"stretchPercent":250}' WHERE id = 'ill'`,
    )
      .bind(
        NOW + 60_000,
        NOW - 9000,
        NOW - 1000,
        Math.floor(NOW / 86_400_000),
        JSON.stringify({ shop: { orders: { "7": [NOW - 3_600_000, NOW] }, said: { code: "http", message: "HTTP 500" } } }),
      )
      .run();
    const health = (await world.get("/v1/providers/ill")).json.health;
    expect(health).toEqual({
      circuit: "open",
      last_success_at: "2026-11-21T11:59:51.000Z",
      last_error: { code: "http", message: "HTTP 500", at: "2026-11-21T11:59:59.000Z" },
      consecutive_failures: 3,
      retry_at: "2026-11-21T12:01:00.000Z",
      many: "unknown",
      learned_batch_size: 100,
      active_orders: 1,
      calls_today: 42,
      stretch: 2.5,
      balance: null,
      balance_currency: null,
      balance_at: null,
      runs_out_at: null,
      unread_orders: [
        { panel: "shop", orders: 1, since: "2026-11-21T11:00:00.000Z", asked_at: "2026-11-21T12:00:00.000Z", answer: "HTTP 500" },
      ],
      unknown_words: { Wartend: 2 },
      unknown_word_examples: {},
    });
    world.now = NOW + 86_400_000;
    expect((await world.get("/v1/providers/ill")).json.health).toMatchObject({ circuit: "half_open", calls_today: 0 });
    world.now = NOW;
  });

  it("are listed by id, in pages, without their keys", async () => {
    const first = await world.get("/v1/providers?limit=1");
    expect(first.json.providers.map(({ id }: { id: string }) => id)).toEqual(["acme"]);
    const rest = await world.get(`/v1/providers?cursor=${first.json.next_cursor}`);
    expect(rest.json.providers.length).toBeGreaterThan(2);
    expect(first.text + rest.text).not.toMatch(/provider-key|another-key/);
    expect((await world.get("/v1/providers?enabled=true")).status).toBe(422);
  });
});

describe("a probe", () => {
  /** Answers a call as a provider of the second dialect does. */
  function dialect(calls: Request[]): (request: Request) => Promise<Response> {
    return async (request) => {
      calls.push(request.clone());
      const fields = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()));
      return Response.json(fields.has("api_token") ? { balance: "12.5", currency: "TRY" } : { errors: "Invalid API key" });
    };
  }

  it("finds out the form and the currency, keeps both, and shows what it tried", async () => {
    const calls: Request[] = [];
    const probing = new World();
    probing.ports = { ...probing.ports, fetch: dialect(calls) };
    const answer = await probing.ask("PUT", "/v1/providers/probed?probe=true", {
      body: { url: "https://probed.example/api", key: "secret-key-9876" },
    });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      currency: "TRY",
      request: { fields: { key: "api_token", service: "package" } },
      probe: { ok: true, balance: "12.5", currency: "TRY", error: null },
    });
    expect(answer.json.probe.tried.length).toBe(calls.length);
    expect(answer.text).not.toContain("secret-key");
    expect((await world.get("/v1/providers/probed")).json).toMatchObject({ currency: "TRY", request: { fields: { key: "api_token" } } });
  });

  it("that fails says why, and the settings are saved all the same", async () => {
    const probing = new World();
    probing.ports = { ...probing.ports, fetch: () => Promise.reject(new Error("no route to host")) };
    const answer = await probing.ask("PUT", "/v1/providers/dead?probe=true", {
      body: { url: "https://dead.example/api", key: "secret-key-9876", currency: "USD" },
    });
    expect([answer.status, answer.json.probe.ok, answer.json.probe.error.code]).toEqual([201, false, "network"]);
    expect((await world.get("/v1/providers/dead")).json.currency).toBe("USD");
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ["switches the provider off", {}, false],
    ["leaves it on where the request says so", { enabled: true }, true],
    ["leaves it off where the request says so", { enabled: false }, false],
  ])("that fails %s", async (_, body, enabled) => {
    const probing = new World();
    probing.ports = { ...probing.ports, fetch: async () => Response.json({ error: "Нет" }) };
    const settings = { url: "https://refusing.example/api", key: "secret-key-9876" };
    const added = await probing.ask("PUT", `/v1/providers/added-${String(body["enabled"])}?probe=true`, { body: { ...settings, ...body } });
    expect([added.status, added.json.enabled, added.json.probe.ok, added.json.probe.error.code]).toEqual([201, enabled, false, "refused"]);
    const known = `/v1/providers/known-${String(body["enabled"])}`;
    await world.ask("PUT", known, { body: settings });
    const changed = await probing.ask("PUT", `${known}?probe=true`, { body });
    expect([changed.status, changed.json.enabled, changed.json.probe.ok]).toEqual([200, enabled, false]);
    expect((await world.get(known)).json.enabled).toBe(enabled);
  });

  it("keeps the names of a request's fields and actions, and how cancels go; what is left out is canonical", async () => {
    const body = { url: "https://named.example/api", key: "secret-key-9876" };
    const request = { fields: { key: "api_token", service: "package" }, actions: { services: "packages" }, cancel_one: true };
    const added = await world.ask("PUT", "/v1/providers/named", { body: { ...body, request } });
    expect(added.json.request).toMatchObject({
      ...request,
      method: "POST",
      fields: { ...request.fields, order: "order" },
      actions: { ...request.actions, add: "add" },
    });
    const canonical = await world.ask("PUT", "/v1/providers/named", { body: { request: {} } });
    expect(canonical.json.request).toMatchObject({ fields: { key: "key" }, actions: { services: "services" }, cancel_one: false });
    const double = await world.ask("PUT", "/v1/providers/named", { body: { request: { actions: { services: "add" } } } });
    expect(double.status).toBe(422);
  });

  it("stays within the calls per minute", async () => {
    const calls: Request[] = [];
    const probing = new World();
    probing.ports = { ...probing.ports, fetch: dialect(calls) };
    const body = { url: "https://budget.example/api", key: "secret-key-9876", max_calls_per_minute: 1 };
    expect((await probing.ask("PUT", "/v1/providers/budget?probe=true", { body })).json.probe.ok).toBe(false);
    await probing.ask("PUT", "/v1/providers/budget", { body: { enabled: true } });
    // One that had no call left has found out nothing.
    const second = await probing.ask("PUT", "/v1/providers/budget?probe=true", { body });
    expect(second.json).toMatchObject({ enabled: true, probe: { ok: false } });
    expect(calls).toHaveLength(1);
  });

  it.each(["probe=1", "probe=", "prob=true"])("is not asked for by %s", async (query) => {
    expect((await world.ask("PUT", `/v1/providers/acme?${query}`, { body: {} })).status).toBe(422);
  });
});
