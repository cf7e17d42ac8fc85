/**
 * Resolving an order whose placement could not be confirmed.
 */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AddingWorld, placed } from "../world/adding.ts";
import type { Answered } from "../world/asking.ts";
import { migrate } from "../world/database.ts";
import { brokenAnswer } from "../world/providers.ts";

let world: AddingWorld;

beforeAll(migrate);

beforeEach(async () => {
  world = await AddingWorld.open();
});

const FLAG = 1 << 11;

describe("an order that is resolved while its provider has not answered", () => {
  let arrive: (response: Response) => void = () => undefined;
  let told: Promise<Answered>;
  let id = "";

  beforeEach(async () => {
    world.answers = [() => new Promise<Response>((resolve) => (arrive = resolve))];
    told = world.add();
    await vi.waitUntil(async () => (await world.orders()).length === 1);
    world.now += 61_000;
    [{ id }] = (await world.orders()) as [{ id: string }];
  });

  it.each([
    ["another id", () => Response.json({ order: 23501 })],
    ["a refusal", () => Response.json({ error: "Incorrect quantity" })],
  ])("stays what a person has made of it: attached, then %s", async (_name, late) => {
    expect((await world.post(`/v1/orders/${id}/settle`, world.key, { provider_order_id: "777" })).status).toBe(200);
    arrive(late());
    expect((await told).json).toEqual({ order: 777 });
    expect(await world.orders()).toMatchObject([{ provider_order_id: "777", status: "pending", refunded: 0, cadence: 1 }]);
  });

  it("stays dropped and returned", async () => {
    await world.post(`/v1/orders/${id}/settle`, world.key, { drop: true });
    const before = [await world.orders(), await world.feed()];
    arrive(Response.json({ order: 23501 }));
    expect((await told).json).toEqual({ order: Number(id) });
    expect([await world.orders(), await world.feed()]).toEqual(before);
  });
});

describe("an order that was left behind while it was being placed", () => {
  it("is flagged for the operator by a sweep, and told as pending meanwhile", async () => {
    world.answers = [() => new Promise<Response>(() => undefined)];
    void world.add();
    await expect.poll(() => world.orders()).toHaveLength(1);
    const [{ id } = { id: "" }] = await world.orders();
    expect(await world.shown()).toMatchObject([{ flags: [] }]);
    await world.sweep(3);
    expect(await world.orders()).toMatchObject([{ flags: FLAG, cadence: null }]);
    expect(await world.shown()).toMatchObject([{ id, closed: false, flags: ["placing_unknown"] }]);
    expect(await world.feed()).toEqual([["order.created", id]]);
    expect(await world.statusOf(String(id))).toMatchObject({ status: "Pending" });
    expect((await world.sweep(2)).calls).toEqual([]);
  });

  it.each([
    ["before a tick has found it", false],
    ["after that", true],
  ])("is what its script sends again, though a person has resolved it meanwhile: %s", async (_, isFlagged) => {
    world.answers = [() => new Promise<Response>(() => undefined)];
    void world.add();
    await expect.poll(() => world.orders()).toHaveLength(1);
    const [{ id } = { id: "" }] = await world.orders();
    if (isFlagged) await world.sweep(3);
    world.now += 10 * 60_000;
    expect((await world.post(`/v1/orders/${String(id)}/settle`, world.key, { provider_order_id: "23501" })).status).toBe(200);
    world.now += 110_000;
    expect((await world.add()).json).toEqual({ order: 23501 });
    expect(await world.orders()).toHaveLength(1);
    // Later it is another sale.
    world.now += 20_000;
    world.answers = [placed(23502)];
    expect((await world.add()).json).toEqual({ order: 23502 });
  });

  it("is another sale once its script was told an id at once", async () => {
    world.answers = [brokenAnswer];
    const { order } = (await world.add()).json;
    await world.post(`/v1/orders/${order}/settle`, world.key, { provider_order_id: "23501" });
    world.answers = [placed(23502)];
    expect((await world.add()).json).toEqual({ order: 23502 });
  });
});

describe("POST /v1/orders/{id}/settle", () => {
  let id = "";

  beforeEach(async () => {
    world.answers = [brokenAnswer];
    id = String((await world.add()).json.order);
  });

  it("attaches the provider's id; the script hears of it under both", async () => {
    const { status, json } = await world.post(`/v1/orders/${id}/settle`, world.key, { provider_order_id: "23501" });
    expect(status).toBe(200);
    expect(json).toMatchObject({ id, provider_order_id: "23501", flags: [], status: "pending" });
    expect(await world.shown("?flag=placing_unknown")).toEqual([]);
    await world.sweep(2, () => ({ charge: "0.9", start_count: "5", status: "Partial", remains: "250", currency: "USD" }));
    for (const told of [id, "23501"]) expect(await world.statusOf(told)).toMatchObject({ status: "Partial", remains: "250" });
    expect((await world.feed()).map(([type]) => type)).toEqual(["order.created", "order.flagged", "order.updated", "refund.posted"]);
    expect((await world.post(`/v1/orders/${id}/settle`, world.key, { provider_order_id: "23501" })).status).toBe(200);
    expect((await world.post(`/v1/orders/${id}/settle`, world.key, { drop: true })).json.error.code).toBe("order_settled");
  });

  it("drops what never reached the provider, and returns its charge once", async () => {
    const { status, json } = await world.post(`/v1/orders/${id}/settle`, world.key, { drop: true });
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: "canceled", refunded: "0.9", closed: true, reason: { code: "not_placed" }, flags: [] });
    expect(await world.statusOf(id)).toMatchObject({ status: "Canceled", remains: "1000" });
    expect((await world.post(`/v1/orders/${id}/settle`, world.key, { drop: true })).status).toBe(200);
    expect((await world.get("/v1/refunds", { key: world.key })).json.refunds).toMatchObject([
      { order: id, amount: "0.9", status: "posted", reason: "not_placed" },
    ]);
    expect((await world.post(`/v1/orders/${id}/settle`, world.key, { provider_order_id: "1" })).json.error.code).toBe("order_settled");
    world.answers = [placed(8)];
    expect((await world.add()).json).toEqual({ order: 8 });
  });

  it("names what is wrong with a settlement", async () => {
    const path = `/v1/orders/${id}/settle`;
    for (const body of [{}, { drop: true, provider_order_id: "1" }, { drop: false }, { provider_order_id: "a b" }, { other: 1 }]) {
      expect((await world.post(path, world.key, body)).status).toBe(422);
    }
    world.answers = [placed(9)];
    await world.add({ quantity: "20" });
    expect((await world.post(path, world.key, { provider_order_id: "9" })).json.error).toMatchObject({ code: "provider_order_conflict" });
    expect((await world.post("/v1/orders/nope/settle", world.key, { drop: true })).json.error.code).toBe("order_not_found");
    expect((await world.post("/v1/orders/9/settle", world.key, { drop: true })).json.error.code).toBe("order_settled");
    expect(await world.shown("?flag=placing_unknown")).toHaveLength(1);
  });

  it("is on the audit trail", async () => {
    await world.ask("POST", `/v1/orders/${id}/settle`, { panel: world.panelId, body: { provider_order_id: "23501" } });
    expect((await world.get("/v1/audit")).json.entries[0]).toMatchObject({
      action: "order.settled",
      actor: "operator",
      subject: `order:${id}`,
    });
  });
});
