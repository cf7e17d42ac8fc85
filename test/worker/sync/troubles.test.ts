/**
 * Orders stop moving, and somebody opens the overview. Each of the usual causes is brought about at simulated providers or by a
 * panel's script; what the overview says must name it, with where and what to do, and nothing else beside it. A channel is told the same.
 */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { sharesOf } from "../../../src/domain/panel-share.ts";
import { changeProvider } from "../../../simulator/world.ts";
import { placeOrder } from "../../../simulator/orders.ts";
import { clear } from "../world/database.ts";
import { SimulatedWorld } from "../world/simulated.ts";
import type { Json } from "../../panels/client.ts";

const ORDERS = 24;
const WORDS = { "0": "pending", "1": "in_progress", "2": "completed", "3": "partial", "4": "canceled" };

type Told = { readonly kind: string; readonly subject: string; readonly notice: string; readonly what_to_do: string };

/** A shop whose orders run at `acme`; a second provider is well. */
/** A panel outlives the records of a test. */
let shops = 0;

class Shop extends SimulatedWorld {
  readonly told: Told[] = [];

  static async begin(settings: Record<string, Json> = {}, ...modes: string[]): Promise<Shop> {
    await SimulatedWorld.open(1);
    await clear();
    shops += 1;
    const shop = new Shop(shops);
    const provide = shop.ports.fetch;
    shop.ports = {
      ...shop.ports,
      fetch: async (request) => {
        if (new URL(request.url).hostname !== "hooks.example") return provide(request);
        const { data } = (await request.json()) as { data: { alerts: Told[] } };
        shop.told.push(...data.alerts);
        return new Response(null, { status: 204 });
      },
    };
    await shop.must("PUT", "/v1/alert-channels/phone", { type: "webhook", url: "https://hooks.example/in" });
    await shop.addPanel(`shop${shops}`);
    for (const name of ["acme", "bolt"]) {
      const isAcme = name === "acme";
      await shop.addProvider(name, { modes: isAcme ? modes : [], balance: "500" }, isAcme ? settings : {});
      await shop.register(name);
    }
    await shop.pass(3);
    return shop;
  }

  async register(name: string): Promise<void> {
    const provider = this.simulated(name);
    const [service] = provider.catalogue;
    if (service === undefined) throw new Error(`${name} sells nothing`);
    const orders = Array.from({ length: ORDERS }, (_, i) => {
      const link = `https://example.com/${name}/${i}`;
      const { id } = placeOrder(this.simulator, provider, { service, link, quantity: 1000, placedAt: this.now });
      this.script(name, id, { status: "in_progress", remains: 900 });
      return { id: `${name}-${i}`, provider: name, provider_order_id: id, quantity: 1000, charge: "1", link };
    });
    await this.must("POST", "/v1/orders", orders, `shop${shops}`);
  }

  async overview() {
    const { json } = await this.must("GET", "/v1/overview");
    const alerts = json.alerts as { kind: string; subject: string; what_to_do: string }[];
    const providers = json.providers as { id: string; state: string; balance: string | null; retry_at: string | null }[];
    return {
      status: json.status as string,
      sentence: json.sentence as string,
      alerts: alerts.map(({ kind, subject }) => `${kind} ${subject}`),
      whatToDo: alerts.map(({ what_to_do }) => what_to_do).join(" "),
      states: Object.fromEntries(providers.map(({ id, state }) => [id, state])),
    };
  }

  /** What the channel was told has begun. */
  opened(): string[] {
    return this.told.filter(({ notice }) => notice === "opened").map(({ kind, subject }) => `${kind} ${subject}`);
  }
}

let shop: Shop;

describe("an overview", () => {
  it("says that all is right while it is", async () => {
    shop = await Shop.begin();
    expect(await shop.overview()).toMatchObject({
      status: "ok",
      sentence: "All is right. 48 orders are followed at 2 providers.",
      alerts: [],
      states: { acme: "ok", bolt: "ok" },
    });
    expect(shop.told).toEqual([]);
  });

  it("names the provider that is down", async () => {
    shop = await Shop.begin();
    shop.modes("acme", "down");
    await shop.pass(20);
    const { status, sentence, alerts, whatToDo, states } = await shop.overview();
    expect([status, alerts, states]).toEqual(["trouble", ["provider_down acme"], { acme: "down", bolt: "ok" }]);
    expect(sentence).toMatch(/^Provider acme does not answer\./);
    expect(whatToDo).toMatch(/own site/);
    expect(shop.opened()).toEqual(["provider_down acme"]);
    shop.modes("acme");
    await shop.pass(60);
    expect(await shop.overview()).toMatchObject({ status: "ok", alerts: [] });
    expect(shop.told.map(({ kind, notice }) => `${kind} ${notice}`)).toEqual(["provider_down opened", "provider_down closed"]);
  });

  it("names the provider that rejects our key", async () => {
    shop = await Shop.begin();
    changeProvider(shop.simulated("acme"), { key: "another-key-than-ours-1234" });
    await shop.pass(20);
    const { status, sentence, alerts, whatToDo, states } = await shop.overview();
    expect([status, alerts, states]).toEqual(["trouble", ["provider_key_rejected acme"], { acme: "key_rejected", bolt: "ok" }]);
    expect(sentence).toMatch(/^Provider acme rejects our key\./);
    expect(whatToDo).toMatch(/Copy the API key anew/);
    expect(shop.opened()).toEqual(["provider_key_rejected acme"]);
    // Put right, as it says.
    await shop.must("PUT", "/v1/providers/acme", { key: "another-key-than-ours-1234" });
    await shop.pass(45);
    expect(await shop.overview()).toMatchObject({ status: "ok", states: { acme: "ok" } });
  });

  it("names the provider whose balance is empty", async () => {
    shop = await Shop.begin({ low_balance: "20" });
    changeProvider(shop.simulated("acme"), { balance: "0" });
    await shop.pass(75);
    const { status, sentence, alerts, whatToDo } = await shop.overview();
    expect([status, alerts]).toEqual(["trouble", ["provider_funds_out acme"]]);
    expect(sentence).toMatch(/^Provider acme has no funds left: its balance is 0/);
    expect(whatToDo).toMatch(/Add funds/);
    expect(shop.opened()).toEqual(["provider_funds_out acme"]);
  });

  it("names the provider that numbers its words anew, and no money has moved", async () => {
    shop = await Shop.begin({ status_words: WORDS, brake: { share: 0.5, min_orders: 10 } }, "status_words=numeric");
    expect(await shop.overview()).toMatchObject({ status: "ok", alerts: [] });
    shop.modes("acme", "status_words=shifted");
    await shop.pass(30);
    const { status, sentence, alerts, whatToDo, states } = await shop.overview();
    expect([status, states]).toEqual(["trouble", { acme: "braked", bolt: "ok" }]);
    expect(alerts).toContain("brake_engaged acme");
    expect(sentence).toMatch(
      /^\d+ of \d+ orders that ended within an hour ended badly at provider acme, so the refunds of panel shop\d+ wait for you\./,
    );
    expect(whatToDo).toMatch(/put the key or the words right first/);
    expect(shop.opened()).toContain("brake_engaged acme");
    const { json } = await shop.must("GET", "/v1/refunds?limit=100", undefined, `shop${shops}`);
    expect(new Set((json.refunds as { status: string }[]).map((refund) => refund.status))).toEqual(new Set(["held"]));
  });

  it("names the panel whose script outruns its share", async () => {
    shop = await Shop.begin();
    (shop.env as { PLAN: string }).PLAN = "free";
    const { minute, day } = sharesOf("free").of.check;
    for (let asked = 0; asked < day; asked += minute) {
      await env.DB.prepare("UPDATE panel_shares SET minute_used = 0, day_used = ?1 WHERE panel = ?2 AND kind = 'check'")
        .bind(asked, `shop${shops}`)
        .run();
      for (let i = 0; i < (asked + minute >= day ? minute : 1); i++)
        await shop.operate("POST", "/v1/orders/bolt-1/check", {}, `shop${shops}`);
    }
    expect((await shop.operate("POST", "/v1/orders/bolt-1/check", {}, `shop${shops}`)).status).toBe(429);
    await shop.pass(10);
    const { status, sentence, alerts, whatToDo } = await shop.overview();
    expect([status, alerts]).toEqual(["attention", [`plan_limit shop${shops}/check`]]);
    expect(sentence).toMatch(/Panel shop\d+ has used up its day's share of checks, 2000/);
    expect(whatToDo).toMatch(/script/);
    expect(shop.opened()).toEqual([`plan_limit shop${shops}/check`]);
  });
});
