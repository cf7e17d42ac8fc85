/**
 * What answers say of money, from the provider's text to what is posted and told: what can be read in two ways is nobody's
 * refund, and what is another order's says nothing.
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AddingWorld } from "../world/adding.ts";
import { migrate } from "../world/database.ts";
import { World } from "../world/world.ts";

let world: AddingWorld;

beforeAll(migrate);
beforeEach(async () => {
  world = await AddingWorld.open();
});

type Shown = Readonly<Record<string, unknown>>;

async function registered(ids: readonly string[], over: Shown = {}): Promise<void> {
  for (const id of ids) {
    const order = { id, provider: "acme", provider_order_id: id, quantity: 5000, charge: "5.00", ...over };
    expect((await world.post("/v1/orders", world.key, order)).status).toBe(201);
  }
}

/** What the orders are once a sweep has heard the answer, by their ids. */
async function after(answer: unknown, minutes = 2): Promise<Record<string, Shown>> {
  const later = new World({ now: world.now });
  later.providers.set("acme", () => (typeof answer === "string" ? new Response(answer) : answer));
  await later.run(minutes);
  const { now } = later;
  world.now = now;
  const orders: readonly Shown[] = await world.shown();
  return Object.fromEntries(orders.map((order) => [String(order["id"]), order]));
}

const CANCELED = { status: "Canceled", remains: "5000", charge: "0" };
const GOES_ON = { status: "In progress", remains: "5", charge: "1" };

describe("nothing is returned", () => {
  it.each<[string, unknown]>([
    ["by another number than the one that is mapped", { "501": { ...CANCELED, status: "-4" } }],
    ["by digits apart", { "501": { ...CANCELED, status: "4 0" } }],
    ["by an answer about another order", { id: 90_009, ...CANCELED }],
    ["by an answer about another order, under the id", { "501": { id: 90_009, ...CANCELED } }],
    [
      "by two answers about the order",
      [
        { order: 501, ...CANCELED },
        { order: 501, ...GOES_ON },
      ],
    ],
    ["by a word said in two ways", { "501": { ...CANCELED, Status: "In progress" } }],
    ["by a call's word beside the order's", { "501": { ...GOES_ON, status: "success", order_status: "In progress" } }],
  ])("%s", async (_, answer) => {
    await world.provider("acme", { currency: "USD", status_words: { "4": "canceled", "40": "canceled" } });
    await registered(["501"]);
    const { "501": order } = await after(answer);
    expect(order).toMatchObject({ refunded: "0", refund_held: "0" });
    expect(["pending", "in_progress", "unknown"]).toContain(order?.["status"]);
  });
});

it("ids that a number cannot hold are each their own order's", async () => {
  const [one, other] = ["9007199254740992", "9007199254740993"] as const;
  await registered([one, other]);
  const answer = `[{"order":${other},"status":"Canceled","remains":"5000","charge":"0"},{"order":${one},"status":"In progress","remains":"5"}]`;
  const orders = await after(answer);
  expect(orders[one]).toMatchObject({ status: "in_progress", refunded: "0" });
  expect(orders[other]).toMatchObject({ status: "canceled", refunded: "5" });
});

it("an order is placed under an id that a number cannot hold, and followed by it", async () => {
  world.answers = [() => new Response(`{"order":1234567890123456789}`)];
  expect((await world.add()).json).toEqual({ order: "1234567890123456789" });
  const answer = `{"1234567890123456789":{"order":1234567890123456789,"status":"Completed","remains":"0"}}`;
  expect((await after(answer))["1234567890123456789"]).toMatchObject({ status: "completed", flags: [] });
});

describe("a refunded order whose remains can be read in two ways", () => {
  const REFUNDED = { status: "Refunded", remains: "1.250", charge: "0.75", currency: "USD" };

  it("is held like a partial one, and a number that comes later is posted", async () => {
    await registered(["501", "502", "503"]);
    const held = await after({ "501": REFUNDED, "502": { ...REFUNDED, status: "Partial" }, "503": { ...REFUNDED, remains: null } });
    expect(held["501"]).toMatchObject({ status: "refunded", refunded: "0", refund_held: "5", reason: { code: "remains_unknown" } });
    expect(held["502"]).toMatchObject({ status: "partial", refunded: "0", refund_held: "5", reason: { code: "remains_unknown" } });
    expect(held["503"]).toMatchObject({ status: "refunded", refunded: "5", refund_held: "0" });
    const posted = await after({ "501": { ...REFUNDED, remains: "1250" }, "502": { ...REFUNDED, status: "Partial" }, "503": REFUNDED }, 65);
    expect(posted["501"]).toMatchObject({ refunded: "1.25", refund_held: "0" });
    expect(posted["503"]).toMatchObject({ refunded: "5", refund_held: "0", flags: [] });
  });

  it("returns all where its price reads 0", async () => {
    await registered(["501"]);
    expect((await after({ "501": { ...REFUNDED, charge: "0.0000" } }))["501"]).toMatchObject({ refunded: "5", refund_held: "0" });
  });

  it.each([
    ["no charge", { charge: "0" }],
    ["a refund policy that leaves it to the panel", {}],
  ])("is told to no script, with %s", async (what, over) => {
    await registered(["501"], over);
    if (what !== "no charge") {
      const policy = await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { mode: "off" } });
      expect(policy.status).toBe(200);
    }
    const { "501": order } = await after({ "501": REFUNDED });
    expect(order).toMatchObject({ status: "refunded", refunded: "0", reason: { code: "remains_unknown" } });
    const { json } = await world.apiV2(world.key, { action: "status", order: "501" }, "acme");
    expect(json["status"]).not.toMatch(/Canceled|Partial|Completed/);
  });
});

it.each([
  { posts: "N/A", orders: [null] },
  { runs: "null", posts: "-", orders: [""] },
])("fields for parts that say nothing leave a plain order: %j", async (fields) => {
  await registered(["501"]);
  const { "501": order } = await after({ "501": { status: "Partial", remains: "1250", charge: "0.75", currency: "USD", ...fields } });
  expect(order).toMatchObject({ refunded: "1.25", refund_held: "0" });
});
