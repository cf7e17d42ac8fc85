/**
 * Whose failure it is: what a panel sent may be why its call failed, and then nobody else is kept from the provider.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Answered } from "../world/asking.ts";
import { clear, MINUTE_MS, migrate, NOW, rows } from "../world/database.ts";
import { World } from "../world/world.ts";

const blocked = (): Response => new Response("<html><title>Just a moment...</title></html>", { status: 403 });
const broken = (): Response => new Response("Warning: Array to string conversion in /var/www/api.php", { status: 200 });
const SERVICES = [{ service: 12, name: "Followers", type: "Default", category: "Instagram", rate: "0.90", min: "10", max: "10000" }];

let world: World;
let runs = 0;
let [shop, flood] = ["", ""];
/** What the provider answers to a call that has "evil" somewhere. */
let evil: () => Response = blocked;
let balance: () => Response = () => Response.json({ balance: "5", currency: "USD" });
let placed = 0;
let calls: string[] = [];

beforeAll(migrate);

beforeEach(async () => {
  await clear();
  await rows("DELETE FROM provider_services");
  runs += 1;
  calls = [];
  evil = blocked;
  balance = () => Response.json({ balance: "5", currency: "USD" });
  world = new World({ now: NOW + runs * 3_600_000, fetch: provide });
  shop = await world.panel(`shop${runs}`);
  flood = await world.panel(`flood${runs}`);
  await world.provider("acme", { currency: "USD" });
  world.now += MINUTE_MS;
});

afterEach(clear);

async function provide(request: Request): Promise<Response> {
  const text = decodeURIComponent(await request.text());
  const action = new URLSearchParams(text).get("action") ?? "";
  calls.push(action);
  if (text.includes("evil")) return evil();
  if (action === "balance") return balance();
  if (action === "services") return Response.json(SERVICES);
  if (action === "add") return Response.json({ order: 23_500 + ++placed });
  return Response.json({ error: "Incorrect order ID" });
}

let links = 0;
const add = (key: string, link = "fine"): Promise<Answered> =>
  world.apiV2(key, { action: "add", service: "12", link: `https://x.example/${link}/${++links}`, quantity: "1000" }, "acme");
const circuit = async () => (await rows("SELECT failures, retry_at, add_trouble FROM providers"))[0];

describe("calls of one panel that its own input has fail", () => {
  it.each([
    ["an add whose link trips a firewall", () => add(flood, "evil")],
    ["an id that trips a firewall", () => world.apiV2(flood, { action: "status", order: "evil" }, "acme")],
    ["a refill's id", () => world.apiV2(flood, { action: "refill", order: "evil" }, "acme")],
    ["a cancel's id", () => world.apiV2(flood, { action: "cancel", orders: "evil" }, "acme")],
    ["an id of a refill", () => world.apiV2(flood, { action: "refill_status", refill: "evil" }, "acme")],
  ] as const)("close nothing for another: %s", async (_name, ask) => {
    for (let i = 0; i < 6; i++) {
      await ask();
      world.now += 10_000;
    }
    expect(await circuit()).toEqual({ failures: 0, retry_at: null, add_trouble: 0 });
    expect((await add(shop)).json).toHaveProperty("order");
  });

  it("leave a doubt with adds: that panel's are slowed, and nobody else's", async () => {
    evil = broken;
    for (let i = 0; i < 6; i++) await add(flood, "evil");
    const sent = calls.filter((action) => action === "add").length;
    expect(sent).toBeLessThan(6);
    expect((await add(flood)).status).toBe(503);
    expect((await add(shop)).json.order).toBeLessThan(2_000_000_000);
    world.now += 3 * MINUTE_MS;
    // A trial goes well, and the way is open again.
    expect((await add(flood)).json).toHaveProperty("order");
  });

  it("ask for the balance once a minute, not each time", async () => {
    for (let i = 0; i < 5; i++) await world.apiV2(flood, { action: "status", order: "evil" }, "acme");
    expect(calls.filter((action) => action === "balance")).toHaveLength(1);
  });

  it("count for all where the balance fails, too", async () => {
    balance = blocked;
    await world.apiV2(flood, { action: "status", order: "evil" }, "acme");
    expect(await circuit()).toMatchObject({ failures: 1 });
    expect((await circuit())?.["retry_at"]).not.toBeNull();
    expect((await add(shop)).status).toBe(503);
  });
});
