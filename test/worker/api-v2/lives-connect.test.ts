/**
 * Whole lives in connect mode: three panels have eighteen providers in their settings, each behind panelsync and each
 * going through a storm.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { HastyPanel, type Panel, type Routes, SinglePanel, StubbornPanel } from "../../panels/actors.ts";
import type { ClientSettings } from "../../panels/client.ts";
import { LASTING_LIVES, play, purchasesOf, STORMS } from "../../panels/lives.ts";
import { wrongsOf } from "../../panels/truth.ts";
import { SimulatedWorld, START } from "../world/simulated.ts";

const NAMES = Object.keys(STORMS);

let world: SimulatedWorld;
let panels: readonly Panel[];
let tookMs = 0;

function routes(panel: string, changes: Partial<ClientSettings> & { slash?: boolean } = {}): Routes {
  return new Map(NAMES.map((name) => [name, world.client(panel, name, changes)]));
}

beforeAll(async () => {
  world = await SimulatedWorld.open(32);
  for (const panel of ["hasty", "stubborn", "single"]) await world.addPanel(panel);
  for (const name of NAMES) {
    const { timeoutMs } = STORMS[name] ?? {};
    await world.addProvider(name, { mix: LASTING_LIVES }, timeoutMs === undefined ? {} : { timeout_ms: timeoutMs });
  }
  panels = [
    new HastyPanel("hasty", routes("hasty", { encoding: "multipart", slash: true })),
    new StubbornPanel("stubborn", routes("stubborn", { send: world.givingUp(5) })),
    new SinglePanel("single", routes("single", { encoding: "json" })),
  ];
  const bought = purchasesOf(
    42,
    panels,
    NAMES.map((route) => ({ route, service: "1" })),
    2,
  );
  tookMs = await play(world, START, bought);
}, 120_000);

describe("whole lives in connect mode", () => {
  it("every order ends within a day, is delivered once at most, and its customer has back what is due, in one credit", () => {
    expect(tookMs).toBeLessThan(24 * 3_600_000);
    expect(panels.flatMap((panel) => wrongsOf(panel, world.simulator))).toEqual([]);
  });

  it("ids are the provider's own, but for those of orders that nobody knew to be placed", () => {
    for (const { shop } of panels) {
      for (const { id, route, link } of shop.orders) {
        if (id === null) continue;
        const theirs = world.simulated(route).orders.get(String(id));
        expect(theirs?.link ?? (id >= 2_000_000_000 ? link : "no such order")).toBe(link);
      }
    }
    expect(panels.flatMap(({ shop }) => shop.orders).filter(({ id }) => id !== null && id >= 2_000_000_000).length).toBeGreaterThan(0);
  });

  it("nothing is left unknown, and nothing went wrong that nobody foresaw", async () => {
    for (const { name } of panels) expect(await world.unknown(name)).toEqual([]);
    await world.pass(2);
    expect(world.troubles()).toEqual([]);
  });
});
