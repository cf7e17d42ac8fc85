/**
 * A reseller buys from the operator and learns nothing of whom the operator buys from: in no order, change, refund, refill,
 * error, header, and in nothing that its script is told.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/http/routes.ts";
import { AddingWorld, placed, refused, WANTED } from "../world/adding.ts";
import { type Answered, queryFor } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { said } from "../world/sweeping.ts";

/** All that is of the supplier: its name and address, its ids, its words, its service and price, its texts. */
const OF_THE_SUPPLIER = ["acme", "230177", "Zurückgezogen", "0.4567", "8812", "rf-5150", "Bakiye", "provider-key"];

let world: AddingWorld;
let key = "";
const heard: string[] = [];

beforeAll(async () => {
  await migrate();
  world = await AddingWorld.open();
  await world.provider("acme", { currency: "USD", panels: [world.panelId], status_words: { Zurückgezogen: "partial" } });
  const service = { provider: "acme", service: "12", name: "Followers", rate: "2", min: 10, max: 5000, refill: true, cancel: true };
  await world.ask("PUT", "/v1/services/1", { body: service });
  key = (await world.ask("POST", "/v1/panels", { body: { id: "resale", role: "reseller", currency: "USD" } })).json.key as string;
});

const asOperator = (method: string, path: string, body: object) =>
  world.ask(method, path, { panel: "resale", body, headers: { "Idempotency-Key": path } });

/** Keeps what a reseller is told, headers and all but the random one. */
async function told(answering: Promise<Answered>): Promise<Answered> {
  const answered = await answering;
  const headers = [...answered.headers].filter(([name]) => name !== "request-id");
  heard.push(JSON.stringify(headers), answered.text);
  return answered;
}

const bought = (fields: Record<string, string> = {}) => told(world.apiV2(key, { ...WANTED, service: "1", ...fields }, null));
const ask = (method: string, path: string, body?: object) =>
  told(world.ask(method, path, { key, ...(body === undefined ? {} : { body }), headers: { "Idempotency-Key": path } }));

describe("a reseller", () => {
  it("pays from an account here, and without money nothing is placed anywhere", async () => {
    expect((await world.get("/v1/panels/resale")).json).toMatchObject({ role: "reseller", money: "ledger", credit_limit: "0" });
    expect((await bought()).json).toEqual({ error: "neworder.error.not_enough_funds" });
    expect((await told(world.apiV2(key, WANTED, "acme"))).status).toBe(404);
    expect(world.asked).toEqual([]);
  });

  it("may owe as much as the operator says, and no more", async () => {
    await world.ask("PATCH", "/v1/panels/resale", { body: { credit_limit: "2" } });
    world.answers = [placed(2301770)];
    expect((await bought()).json).toEqual({ order: 1 });
    expect((await bought({ link: "https://social.example/2" })).json).toEqual({ error: "neworder.error.not_enough_funds" });
    expect((await told(world.apiV2(key, { action: "balance" }))).json).toEqual({ balance: "-2", currency: "USD" });
    expect((await asOperator("POST", "/v1/customers/@panel/credits", { amount: "100" })).status).toBe(201);
  });

  it("sees its orders, their changes and refunds, and nothing of a supplier in them", async () => {
    world.answers = [placed(2301771), refused("Bakiye yetersiz"), () => Response.json({ refill: "rf-5150" })];
    expect((await bought({ link: "https://social.example/3" })).json).toHaveProperty("order");
    expect((await bought({ link: "https://social.example/4" })).json).toEqual({ error: "Order was not accepted" });
    const words = { charge: "0.4567", currency: "USD" };
    await world.sweep(2, (id) =>
      id === "2301771"
        ? said({ ...words, status: "Completed", remains: "0" })
        : said({ ...words, status: "Zurückgezogen", remains: "250" }),
    );
    await asOperator("POST", "/v1/orders/1/refunds", { amount: "0.1", note: "acme was slow" });
    for (const action of ["status", "refill", "refill_status", "cancel"])
      await told(world.apiV2(key, { action, orders: "1,2,3", order: "", refills: "2" }));
    await told(world.apiV2(key, { action: "services" }));
    const { json } = await ask("GET", "/v1/orders");
    expect(json.orders.length).toBeGreaterThanOrEqual(2);
    expect(json.orders.at(-1)).toMatchObject({ id: "1", status: "partial", remains: 250, refunded: "0.6", reason: { code: "partial" } });
    const changes = (await ask("GET", "/v1/changes")).json.changes as { type: string }[];
    expect(new Set(changes.map(({ type }) => type))).toContain("refund.posted");
    expect((await ask("GET", "/v1/refunds")).json.refunds).toMatchObject([
      { order: "3", reason: "not_placed" },
      { order: "1", reason: "goodwill", note: null },
      { order: "1", reason: "partial" },
    ]);
    // The rows stay as they are: the operator sees all of it.
    expect((await world.get("/v1/changes", { panel: "resale" })).text).toContain("Zurückgezogen");
  });

  it("may not do what is a shop's, and finds nothing by what is the supplier's", async () => {
    for (const query of [
      "?provider=acme",
      "?provider_order_id=2301770",
      "?count=status&provider=acme",
      "?count=status&provider_order_id=1",
    ])
      expect((await ask("GET", `/v1/orders${query}`)).json.error.code).toBe("reseller");
    const order = { id: "x", provider: "acme", provider_order_id: "9", quantity: 1, charge: "1" };
    expect((await ask("POST", "/v1/orders", order)).json.error.code).toBe("reseller");
    expect((await ask("POST", "/v1/customers/@panel/credits", { amount: "100" })).json.error.code).toBe("reseller");
    expect((await world.ask("POST", "/v1/orders", { panel: "resale", body: order })).json.error.code).toBe("reseller");
  });

  it("hears no byte of a supplier, whatever it asks", async () => {
    for (const route of ROUTES)
      for (const id of ["1", "2", "1-r1", "@panel", "none"])
        await ask(
          route.method,
          route.path.replace(/:\w+/g, encodeURIComponent(id)) + queryFor(route, "1,2,3"),
          route.method === "GET" || route.method === "DELETE" ? undefined : {},
        );
    expect(heard.length).toBeGreaterThan(200);
    // What the reseller has sent itself may come back.
    const answers = heard.filter((text) => !text.includes("There is no"));
    for (const secret of OF_THE_SUPPLIER) expect(answers.filter((text) => text.includes(secret))).toEqual([]);
    const [row] = await rows("SELECT provider_order_id, provider_status FROM orders WHERE panel = 'resale' AND id = '1'");
    expect(row).toEqual({ provider_order_id: "2301770", provider_status: "Zurückgezogen" });
  });
});
