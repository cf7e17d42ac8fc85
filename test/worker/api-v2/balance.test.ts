/**
 * `balance`: at a provider's endpoint the provider's, at that of the own catalogue the panel's account.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { CatalogueWorld, type Says, THEIRS } from "../world/catalogue.ts";
import { migrate, MINUTE_MS } from "../world/database.ts";

let world: CatalogueWorld;
let shop: string;
let till: string;

beforeAll(async () => {
  await migrate();
  world = new CatalogueWorld();
  shop = await world.panel("shop");
  till = (await world.ask("POST", "/v1/panels", { body: { id: "till", role: "shop", currency: "USD", money: "ledger" } })).json
    .key as string;
  await world.provider("acme", { currency: "USD" });
});

describe("the balance at a provider's endpoint", () => {
  const balance = (text: unknown, currency?: string) => ({ balance: { balance: text, ...(currency === undefined ? {} : { currency }) } });

  async function addProvider(id: string, says: Says, settings: Record<string, unknown> = {}): Promise<void> {
    await world.provider(id, settings);
    world.upstream.set(id, says);
    world.asked.length = 0;
  }

  it("is the provider's to the digit, asked for once in 60 seconds, and one round trip while it is kept", async () => {
    await addProvider("purse", balance("100.84292", "USD"));
    expect((await world.apiV2(shop, { action: "balance" }, "purse")).json).toEqual({ balance: "100.84292", currency: "USD" });
    world.upstream.set("purse", balance(7, "EUR"));
    world.now += 59_999;
    const cached = await world.costOfScript(shop, "balance", "purse");
    expect(cached.json).toEqual({ balance: "100.84292", currency: "USD" });
    expect(cached.usage).toMatchObject({ d1_calls: 1, d1_statements: 2, rows_written: 0 });
    world.now += 1;
    const asked = await world.costOfScript(shop, "balance", "purse");
    expect([asked.json, asked.usage.rows_written, world.asked.length]).toEqual([{ balance: "7", currency: "EUR" }, 1, 2]);
  });

  it.each([
    ["the provider's word", "EUR", "USD", { currency: "EUR" }],
    ["else the operator's", undefined, "USD", { currency: "USD" }],
    ["else none", undefined, null, {}],
  ])("has the currency by %s", async (_name, said, set, expected) => {
    const id = `coin-${said}-${set}`.toLowerCase();
    await addProvider(id, balance("-5.50", said), { currency: set });
    for (let times = 0; times < 2; times++)
      expect((await world.apiV2(shop, { action: "balance" }, id)).json).toEqual({ balance: "-5.50", ...expected });
  });

  it.each([
    ["is down", undefined, "network"],
    ["answers rubbish", "<b>oops</b>", "not_json"],
    ["answers no balance", { balance: "Unknown" }, "bad_shape"],
  ])("is the last known for 15 minutes while the provider %s, and none after", async (name, said, why) => {
    const id = `purse-${name.length}`;
    await addProvider(id, balance("3", "USD"));
    await world.apiV2(shop, { action: "balance" }, id);
    world.upstream.set(id, { balance: said });
    world.events.length = 0;
    world.now += 15 * MINUTE_MS - 1;
    expect((await world.apiV2(shop, { action: "balance" }, id)).json).toEqual({ balance: "3", currency: "USD" });
    expect(world.eventsOf("balance.stale")).toEqual([{ event: "balance.stale", provider: id, age_minutes: 14, why }]);
    world.now += 1;
    const none = await world.apiV2(shop, { action: "balance" }, id);
    expect([none.status, none.text, none.headers.get("Retry-After")]).toEqual([503, "", "60"]);
    world.upstream.set(id, balance("4", "USD"));
    expect((await world.apiV2(shop, { action: "balance" }, id)).json).toEqual({ balance: "4", currency: "USD" });
  });

  it("is not told from before the provider's url or key was changed", async () => {
    await addProvider("rekeyed", balance("3", "USD"));
    await world.apiV2(shop, { action: "balance" }, "rekeyed");
    world.upstream.set("rekeyed", {});
    await world.provider("rekeyed", { name: "Renamed" });
    expect((await world.apiV2(shop, { action: "balance" }, "rekeyed")).status).toBe(200);
    await world.provider("rekeyed", { key: "another-key-5678" });
    expect((await world.apiV2(shop, { action: "balance" }, "rekeyed")).status).toBe(503);
  });

  it("is not asked for beyond the provider's budget", async () => {
    await addProvider("frugal", { ...balance("3", "USD"), services: THEIRS }, { max_calls_per_minute: 1 });
    await world.apiV2(shop, { action: "services" }, "frugal");
    const busy = await world.apiV2(shop, { action: "balance" }, "frugal");
    expect([busy.status, busy.text, world.asked]).toEqual([429, "", ["frugal services"]]);
  });

  it("belongs to the panels that may use the provider, and to no other key", async () => {
    await addProvider("locked", balance("3", "USD"), { panels: ["till"] });
    expect((await world.apiV2(shop, { action: "balance" }, "locked")).status).toBe(404);
    expect((await world.apiV2(shop, { action: "balance" }, "nowhere")).status).toBe(404);
    expect((await world.apiV2("ps_wrong", { action: "balance" }, "locked")).json).toEqual({ error: "Invalid API key" });
    expect(world.asked).toEqual([]);
  });
});

describe("the balance at the own catalogue's endpoint", () => {
  it("is what stands on the panel's own account, where accounts are kept here", async () => {
    expect((await world.apiV2(till, { action: "balance" })).json).toEqual({ balance: "0", currency: "USD" });
    const credit = (customer: string, amount: string) =>
      world.ask("POST", `/v1/customers/${customer}/credits`, {
        panel: "till",
        body: { amount, reference: "paid in" },
        headers: { "Idempotency-Key": `${customer} ${amount}` },
      });
    expect((await credit("@panel", "12.345678")).status).toBe(201);
    await credit("ann", "99");
    const { json: said, usage } = await world.costOfScript(till, "balance", null);
    expect(said).toEqual({ balance: "12.345678", currency: "USD" });
    expect(usage).toMatchObject({ d1_calls: 1, d1_statements: 3, rows_written: 0 });
    expect((await world.apiV2("ps_wrong", { action: "balance" })).json).toEqual({ error: "Invalid API key" });
  });

  describe("of a panel that keeps its ledger itself", () => {
    const sold = (id: number, provider: string, changes: Record<string, unknown> = {}) =>
      world.put(id, { provider, service: 1, name: "S", rate: "1", min: 1, max: 9, enabled: true, ...changes });
    let desk: string;

    beforeAll(async () => {
      desk = await world.panel("desk");
      await env.DB.prepare("UPDATE services SET enabled = 0").run();
    });

    it("is nothing while nothing is sold to it", async () => {
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "0", currency: "USD" });
    });

    it("is the lowest, as numbers, of those of its services' providers, and nobody else's", async () => {
      const balances = { rich: "100.5", poor: "99.75", unsold: "1", others: "2", off: "3", euro: "4" };
      for (const [id, balance] of Object.entries(balances)) {
        await world.provider(id, { enabled: true, ...(id === "others" ? { panels: ["shop"] } : {}) });
        world.upstream.set(id, { balance: { balance, currency: "USD" } });
      }
      await sold(301, "rich");
      await sold(302, "poor");
      await sold(303, "unsold", { enabled: false });
      await sold(304, "others");
      await sold(305, "off");
      await sold(306, "euro", { currency: "EUR" });
      await world.provider("off", { enabled: false });
      world.asked.length = 0;
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "99.75", currency: "USD" });
      expect(world.asked.toSorted()).toEqual(["poor balance", "rich balance"]);
      const { json: said, usage } = await world.costOfScript(desk, "balance", null);
      expect(said).toEqual({ balance: "99.75", currency: "USD" });
      expect(usage).toMatchObject({ d1_calls: 1, rows_written: 0 });
    });

    it("is the last known of a provider that is down, and does without one that was never heard of", async () => {
      world.now += 2 * MINUTE_MS;
      world.upstream.set("poor", {});
      world.upstream.set("rich", { balance: { balance: "200", currency: "USD" } });
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "99.75", currency: "USD" });
      expect(world.eventsOf("balance.stale")).toContainEqual({ event: "balance.stale", provider: "poor", age_minutes: 2, why: "network" });
      world.now += 14 * MINUTE_MS;
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "200", currency: "USD" });
      world.upstream.set("rich", {});
      world.now += 16 * MINUTE_MS;
      const none = await world.apiV2(desk, { action: "balance" });
      expect([none.status, none.text]).toEqual([503, ""]);
    });

    it("is in the panel's currency if any is, and below zero where it is", async () => {
      world.upstream.set("rich", { balance: { balance: "-200.5", currency: "USD" } });
      world.upstream.set("poor", { balance: { balance: "-900", currency: "EUR" } });
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "-200.5", currency: "USD" });
      world.now += 2 * MINUTE_MS;
      world.upstream.set("rich", { balance: { balance: "-1000.01", currency: "INR" } });
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "-1000.01", currency: "INR" });
    });

    it("asks eight providers at a time, those first that were asked longest ago", async () => {
      for (let n = 1; n <= 10; n++) {
        await world.provider(`many-${n}`);
        world.upstream.set(`many-${n}`, { balance: { balance: String(5000 - n), currency: "USD" } });
        await sold(310 + n, `many-${n}`);
      }
      await env.DB.prepare("UPDATE services SET enabled = 0 WHERE id < 310").run();
      world.asked.length = 0;
      await world.apiV2(desk, { action: "balance" });
      expect(world.asked).toHaveLength(8);
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "4990", currency: "USD" });
      expect(new Set(world.asked).size).toBe(10);
    });
  });
});
