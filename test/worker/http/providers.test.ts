/**
 * The HTTP door: who may pass, what the operator keeps there, and what becomes of requests that are none.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { recordDeadLetters } from "../../../src/store/operations/dead-letters.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { ADMIN, codeOf, order, paths } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { failingDb } from "../world/faulty-database.ts";
import { World } from "../world/world.ts";

const world = new World();
let key = "";

beforeAll(async () => {
  await migrate();
  key = await world.panel("alpha");
  await world.provider("acme");
  await world.post("/v1/orders", key, order("1"));
});

const ADMIN_ROUTES = [
  ["GET", "/v1/panels"],
  ["POST", "/v1/panels"],
  ["GET", "/v1/panels/alpha"],
  ["PATCH", "/v1/panels/alpha"],
  ["GET", "/v1/providers"],
  ["GET", "/v1/providers/acme"],
  ["PUT", "/v1/providers/acme"],
  ["GET", "/v1/dead-letters"],
  ["POST", "/v1/dead-letters/1/replay"],
] as const;

const PANEL_ROUTES = [
  ["GET", "/v1/orders"],
  ["GET", "/v1/orders?ids=1"],
  ["POST", "/v1/orders"],
  ["GET", "/v1/orders/1"],
  ["GET", "/v1/orders/1/changes"],
  ["POST", "/v1/orders/1/check"],
  ["GET", "/v1/changes"],
  ["GET", "/v1/refunds"],
] as const;

describe("who asks", () => {
  it.each([...ADMIN_ROUTES, ...PANEL_ROUTES])("%s %s is closed to anybody without a key, and with a wrong one", async (method, path) => {
    for (const wrong of [null, "nonsense", "ps_0123456789", `${ADMIN}x`, ADMIN.slice(0, -1)]) {
      const answer = await world.ask(method, path, { key: wrong });
      expect(codeOf(answer)).toEqual([401, "unauthorized"]);
      expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer/);
    }
  });

  it.each(["", "Bearer", "Bearer ", `Basic ${ADMIN}`, ADMIN, `Bearer ${ADMIN} ${ADMIN}`, `Bearer ${"x".repeat(5000)}`])(
    "Authorization: %s is no key",
    async (header) => {
      expect((await world.get("/v1/panels", { key: null, headers: { Authorization: header } })).status).toBe(401);
    },
  );

  it("the scheme's letters may be of either case", async () => {
    expect((await world.get("/v1/panels", { key: null, headers: { Authorization: `bearer ${ADMIN}` } })).status).toBe(200);
  });

  it.each(ADMIN_ROUTES)("%s %s is the operator's, not a panel's", async (method, path) => {
    expect(codeOf(await world.ask(method, path, { key }))).toEqual([403, "forbidden"]);
  });

  it.each(PANEL_ROUTES)("%s %s: the operator names the panel it acts for", async (method, path) => {
    expect(codeOf(await world.ask(method, path))).toEqual([422, "panel_required"]);
    const bodied = path === "/v1/orders" && method === "POST" ? { body: order("1") } : {};
    expect(codeOf(await world.ask(method, path, { panel: "nobody", ...bodied }))).toEqual([404, "panel_not_found"]);
    expect((await world.ask(method, path, { panel: "alpha", ...bodied })).status).toBeLessThan(300);
  });

  it.each([undefined, "", "fifteen-letters"])("with ADMIN_TOKEN %s the operator's access is off, and says so", async (token) => {
    const unset = new World({ ADMIN_TOKEN: token as string });
    for (const tried of [token || "undefined", ADMIN, "x"])
      expect(codeOf(await unset.get("/v1/panels", { key: tried }))).toEqual([503, "admin_disabled"]);
    expect((await unset.get("/v1/orders/1", { key })).status).toBe(200);
    expect((await unset.get("/v1/orders/1", { key: null })).status).toBe(401);
  });

  it("every read of a panel's takes one round trip to D1, the key check included", async () => {
    for (const path of ["/v1/orders/1", "/v1/orders?ids=1,2", "/v1/changes", "/v1/refunds", "/v1/orders/1/changes"]) {
      for (const ask of [{ key }, { panel: "alpha" }, { key: "ps_unknown" }]) {
        const { db, usage } = metered(env.DB);
        await new World({ DB: db }).get(path, ask);
        expect({ path, d1_calls: usage().d1_calls }).toEqual({ path, d1_calls: 1 });
      }
    }
  });

  it("what cannot be a key is refused without asking the database", async () => {
    const offline = new World({ DB: failingDb("must not be asked") });
    for (const wrong of [null, "nonsense", `ps_${"x".repeat(500)}`])
      expect((await offline.get("/v1/orders/1", { key: wrong })).status).toBe(401);
  });
});

describe("panels", () => {
  it("a new one is answered with its key, which is kept as a hash alone", async () => {
    const answer = await world.ask("POST", "/v1/panels", { body: { id: "fresh", name: "Fresh Panel", currency: "USDT", money: "ledger" } });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: "fresh",
      name: "Fresh Panel",
      currency: "USDT",
      money: "ledger",
      allow_credit: false,
      reuse_identical_adds: true,
      refuse_duplicate_links: false,
      frozen: null,
      created_at: "2026-11-21T12:00:00.000Z",
      key: expect.stringMatching(/^ps_[0-9a-f]{48}$/),
    });
    const [row] = await rows("SELECT * FROM panels WHERE id = 'fresh'");
    expect(JSON.stringify(row)).not.toContain(answer.json.key);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(answer.json.key)));
    expect(row?.["key_hash"]).toBe([...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    const { key: _, ...shown } = answer.json;
    expect((await world.get("/v1/panels/fresh")).json).toEqual(shown);
    expect((await world.get("/v1/orders", { key: answer.json.key })).json.orders).toEqual([]);
  });

  it("keys are drawn anew for each panel", async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, (_, i) => world.panel(`drawn-${i}`)));
    expect(new Set(keys).size).toBe(5);
  });

  it("one that exists is a conflict, and stays as it is", async () => {
    const answer = await world.ask("POST", "/v1/panels", { body: { id: "alpha", currency: "EUR" } });
    expect(codeOf(answer)).toEqual([409, "panel_exists"]);
    expect((await world.get("/v1/panels/alpha")).json).toMatchObject({ currency: "USD", name: null, money: "advice" });
    expect((await world.get("/v1/orders/1", { key })).status).toBe(200);
  });

  it("a change keeps what it leaves out", async () => {
    await world.ask("POST", "/v1/panels", { body: { id: "change", name: "Before", currency: "USD" } });
    expect((await world.ask("PATCH", "/v1/panels/change", { body: { money: "ledger" } })).json).toMatchObject({
      name: "Before",
      money: "ledger",
      currency: "USD",
    });
    expect((await world.ask("PATCH", "/v1/panels/change", { body: { name: null, currency: "EUR" } })).json).toMatchObject({
      name: null,
      money: "ledger",
      currency: "EUR",
    });
    expect((await world.ask("PATCH", "/v1/panels/change", { body: {} })).status).toBe(200);
  });

  it("the currency stays once there are orders", async () => {
    expect(codeOf(await world.ask("PATCH", "/v1/panels/alpha", { body: { currency: "EUR", name: "new" } }))).toEqual([
      409,
      "currency_fixed",
    ]);
    expect((await world.ask("PATCH", "/v1/panels/alpha", { body: { currency: "USD", name: "Alpha" } })).json).toMatchObject({
      currency: "USD",
      name: "Alpha",
    });
    expect(codeOf(await world.ask("PATCH", "/v1/panels/nobody", { body: { name: "x" } }))).toEqual([404, "panel_not_found"]);
  });

  it.each<[unknown, string[]]>([
    [{}, ["id", "currency"]],
    [{ id: "a b", currency: "USD" }, ["id"]],
    [{ id: "../x", currency: "USD" }, ["id"]],
    [{ id: "ok", currency: "$" }, ["currency"]],
    [{ id: "ok", currency: "USD", money: "gold" }, ["money"]],
    [{ id: "ok", currency: "USD", name: "" }, ["name"]],
    [{ id: "ok", currency: "USD", key: "ps_mine" }, ["key"]],
    [[], [""]],
  ])("refuses %j, naming what is wrong", async (body, expected) => {
    const answer = await world.ask("POST", "/v1/panels", { body });
    expect([answer.status, paths(answer)]).toEqual([422, expected]);
  });

  it("are listed by id, in pages", async () => {
    const first = await world.get("/v1/panels?limit=2");
    expect(first.json.panels).toHaveLength(2);
    const rest = await world.get(`/v1/panels?limit=100&cursor=${first.json.next_cursor}`);
    const ids = [...first.json.panels, ...rest.json.panels].map(({ id }: { id: string }) => id);
    expect(ids).toEqual(ids.toSorted());
    expect(ids).toContain("alpha");
    expect(rest.json).toMatchObject({ has_more: false, next_cursor: null });
    expect(first.text + rest.text).not.toMatch(/"key|ps_/);
  });
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
      status_words: {},
      request: {
        method: "POST",
        encoding: "form",
        trailing_slash: false,
        user_agent: null,
        fields: { key: "key", action: "action", order: "order", orders: "orders", service: "service" },
      },
      brake: { share: 0.66, min_orders: 20, engaged_at: null, held: { count: 0, amount: "0", amounts: {} } },
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
        unknown_words: {},
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
      [{ url: "https://other.example/api/v2" }, forgotten, 1],
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
    const answer = await world.ask("PUT", "/v1/providers/acme", { body: change });
    expect([answer.status, paths(answer)]).toEqual([422, [path]]);
    expect(answer.text).not.toContain("provider-key-1234");
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

  it("health shows the circuit, the last error and the figures of the day", async () => {
    await world.provider("ill");
    await world.post("/v1/orders", key, order("ill-1", { provider: "ill" }));
    await env.DB.prepare(
      `UPDATE providers SET failures = 3, retry_at = ?1, last_success_at = ?2, last_failure_at = ?3, last_failure = '{"code":"http","message":"HTTP 500"}',
       calls_day = ?4, calls_today = 42, unknown_words = '{"Wartend":2}', clock = '{"minute":1,"position":1000,"stretchPercent":250}' WHERE id = 'ill'`,
    )
      .bind(NOW + 60_000, NOW - 9000, NOW - 1000, Math.floor(NOW / 86_400_000))
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
      unknown_words: { Wartend: 2 },
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

  it("stays within the calls per minute", async () => {
    const calls: Request[] = [];
    const probing = new World();
    probing.ports = { ...probing.ports, fetch: dialect(calls) };
    const body = { url: "https://budget.example/api", key: "secret-key-9876", max_calls_per_minute: 1 };
    expect((await probing.ask("PUT", "/v1/providers/budget?probe=true", { body })).json.probe.ok).toBe(false);
    expect((await probing.ask("PUT", "/v1/providers/budget?probe=true", { body })).json.probe.ok).toBe(false);
    expect(calls).toHaveLength(1);
  });

  it.each(["probe=1", "probe=", "prob=true"])("is not asked for by %s", async (query) => {
    expect((await world.ask("PUT", `/v1/providers/acme?${query}`, { body: {} })).status).toBe(422);
  });
});

describe("health", () => {
  const tick = (at: number, ignored: number | null = null) =>
    env.DB.prepare("UPDATE ticks SET minute = ?1, at = ?2, ignored_minute = ?3")
      .bind(Math.floor(at / 60_000), at, ignored)
      .run();
  const health = () => world.get("/healthz", { key: null });

  it("is starting while nothing has ticked, and stalled when orders have waited for five minutes", async () => {
    expect(await health()).toMatchObject({ status: 200, json: { status: "starting", last_tick_at: null } });
    world.now = NOW + 5 * 60_000 + 1;
    expect(await health()).toMatchObject({ status: 503, json: { status: "stalled" } });
    world.now = NOW;
  });

  it("is ok with a tick, degraded with dead letters or a provider that is down, stalled without ticks, down without a database", async () => {
    await env.DB.prepare("UPDATE providers SET retry_at = NULL").run();
    await tick(NOW - 60_000);
    expect(await health()).toMatchObject({
      status: 200,
      json: { status: "ok", last_tick_at: "2026-11-21T11:59:00.000Z", database: "ok", providers_down: 0, dead_letters: 0 },
    });
    await env.DB.prepare('UPDATE providers SET retry_at = 1, last_failure = \'{"code":"timeout","message":""}\' WHERE id = \'acme\'').run();
    expect(await health()).toMatchObject({ status: 200, json: { status: "degraded", providers_down: 1 } });
    await env.DB.prepare("UPDATE providers SET retry_at = NULL").run();
    await tick(NOW, 99);
    expect(await health()).toMatchObject({ status: 200, json: { status: "degraded", clock_was_ahead: true } });
    await tick(NOW - 5 * 60_000 - 1);
    expect(await health()).toMatchObject({ status: 503, json: { status: "stalled" } });
    expect(await new World({ DB: failingDb("D1_ERROR: gone") }).get("/healthz", { key: null })).toMatchObject({
      status: 503,
      json: { status: "down", last_tick_at: null },
    });
    await tick(NOW);
  });

  it("names no provider, panel or key", async () => {
    expect((await health()).text).not.toMatch(/acme|alpha|key|example/);
  });
});

describe("statuses", () => {
  it("has a text for each status, in English for any language so far, and may be cached", async () => {
    for (const query of ["", "?lang=en", "?lang=xx", "?lang=__proto__"]) {
      const answer = await world.get(`/v1/statuses${query}`, { key: null });
      expect([answer.status, answer.json.lang, answer.headers.get("Cache-Control")]).toEqual([200, "en", "public, max-age=3600"]);
      expect(answer.json.statuses.map(({ status }: { status: string }) => status)).toEqual([
        "pending",
        "processing",
        "in_progress",
        "completed",
        "partial",
        "canceled",
        "refunded",
        "error",
        "unknown",
      ]);
      expect(answer.json.statuses[2]).toMatchObject({
        label: "In progress",
        final: false,
        meaning: expect.any(String),
        what_to_do: expect.any(String),
      });
      const again = await world.get(`/v1/statuses${query}`, { key: null, headers: { "If-None-Match": answer.headers.get("ETag") ?? "" } });
      expect([again.status, again.text]).toEqual([304, ""]);
    }
  });
});

describe("dead letters", () => {
  const message = { v: 1, kind: "check", orders: [["alpha", 1]] };
  const bury = (ids: readonly string[]) =>
    recordDeadLetters(
      env.DB,
      ids.map((id) => ({ id, body: JSON.stringify(message) })),
      NOW,
    );

  it("are recorded once each and listed newest first", async () => {
    await bury(["m1", "m2"]);
    await bury(["m2", "m3"]);
    const { json } = await world.get("/v1/dead-letters?limit=2");
    expect(json.dead_letters.map(({ queue_message_id }: Record<string, string>) => queue_message_id)).toEqual(["m3", "m2"]);
    expect(json.dead_letters[0]).toEqual({
      id: expect.any(String),
      queue_message_id: "m3",
      body: message,
      failed_at: "2026-11-21T12:00:00.000Z",
      replayed_at: null,
    });
    const rest = await world.get(`/v1/dead-letters?limit=2&cursor=${json.next_cursor}`);
    expect(rest.json).toMatchObject({ dead_letters: [{ queue_message_id: "m1" }], has_more: false });
    expect((await world.get("/healthz")).json.dead_letters).toBe(3);
  });

  it("are sent again once, or once more when that is said", async () => {
    const { id } = (await world.get("/v1/dead-letters")).json.dead_letters[0];
    const replay = (body?: unknown) => world.ask("POST", `/v1/dead-letters/${id}/replay`, { body });
    const sentBefore = world.sent.length;
    world.queueWorks = false;
    expect(codeOf(await replay())).toEqual([503, "queue_unavailable"]);
    world.queueWorks = true;
    expect((await replay()).json).toMatchObject({ id, replayed_at: "2026-11-21T12:00:00.000Z" });
    expect(world.sent.at(-1)).toEqual(message);
    expect(codeOf(await replay({}))).toEqual([409, "already_replayed"]);
    expect((await replay({ again: true })).status).toBe(202);
    expect(world.sent).toHaveLength(sentBefore + 2);
    expect((await replay({ again: "yes" })).status).toBe(422);
  });

  it.each(["0", "999", "abc", "1%27", "9".repeat(30)])("there is none with the id %s", async (id) => {
    expect(codeOf(await world.ask("POST", `/v1/dead-letters/${id}/replay`))).toEqual([404, "dead_letter_not_found"]);
  });
});

describe("every answer", () => {
  it("carries a request id of its own and the headers that keep browsers from guessing", async () => {
    const answers = await Promise.all(["/healthz", "/v1/orders/1", "/nowhere", "/v1/panels"].map((path) => world.get(path, { key })));
    for (const { headers } of answers) {
      expect(headers.get("Request-Id")).toMatch(/^[0-9a-f]{24}$/);
      expect(headers.get("Content-Type")).toBe("application/json; charset=utf-8");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Cache-Control")).toMatch(/no-store|no-cache/);
    }
    expect(new Set(answers.map(({ headers }) => headers.get("Request-Id"))).size).toBe(4);
  });

  it("to HEAD is the one to GET without its body", async () => {
    const [get, head] = [await world.get("/v1/orders/1", { key }), await world.ask("HEAD", "/v1/orders/1", { key })];
    expect([head.status, head.text, head.headers.get("ETag")]).toEqual([200, "", get.headers.get("ETag")]);
    expect((await world.ask("HEAD", "/v1/orders/none", { key })).status).toBe(404);
  });

  it.each([
    ["DELETE", "/v1/orders/1", "GET, HEAD"],
    ["PUT", "/v1/orders", "GET, HEAD, POST"],
    ["GET", "/v1/orders/1/check", "POST"],
    ["HEAD", "/v1/orders/1/check", "POST"],
    ["POST", "/v1/panels/alpha", "GET, HEAD, PATCH"],
    ["POST", "/healthz", "GET, HEAD"],
    ["OPTIONS", "/v1/providers/acme", "GET, HEAD, PUT"],
  ])("to %s %s is 405 with Allow: %s", async (method, path, allow) => {
    const answer = await world.ask(method, path);
    expect([answer.status, answer.headers.get("Allow")]).toEqual([405, allow]);
  });

  it.each(["/", "/v1", "/v1/order/1", "/v1/orders/1/2/3", "/v1//orders", "/%2e%2e/etc/passwd", "/<script>", "/v1/orders/1%2Fchanges/x"])(
    "to GET %s is 404",
    async (path) => {
      expect(codeOf(await world.get(path))).toEqual([404, "route_not_found"]);
    },
  );
});

describe("bodies that are none", () => {
  const post = (body: unknown, headers: Record<string, string> = {}) => world.ask("POST", "/v1/orders", { key, body, headers });

  it.each(["", "{", "{'id':1}", '{"id":1,}', "[1,2", "\ufeff{", "NaN", "<html>"])("%j is 400", async (body) => {
    expect(codeOf(await post(body))).toEqual([400, "invalid_json"]);
  });

  it("what is no UTF-8 is 400", async () => {
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]));
        controller.close();
      },
    });
    expect(codeOf(await post(body))).toEqual([400, "invalid_json"]);
  });

  it("the parser's own words, which hold a piece of the body, are not said back", async () => {
    expect((await post('{"key":"hunter2-secret"')).text).not.toContain("hunter2");
  });

  it("a body over 1 MiB is 413, whether it says so or only turns out to be, and is not read to its end", async () => {
    expect(codeOf(await post("x".repeat(1024 * 1024 + 1)))).toEqual([413, "body_too_large"]);
    let pulled = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
    });
    expect(codeOf(await post(endless))).toEqual([413, "body_too_large"]);
    expect(pulled).toBeLessThan(30);
    expect((await post(`${" ".repeat(1024 * 1024 - 2)}{}`)).status).toBe(422);
  });

  it.each([
    ["a list in a list, 500,000 deep", `${"[".repeat(500_000)}${"]".repeat(500_000)}`],
    ["an object in an object, 100,000 deep", `${'{"id":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["a hundred thousand unknown fields", `{${Array.from({ length: 90_000 }, (_, i) => `"f${i}":1`).join(",")}}`],
    ["a name of a megabyte", `{"${"k".repeat(1_000_000)}":1}`],
  ])("%s is refused with a short answer", async (_, body) => {
    const answer = await post(body);
    expect([200, 400, 422]).toContain(answer.status);
    expect(answer.text.length).toBeLessThan(20_000);
  });

  it("huge headers and queries are refused or ignored, never an error of ours", async () => {
    expect(
      (await world.get("/v1/orders/1", { key, headers: { "If-None-Match": `"${"x".repeat(50_000)}"`, "X-Long": "y".repeat(50_000) } }))
        .status,
    ).toBe(200);
    expect((await world.get("/v1/orders/1", { panel: "z".repeat(50_000) })).status).toBe(404);
    expect((await world.get(`/v1/orders?customer=${"c".repeat(50_000)}`, { key })).status).toBe(200);
    expect((await world.get(`/v1/orders?cursor=${"A".repeat(50_000)}`, { key })).status).toBe(422);
    expect((await world.get(`/v1/orders/${"i".repeat(50_000)}`, { key })).text.length).toBeLessThan(500);
  });
});

describe("what nobody foresaw", () => {
  it("is 500 with the request's id, logged once, and not told", async () => {
    const broken = new World({ DB: failingDb("secret detail of table panels") });
    const answer = await broken.get("/v1/orders/1", { key });
    expect(codeOf(answer)).toEqual([500, "internal_error"]);
    expect(answer.text).not.toContain("secret detail");
    expect(answer.json.error.message).toContain(answer.headers.get("Request-Id"));
    expect(broken.events).toEqual([
      {
        event: "http.failed",
        request_id: answer.headers.get("Request-Id"),
        method: "GET",
        route: "/v1/orders/:id",
        name: "Error",
        error: "secret detail of table panels",
      },
    ]);
    expect(JSON.stringify(broken.events)).not.toContain(key);
  });

  it("is 503 with Retry-After when it is D1 that does not answer", async () => {
    const answer = await new World({ DB: failingDb("D1_ERROR: Network connection lost.") }).post("/v1/orders", key, order("x"));
    expect([...codeOf(answer), answer.headers.get("Retry-After")]).toEqual([503, "database_unavailable", "60"]);
  });
});
