/**
 * Two panels at one provider account: a shop, and another that wants to see or change what is the shop's. The provider reads
 * ids and names as leniently as PHP does.
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { placeOrder } from "../../../simulator/orders.ts";
import type { Provider } from "../../../simulator/world.ts";
import type { Answered } from "../world/asking.ts";
import { clear, rows } from "../world/database.ts";
import { SimulatedWorld } from "../world/simulated.ts";

let world: SimulatedWorld;
let acme: Provider;
let [shop, other] = ["", ""];
let opened = 0;

beforeAll(async () => {
  world = await SimulatedWorld.open(13);
});

beforeEach(async () => {
  await clear();
  opened += 1;
  [shop, other] = [`shop${opened}`, `other${opened}`];
  await world.addPanel(shop);
  await world.addPanel(other);
  acme = await world.addProvider("acme", { modes: ["lenient_ids"] });
});

const WRONG_ORDER = { error: "Incorrect order ID" };
const FLAG = 1 << 12;

const call = (panel: string, fields: Record<string, string>): Promise<Answered> => world.apiV2(world.panelKey(panel), fields, "acme");
const register = (panel: string, id: string, changes: Record<string, unknown> = {}): Promise<Answered> =>
  world.post("/v1/orders", world.panelKey(panel), {
    id: `r-${id}`,
    provider: "acme",
    provider_order_id: id,
    quantity: 1000,
    charge: "0.9",
    ...changes,
  });

async function add(panel: string, link = "https://social.example/p"): Promise<string> {
  const { json } = await call(panel, { action: "add", service: "1", link, quantity: "1000" });
  return String(json.order);
}

/** An order that is at the provider, and of which nobody here knows. */
function placedElsewhere(): string {
  const [service] = acme.catalogue;
  if (service === undefined) throw new Error("the provider has no service");
  return placeOrder(world.simulator, acme, { service, link: "https://elsewhere.example/p", quantity: 1000, placedAt: world.now }).id;
}

const ordersOf = (panel: string) =>
  rows("SELECT id, provider_order_id, flags, cadence, status, refunded FROM orders WHERE panel = ?1 ORDER BY n", panel);

describe("the other panel's every way to the shop's order", () => {
  /** Each with what it is answered; nothing of any reaches the provider. */
  const WAYS: [string, (id: string) => Promise<Answered>, unknown][] = [
    [
      "register",
      (id) => register(other, id),
      expect.objectContaining({ error: expect.objectContaining({ code: "provider_order_conflict" }) }),
    ],
    [
      "register in a list",
      (id) =>
        world.post("/v1/orders", world.panelKey(other), [{ id: "x", provider: "acme", provider_order_id: id, quantity: 1, charge: "1" }]),
      { results: [{ id: "x", result: "conflict", error: expect.objectContaining({ code: "provider_order_conflict" }) }] },
    ],
    ["adopt", (id) => world.post("/v1/providers/acme/adopt", world.panelKey(other), { orders: [id] }), { adopted: 0, known: 0, taken: 1 }],
    ["status", (order) => call(other, { action: "status", order }), WRONG_ORDER],
    ["statuses", (orders) => call(other, { action: "status", orders }), expect.objectContaining({})],
    ["refill", (order) => call(other, { action: "refill", order }), WRONG_ORDER],
    ["cancel", (orders) => call(other, { action: "cancel", orders }), [{ order: expect.anything(), cancel: WRONG_ORDER }]],
    ["check", (id) => world.post(`/v1/orders/${id}/check`, world.panelKey(other)), expect.objectContaining({ error: expect.anything() })],
    [
      "refill by the API",
      (id) => world.post(`/v1/orders/${id}/refill`, world.panelKey(other)),
      expect.objectContaining({ error: expect.anything() }),
    ],
    [
      "cancel by the API",
      (id) => world.post(`/v1/orders/${id}/cancel`, world.panelKey(other)),
      expect.objectContaining({ error: expect.anything() }),
    ],
  ];

  const HOW: [string, () => Promise<string>][] = [
    ["placed", () => add(shop)],
    [
      "registered",
      async () => {
        const id = placedElsewhere();
        expect((await register(shop, id)).status).toBe(201);
        return id;
      },
    ],
    [
      "adopted by asking",
      async () => {
        const id = placedElsewhere();
        expect((await call(shop, { action: "status", order: id })).json).toHaveProperty("status");
        return id;
      },
    ],
    [
      "adopted by a list",
      async () => {
        const id = placedElsewhere();
        await world.post("/v1/providers/acme/adopt", world.panelKey(shop), { orders: [id] });
        return id;
      },
    ],
  ];

  it.each(HOW)("that it has %s: it does not exist, and nothing is asked", async (_how, bring) => {
    const id = await bring();
    for (const [way, go, expected] of WAYS) {
      const sent = await world.during(async () => {
        const { json, text } = await go(id);
        expect([way, json]).toEqual([way, expected]);
        expect(text).not.toContain(shop);
        expect(text).not.toMatch(/"(?:status|charge|remains)":/);
      });
      expect([way, sent]).toEqual([way, []]);
    }
    expect(await ordersOf(other)).toEqual([]);
    expect((await call(shop, { action: "status", order: id })).json).toHaveProperty("status");
  });
});

describe("other spellings of the shop's order", () => {
  const SPELLINGS: [string, (id: string) => string][] = [
    ["a zero in front", (id) => `0${id}`],
    ["a plus", (id) => `+${id}`],
    ["letters behind", (id) => `${id}abc`],
    ["so many letters that it could be a hash", (id) => `${id}abcdefabcdefabcdef`],
    ["a fraction", (id) => `${id}.0`],
    ["an exponent", (id) => `${id}e0`],
    ["a zero-width space in front", (id) => `\u200b${id}`],
    ["a word joiner behind", (id) => `${id}\u2060`],
    ["a byte-order mark", (id) => `\ufeff${id}`],
    ["full-width digits", (id) => id.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))],
    ["SQL", (id) => `${id}' union select 2`],
    ["a dash", (id) => `${id}-1`],
  ];

  it.each(SPELLINGS)("%s: a stranger at every way, and never sent", async (_name, spell) => {
    const id = await add(shop);
    // The simulator reads it as the shop's order: it is ours not to send it.
    const spelled = spell(id);
    const sent = await world.during(async () => {
      for (const action of ["status", "refill"])
        expect([action, (await call(other, { action, order: spelled })).json]).toEqual([action, WRONG_ORDER]);
      expect((await call(other, { action: "cancel", orders: spelled })).json).toMatchObject([{ cancel: WRONG_ORDER }]);
      expect((await call(other, { action: "status", orders: `${spelled},${spelled}` })).text).not.toContain("remains");
      expect((await call(other, { action: "refill_status", refill: spelled })).json).toEqual({ error: "Refill not found" });
      const registered = await register(other, spelled, { id: "r" });
      expect([registered.status, registered.json.error.details.fields[0].path]).toEqual([422, "provider_order_id"]);
      const listed = await world.post("/v1/providers/acme/adopt", world.panelKey(other), { orders: ["1", spelled] });
      expect([listed.status, listed.json.error.details.fields[0].path]).toEqual([422, "orders[1]"]);
    });
    expect(sent).toEqual([]);
    expect(await ordersOf(other)).toEqual([]);
  });
});

describe("an order that is placed here", () => {
  const upcoming = (): string => String(acme.nextOrderId);

  it("outranks a registration under its id, which gives way visibly and is never asked about again", async () => {
    const id = upcoming();
    expect((await register(other, id)).status).toBe(201);
    expect(await add(shop)).toBe(id);
    expect(await ordersOf(shop)).toMatchObject([{ provider_order_id: id, flags: 0, cadence: 1 }]);
    expect(await ordersOf(other)).toMatchObject([{ id: `r-${id}`, provider_order_id: `taken ${other} 1`, flags: FLAG, cadence: null }]);
    const shown = (await world.get(`/v1/orders/r-${id}`, { key: world.panelKey(other) })).json;
    expect(shown).toMatchObject({
      provider_order_id: null,
      flags: ["provider_order_taken"],
      closed: true,
      reason: { code: "provider_order_taken" },
      next_check_at: null,
    });
    const { changes } = (await world.get("/v1/changes", { key: world.panelKey(other) })).json;
    expect(changes.at(-1)).toMatchObject({ type: "order.flagged", previous: { flags: [], provider_order_id: id } });
    expect((await world.operate("GET", "/v1/audit")).json.entries).toContainEqual(
      expect.objectContaining({ action: "order.gave_way", actor: "rules", panel: other, subject: `order:r-${id}` }),
    );
    expect(world.eventsOf("placing.outranked").at(-1)).toMatchObject({ panel: shop, provider_order_id: id, gave_way_panel: other });
    const asked = await world.during(() => world.pass(10));
    expect(asked.filter(({ fields }) => fields["action"] === "status").length).toBeGreaterThan(0);
    expect((await ordersOf(other))[0]).toMatchObject({ flags: FLAG, cadence: null });
    for (const action of ["refill", "cancel"])
      expect((await world.post(`/v1/orders/r-${id}/${action}`, world.panelKey(other))).json.error.code).toBe("order_gave_way");
    expect((await world.must("POST", `/v1/orders/r-${id}/settle`, { drop: true }, other).catch(String)) as string).toContain(
      "order_gave_way",
    );
    expect((await call(other, { action: "status", order: id })).json).toEqual(WRONG_ORDER);
  });

  it("outranks what was adopted, at the own catalogue too: nothing paid can only be dropped", async () => {
    const id = upcoming();
    await world.post("/v1/providers/acme/adopt", world.panelKey(other), { orders: [id] });
    await world.must("PUT", "/v1/services/1", { provider: "acme", service: "1", name: "F", type: "Default", rate: "1", min: 1, max: 5000 });
    const bought = await world.apiV2(world.panelKey(shop), {
      action: "add",
      service: "1",
      link: "https://social.example/x",
      quantity: "1000",
    });
    expect(bought.json).toEqual({ order: 1 });
    expect(await ordersOf(shop)).toMatchObject([{ provider_order_id: id, flags: 0 }]);
    expect(await ordersOf(other)).toMatchObject([{ provider_order_id: `taken ${other} 1`, flags: FLAG }]);
  });

  it("outranks what its own panel has registered, and goes by an id of ours where that one has its own", async () => {
    const id = upcoming();
    await world.post("/v1/providers/acme/adopt", world.panelKey(shop), { orders: [id] });
    expect(await add(shop)).toBe(id);
    expect(await ordersOf(shop)).toMatchObject([
      { id, provider_order_id: `taken ${shop} 1` },
      { id: "2000000002", provider_order_id: id },
    ]);
    expect((await call(shop, { action: "status", order: id })).json).toHaveProperty("status");
  });

  it("leaves posted refunds where they are, and what waits to a person", async () => {
    const id = upcoming();
    await register(other, id, { refunded: "0.4", status: "partial" });
    await world.must("PUT", "/v1/providers/acme/refund-policy", { mode: "hold" });
    await rows(
      "UPDATE orders SET hold_n = 1, hold_amount = 500000, hold_reason = 'policy_hold', hold_at = 1, refund_count = 1, flags = 32 WHERE panel = ?1",
      other,
    );
    await rows(
      `INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at)
       SELECT panel, n, 1, 500000, currency, 'held', 'policy_hold', 1 FROM orders WHERE panel = ?1`,
      other,
    );
    await add(shop);
    expect(await ordersOf(other)).toMatchObject([{ refunded: 400_000, flags: FLAG | 32, cadence: null }]);
    const { refunds } = (await world.get("/v1/refunds?status=held", { key: world.panelKey(other) })).json;
    expect(refunds).toMatchObject([{ amount: "0.5", reason: "provider_order_taken" }]);
    await world.must("POST", `/v1/refunds/${refunds[0].id}/reject`, {}, other);
    expect(await ordersOf(other)).toMatchObject([{ refunded: 400_000, flags: FLAG, cadence: null }]);
  });

  it("can be attached by the operator where its answer was lost and another panel has registered it, not by its panel", async () => {
    world.modes("acme", "lenient_ids", "add_unreadable=cut");
    const id = upcoming();
    expect((await register(other, id)).status).toBe(201);
    const told = await add(shop);
    expect(Number(told)).toBeGreaterThan(2_000_000_000);
    const path = `/v1/orders/${told}/settle`;
    const refused = await world.post(path, world.panelKey(shop), { provider_order_id: id });
    expect([refused.status, refused.json.error.code]).toEqual([409, "provider_order_taken"]);
    expect((await world.post(path, world.panelKey(shop), { provider_order_id: `0${id}` })).status).toBe(422);
    await world.must("POST", path, { provider_order_id: id }, shop);
    expect(await ordersOf(shop)).toMatchObject([{ provider_order_id: id, flags: 0 }]);
    expect(await ordersOf(other)).toMatchObject([{ provider_order_id: `taken ${other} 1`, flags: FLAG }]);
  });

  it("is not canceled by who has registered its id while its answer is under way", async () => {
    world.modes("acme", "lenient_ids", "add_unreadable=cut");
    const told = await add(shop);
    world.now += 1000;
    const id = String(acme.nextOrderId - 1);
    expect((await register(other, id)).status).toBe(201);
    const sent = await world.during(async () => {
      expect((await call(other, { action: "cancel", orders: id })).json).toEqual([
        { order: Number(id), cancel: { error: "No answer, try again later" } },
      ]);
      expect((await world.post(`/v1/orders/r-${id}/cancel`, world.panelKey(other))).status).toBe(202);
      await world.drain();
    }, "cancel");
    expect(sent).toEqual([]);
    await world.must("POST", `/v1/orders/${told}/settle`, { provider_order_id: id }, shop);
    expect(await world.during(() => world.pass(5), "cancel")).toEqual([]);
    expect((await world.get(`/v1/orders/r-${id}`, { key: world.panelKey(other) })).json).toMatchObject({ cancel: { status: "refused" } });
  });
});

describe("a field's name that the provider could read as another's", () => {
  it.each([" key", "key ", "Key", "action.", "k ey", "quantity[x]", "ACTION", "a".repeat(65)])(
    "%j: the add is refused by its name, and nothing is sent",
    async (name) => {
      const sent = await world.during(async () => {
        const { json } = await call(shop, { action: "add", service: "1", link: "https://social.example/p", quantity: "10", [name]: "BAD" });
        expect(json.error).toContain(JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name));
      });
      expect(sent.filter(({ fields }) => fields["action"] === "add")).toEqual([]);
      expect(await ordersOf(shop)).toEqual([]);
    },
  );

  it.each(["01", "+1", "1abc", "1.0", "\u200b1"])("so is a service by another spelling: %j", async (service) => {
    const sent = await world.during(async () => {
      const { json } = await call(shop, { action: "add", service, link: "https://social.example/p", quantity: "100" });
      expect(json).toEqual({ error: "error.incorrect_service_id" });
    }, "add");
    expect(sent).toEqual([]);
  });

  it("a number that comes as a list is refused, lines are not", async () => {
    const body = (more: string) =>
      new Request("http://panelsync.example/api/v2/acme", {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: `key=${world.panelKey(shop)}&action=add&service=1&link=l&${more}`,
      });
    const sent = await world.during(async () => {
      const { json } = await world.fetch(body("quantity[]=1&quantity[]=1&quantity[]=1"));
      expect(json).toEqual({ error: 'Incorrect request: the field "quantity[]" cannot be sent on' });
    }, "add");
    expect(sent).toEqual([]);
    const [lines] = await world.during(() => world.fetch(body("quantity=100&comments[]=a&comments[]=b")), "add");
    expect(lines?.fields["comments"]).toBe("a\nb");
  });
});

describe("a hash that begins with a digit", () => {
  const HASH = "9b1deb4d3b7d4bad9bdd";

  it("is a stranger until the provider has answered about an order by a text", async () => {
    world.modes("acme");
    for (const id of [HASH, "ckv9x2p0v0000qz6"]) {
      const order = acme.orders.get(placedElsewhere());
      if (order !== undefined) acme.orders.set(id, { ...order, id });
    }
    const refused = await register(shop, HASH);
    expect([refused.status, refused.json.error.details.fields[0].path]).toEqual([422, "provider_order_id"]);
    expect((await call(shop, { action: "status", order: HASH })).json).toEqual(WRONG_ORDER);
    expect((await register(shop, "ckv9x2p0v0000qz6")).status).toBe(201);
    await world.pass(2);
    expect((await register(shop, HASH)).status).toBe(201);
    const [{ learned } = { learned: "" }] = await rows<{ learned: string }>("SELECT learned FROM providers WHERE id = 'acme'");
    expect(JSON.parse(learned)).toEqual({ textIds: true });
  });
});
