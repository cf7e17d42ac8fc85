/**
 * `status` of ids that nobody has heard of, and of orders of several parts: the provider is asked, and the order is
 * followed from then on.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import restored from "../../../scripts/restored.sql?raw";
import { order } from "../world/asking.ts";
import { migrate } from "../world/database.ts";
import { said, sweep } from "../world/sweeping.ts";
import { StatusWorld } from "../world/status-world.ts";

let world: StatusWorld;

beforeAll(migrate);

beforeEach(async () => {
  world = await StatusWorld.begin();
});

describe("an id that nobody has heard of", () => {
  it("is asked of the provider with all others of its kind in one call, answered, and followed from then on", async () => {
    world.says = (fields) =>
      Object.fromEntries((fields.get("orders") ?? "").split(",").map((id) => [id, id === "3" ? { error: "Incorrect order ID" } : said()]));
    const { json } = await world.status({ orders: "1,2,3" });
    expect(json).toEqual({
      1: { charge: "0.27819", start_count: "3572", status: "In progress", remains: "157", currency: "USD" },
      2: { charge: "0.27819", start_count: "3572", status: "In progress", remains: "157", currency: "USD" },
      3: { error: "Incorrect order ID" },
    });
    expect(world.calls.map(({ fields }) => fields.get("orders"))).toEqual(["1,2,3"]);
    expect(await world.listed()).toMatchObject([
      { id: "2", provider_order_id: "2", quantity: null, charge: null, status: "in_progress", remains: 157, start_count: 3572 },
      { id: "1", provider_order_id: "1" },
    ]);
    expect((await world.get("/v1/changes", { key: world.key })).json.changes).toMatchObject([
      { type: "order.created", order: "1", data: { id: "1", status: "in_progress" } },
      { type: "order.created", order: "2", data: { id: "2" } },
    ]);
    expect((await world.status({ orders: "1,2" })).json).toEqual({ 1: json["1"], 2: json["2"] });
    expect(world.calls).toHaveLength(1);
    await sweep(world, 1, () => said({ status: "Completed", remains: "0" }));
    expect((await world.status({ order: "1" })).json).toMatchObject({ status: "Completed", remains: "0" });
  });

  it("is asked alone by a call for one, in whatever form the id has", async () => {
    world.says = () => said({ status: "Partial" });
    expect((await world.status({ order: " A-17 " })).json).toMatchObject({ status: "Partial", remains: "157" });
    expect(await world.listed()).toMatchObject([{ id: "A-17", status: "partial", refunded: "0", flags: [] }]);
  });

  it.each([
    ["is out of reach", () => new Response("<html>down</html>", { status: 502 })],
    ["refuses the whole call", () => ({ error: "Bakım çalışması" })],
    ["has had enough", () => new Response("", { status: 429 })],
    ["rejects our key", () => ({ error: "Invalid API key" })],
  ])("gets 503 with an empty body while the provider %s", async (_name, answering) => {
    world.says = answering;
    for (const fields of [{ orders: "1,2" }, { order: "1" }]) {
      const { status, text, headers } = await world.status(fields);
      expect(status === 503 || status === 429).toBe(true);
      expect(text).toBe("");
      expect(headers.get("Retry-After")).not.toBeNull();
    }
    expect(await world.listed()).toEqual([]);
  });

  it("is left out of a list's answer where the provider says nothing certain of it, and never ended by that", async () => {
    world.says = (fields) => (fields.has("orders") ? { 1: said(), 2: { error: "Sipariş bulunamadı" } } : { error: "Sipariş bulunamadı" });
    expect((await world.status({ orders: "1,2" })).json).toEqual({ 1: said() });
    expect((await world.status({ order: "2" })).status).toBe(503);
  });

  it("is nobody else's to adopt where another panel has placed or registered it: nothing is sent", async () => {
    world.says = () => said();
    await world.post("/v1/orders", world.key, order("own", { provider_order_id: "77" }));
    const other = await world.panel(`other${world.panelId}`);
    world.calls.length = 0;
    expect((await world.status({ order: "77" }, undefined, other)).json).toEqual({ error: "Incorrect order ID" });
    expect(world.calls).toEqual([]);
  });

  it("may be another panel's as well that only asked for it: who was first proves nothing", async () => {
    world.says = () => said();
    await world.status({ order: "77" });
    const other = await world.panel(`second${world.panelId}`);
    expect((await world.status({ order: "77" }, undefined, other)).json).toEqual(said());
    expect((await world.status({ order: "77" })).json).toEqual(said());
  });

  it("is adopted once by requests that come at once", async () => {
    world.says = () => ({ 5: said(), 6: said() });
    await Promise.all(Array.from({ length: 5 }, () => world.status({ orders: "5,6" })));
    expect(new Set((await world.listed()).map(({ id }) => id))).toEqual(new Set(["5", "6"]));
  });

  it("gets no answer that could end it where a restore may have lost it, at either endpoint", async () => {
    world.says = () => ({ error: "Incorrect order ID" });
    await env.DB.prepare(restored).run();
    expect((await world.status({ order: "7" }, null)).status).toBe(503);
    const passedOver = { 100001: { error: "Incorrect order ID" } };
    expect((await world.status({ orders: "1,7,100000,100001" }, null)).json).toEqual(passedOver);
    expect((await world.status({ order: "2000000007" })).status).toBe(503);
    expect((await world.status({ orders: "2000000007,8" })).json).toEqual({ 8: { error: "Incorrect order ID" } });
  });

  it("is asked of a provider that knows no lists one by one", async () => {
    world.says = (fields) => (fields.has("orders") ? { error: "Incorrect order ID" } : said());
    expect((await world.status({ orders: "1,2,3" })).json).toEqual({ 1: said(), 2: said(), 3: said() });
  });

  it("keeps an id of ours where the panel has registered another order by the provider's", async () => {
    await world.post("/v1/orders", world.key, order("9"));
    world.says = () => said();
    expect((await world.status({ order: "9" })).json).toEqual(said());
    const adopted = (await world.listed()).find(({ provider_order_id }) => provider_order_id === "9");
    expect(Number(adopted?.["id"])).toBeGreaterThan(2_000_000_000);
    expect((await world.status({ order: "9" })).json).toEqual(said());
    expect(world.calls).toHaveLength(1);
  });
});

describe("an order of several parts", () => {
  const parts = { status: "Active", posts: "3", expiry: "2026-12-01", orders: ["901", "902"] };

  it("passes its parts on, and adopts them", async () => {
    world.says = () => parts;
    expect((await world.status({ order: "900" })).json).toMatchObject({
      status: "Processing",
      posts: "3",
      expiry: "2026-12-01",
      orders: ["901", "902"],
    });
    await sweep(world, 2, (id) => (id === "900" ? { ...parts, orders: ["901", "902", "903"] } : said()));
    expect(new Set((await world.listed()).map(({ provider_order_id }) => provider_order_id))).toEqual(
      new Set(["900", "901", "902", "903"]),
    );
    world.calls.length = 0;
    expect((await world.status({ orders: "900,903" })).json).toMatchObject({
      900: { orders: ["901", "902", "903"] },
      903: { status: "In progress" },
    });
    expect(world.calls).toEqual([]);
  });

  it("is another panel's with all its parts only if that panel has placed it: to have asked for it proves nothing", async () => {
    world.says = (fields) => (fields.get("order") === "900" ? parts : said());
    await world.status({ order: "900" });
    const other = await world.panel(`parts${world.panelId}`);
    expect((await world.status({ order: "901" }, undefined, other)).json).toEqual(said());
    world.says = (fields) => (fields.get("action") === "add" ? { order: 800 } : fields.get("action") === "services" ? [] : said());
    await world.status({ action: "add", service: "1", username: "someone", posts: "5" });
    await sweep(world, 2, (id) => (id === "800" ? { ...parts, orders: ["801"] } : said()));
    expect((await world.status({ order: "801" }, undefined, other)).json).toEqual({ error: "Incorrect order ID" });
  });

  it("tells its parts at the own catalogue by ids of ours", async () => {
    await world.ask("PUT", "/v1/services/1", {
      body: { provider: "acme", service: "5", name: "Likes", type: "Subscriptions", rate: "1", min: 10, max: 100 },
    });
    world.says = (fields) => (fields.get("action") === "add" ? { order: 900 } : parts);
    const bought = await world.apiV2(world.key, { action: "add", service: "1", username: "someone", min: "10", max: "100", posts: "5" });
    expect(bought.json).toEqual({ order: 1 });
    await sweep(world, 2, (id) => (id === "900" ? parts : said({ status: "Completed", remains: "0" })));
    expect((await world.status({ order: "1" }, null)).json).toMatchObject({ status: "Processing", posts: "3", orders: ["2", "3"] });
    expect((await world.status({ orders: "2,3" }, null)).json).toMatchObject({ 2: { status: "Completed" }, 3: { status: "Completed" } });
    await sweep(world, 5, (id) => (id === "900" ? { ...parts, status: "Expired" } : said({ status: "Completed", remains: "0" })));
    // What is due of an order of several parts is for a person to say: until then the last active status stands.
    expect((await world.status({ order: "1" }, null)).json).toMatchObject({ status: "Processing" });
    expect(await world.listed("?flag=refund_held")).toMatchObject([{ id: "1", reason: { code: "multi_order" } }]);
  });

  it("holds what its parts left undelivered, though the whole says completed", async () => {
    await world.ask("PUT", "/v1/services/1", {
      body: { provider: "acme", service: "5", name: "Likes", type: "Default", rate: "0.972", min: 10, max: 1000, dripfeed: true },
    });
    const whole = { status: "In progress", runs: "3", orders: ["901", "902", "903"] };
    world.says = (fields) => (fields.get("action") === "add" ? { order: 900 } : whole);
    const fields = { action: "add", service: "1", link: "https://social.example/p", quantity: "1000", runs: "3", interval: "10" };
    expect((await world.apiV2(world.key, fields)).json).toEqual({ order: 1 });
    const ends: Record<string, unknown> = {
      901: said({ status: "Completed", remains: "0" }),
      902: said({ status: "Canceled", remains: "1000" }),
      903: said({ status: "Partial", remains: "400" }),
    };
    await sweep(world, 3, (id) => ends[id] ?? whole);
    await sweep(world, 2, (id) => ends[id] ?? { ...whole, status: "Completed" });
    expect(await world.listed("?flag=refund_held")).toMatchObject([
      { id: "1", status: "completed", charge: "2.916", refund_held: "1.3608", reason: { code: "multi_order" } },
    ]);
    expect((await world.status({ order: "1" }, null)).json).toMatchObject({ status: "In progress" });
  });
});
