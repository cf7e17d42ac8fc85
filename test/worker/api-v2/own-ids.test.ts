/**
 * A panel's script asks for orders by the panel's own ids, which the panel has registered over HTTP.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { ADMIN, type Answered, order, thousandOrders } from "../world/asking.ts";
import { migrate, NOW } from "../world/database.ts";
import { failingDb } from "../world/faulty-database.ts";
import { setOrder } from "../world/records.ts";
import { World } from "../world/world.ts";

const world = new World();
let key = "";

beforeAll(async () => {
  await migrate();
  key = await world.panel("alpha");
  await world.panel("beta", "IDR");
  await world.provider("acme");
  await world.provider("private", { panels: ["beta"] });
  await world.post("/v1/orders", key, thousandOrders());
});

function register(body: unknown, as = key): Promise<Answered> {
  return world.post("/v1/orders", as, body);
}

describe("API v2 for the panel's own ids", () => {
  let scriptKey = "";
  const form = (fields: Record<string, string>) => world.apiV2(scriptKey, { ...fields });

  beforeAll(async () => {
    scriptKey = await world.panel("script");
    await register(
      ["1", "2", "3", "4", "__proto__"].map((id) => order(id)),
      scriptKey,
    );
    await setOrder("script", "1", { status: "partial", middle: "in_progress", remains: 157, start_count: 3572, refunded: 141_300 });
    await setOrder("script", "2", {
      status: "partial",
      middle: "in_progress",
      remains: 0,
      hold_n: 1,
      hold_amount: 900_000,
      hold_reason: "remains_unknown",
      hold_at: NOW,
    });
    await setOrder("script", "3", { status: "completed", remains: 0 });
  });

  it("answers one order in the canonical form, in one round trip", async () => {
    const ask = () => world.costOf((metering) => metering.apiV2(scriptKey, { action: "status", order: "1" }));
    // An end that is told for the first time is put on record in a second.
    expect((await ask()).d1_calls).toBe(2);
    const { answer, d1_calls } = await ask();
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ charge: "0.7587", start_count: "3572", status: "Partial", remains: "157", currency: "USD" });
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(d1_calls).toBe(1);
  });

  it("answers many by the ids that were asked for, and a final word only when its refund is decided", async () => {
    const { json } = await form({ action: "status", orders: "1, 2,3,4,007,__proto__" });
    expect(Object.keys(json).toSorted()).toEqual(["007", "1", "2", "3", "4", "__proto__"]);
    expect(json["2"]).toEqual({ charge: "0.9", start_count: "0", status: "In progress", remains: "0", currency: "USD" });
    expect(json["3"]).toMatchObject({ status: "Completed", remains: "0" });
    expect(json["4"]).toMatchObject({ status: "Pending", remains: "1000" });
    expect(json["007"]).toEqual({ error: "Incorrect order ID" });
  });

  it("takes the call as form, JSON, multipart or query, with and without a trailing slash", async () => {
    const expected = { charge: "0.9", start_count: "0", status: "Completed", remains: "0", currency: "USD" };
    const multipart = new FormData();
    for (const [name, value] of Object.entries({ key: scriptKey, action: "status", order: "3" })) multipart.set(name, value);
    const query = `key=${scriptKey}&action=status&order=3`;
    const asks: [string, string, unknown?][] = [
      ["POST", "/api/v2", new URLSearchParams(query)],
      ["POST", "/api/v2/", new URLSearchParams(query)],
      ["POST", "/api/v2", { key: scriptKey, action: "status", order: 3 }],
      ["POST", "/api/v2", multipart],
      ["POST", "/api/v2?action=status&order=3", new URLSearchParams({ key: scriptKey })],
      ["GET", `/api/v2/?${query}`],
      ["POST", "/api/v2", query],
    ];
    for (const [method, path, body] of asks)
      expect({ path, json: (await world.ask(method, path, { key: null, body })).json }).toEqual({ path, json: expected });
    const many = await world.ask("POST", "/api/v2", { key: null, body: { key: scriptKey, action: "status", orders: [3, "x"] } });
    expect(many.json).toEqual({ "3": expected, x: { error: "Incorrect order ID" } });
  });

  it.each<[string, Record<string, string>, string]>([
    ["a wrong key", { key: "ps_wrong", action: "status", order: "1" }, "Invalid API key"],
    ["no key", { key: "", action: "status", order: "1" }, "Invalid API key"],
    ["the operator's token", { key: ADMIN, action: "status", order: "1" }, "Invalid API key"],
    ["a wrong key and a wrong action", { key: "ps_wrong", action: "add" }, "Invalid API key"],
    ["no action", {}, "Incorrect request"],
    ["an unknown action", { action: "explode" }, "Incorrect request"],
    ["a service that is not offered", { action: "add", service: "1" }, "error.incorrect_service_id"],
    ["no order", { action: "status" }, "Incorrect request"],
    ["empty orders", { action: "status", orders: " , " }, "Incorrect request"],
    ["another panel's order", { action: "status", order: "read" }, "Incorrect order ID"],
  ])("answers %s with an error under HTTP 200", async (_, fields, error) => {
    const answer = await form(fields);
    expect([answer.status, answer.json]).toEqual([200, { error }]);
  });

  it.each(['{"key":', "[1]", "null", "\0", '{"key":{"a":1},"action":["status"]}'])("survives the body %s", async (body) => {
    const answer = await world.ask("POST", "/api/v2", { key: null, body });
    expect([answer.status, answer.json]).toEqual([200, { error: "Invalid API key" }]);
  });

  it("answers a failing code and nothing else when it cannot answer", async () => {
    const broken = new World({ DB: failingDb("D1_ERROR: overloaded") });
    const answer = await broken.apiV2(scriptKey, { action: "status", order: "1" });
    expect([answer.status, answer.text, answer.headers.get("Retry-After")]).toEqual([503, "", "60"]);
    const large = await world.ask("POST", "/api/v2", { key: null, body: "x".repeat(128 * 1024 + 1) });
    expect([large.status, large.text]).toEqual([413, ""]);
    const status = new URLSearchParams({ key: scriptKey, action: "status", order: "1" });
    const elsewhere = await world.ask("POST", "/api/v2/nobody", { key: null, body: status });
    expect([elsewhere.status, elsewhere.text]).toEqual([404, ""]);
  });
});
