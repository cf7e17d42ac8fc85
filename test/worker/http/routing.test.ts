/**
 * What holds of every route: who may call it, how answers look, bodies that cannot be read, unforeseen failures.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/http/routes.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { ADMIN, codeOf, order, queryFor } from "../world/asking.ts";
import { migrate } from "../world/database.ts";
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

/** Where a query is needed, it is read before the key is looked up. */
const NEEDED: ReadonlyMap<string, string> = new Map([["/v1/reports/reconciliation", "?from=2026-11-01&to=2026-11-02"]]);

/** Every row of the table of routes whose callers have a key, as it is asked for. */
const ROWS = ROUTES.filter(({ who }) => who !== "anyone").map((route) => ({
  method: route.method,
  path: route.path.replace(/:\w+/g, "1") + (NEEDED.get(route.path) ?? queryFor(route)),
  who: route.who,
}));

/** Routes of a panel that go well as they are asked for here. */
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
  it.each(ROWS)("$method $path is closed to anybody without a key, and with a wrong one", async ({ method, path }) => {
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

  it.each(ROWS.filter(({ who }) => who === "operator"))("$method $path is the operator's, not a panel's", async ({ method, path }) => {
    expect(codeOf(await world.ask(method, path, { key }))).toEqual([403, "forbidden"]);
  });

  it.each(ROWS.filter(({ who }) => who === "panel" || who === "panel_in_read" || who === "reader"))(
    "$method $path: the operator has to name a panel",
    async ({ method, path }) => {
      expect(codeOf(await world.ask(method, path))).toEqual([422, "panel_required"]);
    },
  );

  it.each(PANEL_ROUTES)("%s %s: the operator names the panel it acts for", async (method, path) => {
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
    // That the key was used is written once a day.
    await world.get("/v1/me", { key });
    for (const path of ["/v1/orders/1", "/v1/orders?ids=1,2", "/v1/changes", "/v1/refunds", "/v1/orders/1/changes"]) {
      for (const ask of [{ key }, { panel: "alpha" }]) {
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

describe("every answer", () => {
  it("carries a request id of its own and the headers that keep browsers from guessing", async () => {
    const answers = await Promise.all(["/healthz", "/v1/orders/1", "/nowhere", "/v1/panels"].map((path) => world.get(path, { key })));
    for (const { headers } of answers) {
      expect(headers.get("Request-Id")).toMatch(/^[0-9a-f]{24}$/);
      expect(headers.get("Content-Type")).toBe("application/json");
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
    ["PUT", "/v1/orders/1", "GET, HEAD, DELETE"],
    ["PUT", "/v1/orders", "GET, HEAD, POST"],
    ["GET", "/v1/orders/1/check", "POST"],
    ["HEAD", "/v1/orders/1/check", "POST"],
    ["POST", "/v1/panels/alpha", "GET, HEAD, PATCH, DELETE"],
    ["POST", "/healthz", "GET, HEAD"],
    ["OPTIONS", "/v1/providers/acme", "GET, HEAD, PUT, DELETE"],
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

describe("unreadable bodies", () => {
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

describe("an unforeseen failure", () => {
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
