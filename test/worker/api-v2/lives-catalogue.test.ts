/**
 * Whole lives through the own catalogue: three panels buy from eighteen providers that go through a storm each, and in
 * the end every customer has what the simulator's truth says is due, as has every panel's account here.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { HastyPanel, type Panel, SinglePanel, StubbornPanel } from "../../panels/actors.ts";
import { type Bought, LASTING_LIVES, play, purchasesOf, STORMS } from "../../panels/lives.ts";
import { texts } from "../../panels/shapes.ts";
import { type Delivery, deliveriesOf, undeliveredOf, wrongsOf } from "../../panels/truth.ts";
import { SimulatedWorld, START } from "../world/simulated.ts";

const DEPOSIT_MICROS = 1_000_000_000;
const NAMES = Object.keys(STORMS);
/** Millionths for 1,000, odd ones, so that charges have something to round up. */
const RATES = { followers: 1_234_567, likes: 345_679 };

let world: SimulatedWorld;
let panels: readonly Panel[];
let bought: readonly Bought[];
let tookMs = 0;

beforeAll(async () => {
  world = await SimulatedWorld.open(31);
  for (const panel of ["hasty", "stubborn", "single"]) await world.addPanel(panel, "ledger", "1000");
  for (const [n, name] of NAMES.entries()) {
    const { timeoutMs } = STORMS[name] ?? {};
    await world.addProvider(name, { mix: LASTING_LIVES }, timeoutMs === undefined ? {} : { timeout_ms: timeoutMs });
    const service = { provider: name, category: "All", min: 10, max: 5000, refill: true, cancel: true };
    await world.must("PUT", `/v1/services/${followersOf(n)}`, { ...service, service: "1", name: `Followers ${n}`, rate: "1.234567" });
    await world.must("PUT", `/v1/services/${followersOf(n) + 1}`, { ...service, service: "2", name: `Likes ${n}`, rate: "0.345679" });
  }
  panels = [
    new HastyPanel("hasty", new Map([["own", world.client("hasty", undefined, { encoding: "multipart", slash: true })]])),
    new StubbornPanel("stubborn", new Map([["own", world.client("stubborn", undefined, { send: world.givingUp(5) })]])),
    new SinglePanel("single", new Map([["own", world.client("single", undefined, { encoding: "json" })]])),
  ];
  const offers = NAMES.flatMap((_, n) => [0, 1].map((which) => ({ route: "own", service: String(followersOf(n) + which) })));
  bought = purchasesOf(41, panels, offers, 1);
  tookMs = await play(world, START, bought);
}, 120_000);

function followersOf(n: number): number {
  return 1000 + 2 * n;
}

/** What an order costs its panel here in the end: the charge, less the exact share of what never came. */
function costOf({ service, quantity }: Bought, [delivery]: readonly Delivery[]): number {
  if (delivery === undefined) return 0;
  const rate = Number(service) % 2 === 0 ? RATES.followers : RATES.likes;
  const charge = Math.ceil((rate * quantity) / 1000);
  return Math.floor((charge * (quantity - undeliveredOf(delivery))) / quantity);
}

describe("whole lives through the own catalogue", () => {
  it("every order ends within a day, is delivered once at most, and its customer has back what is due, in one credit", () => {
    expect(tookMs).toBeLessThan(24 * 3_600_000);
    expect(panels.flatMap((panel) => wrongsOf(panel, world.simulator))).toEqual([]);
  });

  it("every end was met, and each storm was sailed through", () => {
    const orders = panels.flatMap(({ shop }) => shop.orders);
    expect(orders).toHaveLength(NAMES.length * 6);
    expect(new Set(orders.map(({ word }) => word))).toEqual(new Set([null, "Completed", "Partial", "Canceled"]));
    expect(orders.filter(({ cancel }) => cancel === "granted").length).toBeGreaterThan(0);
    expect(orders.filter(({ refill }) => refill !== null && refill !== "refused").length).toBeGreaterThan(0);
    for (const { name, stats } of world.simulator.providers.values()) {
      const met = Object.keys(STORMS[name]?.modes ?? []).length;
      expect({ name, modes: stats.byMode.size }).toEqual({ name, modes: met });
    }
  });

  it("each panel's account here comes to what it paid in less what was delivered", async () => {
    const deliveries = deliveriesOf(world.simulator);
    for (const panel of panels) {
      const own = bought.filter((each) => each.panel === panel);
      const cost = own.reduce((sum, each) => sum + costOf(each, deliveries.get(each.link) ?? []), 0);
      const { balance } = texts((await world.client(panel.name).balance()).json) as { balance: string };
      expect({ panel: panel.name, micros: Math.round(Number(balance) * 1e6) }).toEqual({
        panel: panel.name,
        micros: DEPOSIT_MICROS - cost,
      });
    }
  });

  it("nothing is left unknown, no panel is outdated, and the ledger adds up a day later", async () => {
    for (const { name } of panels) {
      expect(await world.unknown(name)).toEqual([]);
      expect((await world.must("GET", "/v1/orders?flag=panel_outdated", undefined, name)).json.orders).toEqual([]);
    }
    await world.goTo(Math.ceil(world.now / 86_400_000) * 86_400_000 + 60_000);
    await world.pass(2);
    expect(world.troubles()).toEqual([]);
  });
});
