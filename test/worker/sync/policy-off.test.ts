import { beforeAll, beforeEach, expect, it } from "vitest";
import { migrate } from "../world/database.ts";
import { StatusWorld } from "../world/status-world.ts";
import { said, sweep } from "../world/sweeping.ts";

let world: StatusWorld;
beforeAll(migrate);
beforeEach(async () => {
  world = await StatusWorld.begin();
});

const policy = (mode: string) => world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { mode } });
const register = (id: string, provider_order_id: string) =>
  world.post("/v1/orders", world.key, { id, provider: "acme", provider_order_id, quantity: 1000, charge: "0.9" });

it("what a registered order ended as under the policy off stays its panel's, and what ends later is refunded", async () => {
  await policy("off");
  await register("told", "900");
  await sweep(world, 3, () => said({ status: "Canceled", remains: "1000" }));
  const changes = (await world.get("/v1/changes", { key: world.key })).json.changes as readonly unknown[];
  expect(changes.at(-1)).toMatchObject({ data: { status: "canceled", refunded: "0" } });
  await policy("auto");
  await register("later", "901");
  await sweep(world, 70, () => said({ status: "Canceled", remains: "1000" }));
  const orders = await world.listed();
  expect(orders.find(({ id }) => id === "told")).toMatchObject({ status: "canceled", refunded: "0", refund_held: "0" });
  expect(orders.find(({ id }) => id === "later")).toMatchObject({ status: "canceled", refunded: "0.9" });
});
