/**
 * The brake of one panel: its own orders hold its own refunds, and nobody else's.
 */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { clear, migrate, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young } from "../world/records.ts";
import { World } from "../world/world.ts";

beforeAll(async () => {
  await migrate();
  for (const id of ["p", "q"]) await addPanel(id);
});

afterEach(clear);

describe("forty orders of one panel that end badly", () => {
  it("hold that panel's refunds, post another's, and are let go by the panel's name", async () => {
    await addProvider("acme", { many: "yes" });
    await rows('UPDATE providers SET brake = \'{"share":0.66,"min_orders":20}\'');
    await addOrders("q", "acme", 1, 40, { ...young });
    await addOrders("p", "acme", 501, 2, { ...young });
    const world = new World();
    world.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(1000), status: "Canceled" })),
    );
    await world.run(2);
    const refunds = () => rows("SELECT panel, status, count(*) AS n FROM refunds GROUP BY panel, status ORDER BY panel, status");
    expect(await refunds()).toEqual([
      { panel: "p", status: "posted", n: 2 },
      { panel: "q", status: "held", n: 40 },
    ]);
    expect((await world.ask("GET", "/v1/providers/acme")).json.brake).toMatchObject({ panels: ["q"], held: { count: 40 } });
    const brake = (body: Record<string, string>) => world.ask("POST", "/v1/providers/acme/brake", { body });
    expect((await brake({ action: "release", panel: "p" })).json).toEqual({ remaining: 0 });
    expect((await refunds())[1]).toEqual({ panel: "q", status: "held", n: 40 });
    expect((await brake({ action: "release", panel: "q" })).json).toEqual({ remaining: 0 });
    expect((await refunds())[1]).toEqual({ panel: "q", status: "posted", n: 40 });
    expect((await world.ask("GET", "/v1/providers/acme")).json.brake).toMatchObject({ panels: [], engaged_at: null, held: { count: 0 } });
  });
});

it("counts an order's end once, however many messages side by side have seen it", async () => {
  await addProvider("acme", { many: "yes" });
  await addOrders("q", "acme", 1, 3, { ...young });
  const world = new World();
  const all = Promise.withResolvers<undefined>();
  let waiting = 0;
  world.providers.set("acme", async (ids) => {
    waiting += 1;
    if (waiting === 4) all.resolve(undefined);
    await all.promise;
    return Object.fromEntries(ids.map((id) => [id, { ...inProgress(0), status: id === "1" ? "Canceled" : "Completed" }]));
  });
  const check = { v: 1, kind: "check", orders: [1, 2, 3].map((n) => ["q", n]) };
  expect(await Promise.all(Array.from({ length: 4 }, () => world.deliver(check)))).toEqual(["ack", "ack", "ack", "ack"]);
  const endings = JSON.parse(String((await rows("SELECT endings FROM providers WHERE id = 'acme'"))[0]?.["endings"])) as [
    number,
    number,
    number,
  ][];
  expect(endings.map(([, ended, badly]) => [ended, badly])).toEqual([[3, 1]]);
  expect(await rows("SELECT status, count(*) AS n FROM refunds GROUP BY status")).toEqual([{ status: "posted", n: 1 }]);
});
