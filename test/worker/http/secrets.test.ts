/**
 * Providers' keys at rest, and where they are sent.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { codeOf, order, paths } from "../world/asking.ts";
import { clear, migrate, NOW, rows } from "../world/database.ts";
import { addProvider, sealedKey } from "../world/records.ts";
import { World } from "../world/world.ts";

const KEY = "5b04d42a121900588ef1806b9795e122";
const URL_OF_ACME = "https://acme.example/api/v2";
/** 32 bytes from `start` on. */
const base64From = (start: number): string => btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, at) => start + at)));
const FIRST = `1:${base64From(0)}`;
const SECOND = `2:${base64From(64)}`;

let panelKey = "";

beforeAll(async () => {
  await migrate();
  panelKey = await new World().panel("shop");
});
beforeEach(clear);

const worldOf = (keys: string | undefined): World => new World({ ENCRYPTION_KEYS: keys as string });
const put = (world: World, body: object, id = "acme") => world.ask("PUT", `/v1/providers/${id}`, { body });
const storedKey = async (id = "acme"): Promise<string | undefined> =>
  (await rows<{ api_key: string }>("SELECT api_key FROM providers WHERE id = ?1", id))[0]?.api_key;
const acme = async () => (await rows("SELECT * FROM providers WHERE id = 'acme'"))[0];

/** A provider with an order to follow, asked by the next tick. */
async function follow(world: World, id = "acme", key = KEY): Promise<void> {
  expect((await put(world, { url: `https://${id}.example/api/v2`, key }, id)).status).toBe(201);
  expect((await world.post("/v1/orders", panelKey, order(`of-${id}`, { provider: id }))).status).toBe(201);
}

const keysSent = (world: World): (string | null)[] => world.calls.map(({ fields }) => fields.get("key"));

describe("a provider's key", () => {
  it("is sealed in its row, and plain where the provider is called", async () => {
    const world = worldOf(FIRST);
    await follow(world);
    expect(await storedKey()).toMatch(/^sealed:1:[A-Za-z0-9_-]{60,}$/);
    await world.run(1);
    expect(new Set(keysSent(world))).toEqual(new Set([KEY]));
    expect((await world.get("/v1/providers/acme")).json.key_hint).toBe("e122");
    expect((await world.get("/healthz")).json.problems).toEqual([]);
  });

  it("sent again is no change: what was learned holds, and nobody is told of one", async () => {
    const world = worldOf(FIRST);
    await follow(world);
    await env.DB.prepare("UPDATE providers SET many = 'yes', learned_batch_size = 40").run();
    const before = await acme();
    expect((await put(world, { key: KEY })).status).toBe(200);
    expect(await acme()).toEqual({ ...before, state_version: Number(before?.["state_version"]) + 1 });
    expect((await world.get("/v1/audit")).json.entries).toHaveLength(1);
    expect((await put(world, { key: `${KEY}x` })).status).toBe(200);
    expect(await acme()).toMatchObject({ many: "unknown", learned_batch_size: 100 });
    const { json } = await world.get("/v1/audit");
    expect(json.entries[0]).toMatchObject({ action: "provider.changed", before: { key_hint: "e122" }, after: { key_hint: "122x" } });
  });

  it("moved to another row opens nothing there: no call is made, and it says why", async () => {
    const world = worldOf(FIRST);
    await follow(world);
    await follow(world, "basil", "another-key-0987654321");
    await env.DB.prepare("UPDATE providers SET api_key = (SELECT api_key FROM providers WHERE id = 'acme') WHERE id = 'basil'").run();
    await world.run(1);
    expect(world.calls.map(({ provider }) => provider)).not.toContain("basil");
    expect(world.calls.map(({ provider }) => provider)).toContain("acme");
    const { json } = await world.get("/v1/providers/basil");
    expect(json.key_hint).toBe("****");
    expect(json.health.last_error).toMatchObject({ code: "sealed_key", message: expect.stringContaining("ENCRYPTION_KEYS") });
    expect((await world.get("/v1/orders/of-basil", { key: panelKey })).json.status).toBe("pending");
    // Set anew, it is asked again.
    await put(world, { key: "another-key-0987654321" }, "basil");
    await world.run(1);
    expect(keysSent(world)).toContain("another-key-0987654321");
  });

  it.each([
    ["that is missing", undefined, /the secret ENCRYPTION_KEYS is not set.*npx wrangler secret put ENCRYPTION_KEYS/],
    ["that is empty", "", /is not set/],
    ["without numbers", base64From(0), /entry 1 .* <number>:<base64>/],
    ["with a key that is too short", `${FIRST},2:AAAA`, /entry 2 .* 3 bytes/],
  ])("is not stored at all under a secret %s", async (_which, keys, told) => {
    const world = worldOf(keys);
    const answer = await put(world, { url: URL_OF_ACME, key: KEY });
    expect(codeOf(answer)).toEqual([503, "sealing_off"]);
    expect(answer.json.error.message).toMatch(told);
    expect(answer.text).not.toContain(KEY);
    expect(await acme()).toBeUndefined();
    expect((await world.get("/healthz")).json).toMatchObject({ problems: [] });
  });

  it("cannot be changed without the secret, whereas other settings can", async () => {
    await follow(worldOf(FIRST));
    const world = worldOf(undefined);
    const before = await storedKey();
    expect((await put(world, { key: "another-key-0987654321" })).status).toBe(503);
    expect((await put(world, { name: "Acme" })).json).toMatchObject({ name: "Acme", key_hint: "****" });
    expect(await storedKey()).toBe(before);
    await world.run(1);
    expect(world.calls).toEqual([]);
    expect((await world.get("/healthz")).json).toMatchObject({ status: "degraded", problems: ["secrets_unreadable"] });
  });

  it("of an earlier release goes on working in plain, and health says so", async () => {
    await addProvider("acme", { api_key: KEY });
    const world = worldOf(undefined);
    await world.post("/v1/orders", panelKey, order("1"));
    await world.run(2);
    expect(new Set(keysSent(world))).toEqual(new Set([KEY]));
    expect(await storedKey()).toBe(KEY);
    expect((await world.get("/v1/providers/acme")).json.key_hint).toBe("e122");
    expect((await world.get("/healthz")).json).toMatchObject({ status: "degraded", problems: ["secrets_plain"] });
  });

  it("that cannot be opened keeps an add from being sent, and the order from being in doubt", async () => {
    await follow(worldOf(FIRST));
    const world = worldOf(SECOND);
    const fields = { action: "add", service: "1", link: "https://t.me/x", quantity: "100" };
    const answer = await world.apiV2(panelKey, fields, "acme");
    expect(answer.text).not.toContain("order");
    expect(world.calls).toEqual([]);
    expect((await world.get("/v1/orders?flag=placing_unknown", { key: panelKey })).json.orders).toEqual([]);
  });
});

describe("a tick", () => {
  it("seals what an earlier release left in plain, some at a time, and forgets nothing", async () => {
    for (let n = 0; n < 45; n++) await addProvider(`p${n}`, { api_key: `${KEY}-${n}`, many: "yes", learned_batch_size: 40 });
    const before = await rows("SELECT * FROM providers ORDER BY id");
    const world = worldOf(FIRST);
    const left: number[] = [];
    for (let minute = 0; minute < 4; minute++) {
      expect((await world.get("/healthz")).json.problems).toEqual([]);
      await world.run(1);
      left.push((await rows("SELECT id FROM providers WHERE api_key NOT LIKE 'sealed:1:%'")).length);
    }
    expect(left).toEqual([25, 5, 0, 0]);
    expect(world.eventsOf("secrets.sealed").map(({ secrets, key }) => [secrets, key])).toEqual([
      [20, 1],
      [20, 1],
      [5, 1],
    ]);
    const after = await rows("SELECT * FROM providers ORDER BY id");
    expect(after.map((row) => ({ ...row, api_key: "" }))).toEqual(before.map((row) => ({ ...row, api_key: "" })));
    expect((await world.get("/v1/providers/p7")).json.key_hint).toBe(`22-7`.slice(-4));
  });

  it("brings everything under the newest key; then the old one is not needed any more", async () => {
    await follow(worldOf(FIRST));
    const both = worldOf(`${SECOND},${FIRST}`);
    const learned = await acme();
    await both.run(1);
    expect(await storedKey()).toMatch(/^sealed:2:/);
    expect((await both.get("/healthz")).json.problems).toEqual([]);
    expect(await acme()).toMatchObject({ settings_version: learned?.["settings_version"], many: "unknown" });
    const fresh = worldOf(SECOND);
    fresh.now = NOW + 60 * 60_000;
    await fresh.run(1);
    expect(new Set(keysSent(fresh))).toEqual(new Set([KEY]));
  });

  it("leaves one that it cannot open as it is, and seals the others", async () => {
    await addProvider("lost", { api_key: await sealedKey("lost", "lost-key-123456", `7:${base64From(128)}`) });
    await addProvider("plain", { api_key: KEY });
    const world = worldOf(FIRST);
    const before = await storedKey("lost");
    await world.run(1);
    expect([await storedKey("lost"), await storedKey("plain")]).toEqual([before, expect.stringMatching(/^sealed:1:/)]);
    expect(world.eventsOf("secrets.unreadable")).toMatchObject([{ secrets: 1, first: "providers:lost" }]);
    expect((await world.get("/healthz")).json).toMatchObject({ status: "degraded", problems: ["secrets_unreadable"] });
  });

  it("does not undo a change of the key that came in between", async () => {
    await addProvider("acme", { api_key: KEY });
    const world = worldOf(FIRST);
    const [ticked, changed] = await Promise.all([world.tick(), put(world, { key: "another-key-0987654321" })]);
    expect([ticked, changed.status]).toEqual([undefined, 200]);
    await world.run(2);
    expect((await world.get("/v1/providers/acme")).json.key_hint).toBe("4321");
  });

  it("with nothing to seal reads two rows for it at most, however many providers there are", async () => {
    for (let n = 0; n < 30; n++) await addProvider(`p${n}`);
    const cost = async (keys: string | undefined): Promise<number> => {
      const world = worldOf(keys);
      world.now = NOW + 60_000;
      await world.tick();
      const [tick] = world.eventsOf("tick");
      await env.DB.prepare("UPDATE ticks SET minute = 0").run();
      return Number(tick?.["rows_read"]);
    };
    expect((await cost(env.ENCRYPTION_KEYS)) - (await cost(undefined))).toBeLessThanOrEqual(2);
  });
});

describe("a change of a provider's URL", () => {
  it.each([
    ["another host", "https://evil.example/api/v2"],
    ["another port", "https://acme.example:8443/api/v2"],
    ["another scheme", "http://acme.example/api/v2"],
    ["a host below", "https://api.acme.example/api/v2"],
    ["the host with a dot", "https://acme.example./api/v2"],
  ])("to %s needs the key in the same request", async (_where, url) => {
    const world = new World();
    await follow(world);
    const before = await acme();
    const answer = await put(world, { url });
    expect([answer.status, paths(answer)]).toEqual([422, ["key"]]);
    expect((await world.ask("PUT", "/v1/providers/acme?probe=true", { body: { url, enabled: true } })).status).toBe(422);
    expect(await acme()).toEqual(before);
    expect(world.calls).toEqual([]);
    expect((await put(world, { url, key: KEY })).json.url).toBe(url);
  });

  it.each(["https://acme.example/adminapi/v1", "https://ACME.example:443/api/v2/", URL_OF_ACME])(
    "to %s on the same server does not",
    async (url) => {
      const world = new World();
      await follow(world);
      expect((await put(world, { url })).status).toBe(200);
    },
  );
});

describe("no key of anybody's", () => {
  it("stands in a log, an answer, the feed, the audit trail, a message or the database", async () => {
    const world = new World();
    const said: string[] = [];
    const ask = async (...asked: Parameters<World["ask"]>): Promise<void> => void said.push((await world.ask(...asked)).text);
    const keys = [KEY, "another-key-0987654321", panelKey];
    // Providers that say their key back, in every way in which calls fail.
    world.knowsBalances = false;
    world.providers.set("acme", (_ids, fields) => new Response(`{"error":"Invalid API key ${fields.get("key")}"}`));
    world.providers.set("basil", (_ids, fields) => new Response(`<p>${fields.get("key")}</p>`, { status: 500 }));
    world.providers.set("cedar", (_ids, fields) => Promise.reject(new Error(`no route to https://x/?key=${fields.get("key")}`)));
    for (const id of ["acme", "basil", "cedar"]) {
      await ask("PUT", `/v1/providers/${id}?probe=true`, { body: { url: `https://${id}.example/api/v2`, key: KEY, enabled: true } });
      await ask("PUT", `/v1/providers/${id}`, { body: { url: `https://${id}.example/api/v2`, key: "another-key-0987654321" } });
      await ask("POST", "/v1/orders", { key: panelKey, body: order(`leak-${id}`, { provider: id }) });
      await ask("POST", `/v1/orders/leak-${id}/check`, { key: panelKey });
      await ask("GET", `/v1/providers/${id}`);
      for (const action of ["balance", "services", "status", "refill", "cancel", "add"]) {
        const fields = { action, order: "1", service: "1", link: "https://t.me/x", quantity: "100" };
        said.push((await world.apiV2(panelKey, fields, id)).text);
      }
    }
    const messages: string[] = [];
    for (let minute = 0; minute < 6; minute++) {
      await world.tick();
      messages.push(JSON.stringify(world.sent));
      await world.drain();
      world.now += 60_000;
    }
    await ask("GET", "/v1/audit?limit=500");
    await ask("GET", "/v1/changes?after=0&limit=1000", { key: panelKey });
    await ask("GET", "/v1/orders", { key: panelKey });
    await ask("GET", "/v1/providers");
    await ask("GET", "/healthz");
    const tables = await rows<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    for (const { name } of tables) said.push(JSON.stringify(await rows(`SELECT * FROM "${name}"`)));
    expect(said.join("").length).toBeGreaterThan(10_000);
    const everything = [...said, ...messages, JSON.stringify(world.events)].join("\n");
    for (const secret of keys) expect(everything.includes(secret)).toBe(false);
  });
});

describe("a panel's key in a query", () => {
  const url = (query: string, provider = ""): string => `http://localhost:8787/api/v2${provider}?${query}`;
  const call = (method: string, query: string, body?: URLSearchParams, provider = "") =>
    new World().fetch(new Request(url(query, provider), { method, ...(body === undefined ? {} : { body }) }));

  it.each(["", "/acme"])("is taken of a GET alone, at /api/v2%s", async (provider) => {
    await follow(new World());
    const query = `key=${panelKey}&action=balance`;
    expect((await call("GET", query, undefined, provider)).text).toContain("balance");
    for (const body of [undefined, new URLSearchParams({ action: "balance" }), new URLSearchParams({ key: "" })])
      expect((await call("POST", query, body, provider)).json).toEqual({ error: "Invalid API key" });
    expect((await call("POST", `key[]=${panelKey}&action=balance`, undefined, provider)).json).toEqual({ error: "Invalid API key" });
    expect((await call("POST", "action=balance", new URLSearchParams({ key: panelKey }), provider)).text).toContain("balance");
  });

  it("is refused of a panel that wants it in bodies only", async () => {
    const careful = await new World().panel("careful");
    const changed = await new World().ask("PATCH", "/v1/panels/careful", { body: { refuse_query_keys: true } });
    expect(changed.json).toMatchObject({ refuse_query_keys: true });
    for (const action of [
      "balance",
      "services",
      "status",
      "status&order=1",
      "status&orders=1,2",
      "refill_status&refill=1",
      "add",
      "nothing",
    ])
      expect((await call("GET", `key=${careful}&action=${action}`)).json).toEqual({ error: "Invalid API key" });
    expect((await call("POST", "action=balance", new URLSearchParams({ key: careful }))).text).toContain("balance");
    expect((await call("GET", `key=${panelKey}&action=balance`)).text).toContain("balance");
  });
});

describe("a URL that leads back here", () => {
  it("ends after a few rounds, and costs nothing from then on", async () => {
    const world = new World();
    let rounds = 0;
    let refused = 0;
    const back = async (request: Request): Promise<Response> => {
      rounds += 1;
      const answer = await world.fetch(new Request("http://localhost:8787/api/v2/acme", request));
      if (answer.status === 508) refused += 1;
      return new Response(answer.text === "" ? null : answer.text, { status: answer.status });
    };
    world.ports = { ...world.ports, fetch: back };
    await put(world, { url: URL_OF_ACME, key: panelKey });
    await world.apiV2(panelKey, { action: "services" }, "acme");
    expect([rounds, refused]).toEqual([4, 1]);
    expect(world.eventsOf("http.loop")).toHaveLength(1);
  });

  it("is refused before its key is looked at", async () => {
    const failing = { prepare: () => Promise.reject(new Error("must not be asked")) } as unknown as D1Database;
    const marked = { "CDN-Loop": "panelsync, panelsync, panelsync, panelsync" };
    const world = new World({ DB: failing });
    const answer = await world.get("/v1/orders/1", { key: panelKey, headers: marked });
    expect(codeOf(answer)).toEqual([508, "loop_detected"]);
    expect((await world.fetch(new Request("http://localhost:8787/api/v2", { method: "POST", headers: marked }))).text).toBe("");
  });
});

describe("the operator's token", () => {
  it("that is not good enough is told to the log once, and to who asks with how to make one", async () => {
    const world = new World({ ADMIN_TOKEN: "a".repeat(32) });
    for (let time = 0; time < 3; time++) {
      const answer = await world.get("/v1/panels", { key: "a".repeat(32) });
      expect(codeOf(answer)).toEqual([503, "admin_disabled"]);
      expect(answer.json.error.message).toMatch(/fewer than 10 different characters.*wrangler secret put ADMIN_TOKEN/);
    }
    expect(world.eventsOf("admin_token.refused")).toMatchObject([{ problem: "few_characters" }]);
    expect(JSON.stringify(world.events)).not.toContain("aaaa");
  });
});
