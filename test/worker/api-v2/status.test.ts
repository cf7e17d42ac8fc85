/**
 * `status` through both doors: from the database in one round trip, ids that nobody has heard of from their provider,
 * and final words once their refund is decided.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import restored from "../../../scripts/restored.sql?raw";
import { metered } from "../../../src/store/operations/metered.ts";
import { type Answered, order } from "../world/asking.ts";
import { clear, migrate, rows } from "../world/database.ts";
import { answeringEach } from "../world/providers.ts";
import { World } from "../world/world.ts";

const said = (over: Record<string, unknown> = {}) => ({
  charge: "0.27819",
  start_count: "3572",
  status: "In progress",
  remains: "157",
  currency: "USD",
  ...over,
});

/** What the provider answers. */
let provider: (fields: URLSearchParams) => unknown;
let world: World;
let key = "";
let run = 0;

beforeAll(migrate);

beforeEach(async () => {
  await clear();
  world = new World();
  provider = () => ({ error: "not expected" });
  world.knowsBalances = false;
  world.providers.set("acme", (_ids, fields) => provider(fields));
  run += 1;
  key = await world.panel(`p${run}`);
  await world.provider("acme");
});

function ask(fields: Record<string, string>, endpoint: string | null = "acme", on = world, by = key): Promise<Answered> {
  return on.apiV2(by, { action: "status", ...fields }, endpoint);
}

/** Sweeps for so many minutes, in which the provider says of each order what is given. */
async function sweep(minutes: number, each: (id: string) => unknown): Promise<void> {
  const sweeps = new World({ now: world.now });
  sweeps.providers.set("acme", answeringEach(each));
  await sweeps.run(minutes);
  world.now = sweeps.now;
}

async function shown(query = ""): Promise<Record<string, unknown>[]> {
  return (await world.get(`/v1/orders${query}`, { key })).json.orders;
}

describe("an id that nobody has heard of", () => {
  it("is asked of the provider with all others of its kind in one call, answered, and followed from then on", async () => {
    provider = (fields) =>
      Object.fromEntries((fields.get("orders") ?? "").split(",").map((id) => [id, id === "3" ? { error: "Incorrect order ID" } : said()]));
    const { json } = await ask({ orders: "1,2,3" });
    expect(json).toEqual({
      1: { charge: "0.27819", start_count: "3572", status: "In progress", remains: "157", currency: "USD" },
      2: { charge: "0.27819", start_count: "3572", status: "In progress", remains: "157", currency: "USD" },
      3: { error: "Incorrect order ID" },
    });
    expect(world.calls.map(({ fields }) => fields.get("orders"))).toEqual(["1,2,3"]);
    expect(await shown()).toMatchObject([
      { id: "2", provider_order_id: "2", quantity: null, charge: null, status: "in_progress", remains: 157, start_count: 3572 },
      { id: "1", provider_order_id: "1" },
    ]);
    expect((await world.get("/v1/changes", { key })).json.changes).toMatchObject([
      { type: "order.created", order: "1", data: { id: "1", status: "in_progress" } },
      { type: "order.created", order: "2", data: { id: "2" } },
    ]);
    expect((await ask({ orders: "1,2" })).json).toEqual({ 1: json["1"], 2: json["2"] });
    expect(world.calls).toHaveLength(1);
    await sweep(1, () => said({ status: "Completed", remains: "0" }));
    expect((await ask({ order: "1" })).json).toMatchObject({ status: "Completed", remains: "0" });
  });

  it("is asked alone by a call for one, in whatever form the id has", async () => {
    provider = () => said({ status: "Partial" });
    expect((await ask({ order: " A-17 " })).json).toMatchObject({ status: "Partial", remains: "157" });
    expect(await shown()).toMatchObject([{ id: "A-17", status: "partial", refunded: "0", flags: [] }]);
  });

  it.each([
    ["is out of reach", () => new Response("<html>down</html>", { status: 502 })],
    ["refuses the whole call", () => ({ error: "Bakım çalışması" })],
    ["has had enough", () => new Response("", { status: 429 })],
    ["rejects our key", () => ({ error: "Invalid API key" })],
  ])("gets 503 with an empty body while the provider %s", async (_name, answering) => {
    provider = answering;
    for (const fields of [{ orders: "1,2" }, { order: "1" }]) {
      const { status, text, headers } = await ask(fields);
      expect(status === 503 || status === 429).toBe(true);
      expect(text).toBe("");
      expect(headers.get("Retry-After")).not.toBeNull();
    }
    expect(await shown()).toEqual([]);
  });

  it("is left out of a list's answer where the provider says nothing certain of it, and never ended by that", async () => {
    provider = (fields) => (fields.has("orders") ? { 1: said(), 2: { error: "Sipariş bulunamadı" } } : { error: "Sipariş bulunamadı" });
    expect((await ask({ orders: "1,2" })).json).toEqual({ 1: said() });
    expect((await ask({ order: "2" })).status).toBe(503);
  });

  it("is nobody else's to adopt where another panel has placed or registered it: nothing is sent", async () => {
    provider = () => said();
    await world.post("/v1/orders", key, order("own", { provider_order_id: "77" }));
    const other = await world.panel(`other${run}`);
    world.calls.length = 0;
    expect((await ask({ order: "77" }, undefined, undefined, other)).json).toEqual({ error: "Incorrect order ID" });
    expect(world.calls).toEqual([]);
  });

  it("may be another panel's as well that only asked for it: who was first proves nothing", async () => {
    provider = () => said();
    await ask({ order: "77" });
    const other = await world.panel(`second${run}`);
    expect((await ask({ order: "77" }, undefined, undefined, other)).json).toEqual(said());
    expect((await ask({ order: "77" })).json).toEqual(said());
  });

  it("is adopted once by requests that come at once", async () => {
    provider = () => ({ 5: said(), 6: said() });
    await Promise.all(Array.from({ length: 5 }, () => ask({ orders: "5,6" })));
    expect(new Set((await shown()).map(({ id }) => id))).toEqual(new Set(["5", "6"]));
  });

  it("gets no answer that could end it where a restore may have lost it, at either door", async () => {
    provider = () => ({ error: "Incorrect order ID" });
    await env.DB.prepare(restored).run();
    expect((await ask({ order: "7" }, null)).status).toBe(503);
    const passedOver = { 100001: { error: "Incorrect order ID" } };
    expect((await ask({ orders: "1,7,100000,100001" }, null)).json).toEqual(passedOver);
    expect((await ask({ order: "2000000007" })).status).toBe(503);
    expect((await ask({ orders: "2000000007,8" })).json).toEqual({ 8: { error: "Incorrect order ID" } });
  });

  it("is asked of a provider that knows no lists one by one", async () => {
    provider = (fields) => (fields.has("orders") ? { error: "Incorrect order ID" } : said());
    expect((await ask({ orders: "1,2,3" })).json).toEqual({ 1: said(), 2: said(), 3: said() });
  });

  it("keeps an id of ours where the panel has registered another order by the provider's", async () => {
    await world.post("/v1/orders", key, order("9"));
    provider = () => said();
    expect((await ask({ order: "9" })).json).toEqual(said());
    const adopted = (await shown()).find(({ provider_order_id }) => provider_order_id === "9");
    expect(Number(adopted?.["id"])).toBeGreaterThan(2_000_000_000);
    expect((await ask({ order: "9" })).json).toEqual(said());
    expect(world.calls).toHaveLength(1);
  });
});

describe("an order of several parts", () => {
  const parts = { status: "Active", posts: "3", expiry: "2026-12-01", orders: ["901", "902"] };

  it("passes its parts on, and adopts them", async () => {
    provider = () => parts;
    expect((await ask({ order: "900" })).json).toMatchObject({
      status: "Processing",
      posts: "3",
      expiry: "2026-12-01",
      orders: ["901", "902"],
    });
    await sweep(2, (id) => (id === "900" ? { ...parts, orders: ["901", "902", "903"] } : said()));
    expect(new Set((await shown()).map(({ provider_order_id }) => provider_order_id))).toEqual(new Set(["900", "901", "902", "903"]));
    world.calls.length = 0;
    expect((await ask({ orders: "900,903" })).json).toMatchObject({
      900: { orders: ["901", "902", "903"] },
      903: { status: "In progress" },
    });
    expect(world.calls).toEqual([]);
  });

  it("is another panel's with all its parts only if that panel has placed it: to have asked for it proves nothing", async () => {
    provider = (fields) => (fields.get("order") === "900" ? parts : said());
    await ask({ order: "900" });
    const other = await world.panel(`parts${run}`);
    expect((await ask({ order: "901" }, undefined, undefined, other)).json).toEqual(said());
    provider = (fields) => (fields.get("action") === "add" ? { order: 800 } : fields.get("action") === "services" ? [] : said());
    await ask({ action: "add", service: "1", username: "someone", posts: "5" });
    await sweep(2, (id) => (id === "800" ? { ...parts, orders: ["801"] } : said()));
    expect((await ask({ order: "801" }, undefined, undefined, other)).json).toEqual({ error: "Incorrect order ID" });
  });

  it("tells its parts at the own catalogue by ids of ours", async () => {
    await world.ask("PUT", "/v1/services/1", {
      body: { provider: "acme", service: "5", name: "Likes", type: "Subscriptions", rate: "1", min: 10, max: 100 },
    });
    provider = (fields) => (fields.get("action") === "add" ? { order: 900 } : parts);
    const bought = await world.apiV2(key, { action: "add", service: "1", username: "someone", min: "10", max: "100", posts: "5" });
    expect(bought.json).toEqual({ order: 1 });
    await sweep(2, (id) => (id === "900" ? parts : said({ status: "Completed", remains: "0" })));
    expect((await ask({ order: "1" }, null)).json).toMatchObject({ status: "Processing", posts: "3", orders: ["2", "3"] });
    expect((await ask({ orders: "2,3" }, null)).json).toMatchObject({ 2: { status: "Completed" }, 3: { status: "Completed" } });
    await sweep(5, (id) => (id === "900" ? { ...parts, status: "Expired" } : said({ status: "Completed", remains: "0" })));
    // What is due of an order of several parts is for a person to say: until then the last middle word stands.
    expect((await ask({ order: "1" }, null)).json).toMatchObject({ status: "Processing" });
    expect(await shown("?flag=refund_held")).toMatchObject([{ id: "1", reason: { code: "multi_order" } }]);
  });
});

describe("the first final word that a script is told", () => {
  beforeEach(async () => {
    await world.post("/v1/orders", key, order("1", { provider_order_id: "1" }));
    await sweep(1, () => said({ status: "Partial", remains: "250" }));
  });

  const told = () => rows<{ told: string | null }>("SELECT told FROM orders").then(([row]) => row?.told ?? null);

  it("is on record from then on, once", async () => {
    expect(await told()).toBeNull();
    expect((await ask({ order: "1" }, null)).json).toMatchObject({ status: "Partial", remains: "250" });
    expect(JSON.parse((await told()) ?? "")).toEqual({ status: "partial", refunded: 225_000, remains: 250, left: false });
    const { db, usage } = metered(env.DB);
    await ask({ order: "1" }, null, world.with({ DB: db }));
    expect(usage().rows_written).toBe(0);
  });

  it("flags the order when what follows from it changes afterwards, and lists it", async () => {
    await ask({ order: "1" }, null);
    world.now += 3_600_000;
    await sweep(61, () => said({ status: "Canceled", remains: "1000" }));
    expect(await shown("?flag=panel_outdated")).toMatchObject([
      { id: "1", status: "canceled", refunded: "0.9", flags: ["panel_outdated"] },
    ]);
    expect((await ask({ order: "1" }, null)).json).toMatchObject({ status: "Canceled", remains: "1000" });
  });

  it("counts as what holds now once the panel was corrected by hand", async () => {
    await ask({ order: "1" }, null);
    world.now += 3_600_000;
    await sweep(61, () => said({ status: "Canceled", remains: "1000" }));
    const { status, json } = await world.post("/v1/orders/1/corrected", key);
    expect([status, json.flags]).toEqual([200, []]);
    expect((await world.post("/v1/orders/1/corrected", key)).status).toBe(200);
    expect(await shown("?flag=panel_outdated")).toEqual([]);
    expect((await world.get("/v1/audit")).json.entries[0]).toMatchObject({
      action: "order.corrected",
      subject: "order:1",
      before: { told: { status: "partial" } },
      after: { told: { status: "canceled", refunded: 900_000 } },
    });
    await sweep(61, () => said({ status: "Canceled", remains: "1000" }));
    expect(await shown("?flag=panel_outdated")).toEqual([]);
    expect((await world.post("/v1/orders/nope/corrected", key)).status).toBe(404);
  });

  it("does not flag it where nobody was told", async () => {
    world.now += 3_600_000;
    await sweep(61, () => said({ status: "Canceled", remains: "1000" }));
    expect(await shown("?flag=panel_outdated")).toEqual([]);
  });

  it("flags it when a person changes the refund afterwards", async () => {
    await ask({ order: "1" }, null);
    const body = { amount: "0.1", note: "sorry" };
    await world.ask("POST", "/v1/orders/1/refunds", { key, body, headers: { "Idempotency-Key": "k" } });
    expect(await shown("?flag=panel_outdated")).toHaveLength(1);
  });

  it("is not one while the refund waits", async () => {
    await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { mode: "hold" } });
    await world.post("/v1/orders", key, order("2", { provider_order_id: "2" }));
    await sweep(1, () => said({ status: "Partial", remains: "250" }));
    expect((await ask({ order: "2" }, null)).json).toMatchObject({ status: "Pending" });
    expect(await rows("SELECT told FROM orders WHERE id = '2'")).toEqual([{ told: null }]);
    const [refund] = (await world.get("/v1/refunds?order=2", { key })).json.refunds;
    await world.post(`/v1/refunds/${refund.id}/approve`, key, { amount: "0.09" });
    expect((await ask({ order: "2" }, null)).json).toMatchObject({ status: "Partial", remains: "100" });
  });
});

describe("what was not told", () => {
  it("is not on record: an answer that did not go out, because another id could not be asked", async () => {
    await world.post("/v1/orders", key, order("1", { provider_order_id: "1" }));
    await sweep(1, () => said({ status: "Completed", remains: "0" }));
    provider = () => new Response("", { status: 502 });
    expect((await ask({ orders: "1,2" })).status).toBe(503);
    expect(await rows("SELECT told FROM orders")).toEqual([{ told: null }]);
    provider = () => ({ 2: said() });
    expect((await ask({ orders: "1,2" })).json).toMatchObject({ 1: { status: "Completed" }, 2: { status: "In progress" } });
    expect(await rows("SELECT told->>'$.status' AS told FROM orders ORDER BY n")).toEqual([{ told: "completed" }, { told: null }]);
  });

  it("is not on record where the panel may not use the provider any more", async () => {
    await world.post("/v1/orders", key, order("1", { provider_order_id: "1" }));
    await sweep(1, () => said({ status: "Completed", remains: "0" }));
    await world.provider("acme", { panels: ["somebody-else"] });
    expect((await ask({ order: "1" })).status).toBe(404);
    expect(await rows("SELECT told FROM orders")).toEqual([{ told: null }]);
  });
});

describe("a part of nobody knows how much", () => {
  it("is no final word where no refund follows from it: the script would take it for all, or for nothing", async () => {
    provider = () => said({ status: "Partial", remains: null });
    expect((await ask({ order: "5" })).json).toMatchObject({ status: "Pending" });
    expect(await rows("SELECT told FROM orders")).toEqual([{ told: null }]);
    await sweep(61, () => said({ status: "Partial", remains: "40" }));
    expect((await ask({ order: "5" })).json).toMatchObject({ status: "Partial", remains: "40" });
  });
});

describe("a refund that the policy leaves to the panel", () => {
  it("is told by the provider's own word, so that the panel's script returns it", async () => {
    await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { mode: "off" } });
    await world.post("/v1/orders", key, [order("1", { provider_order_id: "1" }), order("2", { provider_order_id: "2" })]);
    await sweep(1, (id) => said({ status: id === "1" ? "Canceled" : "Partial", remains: "250" }));
    expect((await ask({ orders: "1,2" }, null)).json).toMatchObject({
      1: { status: "Canceled", remains: "1000" },
      2: { status: "Partial", remains: "250" },
    });
    await sweep(65, (id) => said({ status: id === "1" ? "Canceled" : "Partial", remains: "250" }));
    expect(await shown("?flag=panel_outdated")).toEqual([]);
  });
});

describe("a status of 100 known ids", () => {
  it.each([
    ["/api/v2", null],
    ["/api/v2/acme", "acme"],
  ])("takes one round trip at %s, the key check included, and writes nothing", async (_path, endpoint) => {
    const ids = Array.from({ length: 100 }, (_, i) => String(i + 1));
    await world.post(
      "/v1/orders",
      key,
      ids.map((id) => order(id, { provider_order_id: id })),
    );
    const { db, usage } = metered(env.DB);
    const { json } = await ask({ orders: ids.join(",") }, endpoint, world.with({ DB: db }));
    expect(Object.keys(json)).toHaveLength(100);
    expect(usage()).toMatchObject({ d1_calls: 1, rows_written: 0 });
    expect(usage().rows_read).toBeLessThanOrEqual(610);
    expect(world.calls).toEqual([]);
  });
});

describe("a second order for a link and a service", () => {
  const on = (id: string, changes: Record<string, unknown> = {}) =>
    order(id, { service: "12", link: "https://instagram.com/p/AbC", ...changes });

  it("is flagged where it is registered while the first is under way, also in one request", async () => {
    await world.post("/v1/orders", key, on("1"));
    await world.post("/v1/orders", key, [
      on("2", { link: "instagram.com/p/AbC/" }),
      on("3"),
      on("4", { service: "13" }),
      on("5", { link: "x" }),
    ]);
    expect((await shown()).map(({ id, flags, duplicate_of }) => [id, flags, duplicate_of])).toEqual([
      ["5", [], null],
      ["4", [], null],
      ["3", ["duplicate_link"], "2"],
      ["2", ["duplicate_link"], "1"],
      ["1", [], null],
    ]);
    expect((await world.post("/v1/orders", key, on("3"))).json).toMatchObject({ duplicate_of: "2" });
  });

  it("is a matter of course once the first has ended", async () => {
    await world.post("/v1/orders", key, on("1", { provider_order_id: "1" }));
    await sweep(1, () => said({ status: "Canceled", remains: "1000" }));
    const { json } = await world.post("/v1/orders", key, on("2"));
    expect(json).toMatchObject({ flags: [], duplicate_of: null });
    expect((await world.post("/v1/orders", key, on("3", { status: "completed" }))).json).toMatchObject({ flags: [], duplicate_of: null });
  });
});
