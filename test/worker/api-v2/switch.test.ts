/**
 * A panel that changes one provider's address and key to panelsync's, and later back, and nothing else: its orders
 * go on under the ids they have, wherever they were placed.
 */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { HastyPanel } from "../../panels/actors.ts";
import type { ApiClient } from "../../panels/client.ts";
import { buyDue, PLAIN_LIVES, purchasesOf } from "../../panels/lives.ts";
import { wrongsOf } from "../../panels/truth.ts";
import { MINUTE_MS } from "../world/database.ts";
import { SimulatedWorld } from "../world/simulated.ts";

let world: SimulatedWorld;

beforeAll(async () => {
  world = await SimulatedWorld.open(33);
  await world.addPanel("moving");
});

afterEach(() => world.retireAll());

describe("switching to panelsync and back", () => {
  /** The same panel with one setting changed: where its provider is, and by which key. */
  class MovingPanel extends HastyPanel {
    use(client: ApiClient): void {
      (this.routes as Map<string, ApiClient>).set("home", client);
    }
  }

  it.each(["plain", "no_many", "array_of_objects", "success_wrapper", "php_warnings", "numbers_as_numbers"])(
    "leaves the panel whole, at a provider with %s",
    async (mode) => {
      const name = `home-${mode}`;
      // Scripts read the canonical form alone, so that the bent one is for panelsync's part only.
      await world.addProvider(name, { mix: PLAIN_LIVES });
      const panel = new MovingPanel(`moving-${mode}`, new Map([["home", world.direct(name)]]));
      const bought = purchasesOf(43, [panel], [{ route: "home", service: "1" }], 20);
      const start = world.now;
      const live = async (untilMs: number, stepMs: number): Promise<void> => {
        while (world.now < start + untilMs) {
          await world.goTo(world.now + stepMs);
          buyDue(bought, (world.now - start) / 2, world.now);
          await panel.act(world.now);
        }
      };
      await live(20 * MINUTE_MS, 2 * MINUTE_MS);
      world.modes(name, mode);
      panel.use(world.client("moving", name));
      await live(60 * MINUTE_MS, 2 * MINUTE_MS);
      world.modes(name);
      panel.use(world.direct(name));
      await live(5 * 60 * MINUTE_MS, 10 * MINUTE_MS);
      expect(panel.rests).toBe(true);
      expect(wrongsOf(panel, world.simulator)).toEqual([]);
      expect(panel.shop.orders).toHaveLength(20);
      for (const { id, link } of panel.shop.orders) expect(world.simulated(name).orders.get(String(id))).toMatchObject({ link });
    },
    20_000,
  );
});
