/**
 * A panel that changes one provider's address and key to panelsync's, and later back, and nothing else: its orders go on
 * under the ids they have, wherever they were placed.
 */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { HastyPanel } from "../../panels/actors.ts";
import type { ApiClient } from "../../panels/client.ts";
import { buyDue, PLAIN_LIVES, purchasesOf } from "../../panels/lives.ts";
import { wrongsOf } from "../../panels/truth.ts";
import { DoorScene } from "../world/simulated.ts";

const MINUTE = 60_000;

let scene: DoorScene;

beforeAll(async () => {
  scene = await DoorScene.open(33);
  await scene.addPanel("moving");
});

afterEach(() => scene.retireAll());

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
      await scene.addProvider(name, { mix: PLAIN_LIVES });
      const panel = new MovingPanel(`moving-${mode}`, new Map([["home", scene.direct(name)]]));
      const bought = purchasesOf(43, [panel], [{ route: "home", service: "1" }], 20);
      const start = scene.now;
      const live = async (untilMs: number, stepMs: number): Promise<void> => {
        while (scene.now < start + untilMs) {
          await scene.goTo(scene.now + stepMs);
          buyDue(bought, (scene.now - start) / 2, scene.now);
          await panel.act(scene.now);
        }
      };
      await live(20 * MINUTE, 2 * MINUTE);
      scene.modes(name, mode);
      panel.use(scene.client("moving", name));
      await live(60 * MINUTE, 2 * MINUTE);
      scene.modes(name);
      panel.use(scene.direct(name));
      await live(5 * 60 * MINUTE, 10 * MINUTE);
      expect(panel.rests).toBe(true);
      expect(wrongsOf(panel, scene.world)).toEqual([]);
      expect(panel.shop.orders).toHaveLength(20);
      for (const { id, link } of panel.shop.orders) expect(scene.provider(name).orders.get(String(id))).toMatchObject({ link });
    },
    20_000,
  );
});
