/**
 * `status` at both endpoints: from the database in one round trip, and final statuses once their refund is decided.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { order } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { answeringEach } from "../world/providers.ts";
import { said, sweep } from "../world/sweeping.ts";
import { StatusWorld } from "../world/status-world.ts";

let world: StatusWorld;

beforeAll(migrate);

beforeEach(async () => {
  world = await StatusWorld.begin();
});

describe("the first final status that a script gets", () => {
  beforeEach(async () => {
    await world.post("/v1/orders", world.key, order("1", { provider_order_id: "1" }));
    await sweep(world, 1, () => said({ status: "Partial", remains: "250" }));
  });

  const told = () => rows<{ told: string | null }>("SELECT told FROM orders").then(([row]) => row?.told ?? null);

  it("is on record from then on, once", async () => {
    expect(await told()).toBeNull();
    expect((await world.status({ order: "1" }, null)).json).toMatchObject({ status: "Partial", remains: "250" });
    expect(JSON.parse((await told()) ?? "")).toEqual({ status: "partial", refunded: 225_000, remains: 250, left: false });
    const { db, usage } = metered(env.DB);
    await world.with({ DB: db }).apiV2(world.key, { action: "status", order: "1" }, null);
    expect(usage().rows_written).toBe(0);
  });

  it("flags the order when what follows from it changes afterwards, and lists it", async () => {
    await world.status({ order: "1" }, null);
    world.now += 3_600_000;
    await sweep(world, 61, () => said({ status: "Canceled", remains: "1000" }));
    expect(await world.listed("?flag=panel_outdated")).toMatchObject([
      { id: "1", status: "canceled", refunded: "0.9", flags: ["panel_outdated"] },
    ]);
    expect((await world.status({ order: "1" }, null)).json).toMatchObject({ status: "Canceled", remains: "1000" });
  });

  it("counts as what holds now once the panel was corrected by hand", async () => {
    await world.status({ order: "1" }, null);
    world.now += 3_600_000;
    await sweep(world, 61, () => said({ status: "Canceled", remains: "1000" }));
    const dismissed = { flag: "panel_outdated", note: "put right by hand" };
    const { status, json } = await world.post("/v1/orders/1/dismiss", world.key, dismissed);
    expect([status, json.flags]).toEqual([200, []]);
    expect((await world.post("/v1/orders/1/dismiss", world.key, dismissed)).status).toBe(200);
    expect(await world.listed("?flag=panel_outdated")).toEqual([]);
    expect((await world.get("/v1/audit")).json.entries[0]).toMatchObject({
      action: "order.dismissed",
      subject: "order:1",
      before: { told: { status: "partial" } },
      after: { told: { status: "canceled", refunded: 900_000 } },
    });
    await sweep(world, 61, () => said({ status: "Canceled", remains: "1000" }));
    expect(await world.listed("?flag=panel_outdated")).toEqual([]);
    expect((await world.post("/v1/orders/nope/dismiss", world.key, dismissed)).status).toBe(404);
  });

  it("keeps out the answer of a poll that is under way, which then is no check of the order", async () => {
    const [before] = await world.listed();
    const heard: unknown[] = [];
    world.providers.set("acme", async (ids, fields) => {
      heard.push((await world.status({ order: "1" }, null)).json.status);
      return answeringEach(() => said({ status: "Canceled", remains: "1000" }))(ids, fields);
    });
    while (heard.length === 0) await world.run(1);
    expect(heard).toEqual(["Partial"]);
    expect(await world.listed()).toMatchObject([{ status: "partial", checked_at: before?.["checked_at"] }]);
    await world.run(60);
    expect(await world.listed()).toMatchObject([{ status: "canceled", refunded: "0.9", flags: ["panel_outdated"] }]);
  });

  it("does not flag it where nobody was told", async () => {
    world.now += 3_600_000;
    await sweep(world, 61, () => said({ status: "Canceled", remains: "1000" }));
    expect(await world.listed("?flag=panel_outdated")).toEqual([]);
  });

  it("flags it when a person changes the refund afterwards", async () => {
    await world.status({ order: "1" }, null);
    const body = { amount: "0.1", note: "sorry" };
    await world.ask("POST", "/v1/orders/1/refunds", { key: world.key, body, headers: { "Idempotency-Key": "k" } });
    expect(await world.listed("?flag=panel_outdated")).toHaveLength(1);
  });

  it("is not one while the refund waits", async () => {
    await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { mode: "hold" } });
    await world.post("/v1/orders", world.key, order("2", { provider_order_id: "2" }));
    await sweep(world, 1, () => said({ status: "Partial", remains: "250" }));
    expect((await world.status({ order: "2" }, null)).json).toMatchObject({ status: "Pending" });
    expect(await rows("SELECT told FROM orders WHERE id = '2'")).toEqual([{ told: null }]);
    const [refund] = (await world.get("/v1/refunds?order=2", { key: world.key })).json.refunds;
    await world.post(`/v1/refunds/${refund.id}/approve`, world.key, { amount: "0.09" });
    expect((await world.status({ order: "2" }, null)).json).toMatchObject({ status: "Partial", remains: "100" });
  });
});

describe("a final status that the panel registered", () => {
  it.each([
    ["a word that nobody knows", () => said({ status: "Frozen" })],
    ["an error for its id", () => ({ error: "Incorrect order ID" })],
    ["one active word", () => said()],
  ])("is not told while nothing has confirmed it but %s", async (_name, says) => {
    await world.post("/v1/orders", world.key, order("1", { provider_order_id: "1", status: "canceled" }));
    const told = async () => (await world.status({ order: "1" }, null)).json.status;
    await sweep(world, 1, says);
    expect(await told()).toBe("Pending");
    await sweep(world, 61, () => said({ status: "Canceled", remains: "1000" }));
    expect(await told()).toBe("Canceled");
  });

  it("is looked at as seldom as any other end while its provider does not know it", async () => {
    await world.post("/v1/orders", world.key, order("1", { provider_order_id: "1", status: "canceled" }));
    await sweep(world, 90, () => ({ error: "Incorrect order ID" }));
    await world.post("/v1/orders/1/check", world.key);
    await sweep(world, 1, () => ({ error: "Incorrect order ID" }));
    expect(await rows("SELECT cadence, polled_at FROM orders")).toEqual([{ cadence: 60, polled_at: null }]);
    expect((await world.status({ order: "1" }, null)).json).toMatchObject({ status: "Pending" });
  });
});

describe("a final status that did not go out", () => {
  it("is not on record before the other ids of its list were asked for; then it goes out, whatever came of them", async () => {
    await world.post("/v1/orders", world.key, order("1", { provider_order_id: "1" }));
    await sweep(world, 1, () => said({ status: "Completed", remains: "0" }));
    const told = () => rows("SELECT told->>'$.status' AS told FROM orders ORDER BY n");
    world.says = async () => {
      expect(await told()).toEqual([{ told: null }]);
      return new Response("", { status: 502 });
    };
    expect((await world.status({ orders: "1,2" })).json).toEqual({ 1: expect.objectContaining({ status: "Completed" }) });
    // Whose failure it was, the balance tells.
    expect(world.calls.map(({ action }) => action)).toEqual(["status", "balance"]);
    expect(await told()).toEqual([{ told: "completed" }]);
  });

  it("is not on record where the panel may not use the provider any more", async () => {
    await world.post("/v1/orders", world.key, order("1", { provider_order_id: "1" }));
    await sweep(world, 1, () => said({ status: "Completed", remains: "0" }));
    await world.panel("somebody-else");
    await world.provider("acme", { panels: ["somebody-else"] });
    expect((await world.status({ order: "1" })).status).toBe(404);
    expect(await rows("SELECT told FROM orders")).toEqual([{ told: null }]);
  });
});

describe("a partial order with unknown remains", () => {
  it("is no final word where no refund follows from it: the script would take it for all, or for nothing", async () => {
    world.says = () => said({ status: "Partial", remains: null });
    expect((await world.status({ order: "5" })).json).toMatchObject({ status: "Pending" });
    expect(await rows("SELECT told FROM orders")).toEqual([{ told: null }]);
    await sweep(world, 61, () => said({ status: "Partial", remains: "40" }));
    expect((await world.status({ order: "5" })).json).toMatchObject({ status: "Partial", remains: "40" });
  });
});

describe("a refund that the policy leaves to the panel", () => {
  it("is told by the provider's own word, so that the panel's script returns it", async () => {
    await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { mode: "off" } });
    await world.post("/v1/orders", world.key, [order("1", { provider_order_id: "1" }), order("2", { provider_order_id: "2" })]);
    await sweep(world, 1, (id) => said({ status: id === "1" ? "Canceled" : "Partial", remains: "250" }));
    expect((await world.status({ orders: "1,2" }, null)).json).toMatchObject({
      1: { status: "Canceled", remains: "1000" },
      2: { status: "Partial", remains: "250" },
    });
    await sweep(world, 65, (id) => said({ status: id === "1" ? "Canceled" : "Partial", remains: "250" }));
    expect(await world.listed("?flag=panel_outdated")).toEqual([]);
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
      world.key,
      ids.map((id) => order(id, { provider_order_id: id })),
    );
    const { db, usage } = metered(env.DB);
    const { json } = await world.with({ DB: db }).apiV2(world.key, { action: "status", orders: ids.join(",") }, endpoint);
    expect(Object.keys(json)).toHaveLength(100);
    expect(usage()).toMatchObject({ d1_calls: 1, rows_written: 0 });
    expect(usage().rows_read).toBeLessThanOrEqual(615);
    expect(world.calls).toEqual([]);
  });

  it.each([
    ["/api/v2", null],
    ["/api/v2/acme", "acme"],
  ])("of 500 ids takes no more: one round trip at %s", async (_path, endpoint) => {
    const ids = Array.from({ length: 500 }, (_, i) => String(i + 1));
    await world.post(
      "/v1/orders",
      world.key,
      ids.map((id) => order(id, { provider_order_id: id })),
    );
    const { db, usage } = metered(env.DB);
    const { json } = await world.with({ DB: db }).apiV2(world.key, { action: "status", orders: ids.join(",") }, endpoint);
    expect(Object.keys(json)).toHaveLength(500);
    expect(usage()).toMatchObject({ d1_calls: 1, rows_written: 0 });
    expect(usage().rows_read).toBeLessThanOrEqual(6 * 500 + 15);
    expect(world.calls).toEqual([]);
  });
});

describe("a second order for a link", () => {
  const on = (id: string, changes: Record<string, unknown> = {}) =>
    order(id, { service: "12", link: "https://instagram.com/p/AbC", ...changes });

  it("is flagged where it is registered while the first is under way, also in one request", async () => {
    await world.post("/v1/orders", world.key, on("1"));
    await world.post("/v1/orders", world.key, [
      on("2", { link: "instagram.com/p/AbC/" }),
      on("3"),
      on("4", { service: "13" }),
      on("5", { link: "x" }),
    ]);
    expect((await world.listed()).map(({ id, flags, duplicate_of }) => [id, flags, duplicate_of])).toEqual([
      ["5", [], null],
      ["4", ["duplicate_link"], "3"],
      ["3", ["duplicate_link"], "2"],
      ["2", ["duplicate_link"], "1"],
      ["1", [], null],
    ]);
    expect((await world.post("/v1/orders", world.key, on("3"))).json).toMatchObject({ duplicate_of: "2" });
  });

  it.each([
    ["the first has ended", ["1"], []],
    ["it has ended itself", ["2"], []],
    ["another one that came before is still under way", ["0"], ["duplicate_link"]],
  ])("has its warning for as long as both are under way: %s", async (_name, ended, flags) => {
    for (const id of ["0", "1", "2"])
      await world.post(
        "/v1/orders",
        world.key,
        on(id, { provider_order_id: id, service: id, ...(id === "0" && flags.length === 0 ? { link: "x" } : {}) }),
      );
    const says = (id: string) =>
      ended.includes(id) ? said({ status: "Completed", remains: "0" }) : said({ status: "In progress", remains: "900" });
    for (let minute = 1; minute <= 20; minute++) await sweep(world, minute, says);
    expect((await world.listed()).find(({ id }) => id === "2")).toMatchObject({ flags, duplicate_of: "1" });
  });

  it("is a matter of course once the first has ended", async () => {
    await world.post("/v1/orders", world.key, on("1", { provider_order_id: "1" }));
    await sweep(world, 1, () => said({ status: "Canceled", remains: "1000" }));
    const { json } = await world.post("/v1/orders", world.key, on("2"));
    expect(json).toMatchObject({ flags: [], duplicate_of: null });
    expect((await world.post("/v1/orders", world.key, on("3", { status: "completed" }))).json).toMatchObject({
      flags: [],
      duplicate_of: null,
    });
  });
});
