/**
 * `add` at the endpoint of the own catalogue.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AddingWorld, placed, refused, WANTED } from "../world/adding.ts";
import { migrate, rows } from "../world/database.ts";
import { changedDb } from "../world/faulty-database.ts";
import { brokenAnswer } from "../world/providers.ts";
import { World } from "../world/world.ts";

let world: AddingWorld;

beforeAll(migrate);

beforeEach(async () => {
  world = await AddingWorld.open();
});

describe("an add at the own catalogue", () => {
  const service = {
    provider: "acme",
    service: "12",
    name: "Followers",
    rate: "2",
    min: 10,
    max: 5000,
    dripfeed: true,
    start_minutes: 60,
    refill_days: 30,
  };
  const bought = (over: Record<string, string> = {}, on?: World) => world.add({ service: "1", ...over }, null, on);

  beforeEach(async () => {
    await world.ask("PUT", "/v1/services/1", { body: service });
  });

  it("gets an id of ours, and is sent under the provider's service", async () => {
    world.answers = [placed(23501)];
    expect((await bought()).json).toEqual({ order: 1 });
    expect(world.asked[0]?.get("service")).toBe("12");
    expect(await world.shown()).toMatchObject([
      { id: "1", provider: "acme", provider_order_id: "23501", service: "1", charge: "2", currency: "USD" },
    ]);
    expect(await world.statusOf(1, null)).toEqual({ charge: "2", start_count: "0", status: "Pending", remains: "1000", currency: "USD" });
  });

  it("is the same order while the first is in doubt, though its service has moved to another provider since", async () => {
    world.answers = [brokenAnswer];
    const first = (await bought()).json;
    expect(await world.shown()).toMatchObject([{ provider: "acme", provider_order_id: null, flags: ["placing_unknown"] }]);
    await world.provider("better", { currency: "USD", url: "https://better.example/api/v2" });
    await world.ask("PUT", "/v1/services/1", { body: { ...service, provider: "better", service: "77" } });
    world.now += 130_000;
    expect((await bought()).json).toEqual(first);
    world.now += 86_400_000;
    expect((await bought()).json).toEqual(first);
    expect([world.asked.length, await world.orders()]).toMatchObject([1, [{}]]);
  });

  it("is written once where another at the former provider comes between reading and writing", async () => {
    world.answers = [brokenAnswer];
    const first = (await bought()).json;
    await world.provider("better", { currency: "USD", url: "https://better.example/api/v2" });
    await world.ask("PUT", "/v1/services/1", { body: { ...service, provider: "better", service: "77" } });
    const [{ add_digest: digest }] = (await rows("SELECT add_digest FROM orders")) as [{ add_digest: string }];
    await rows("UPDATE orders SET add_digest = 'hidden', link_key = 'hidden', reused_until = NULL");
    let batches = 0;
    const DB = changedDb({
      batch: async (statements) => {
        batches += 1;
        // The first one reads.
        if (batches === 2) await rows("UPDATE orders SET add_digest = ?1", digest);
        return env.DB.batch(statements);
      },
    });
    expect((await bought({}, world.with({ DB }))).json).toEqual(first);
    expect([world.asked.length, await world.orders()]).toMatchObject([1, [{}]]);
  });

  it("sends nothing that says something else than what was paid for", async () => {
    world.answers = [placed(1)];
    await bought({ Quantity: "7", package: "9", comments: "kept" });
    expect(Object.fromEntries(world.asked[0] ?? [])).toEqual({
      key: "provider-key-1234",
      action: "add",
      service: "12",
      link: WANTED.link,
      quantity: "1000",
      comments: "kept",
    });
  });

  it.each([" quantity", "quantity.", "service ", " key", "KEY", "quantity[", "a b"])(
    "is refused with a field that some server reads as another: %j",
    async (name) => {
      const answer = await bought({ [name]: "100000" });
      expect(answer.json).toEqual({ error: `Incorrect request: the field "${name}" cannot be sent on` });
      expect([world.asked, await world.shown()]).toEqual([[], []]);
    },
  );

  it("passes over ids that the panel has registered by itself", async () => {
    await world.post("/v1/orders", world.key, { id: "2", provider: "acme", provider_order_id: "x", quantity: 1, charge: "1" });
    world.answers = [placed(23501)];
    expect((await bought()).json).toEqual({ order: 1_000_000_002 });
  });

  it.each([
    ["an unmapped service", { service: "7" }, "error.incorrect_service_id"],
    ["no service", { service: "" }, "error.incorrect_service_id"],
    ["too few", { quantity: "9" }, "Quantity less than minimal 10"],
    ["too many", { quantity: "5001" }, "Quantity more than maximum 5000"],
    ["no number", { quantity: "many" }, "neworder.error.quantity"],
    ["no link", { link: "" }, "neworder.error.link"],
  ])("refuses %s, and sends nothing", async (_name, over, error) => {
    const { status, json } = await bought(over);
    expect([status, json]).toEqual([200, { error }]);
    expect(world.asked).toEqual([]);
    expect(await world.orders()).toEqual([]);
  });

  it("says nothing of the provider's own troubles", async () => {
    world.balance = () => Response.json({ balance: "5", currency: "USD" });
    world.answers = [
      refused("neworder.error.not_enough_funds"),
      refused("acme.example: account locked"),
      refused("neworder.error.link_duplicate"),
    ];
    expect((await bought()).json).toEqual({ error: "Order was not accepted" });
    expect((await bought()).json).toEqual({ error: "Order was not accepted" });
    expect((await bought()).json).toEqual({ error: "neworder.error.link_duplicate" });
    expect(await world.orders()).toEqual([]);
  });

  describe("of a panel whose account is kept here", () => {
    const credit = (amount: string) =>
      world.ask("POST", "/v1/customers/@panel/credits", {
        panel: world.panelId,
        body: { amount },
        headers: { "Idempotency-Key": `k${amount}` },
      });
    const balance = async () => (await world.apiV2(world.key, { action: "balance" })).json;

    beforeEach(async () => {
      await world.ask("PATCH", `/v1/panels/${world.panelId}`, { body: { money: "ledger" } });
    });

    it("is debited, and refused when the account does not hold it", async () => {
      await credit("3");
      world.answers = [placed(23501)];
      await bought();
      expect(await balance()).toEqual({ balance: "1", currency: "USD" });
      expect((await bought({ quantity: "501" })).json).toEqual({ error: "neworder.error.not_enough_funds" });
      expect(world.asked).toHaveLength(1);
      expect(await world.orders()).toHaveLength(1);
    });

    it("gets its charge back when the provider refuses, in the ledger", async () => {
      await credit("3");
      world.answers = [refused("Incorrect link")];
      expect((await bought()).json).toHaveProperty("error");
      expect(await balance()).toEqual({ balance: "3", currency: "USD" });
      expect(await rows("SELECT type, amount FROM transfers ORDER BY n")).toMatchObject([
        { type: "credit", amount: 3_000_000 },
        { type: "charge", amount: -2_000_000 },
        { type: "refund", amount: 2_000_000 },
      ]);
      expect(await world.feed()).toEqual([
        ["order.created", "1"],
        ["refund.posted", "1"],
      ]);
    });

    it("gets its charge back when an order that nobody knew of is dropped", async () => {
      await credit("3");
      world.answers = [brokenAnswer];
      const { json } = await bought();
      expect(await balance()).toEqual({ balance: "1", currency: "USD" });
      const drop = () => world.ask("POST", `/v1/orders/${json.order}/settle`, { panel: world.panelId, body: { drop: true } });
      expect((await drop()).status).toBe(200);
      expect((await drop()).status).toBe(200);
      expect(await balance()).toEqual({ balance: "3", currency: "USD" });
    });

    it("is the operator's to credit and to decide about: the panel's own key makes no money", async () => {
      await credit("3");
      world.answers = [brokenAnswer];
      const { json } = await bought();
      const headers = { "Idempotency-Key": "own" };
      for (const [path, body] of [
        ["/v1/customers/@panel/credits", { amount: "1000" }],
        [`/v1/orders/${json.order}/settle`, { drop: true }],
        [`/v1/orders/${json.order}/refunds`, { amount: "1", note: "for me" }],
      ] as const) {
        expect((await world.ask("POST", path, { key: world.key, body, headers })).json.error.code).toBe("operators_money");
      }
      expect(await balance()).toEqual({ balance: "1", currency: "USD" });
    });

    it("is debited once by ten requests at once", async () => {
      await credit("3");
      world.answers = [placed(1)];
      await Promise.all(Array.from({ length: 10 }, () => bought()));
      expect(await balance()).toEqual({ balance: "1", currency: "USD" });
      expect(world.asked).toHaveLength(1);
    });
  });
});
