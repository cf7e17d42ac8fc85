/**
 * How many orders are followed at each provider is kept as a figure, and is what counting them says.
 */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { order } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { World } from "../world/world.ts";

const HOUR_MS = 3_600_000;
const world = new World();
let key = "";

beforeAll(async () => {
  await migrate();
  key = await world.panel("alpha");
  await world.provider("acme", { brake: null });
  await world.provider("beta", { brake: null });
});

/** The figures as the operator sees them, each of them compared with a count. */
async function active(): Promise<Record<string, number>> {
  const counted = await rows<{ id: string; count: number }>(
    "SELECT p.id, (SELECT count(*) FROM orders o WHERE o.provider = p.id AND o.cadence IS NOT NULL) AS count FROM providers p",
  );
  const shown = (await world.get("/v1/providers")).json.providers as { id: string; health: { active_orders: number } }[];
  const figures = Object.fromEntries(shown.map(({ id, health }) => [id, health.active_orders]));
  expect(figures).toEqual(Object.fromEntries(counted.map(({ id, count }) => [id, count])));
  return figures;
}

it("goes up with registrations, adoptions and adds, and down when orders are closed or deleted", async () => {
  const orders = [1, 2, 3].map((n) => order(`a${n}`, { provider_order_id: String(n) }));
  await world.post("/v1/orders", key, [...orders, order("b1", { provider: "beta", provider_order_id: "1" })]);
  expect(await active()).toEqual({ acme: 3, beta: 1 });
  // What is there already is not counted again, nor what is refused.
  await world.post("/v1/orders", key, [...orders, order("a4", { provider_order_id: "1" }), order("a5", { provider_order_id: "5" })]);
  expect(await active()).toEqual({ acme: 4, beta: 1 });
  expect((await world.post("/v1/providers/acme/adopt", key, { orders: ["6", "7", "1"] })).status).toBe(202);
  await world.drain();
  expect(await active()).toEqual({ acme: 6, beta: 1 });
  world.providers.set("beta", (_ids, fields) => (fields.get("action") === "add" ? { order: 99 } : { 1: inProgress(), 99: inProgress() }));
  const added = await world.apiV2(key, { action: "add", service: "1", link: "https://x.example/1", quantity: "10" }, "beta");
  expect(added.json).toEqual({ order: 99 });
  expect(await active()).toEqual({ acme: 6, beta: 2 });
  world.providers.set(
    "acme",
    answeringEach((id) => ({ ...inProgress(0), status: Number(id) % 2 === 0 ? "In progress" : "Completed" })),
  );
  await world.run(20);
  expect(await active()).toEqual({ acme: 6, beta: 2 });
  for (let i = 0; i < 30; i++) {
    world.now += 6 * HOUR_MS;
    await world.run(16);
  }
  expect(await active()).toEqual({ acme: 2, beta: 2 });
}, 60_000);

it("goes down with an order that is deleted", async () => {
  const before = await active();
  const triggers = await rows<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'orders_no_delete'");
  await env.DB.batch([
    env.DB.prepare("DROP TRIGGER orders_no_delete"),
    env.DB.prepare("DELETE FROM orders WHERE id = '99'"),
    env.DB.prepare(triggers[0]?.sql ?? ""),
  ]);
  expect(await active()).toEqual({ ...before, beta: 1 });
});
