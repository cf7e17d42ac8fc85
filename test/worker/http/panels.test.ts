/**
 * Panels as the operator keeps them over HTTP.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { codeOf, order, paths } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { World } from "../world/world.ts";

const world = new World();
let key = "";

beforeAll(async () => {
  await migrate();
  key = await world.panel("alpha");
  await world.provider("acme");
  await world.post("/v1/orders", key, order("1"));
});

describe("panels", () => {
  it("a new one is answered with its key, which is kept as a hash alone", async () => {
    const answer = await world.ask("POST", "/v1/panels", {
      body: { id: "fresh", role: "shop", name: "Fresh Panel", currency: "USDT", money: "ledger" },
    });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: "fresh",
      name: "Fresh Panel",
      currency: "USDT",
      money: "ledger",
      role: "shop",
      enabled: true,
      credit_limit: "0",
      reuse_identical_adds: true,
      refuse_duplicate_links: false,
      refuse_query_keys: false,
      public_status: false,
      frozen: null,
      created_at: "2026-11-21T12:00:00.000Z",
      key: expect.stringMatching(/^ps_[0-9a-f]{48}_[0-9a-f]{8}$/),
    });
    const [row] = await rows("SELECT * FROM keys k JOIN panels p ON p.id = k.panel WHERE p.id = 'fresh'");
    expect(JSON.stringify(row)).not.toContain(answer.json.key);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(answer.json.key)));
    expect(row?.["hash"]).toBe([...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    const { key: _, ...shown } = answer.json;
    expect((await world.get("/v1/panels/fresh")).json).toEqual(shown);
    expect((await world.get("/v1/orders", { key: answer.json.key })).json.orders).toEqual([]);
  });

  it("keys are drawn anew for each panel", async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, (_, i) => world.panel(`drawn-${i}`)));
    expect(new Set(keys).size).toBe(5);
  });

  it("one that exists is a conflict, and stays as it is", async () => {
    const answer = await world.ask("POST", "/v1/panels", { body: { id: "alpha", role: "shop", currency: "EUR" } });
    expect(codeOf(answer)).toEqual([409, "panel_exists"]);
    expect((await world.get("/v1/panels/alpha")).json).toMatchObject({ currency: "USD", name: null, money: "advice" });
    expect((await world.get("/v1/orders/1", { key })).status).toBe(200);
  });

  it("a change keeps what it leaves out", async () => {
    await world.ask("POST", "/v1/panels", { body: { id: "change", role: "shop", name: "Before", currency: "USD" } });
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
    [{}, ["id", "currency", "role"]],
    [{ role: "shop", id: "a b", currency: "USD" }, ["id"]],
    [{ role: "shop", id: "../x", currency: "USD" }, ["id"]],
    [{ role: "shop", id: "ok", currency: "$" }, ["currency"]],
    [{ role: "shop", id: "ok", currency: "USD", money: "gold" }, ["money"]],
    [{ role: "shop", id: "ok", currency: "USD", name: "" }, ["name"]],
    [{ role: "shop", id: "ok", currency: "USD", key: "ps_mine" }, ["key"]],
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
