/**
 * A flag about the operator's money is the operator's to dismiss, as its refunds are the operator's to decide.
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DISMISSIBLE, FLAGS } from "../../../src/domain/order.ts";
import { clear, migrate } from "../world/database.ts";
import { addOrders, young } from "../world/records.ts";
import { World } from "../world/world.ts";

const MONEY = ["over_refunded", "completed_with_remains", "canceled_after_delivery"];

let world: World;
let opened = 0;
let panel = "";
let key = "";

beforeAll(migrate);

beforeEach(async () => {
  await clear();
  world = new World();
});

/** A shop with an order that has every flag that can be dismissed; `door` as in the database. */
async function shopWith(money: "advice" | "ledger", door: "catalogue" | "connect" | undefined): Promise<void> {
  panel = `shop-${++opened}`;
  key = (await world.ask("POST", "/v1/panels", { body: { id: panel, role: "shop", currency: "USD", money } })).json.key;
  const flags = DISMISSIBLE.reduce((all, flag) => all | FLAGS[flag], 0);
  await addOrders(panel, "acme", 1, 1, { ...young, flags, ...(door === undefined ? {} : { door }) });
}

describe.each([
  ["bought on its account here", "ledger", "catalogue", MONEY],
  ["it has registered in its ledger here", "ledger", undefined, []],
  ["bought from the catalogue, on its own books", "advice", "catalogue", []],
  ["placed at a provider", "advice", "connect", []],
] as const)("of an order %s", (_what, money, door, kept) => {
  it.each(DISMISSIBLE)("a shop's key dismisses %s, unless it is about the operator's money", async (flag) => {
    await shopWith(money, door);
    const isKept = (kept as readonly string[]).includes(flag);
    const { status, json } = await world.post("/v1/orders/o1/dismiss", key, { flag });
    expect([status, json.error?.code]).toEqual(isKept ? [403, "operators_money"] : [200, undefined]);
    const listed = async () => (await world.get(`/v1/orders?flag=${flag}`, { panel })).json.orders.length;
    expect(await listed()).toBe(isKept ? 1 : 0);
    expect((await world.ask("POST", "/v1/orders/o1/dismiss", { panel, body: { flag } })).status).toBe(200);
    expect(await listed()).toBe(0);
  });
});
