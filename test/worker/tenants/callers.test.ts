/**
 * Who may what: every route of the table, asked by every kind of caller, and both endpoints of API v2. The table that comes
 * out stands in docs/guarantees.md, to the letter.
 */
import { beforeAll, describe, expect, it } from "vitest";
import guarantees from "../../../docs/guarantees.md?raw";
import { ROUTES } from "../../../src/http/routes.ts";
import type { Route } from "../../../src/http/kit/route.ts";
import { queryFor } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { World } from "../world/world.ts";

declare module "vitest" {
  interface TaskMeta {
    callersTable?: { readonly place: number; readonly lines: string };
  }
}

let world: World;

/** By the names of the table's columns: each caller's key, null for none. */
const keys = new Map<string, string | null>();
/** Of these callers a key opens nothing at all. */
const SHUT = ["no key", "unknown key", "expired key", "key that was ended", "panel that is off"] as const;
const OPERATORS = ["ADMIN_TOKEN", "admin", "support", "view"] as const;
const PANELS = ["shop", "read", "write", "money", "api_v2", "keys", "reseller"] as const;

beforeAll(async () => {
  await migrate();
  world = new World();
  await world.provider("acme", { currency: "USD" });
  const make = async (body: object): Promise<string> => (await world.ask("POST", "/v1/keys", { body })).json.key as string;
  const shop = await world.panel("shop");
  const reseller = (await world.ask("POST", "/v1/panels", { body: { id: "resale", role: "reseller", currency: "USD" } })).json
    .key as string;
  const off = await world.panel("off");
  await world.ask("PATCH", "/v1/panels/off", { body: { enabled: false } });
  keys
    .set("no key", null)
    .set("unknown key", `ps_${"0".repeat(48)}`)
    .set("panel that is off", off);
  keys.set("shop", shop).set("reseller", reseller);
  keys.set("expired key", await make({ name: "old", panel: "shop", expires_at: new Date(world.now + 1000).toISOString() }));
  const ended = (await world.ask("POST", "/v1/keys", { body: { name: "gone", panel: "shop" } })).json;
  keys.set("key that was ended", ended.key as string);
  await world.ask("DELETE", `/v1/keys/${ended.id}`);
  for (const scope of OPERATORS.slice(1)) keys.set(scope, await make({ name: scope, scopes: [scope] }));
  for (const scope of ["read", "write", "money", "api_v2", "keys"])
    keys.set(scope, await make({ name: scope, panel: "shop", scopes: [scope] }));
  world.now += 2000;
});

/** Where the panel is looked up by the read itself, the query is read before. */
const NEEDED: ReadonlyMap<string, string> = new Map([["/v1/reports/reconciliation", "?from=2026-11-01&to=2026-11-02"]]);

/** What is asked does not make sense, so that nothing changes: what matters is whether it was looked at. */
async function codeFor(route: Route, caller: string): Promise<string> {
  const { method, path, who } = route;
  const isOperators = (OPERATORS as readonly string[]).includes(caller);
  const query = NEEDED.get(path) ?? queryFor(route);
  const key = caller === "ADMIN_TOKEN" ? {} : { key: keys.get(caller) ?? null };
  const answer = await world.ask(method, path.replace(/:\w+/g, "none") + query, {
    ...key,
    ...(isOperators ? { panel: "shop" } : {}),
    ...(method === "GET" || method === "DELETE" ? {} : { body: who === "panel_in_read" ? {} : { nonsense: true } }),
  });
  return answer.status === 401 || answer.status === 403 ? (answer.json.error.code as string) : "in";
}

/** May: "yes". A reseller that may not for being one: "no". What would do it is another scope: "-". */
const CELLS: Readonly<Record<string, string>> = { in: "yes", forbidden: "-", reseller: "no" };

const OPEN_TO_KEYS = ROUTES.filter(({ who }) => who !== "anyone");

describe("who may what", () => {
  it.each(SHUT)("%s opens no route", async (caller) => {
    for (const route of OPEN_TO_KEYS) expect([route.path, await codeFor(route, caller)]).not.toEqual([route.path, "in"]);
  });

  it.for([
    ["operators", 0, OPERATORS],
    ["panels", 1, PANELS],
  ] as const)("stands in the guarantees, to the letter: %s", async ([_whose, place, callers], { task }) => {
    const table = [
      ["route", ...callers],
      ["---", ...callers.map(() => "---")],
    ];
    for (const route of OPEN_TO_KEYS) {
      const cells = await Promise.all(callers.map(async (caller) => CELLS[await codeFor(route, caller)] ?? "?"));
      table.push([`\`${route.method} ${route.path}${route.when === null ? "" : `?${route.when}=`}\``, ...cells]);
    }
    const lines = table.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
    // `npm run guarantees` writes it.
    task.meta.callersTable = { place, lines };
    // Formatting pads the cells.
    const squeezed = guarantees.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
    const [, written = ""] = [...squeezed.matchAll(/\n(\| route \|[\s\S]*?)(?=\n\n)/g)][place] ?? [];
    expect(written).toBe(lines);
  });

  it("a panel's key names no other panel", async () => {
    for (const path of ["/v1/orders", "/v1/changes", "/v1/orders/1"]) {
      const other = await world.get(path, { key: keys.get("shop") ?? null, headers: { Panel: "resale" } });
      expect([other.status, other.json.error.code]).toEqual([403, "another_panel"]);
      expect((await world.get(path, { key: keys.get("shop") ?? null, headers: { Panel: "shop" } })).status).not.toBe(403);
    }
  });
});

describe("an API v2 endpoint", () => {
  const ask = (caller: string, provider: string | null, fields: Record<string, string>) =>
    world.apiV2(keys.get(caller) ?? "", { action: "balance", ...fields }, provider);

  it.each([...SHUT, "read", "write", "money", "keys", "admin"])("is shut to %s", async (caller) => {
    for (const provider of [null, "acme"])
      for (const action of ["balance", "services", "status", "add", "cancel", "refill", "refill_status", "nonsense"])
        expect((await ask(caller, provider, { action, order: "1" })).json).toEqual({ error: "Invalid API key" });
  });

  it.each(["shop", "api_v2"])("is open to %s", async (caller) => {
    expect((await ask(caller, null, {})).json).toEqual({ balance: "0", currency: "USD" });
    expect((await ask(caller, null, { action: "nonsense" })).json).toEqual({ error: "Incorrect request" });
  });

  it("of a provider is no place at all for a reseller", async () => {
    for (const provider of ["acme", "nowhere"])
      for (const action of ["balance", "services", "status", "add", "cancel", "refill", "refill_status", "nonsense"]) {
        const { status, text } = await ask("reseller", provider, { action, order: "1", orders: "1", refill: "1", service: "1", link: "x" });
        expect([provider, action, status, text]).toEqual([provider, action, 404, ""]);
      }
    expect((await ask("reseller", null, {})).json).toEqual({ balance: "0", currency: "USD" });
  });
});

describe("a key", () => {
  it("is told who it is", async () => {
    const { json } = await world.get("/v1/me", { key: keys.get("read") ?? null });
    expect(json).toMatchObject({ kind: "panel", panel: "shop", scopes: ["read"], key: { name: "read", panel: "shop" } });
    expect(JSON.stringify(json)).not.toContain(keys.get("read"));
    expect((await world.get("/v1/me")).json).toEqual({ kind: "operator", panel: null, scopes: ["admin"], key: null });
    expect((await world.get("/v1/me", { key: keys.get("support") ?? null })).json).toMatchObject({ kind: "operator", scopes: ["support"] });
  });

  it("that may make keys makes none that may more than itself, and none for others", async () => {
    const make = (body: object) => world.ask("POST", "/v1/keys", { key: keys.get("keys") ?? null, body: { name: "n", ...body } });
    expect((await make({})).json).toMatchObject({ scopes: ["keys"], panel: "shop" });
    expect((await make({ scopes: ["keys", "money"] })).json.error.code).toBe("scope_above_own");
    expect((await make({ panel: "resale" })).json.error.code).toBe("another_panel");
    expect((await make({ scopes: ["admin"] })).status).toBe(422);
    const { json } = await world.get("/v1/keys", { key: keys.get("keys") ?? null });
    expect(new Set(json.keys.map(({ panel }: { panel: string }) => panel))).toEqual(new Set(["shop"]));
    const [admins] = await rows("SELECT id FROM keys WHERE panel IS NULL LIMIT 1");
    expect((await world.ask("DELETE", `/v1/keys/${String(admins?.["id"])}`, { key: keys.get("keys") ?? null })).status).toBe(404);
  });

  it("is made, listed and ended for the panel that the operator's header names, and for no other", async () => {
    const headers = { Panel: "shop" };
    const made = await world.ask("POST", "/v1/keys", { headers, body: { name: "by header" } });
    expect([made.status, made.json.panel, made.json.scopes.includes("admin")]).toEqual([201, "shop", false]);
    expect((await world.ask("POST", "/v1/keys", { headers, body: { name: "n", scopes: ["admin"] } })).status).toBe(422);
    const { json } = await world.get("/v1/keys", { headers });
    expect(new Set(json.keys.map(({ panel }: { panel: string }) => panel))).toEqual(new Set(["shop"]));
    for (const answer of [
      await world.ask("POST", "/v1/keys", { headers, body: { name: "n", panel: "resale" } }),
      await world.get("/v1/keys?panel=resale", { headers }),
      await world.get("/v1/keys", { key: keys.get("keys") ?? null, headers: { Panel: "resale" } }),
      await world.get("/v1/me", { key: keys.get("read") ?? null, headers: { Panel: "resale" } }),
    ])
      expect([answer.status, answer.json.error.code]).toEqual([403, "another_panel"]);
    expect((await world.ask("DELETE", `/v1/keys/${made.json.id}`, { headers: { Panel: "resale" } })).status).toBe(404);
    expect((await world.ask("DELETE", `/v1/keys/${made.json.id}`, { headers })).status).toBe(204);
  });

  it("is written down once a day that it is used, and kept as a hash", async () => {
    const key = keys.get("read") ?? "";
    await world.get("/v1/orders", { key });
    const { rows_written } = await world.costOf((metering) => metering.get("/v1/orders", { key }));
    expect(rows_written).toBe(0);
    const [row] = await rows("SELECT * FROM keys WHERE name = 'read'");
    expect(row?.["last_used_on"]).toBe(new Date(world.now).toISOString().slice(0, 10));
    expect(JSON.stringify(row)).not.toContain(key);
  });

  it("that was made up costs no row: its checksum is wrong", async () => {
    for (const made of [`ps_${"a".repeat(48)}_00000000`, `po_${"a".repeat(48)}_00000000`, "ps_x", `ps_${"a".repeat(47)}`]) {
      const { rows_read, d1_calls } = await world.costOf((metering) => metering.get("/v1/orders", { key: made }));
      expect([made, rows_read, d1_calls]).toEqual([made, 0, 0]);
    }
  });

  it("of an operator or a panel stands in the audit trail beside what it did, with the request", async () => {
    const made = await world.ask("POST", "/v1/keys", { key: keys.get("keys") ?? null, body: { name: "traced" } });
    const [entry] = (await world.get("/v1/audit?limit=1")).json.entries;
    expect(entry).toMatchObject({
      actor: "panel:shop",
      action: "key.created",
      key: { name: "keys" },
      request_id: made.headers.get("Request-Id"),
    });
    expect(JSON.stringify(entry)).not.toContain(made.json.key);
  });
});

describe("wrong keys from one address", () => {
  it("make it wait before the database is asked, and whoever has a good key there goes on", async () => {
    const good = keys.get("shop") ?? "";
    let left = 3;
    const limited = world.with({ FAILED_KEYS: { limit: () => Promise.resolve({ success: left-- > 0 }) } });
    const ask = (key: string) => limited.get("/v1/orders", { key, headers: { "CF-Connecting-IP": "192.0.2.7" } });
    expect((await ask(good)).status).toBe(200);
    const tried: number[] = [];
    for (let i = 0; i < 6; i++) tried.push((await ask(`ps_${String(i).repeat(48)}`)).status);
    expect(tried).toEqual([401, 401, 401, 401, 429, 429]);
    expect((await ask(good)).status).toBe(200);
    limited.now += 61_000;
    expect((await ask(`ps_${"9".repeat(48)}`)).status).toBe(401);
  });
});
