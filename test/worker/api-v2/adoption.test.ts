/**
 * `status` of ids that nobody has heard of, and of orders of several parts: the provider is asked, and the order is
 * followed from then on.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import restored from "../../../scripts/restored.sql?raw";
import { order } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
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

  it("is kept from its end while the books of its panel do not add up", async () => {
    await env.DB.prepare("UPDATE panels SET frozen_at = ?2, frozen_because = 'a test' WHERE id = ?1").bind(world.panelId, world.now).run();
    world.says = () => said({ status: "Canceled", remains: "1000" });
    expect((await world.status({ order: "7" })).json).toMatchObject({ status: "Pending" });
    const { refunds } = (await world.get("/v1/refunds?status=held", { key: world.key })).json;
    expect(refunds).toMatchObject([{ order: "7", amount: null, reason: "frozen" }]);
  });

  it.each(["300", "1.250"])("is told as returned in full where its price is 0, whatever is said to remain: %s", async (remains) => {
    world.says = () => said({ status: "Refunded", remains, charge: "0.0000" });
    expect((await world.status({ order: "7" })).json).toMatchObject({ status: "Canceled", charge: "0.0000" });
    expect(await rows("SELECT told FROM orders")).toEqual([{ told: expect.stringContaining('"remains":null') }]);
    expect((await world.status({ order: "7" })).json).toMatchObject({ status: "Canceled" });
    expect(await world.listed()).toMatchObject([{ status: "refunded", flags: [], reason: null }]);
  });

  describe("and forty of which end badly at once", () => {
    const ids = Array.from({ length: 40 }, (_, i) => String(70001 + i));
    const each = (fields: URLSearchParams, one: unknown): unknown =>
      fields.has("orders") ? Object.fromEntries((fields.get("orders") ?? "").split(",").map((id) => [id, one])) : one;
    const words = (json: unknown) => new Set(Object.values(json as Record<string, { status: string }>).map(({ status }) => status));

    it.each([
      ["brought along by a list", true],
      ["known to nobody", false],
    ])("engage the brake before their script is told: %s", async (_, isListed) => {
      if (isListed) await world.post("/v1/providers/acme/adopt", world.key, { orders: ids });
      world.says = (fields) => each(fields, said({ status: "Canceled", remains: "1000" }));
      expect(words((await world.status({ orders: ids.join(",") })).json)).toEqual(new Set(["Pending"]));
      const { brake } = (await world.ask("GET", "/v1/providers/acme")).json;
      expect(brake).toMatchObject({ panels: [world.panelId], held: { count: 40 } });
      expect(JSON.parse(String((await rows("SELECT endings FROM providers"))[0]?.["endings"]))).toEqual([
        [expect.any(Number), 40, 40, world.panelId],
      ]);
    });

    it("count once, though two scripts ask for them at the same moment", async () => {
      world.says = (fields) => each(fields, said({ status: "Canceled", remains: "1000" }));
      const answers = await Promise.all([world.status({ orders: ids.join(",") }), world.status({ orders: ids.join(",") })]);
      for (const { json } of answers) expect(words(json)).toEqual(new Set(["Pending"]));
      expect(JSON.parse(String((await rows("SELECT endings FROM providers"))[0]?.["endings"]))).toEqual([
        [expect.any(Number), 40, 40, world.panelId],
      ]);
    });

    it("are told where most of the panel's orders end well", async () => {
      const bad = new Set(ids.slice(0, 10));
      world.says = (fields) =>
        Object.fromEntries(
          (fields.get("orders") ?? "").split(",").map((id) => [id, said({ status: bad.has(id) ? "Canceled" : "Completed", remains: "0" })]),
        );
      expect(words((await world.status({ orders: ids.join(",") })).json)).toEqual(new Set(["Canceled", "Completed"]));
    });
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

  it.each([
    ["is out of reach", () => new Response("<html>down</html>", { status: 502 })],
    ["has had enough", () => new Response("", { status: 429 })],
  ])(
    "keeps nobody else waiting while the provider %s: it is left out of a list with orders that are followed",
    async (_name, answering) => {
      world.says = () => said();
      await world.status({ order: "1" });
      world.says = answering;
      expect(await world.status({ orders: "1,2" })).toMatchObject({ status: 200, json: { 1: said() } });
      expect((await world.status({ orders: "1,2" })).json).toEqual({ 1: said() });
      expect((await world.status({ orders: "2,3" })).text).toBe("");
    },
  );

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

  it("is the first panel's that asked for it: for another it does not exist, and nothing is sent", async () => {
    world.says = () => said();
    await world.status({ order: "77" });
    const other = await world.panel(`second${world.panelId}`);
    world.calls.length = 0;
    expect((await world.status({ order: "77" }, undefined, other)).json).toEqual({ error: "Incorrect order ID" });
    expect(world.calls).toEqual([]);
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

/** What one call for unknown ids is answered by: of each id, the same. */
function answeringAll(fields: URLSearchParams): unknown {
  const list = fields.get("orders");
  return list === null ? said() : Object.fromEntries(list.split(",").map((id) => [id, said()]));
}

const idsFrom = (first: number, count: number): string[] => Array.from({ length: count }, (_, i) => String(first + i));

describe("more ids than a provider takes in a call", () => {
  it("are asked by the hundred, and all of them are answered", async () => {
    world.says = answeringAll;
    const ids = idsFrom(1, 500);
    const { json } = await world.status({ orders: ids.join(",") });
    expect(Object.keys(json)).toEqual(ids);
    expect(world.calls.map(({ fields }) => fields.get("orders")?.split(",").length)).toEqual([100, 100, 100, 100, 100]);
    expect(await world.status({ orders: ids.join(",") })).toMatchObject({ status: 200, json });
    expect(world.calls).toHaveLength(5);
  });

  it("are left out beyond 500 unknown ones, and come with the next call", async () => {
    world.says = answeringAll;
    const ids = idsFrom(1, 730);
    expect(Object.keys((await world.status({ orders: ids.join(",") })).json)).toHaveLength(500);
    expect(Object.keys((await world.status({ orders: ids.join(",") })).json)).toHaveLength(730);
  });

  it("are left out where no call is left of the minute's", async () => {
    await world.provider("acme", { max_calls_per_minute: 5 });
    world.says = answeringAll;
    const ids = idsFrom(1, 300);
    expect(Object.keys((await world.status({ orders: ids.join(",") })).json)).toHaveLength(200);
    world.now += 60_000;
    expect(Object.keys((await world.status({ orders: ids.join(",") })).json)).toHaveLength(300);
  });
});

describe("an id that is no spelling of one", () => {
  it.each(["0123", "+123", "123abc", "123.0", "-1", "\u200b123", "1 2", "a b", "x".repeat(65), "9".repeat(20), "é"])(
    "%j is nobody's, and is never sent",
    async (id) => {
      world.says = answeringAll;
      expect((await world.status({ order: id })).json).toEqual({ error: "Incorrect order ID" });
      expect((await world.status({ orders: `${id},5` })).json).toEqual({ [id.trim()]: { error: "Incorrect order ID" }, 5: said() });
      expect(world.calls.map(({ fields }) => fields.get("order"))).toEqual(["5"]);
    },
  );
});

describe("ids that were listed before the switch", () => {
  const list = (orders: unknown[], over: Record<string, unknown> = {}) =>
    world.ask("POST", "/v1/providers/acme/adopt", { key: world.key, body: { orders }, ...over });

  it("are followed from then on, within the provider's calls: a script that asks one by one is answered each", async () => {
    await world.provider("acme", { max_calls_per_minute: 5 });
    const ids = idsFrom(101, 14);
    const answer = await list([...ids, 101]);
    expect([answer.status, answer.json]).toEqual([202, { adopted: 14, known: 0, taken: 0 }]);
    expect(world.calls).toEqual([]);
    expect((await list(ids)).json).toEqual({ adopted: 0, known: 14, taken: 0 });
    await sweep(world, 2, () => said());
    for (const id of ids) expect((await world.status({ order: id })).json).toEqual(said());
    expect(world.calls).toEqual([]);
    expect((await world.listed()).map(({ id, charge, quantity }) => [id, charge, quantity])).toEqual(
      ids.toReversed().map((id) => [id, null, null]),
    );
  });

  it("are asked for by a script that comes before the first sweep: nothing is made up for it", async () => {
    await list(["7", "8", "9"]);
    world.says = () => new Response("", { status: 502 });
    const silent = await world.status({ order: "7" });
    expect([silent.status, silent.text]).toEqual([503, ""]);
    await clearCircuit();
    world.says = (fields) =>
      Object.fromEntries(
        (fields.get("orders") ?? "").split(",").map((id) => [id, id === "9" ? { error: "Incorrect order ID" } : completed]),
      );
    const { json } = await world.status({ orders: "7,8,9" });
    expect(json).toMatchObject({ 7: { status: "Completed" }, 8: { status: "Completed" }, 9: { error: "Incorrect order ID" } });
    world.calls.length = 0;
    expect((await world.status({ orders: "7,8" })).json).toMatchObject({ 7: { status: "Completed" } });
    expect(world.calls).toEqual([]);
    expect(await world.listed("?status=completed")).toHaveLength(2);
    expect((await world.get("/v1/changes", { key: world.key })).json.changes.map(({ type }: { type: string }) => type)).toEqual([
      ...Array.from({ length: 3 }, () => "order.created"),
      ...Array.from({ length: 2 }, () => "order.updated"),
    ]);
  });

  const completed = said({ status: "Completed", remains: "0" });

  async function clearCircuit(): Promise<void> {
    await world.run(0);
    await env.DB.prepare("UPDATE providers SET failures = 0, retry_at = NULL").run();
  }

  it("are counted apart where another panel has them", async () => {
    const other = await world.panel(`lists${world.panelId}`);
    expect((await list(["1", "2"])).json).toEqual({ adopted: 2, known: 0, taken: 0 });
    expect((await list(["2", "3", "A-1"], { key: other })).json).toEqual({ adopted: 2, known: 0, taken: 1 });
  });

  it("are refused by name where they are no ids, at a provider that is not the panel's, and by the thousand at most", async () => {
    const problems = async (orders: unknown[]) =>
      (await list(orders)).json.error?.details?.fields?.map(({ path }: { path: string }) => path);
    expect(await problems(["1", "0123", 1.5, "+3", null, "123abc", "4"])).toEqual([
      "orders[1]",
      "orders[2]",
      "orders[3]",
      "orders[4]",
      "orders[5]",
    ]);
    expect(await problems([])).toEqual(["orders"]);
    expect(await problems(idsFrom(1, 1001))).toEqual(["orders"]);
    await world.provider("closed", { panels: ["somebody"] });
    for (const provider of ["closed", "nowhere"]) {
      const answer = await world.ask("POST", `/v1/providers/${provider}/adopt`, { key: world.key, body: { orders: ["1"] } });
      expect([answer.status, answer.json.error.code]).toEqual([404, "provider_not_found"]);
    }
    expect(await world.listed()).toEqual([]);
  });

  it("cost five rows written each, and some twenty reads", async () => {
    await world.get("/v1/me", { key: world.key });
    const { db, usage } = metered(env.DB);
    const orders = idsFrom(1, 1000);
    const answer = await world.with({ DB: db }).ask("POST", "/v1/providers/acme/adopt", { key: world.key, body: { orders } });
    expect(answer.json).toEqual({ adopted: 1000, known: 0, taken: 0 });
    expect(usage().rows_written).toBeLessThanOrEqual(5003);
    expect(usage().rows_read).toBeLessThanOrEqual(1000 * 23);
  });
});

describe("a subscription", () => {
  const active = { status: "Active", expiry: null, posts: "3", orders: [952560, 952561] };

  it("is told in its own words and types, and nothing is added to what its provider gives", async () => {
    world.says = () => active;
    expect((await world.status({ order: "900" })).json).toEqual(active);
    for (const status of ["Paused", "Active", "Expired"]) {
      await sweep(world, 7, (id) => (id === "900" ? { ...active, posts: 4, status } : said()));
      expect((await world.status({ order: "900" })).json).toEqual({ ...active, posts: 4, status });
    }
    expect(await world.listed("?status=partial")).toMatchObject([{ id: "900", provider_status: "Expired" }]);
  });

  it.each(["Completed", "Canceled", "Expired"])("that is %s is told so", async (status) => {
    world.says = () => ({ ...active, expiry: "2026-12-01", charge: "0.5", status });
    expect((await world.status({ order: "900" })).json).toEqual({ ...active, expiry: "2026-12-01", charge: "0.5", status });
  });

  it("that has no post yet is one, and a plain order with empty fields is none", async () => {
    world.says = (fields) =>
      fields.get("order") === "1"
        ? { status: "Active", expiry: null, posts: 0, orders: [] }
        : said({ status: "Processing", posts: "0", expiry: "", orders: "" });
    expect((await world.status({ order: "1" })).json).toEqual({ status: "Active", expiry: null, posts: 0, orders: [] });
    expect((await world.status({ order: "2" })).json).toMatchObject({ status: "Processing", remains: "157" });
  });

  const range = { username: "someone", min: "10", max: "20" };
  const listed = [
    { service: 1, name: "Likes", type: "Subscriptions", rate: "1", min: "10", max: "100" },
    { service: 2, name: "Likes", type: "Default", rate: "1", min: "10", max: "100" },
  ];

  it.each<[string, readonly unknown[], Record<string, string>, unknown]>([
    ["is told as one", listed, { service: "1", ...range, posts: "5" }, { status: "Active" }],
    ["without posts is told as one", listed, { service: "1", ...range }, { status: "Active" }],
    ["with no posts is told as one", listed, { service: "1", ...range, posts: "0" }, { status: "Active" }],
    ["with old posts alone is told as one", listed, { service: "1", ...range, old_posts: "2" }, { status: "Active" }],
    ["of which no list tells is known by its range", [], { service: "1", ...range }, { status: "Active" }],
    [
      "is not what has posts beside a quantity at a plain service",
      listed,
      { service: "2", link: "https://social.example/p/1", quantity: "100", posts: "5" },
      { charge: "0.1", start_count: "0", status: "Pending", remains: "100", currency: "USD" },
    ],
  ])("that was just ordered %s", async (_name, services, wanted, told) => {
    world.says = (fields) => (fields.get("action") === "add" ? { order: 800 } : fields.get("action") === "services" ? services : said());
    expect((await world.status({ action: "add", ...wanted })).json).toEqual({ order: 800 });
    expect((await world.status({ order: "800" })).json).toEqual(told);
  });

  it("that was just ordered without posts is told in its own words to its end", async () => {
    world.says = (fields) => (fields.get("action") === "add" ? { order: 800 } : fields.get("action") === "services" ? listed : said());
    await world.status({ action: "add", service: "1", ...range });
    await sweep(world, 2, () => ({ status: "Active", expiry: null, posts: "1", orders: null }));
    expect((await world.status({ order: "800" })).json).toEqual({ status: "Active", expiry: null, posts: "1", orders: null });
    await sweep(world, 7, (id) => (id === "800" ? { ...active, orders: { 0: 901, 2: 902 } } : said()));
    expect((await world.status({ order: "800" })).json).toEqual({ ...active, orders: [901, 902] });
    await sweep(world, 7, (id) => (id === "800" ? { ...active, orders: null } : said()));
    expect((await world.status({ order: "800" })).json).toEqual({ ...active, orders: [901, 902] });
  });

  it("of an earlier release's row is told as it stands there, until the provider's next answer", async () => {
    world.says = () => active;
    await world.status({ order: "900" });
    const kept = JSON.stringify({ runs: null, posts: "3", expiry: null, orders: ["952560"] });
    await env.DB.prepare("UPDATE orders SET parts = ?1 WHERE provider_order_id = '900'").bind(kept).run();
    expect((await world.status({ order: "900" })).json).toEqual({ status: "Active", posts: "3", orders: ["952560"] });
    await sweep(world, 2, (id) => (id === "900" ? active : said()));
    expect((await world.status({ order: "900" })).json).toEqual(active);
  });
});

describe("an order of several parts", () => {
  it("waits for its parts where its panel registers it with a charge while the provider is asked", async () => {
    const fields = { id: "R1", provider: "acme", provider_order_id: "900", quantity: 3000, charge: "2.7", runs: 3 };
    let registered = 0;
    world.says = async () => {
      registered = (await world.post("/v1/orders", world.key, fields)).status;
      return { status: "Completed", runs: "3", orders: [901, 902, 903] };
    };
    expect([(await world.status({ order: "900" })).json, registered]).toMatchObject([{ status: "Pending" }, 201]);
    const shortened = (id: string) =>
      id === "902" ? said({ status: "Canceled", remains: "1000" }) : said({ status: "Completed", remains: "0" });
    await sweep(world, 5, (id) => (id === "900" ? { status: "Completed", runs: "3", orders: [901, 902, 903] } : shortened(id)));
    const whole = (await world.listed()).find(({ id }) => id === "R1");
    expect(whole).toMatchObject({ status: "completed", refund_held: "0.9", reason: { code: "multi_order" } });
  });

  const parts = { status: "Active", posts: "3", expiry: "2026-12-01", orders: ["901", "902"] };

  it("passes its parts on, and adopts them", async () => {
    world.says = () => parts;
    expect((await world.status({ order: "900" })).json).toMatchObject({
      status: "Active",
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

  it("is its panel's with all its parts; those of one that was placed here outrank who has adopted them", async () => {
    world.says = (fields) => (fields.get("order") === "900" ? parts : said());
    await world.status({ order: "900" });
    const other = await world.panel(`parts${world.panelId}`);
    expect((await world.status({ order: "901" }, undefined, other)).json).toEqual({ error: "Incorrect order ID" });
    expect((await world.status({ order: "801" }, undefined, other)).json).toEqual(said());
    world.says = (fields) => (fields.get("action") === "add" ? { order: 800 } : fields.get("action") === "services" ? [] : said());
    await world.status({ action: "add", service: "1", username: "someone", posts: "5" });
    await sweep(world, 2, (id) => (id === "800" ? { ...parts, orders: ["801"] } : said()));
    expect((await world.status({ order: "801" }, undefined, other)).json).toEqual({ error: "Incorrect order ID" });
  });

  it("has a part that another panel's order names too only if its own was first: both go on", async () => {
    const other = await world.panel(`same${world.panelId}`);
    let next = 800;
    world.says = (fields) => (fields.get("action") === "add" ? { order: next++ } : fields.get("action") === "services" ? [] : said());
    for (const key of [world.key, other])
      await world.status({ action: "add", service: "1", username: "someone", posts: "5" }, undefined, key);
    await sweep(world, 3, (id) => (id === "800" || id === "801" ? { ...parts, orders: ["900", "901"] } : said()));
    expect(await rows("SELECT provider_order_id FROM orders ORDER BY provider_order_id")).toEqual(
      ["800", "801", "900", "901"].map((id) => ({ provider_order_id: id })),
    );
    expect(await rows("SELECT provider_order_id FROM orders WHERE provider_status IS NULL")).toEqual([]);
  });

  it("tells its parts at the own catalogue by ids of ours", async () => {
    await world.ask("PUT", "/v1/services/1", {
      body: { provider: "acme", service: "5", name: "Likes", type: "Subscriptions", rate: "1", min: 10, max: 100 },
    });
    world.says = (fields) => (fields.get("action") === "add" ? { order: 900 } : parts);
    const bought = await world.apiV2(world.key, { action: "add", service: "1", username: "someone", min: "10", max: "100", posts: "5" });
    expect(bought.json).toEqual({ order: 1 });
    await sweep(world, 2, (id) => (id === "900" ? parts : said({ status: "Completed", remains: "0" })));
    expect((await world.status({ order: "1" }, null)).json).toEqual({
      status: "Active",
      posts: "3",
      expiry: "2026-12-01",
      orders: ["2", "3"],
    });
    expect((await world.status({ orders: "2,3" }, null)).json).toMatchObject({ 2: { status: "Completed" }, 3: { status: "Completed" } });
    await sweep(world, 7, (id) =>
      id === "900" ? { ...parts, posts: 3, orders: [901, 902] } : said({ status: "Completed", remains: "0" }),
    );
    expect((await world.status({ order: "1" }, null)).json).toEqual({ status: "Active", posts: 3, expiry: "2026-12-01", orders: [2, 3] });
    await sweep(world, 5, (id) => (id === "900" ? { ...parts, status: "Expired" } : said({ status: "Completed", remains: "0" })));
    // What is due of an order of several parts is for a person to say: until then the last active status stands.
    expect((await world.status({ order: "1" }, null)).json).toMatchObject({ status: "Active" });
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
