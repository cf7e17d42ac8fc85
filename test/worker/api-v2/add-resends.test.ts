/**
 * `add` at a provider that tells repetitions by a value of ours: an order whose answer was lost is sent again by itself, and
 * is one order there.
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RESEND_FOR_MS } from "../../../src/domain/add-resend.ts";
import { clear, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { brokenAnswer, resetConnection } from "../world/providers.ts";
import { World } from "../world/world.ts";

const FIELD = "request_id";
const SERVICE = { service: 12, name: "Followers", type: "Default", category: "Instagram", rate: "0.90", min: "10", max: "10000" };
const WANTED = { action: "add", service: "12", link: "https://instagram.com/p/AbC", quantity: "1000" };

let world: World;
let key = "";
let panel = "";
let opened = 0;
/** What the provider has: order ids by value. And the adds that it got. */
let placed: Map<string, number>;
let adds: URLSearchParams[];
/** What comes in place of the next answers to `add`; the order is placed all the same unless `refuses`. */
let lost: (() => Response | Promise<Response>)[];
let refuses: Response | null;

async function provide(request: Request): Promise<Response> {
  const fields = new URLSearchParams(await request.text());
  const action = fields.get("action");
  if (action === "services") return Response.json([SERVICE]);
  if (action === "balance") return Response.json({ balance: "5", currency: "USD" });
  if (action !== "add") return Response.json({ status: "In progress", remains: "900", charge: "0.9", start_count: "1" });
  adds.push(fields);
  const value = fields.get(FIELD) ?? `none ${adds.length}`;
  if (refuses === null && !placed.has(value)) placed.set(value, 23_501 + placed.size);
  const spoilt = lost.shift();
  if (spoilt !== undefined) return spoilt();
  return refuses?.clone() ?? Response.json({ order: placed.get(value) });
}

beforeAll(migrate);

beforeEach(async () => {
  await clear();
  await rows("DELETE FROM add_resends");
  await rows("DELETE FROM provider_services");
  await rows("DELETE FROM services");
  opened += 1;
  [placed, adds, lost, refuses] = [new Map(), [], [], null];
  world = new World({ fetch: provide });
  panel = `p${opened}`;
  key = await world.panel(panel);
  await world.provider("acme", { currency: "USD", request: { idempotency_field: FIELD } });
});

const add = (over: Record<string, string> = {}) => world.apiV2(key, { ...WANTED, ...over }, "acme");
const lose = (times: number, how: () => Response = resetConnection): void => void (lost = Array.from({ length: times }, () => how));
const resends = () => rows("SELECT n, resends, fields FROM add_resends");
const order = async () => (await world.get("/v1/orders", { key })).json.orders[0];

describe("an add whose answer was lost", () => {
  it.each([
    ["a connection that is lost", resetConnection],
    ["a gateway's page", brokenAnswer],
    ["JSON cut off", () => new Response('{"order":23')],
    ["a catch-all's text", () => Response.json({ error: "System error" })],
  ])("is sent again at once with the same value after %s, and the script gets the provider's id", async (_name, how) => {
    lose(1, how);
    expect((await add()).json).toEqual({ order: 23501 });
    expect(adds).toHaveLength(2);
    expect(new Set(adds.map((fields) => fields.get(FIELD))).size).toBe(1);
    expect(adds[0]?.get(FIELD)).toMatch(/^[0-9a-f]{32}$/);
    expect([...placed.values()]).toEqual([23501]);
    expect(await resends()).toEqual([]);
    expect(await order()).toMatchObject({ id: "23501", provider_order_id: "23501", flags: [] });
  });

  it("is sent again by the ticks until it is answered, and is attached as by a person", async () => {
    lose(6);
    const { json } = await add();
    expect(json.order).toBeGreaterThan(2_000_000_000);
    expect(adds).toHaveLength(3);
    expect(await order()).toMatchObject({ provider_order_id: null, flags: ["placing_unknown"] });
    await world.run(1);
    expect(adds).toHaveLength(4);
    await world.run(10);
    expect(adds).toHaveLength(7);
    expect(new Set(adds.map((fields) => fields.toString())).size).toBe(1);
    expect([...placed.values()]).toEqual([23501]);
    expect(await order()).toMatchObject({ id: String(json.order), provider_order_id: "23501", flags: [], status: "in_progress" });
    expect(await resends()).toEqual([]);
    await world.run(3);
    expect(adds).toHaveLength(7);
  });

  it("is found by a tick though its request died: the fields are on record before anything is sent", async () => {
    lost = [() => new Promise<Response>(() => undefined)];
    void add();
    await expect.poll(() => adds.length).toBe(1);
    expect(await resends()).toMatchObject([{ resends: 0, fields: expect.not.stringContaining("provider-key") }]);
    await world.run(3);
    expect(adds).toHaveLength(2);
    expect([...placed.values()]).toEqual([23501]);
    expect(await order()).toMatchObject({ provider_order_id: "23501", flags: [] });
  });

  it.each([
    ["before it was found left behind", 1],
    ["after that", 5],
  ])("keeps our id where a tick finds it %s, and goes by either: its script may have been told ours", async (_name, minutes) => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    lost = [() => promise];
    const asking = add();
    await expect.poll(() => adds.length).toBe(1);
    await rows("UPDATE add_resends SET next_at = 0");
    await world.run(minutes);
    expect(await order()).toMatchObject({ id: "2000000001", provider_order_id: "23501" });
    resolve(Response.json({ order: 23501 }));
    expect((await asking).json).toEqual({ order: 23501 });
    expect(await order()).toMatchObject({ id: "2000000001", provider_order_id: "23501" });
    for (const id of ["2000000001", "23501"])
      expect((await world.apiV2(key, { action: "status", order: id }, "acme")).json).toMatchObject({ charge: "0.9" });
  });

  it("that was refused is canceled, and its charge returned", async () => {
    refuses = Response.json({ error: "Incorrect quantity" });
    lose(3);
    const { json } = await add();
    await world.run(1);
    expect(await order()).toMatchObject({ status: "canceled", refunded: "0.9", reason: { code: "not_placed" }, flags: [] });
    expect((await world.apiV2(key, { action: "status", order: String(json.order) }, "acme")).json).toMatchObject({ status: "Canceled" });
    expect([placed.size, await resends()]).toEqual([0, []]);
  });

  it.each([
    ["turned away", () => Response.json({ error: "Rate limit exceeded (200/min)" })],
    ["told that the order is there", () => Response.json({ error: "Duplicate request" })],
    ["told of a link under way", () => Response.json({ error: "neworder.error.link_duplicate" })],
  ])("stays in doubt when it is sent again and %s", async (_name, how) => {
    lost = [resetConnection, how, how];
    const { json } = await add();
    expect(json.order).toBeGreaterThan(2_000_000_000);
    expect(await order()).toMatchObject({ status: "pending", provider_order_id: null, flags: ["placing_unknown"] });
    await world.run(10);
    expect(await order()).toMatchObject({ provider_order_id: "23501", flags: [] });
    expect(placed.size).toBe(1);
  });

  it("is sent again out of its panel's share of the calls, and the sweeps keep theirs", async () => {
    const forgive = () => rows("DELETE FROM panel_troubles");
    lose(1000);
    for (let i = 0; i < 8; i++) {
      await add({ link: `https://instagram.com/p/${i}` });
      await forgive();
      await rows("UPDATE providers SET failures = 0, retry_at = NULL, add_trouble = 0");
    }
    lost = [];
    expect(await resends()).toHaveLength(8);
    await world.provider("acme", { currency: "USD", request: { idempotency_field: FIELD }, max_calls_per_minute: 10 });
    const before = adds.length;
    await world.run(1);
    expect(adds.length - before).toBe(4);
    await world.run(20);
    expect([await resends(), placed.size]).toEqual([[], 8]);
  });

  it("is sent at growing distances, for half a day, and then is left to a person", async () => {
    lost = Array.from({ length: 1000 }, () => resetConnection);
    await add();
    const began = world.now;
    const sentAt: number[] = [];
    while (world.now < began + RESEND_FOR_MS + 3 * 3_600_000) {
      const before = adds.length;
      await rows("UPDATE providers SET failures = 0, retry_at = NULL");
      await world.tick();
      await world.drain();
      if (adds.length > before) sentAt.push((world.now - began) / MINUTE_MS);
      world.now += sentAt.length < 7 ? MINUTE_MS : 10 * MINUTE_MS;
    }
    expect(sentAt.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31]);
    expect(sentAt.at(-1)).toBeLessThan(RESEND_FOR_MS / MINUTE_MS);
    expect(sentAt.length).toBeLessThan(22);
    expect(await resends()).toEqual([]);
    expect(await order()).toMatchObject({ flags: ["placing_unknown"] });
  });

  it.each([
    ["attached", { provider_order_id: "777" }],
    ["dropped", { drop: true }],
  ])("is sent no more once a person has %s it", async (_name, body) => {
    lose(3);
    const { json } = await add();
    expect((await world.post(`/v1/orders/${json.order}/settle`, key, body)).status).toBe(200);
    expect(await resends()).toEqual([]);
    await world.run(3);
    expect(adds).toHaveLength(3);
  });

  it.each([
    ["another key", { key: "another-key-5678" }],
    ["another address", { url: "https://other.example/api/v2", key: "provider-key-1234" }],
    ["no such field any more", { request: {} }],
  ])("is sent no more to %s: there it would be another order", async (_name, settings) => {
    lose(3);
    await add();
    await world.provider("acme", settings);
    await world.run(3);
    expect(adds).toHaveLength(3);
    expect(await resends()).toEqual([]);
    expect(await order()).toMatchObject({ flags: ["placing_unknown"] });
  });

  it("keeps within the provider's budget, and waits while it is switched off", async () => {
    // One call for the list of services, one for the order.
    await world.provider("acme", { max_calls_per_minute: 2 });
    world.now += MINUTE_MS;
    lose(1);
    await add();
    expect(adds).toHaveLength(1);
    await world.provider("acme", { enabled: false, max_calls_per_minute: null });
    await world.run(5);
    expect(adds).toHaveLength(1);
    await world.provider("acme", { enabled: true });
    await world.run(10);
    expect(adds).toHaveLength(2);
    expect(await order()).toMatchObject({ provider_order_id: "23501" });
  });

  it("outranks another panel that has registered its id by now", async () => {
    const other = await world.panel(`${panel}-other`);
    lose(3);
    await add();
    const taken = { id: "1", provider: "acme", provider_order_id: "23501", quantity: 1000, charge: "0.9" };
    expect((await world.post("/v1/orders", other, taken)).status).toBe(201);
    await world.run(3);
    expect(adds).toHaveLength(4);
    expect(world.eventsOf("placing.found")).toHaveLength(1);
    expect(world.eventsOf("placing.outranked")).toMatchObject([
      { provider_order_id: "23501", gave_way: "1", gave_way_panel: `${panel}-other` },
    ]);
    expect(await order()).toMatchObject({ provider_order_id: "23501", flags: [] });
    expect(await resends()).toEqual([]);
  });

  it("has our value though the script sends a field of that name", async () => {
    lose(1);
    await add({ [FIELD]: "its own" });
    expect(adds.map((fields) => fields.getAll(FIELD))).toEqual([
      [expect.stringMatching(/^[0-9a-f]{32}$/)],
      [expect.stringMatching(/^[0-9a-f]{32}$/)],
    ]);
  });

  it("is sent once where its fields are too long to keep, as is any at another provider", async () => {
    lose(2);
    await add({ comments: "a comment\n".repeat(4000) });
    await world.provider("acme", { request: {} });
    await add({ link: "https://instagram.com/p/other" });
    await world.run(3);
    expect(adds).toHaveLength(2);
    expect(adds[1]?.has(FIELD)).toBe(false);
  });
});

describe("two adds", () => {
  it("have values of their own, and nothing of them is kept once they are placed", async () => {
    await add();
    await add({ quantity: "500" });
    expect(placed.size).toBe(2);
    expect(await resends()).toEqual([]);
  });
});
