/**
 * An id that a panel's own key names for an order in doubt is a registration: it gives way to the order whose `add` the
 * provider answers with that id, and nothing is changed at the provider for it while it may be another's.
 */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AddingWorld, placed, WANTED } from "../world/adding.ts";
import type { Answered } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { brokenAnswer } from "../world/providers.ts";

const TAKEN = 1 << 12;
const DOUBT = 1 << 11;
const ID = "23502";

let world: AddingWorld;
let other = "";
let otherKey = "";
let doubt = "";

beforeAll(migrate);

beforeEach(async () => {
  world = await AddingWorld.open();
  other = `other-${world.panelId}`;
  otherKey = await world.panel(other);
  doubt = await doubtOf(otherKey);
});

async function doubtOf(key: string): Promise<string> {
  world.answers = [brokenAnswer];
  return String((await world.apiV2(key, { ...WANTED, link: "https://x.example/b" }, "acme")).json.order);
}

/** Another panel's key names the id for its order in doubt. */
const name = (id = ID) => world.post(`/v1/orders/${doubt}/settle`, otherKey, { provider_order_id: id });
const asOperator = (panel: string, order: string, id = ID) =>
  world.ask("POST", `/v1/orders/${order}/settle`, { panel, body: { provider_order_id: id } });
const standing = () =>
  rows<{ panel: string; provider_order_id: string; flags: number }>("SELECT panel, provider_order_id, flags FROM orders ORDER BY n");
const flagsOf = async (panel: string) =>
  (await standing()).filter((row) => row.panel === panel).map(({ flags }) => flags & (TAKEN | DOUBT));

type Begun = { readonly told: Promise<Answered>; readonly arrive: () => void };

/** Begins an `add`, whose provider answers once `arrive` is called. */
async function begin(add: () => Promise<Answered>): Promise<Begun> {
  let arrive: (response: Response) => void = () => undefined;
  const before = (await standing()).length;
  world.answers = [() => new Promise<Response>((resolve) => (arrive = resolve))];
  const told = add();
  await vi.waitUntil(async () => (await standing()).length === before + 1);
  return { told, arrive: () => arrive(Response.json({ order: Number(ID) })) };
}

async function catalogueKey(): Promise<string> {
  const id = `res-${world.panelId}`;
  const { json } = await world.ask("POST", "/v1/panels", { body: { id, role: "reseller", currency: "USD", credit_limit: "10" } });
  await world.ask("PUT", "/v1/services/1", { body: { provider: "acme", service: "12", name: "F", rate: "1", min: 1, max: 5000 } });
  return json.key;
}

const BUYERS: readonly [string, () => Promise<[panel: string, add: () => Promise<Answered>]>][] = [
  ["another shop's, at the provider's endpoint", () => Promise.resolve([world.panelId, () => world.add()])],
  ["the same panel's", () => Promise.resolve([other, () => world.apiV2(otherKey, WANTED, "acme")])],
  [
    "a reseller's, of the catalogue",
    async () => {
      const key = await catalogueKey();
      return [`res-${world.panelId}`, () => world.apiV2(key, { ...WANTED, service: "1" }, null)];
    },
  ],
];

describe.each(BUYERS)("an id that a panel's key has named turns out to be %s", (_whose, buyer) => {
  it.each(["before", "while"] as const)("%s that is placed: the order that was only named gives way", async (when) => {
    const [panel, add] = await buyer();
    if (when === "before") expect((await name()).status).toBe(200);
    const adding = await begin(add);
    if (when === "while") expect((await name()).status).toBe(200);
    adding.arrive();
    expect(Object.keys((await adding.told).json)).toEqual(["order"]);
    const holders = (await standing()).filter(({ provider_order_id }) => provider_order_id === ID);
    expect(holders).toMatchObject([{ panel, flags: 0 }]);
    expect(await flagsOf(other)).toContain(TAKEN);
    expect((await world.get("/v1/audit")).json.entries).toContainEqual(
      expect.objectContaining({ action: "order.gave_way", actor: "rules", subject: `order:${doubt}` }),
    );
    // What its panel still asks of the provider's order is not passed on.
    const asked = world.asked.length;
    await world.apiV2(otherKey, { action: "cancel", orders: doubt }, "acme");
    await world.post(`/v1/orders/${doubt}/cancel`, otherKey);
    expect(world.asked).toHaveLength(asked);
  });
});

describe("an order that its panel's key has named", () => {
  it("is not canceled at the provider while it may be one that another panel began to place before it was named", async () => {
    const adding = await begin(() => world.add());
    world.now += 1000;
    await name();
    const asked = world.asked.length;
    for (const id of [ID, doubt]) await world.apiV2(otherKey, { action: "cancel", orders: id }, "acme");
    expect(world.asked).toHaveLength(asked);
    adding.arrive();
    await adding.told;
  });

  it("is canceled where nobody else was placing", async () => {
    await name();
    world.answers = [() => Response.json([{ order: Number(ID), cancel: 1 }])];
    expect((await world.apiV2(otherKey, { action: "cancel", orders: ID }, "acme")).json).toEqual([{ order: Number(ID), cancel: 1 }]);
  });

  it("gives way to the operator's word about another's order", async () => {
    await name();
    const mine = await doubtOf(world.key);
    expect((await asOperator(world.panelId, mine)).status).toBe(200);
    expect([await flagsOf(other), await flagsOf(world.panelId)]).toEqual([[TAKEN], [0]]);
  });

  it("has no parts that outrank those of an order that was placed", async () => {
    await name();
    const drip = { status: "In progress", runs: "3", orders: [901, 902] };
    const answers = (id: string) =>
      id === ID ? drip : { charge: "0.9", start_count: "5", status: "Pending", remains: "1000", currency: "USD" };
    await world.sweep(3, answers);
    expect((await standing()).filter(({ panel }) => panel === other).map((row) => row.provider_order_id)).toEqual([ID, "901", "902"]);
    const adding = await begin(() => world.add({ runs: "3", interval: "1" }));
    adding.arrive();
    await adding.told;
    await world.sweep(3, answers);
    const holds = (await standing()).filter(({ panel }) => panel === world.panelId).map((row) => row.provider_order_id);
    expect(holds).toEqual([ID, "901", "902"]);
  });

  it.each([
    ["named later", "UPDATE orders SET named_at = 5 WHERE provider_order_id = '23502'"],
    ["named no more", "UPDATE orders SET named_at = NULL WHERE provider_order_id = '23502'"],
    ["named without an id", "UPDATE orders SET named_at = 5 WHERE provider_order_id LIKE 'placing %'"],
  ])("is not %s: the database refuses it", async (_what, sql) => {
    await (sql.includes("NULL") ? name() : asOperator(other, doubt));
    await doubtOf(world.key);
    await expect(rows(sql)).rejects.toThrow("what an order is cannot change");
  });

  it("leaves the other's order in doubt where it was the operator who named the id", async () => {
    expect((await asOperator(other, doubt)).status).toBe(200);
    world.answers = [placed(Number(ID))];
    await world.add();
    expect([await flagsOf(other), await flagsOf(world.panelId)]).toEqual([[0], [DOUBT]]);
  });
});
