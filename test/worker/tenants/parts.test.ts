/**
 * Orders of several parts: another panel's parts take no panel's place, and nobody hears of an end that its parts may undo.
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AddingWorld, placed } from "../world/adding.ts";
import { migrate, rows } from "../world/database.ts";
import { answeringEach } from "../world/providers.ts";
import { World } from "../world/world.ts";

const DAY_MS = 86_400_000;
const said = (status: string, remains: string) => ({ charge: "0.9", start_count: "5", status, remains, currency: "USD" });

let world: AddingWorld;
/** What the provider says of each order; of others, that they wait. */
let told: Map<string, unknown>;
let sweeps: World;

beforeAll(migrate);

beforeEach(async () => {
  world = await AddingWorld.open();
  told = new Map();
  sweeps = new World({ now: world.now });
  sweeps.providers.set(
    "acme",
    answeringEach((id) => told.get(id) ?? said("Pending", "1")),
  );
});

async function pass(minutes: number): Promise<void> {
  sweeps.now = world.now;
  await sweeps.run(minutes);
  world.now = sweeps.now;
}

/** A shop buys three runs of 1,000 each. */
async function buyThree(): Promise<void> {
  world.answers = [placed(900)];
  await world.add({ quantity: "1000", runs: "3", interval: "1" });
}

const parts = [901, 902, 903];
const whole = (status: string, named = parts) => ({ status, runs: "3", orders: named });
const heard = async () => (await world.apiV2(world.key, { action: "status", order: "900" }, "acme")).json.status as string;
const isHeld = async () => rows("SELECT status, hold_amount, hold_reason FROM orders WHERE panel = ?1 AND id = '900'", world.panelId);
const adopted = async (panel: string) =>
  (await rows<{ n: number }>("SELECT count(*) AS n FROM orders WHERE panel = ?1 AND part_of IS NOT NULL", panel))[0]?.n;

/** Parts of which one is delivered, and two come to nothing. */
function cutShort(): void {
  told.set("901", said("Completed", "0"));
  told.set("902", said("Canceled", "1000"));
  told.set("903", said("Canceled", "1000"));
}

const SHORT = [{ status: "completed", hold_amount: 1_800_000, hold_reason: "multi_order" }];

describe("another panel that names parts without end", () => {
  it("leaves this one its parts of the day, and the truth about its end", async () => {
    const reseller = `res${world.panelId}`;
    const key = (await world.ask("POST", "/v1/panels", { body: { id: reseller, role: "reseller", currency: "USD" } })).json.key as string;
    await world.ask("PUT", "/v1/services/1", {
      body: { provider: "acme", service: "12", name: "F", rate: "1", min: 1, max: 5000, dripfeed: true },
    });
    const credit = { panel: reseller, body: { amount: "10" }, headers: { "Idempotency-Key": "c1" } };
    await world.ask("POST", "/v1/customers/@panel/credits", credit);
    for (const n of [0, 1, 2]) {
      world.answers = [placed(500 + n)];
      await world.apiV2(key, {
        action: "add",
        service: "1",
        link: `https://x.example/${n}`,
        quantity: "1",
        runs: "1000",
        interval: "1",
      });
      told.set(String(500 + n), {
        status: "In progress",
        runs: "1000",
        orders: Array.from({ length: 1000 }, (_, i) => 100_000 + n * 1000 + i),
      });
    }
    await pass(4);
    expect(await adopted(reseller)).toBe(1000);
    await buyThree();
    told.set("900", whole("In progress"));
    cutShort();
    await pass(3);
    expect(await adopted(world.panelId)).toBe(3);
    told.set("900", whole("Completed"));
    await pass(15);
    expect([await heard(), await isHeld()]).toEqual(["In progress", SHORT]);
  });

  it("beside which one names a few has some of its own put off, in whichever order they stand", async () => {
    await buyThree();
    told.set("900", { status: "In progress", runs: "9", orders: Array.from({ length: 1500 }, (_, i) => 100_000 + i) });
    await pass(2);
    // An order has no more than it can follow, either, and asks for no more.
    expect(await adopted(world.panelId)).toBe(1000);
    await pass(5);
    expect(await rows("SELECT day_used FROM panel_shares WHERE panel = ?1 AND kind = 'adoption'", world.panelId)).toEqual([
      { day_used: 1000 },
    ]);
  });
});

describe("a whole that is completed", () => {
  it("waits for parts that the day has no room for, and is held by what they say", async () => {
    await rows("UPDATE providers SET parts_day = ?1, parts_today = 2000", Math.floor(world.now / DAY_MS));
    await buyThree();
    told.set("900", whole("Completed"));
    cutShort();
    await pass(60);
    expect([await adopted(world.panelId), await heard()]).toEqual([0, "Pending"]);
    expect((await world.get("/v1/orders/900", { key: world.key })).json).toMatchObject({ status: "pending", flags: [] });
    world.now = (Math.floor(world.now / DAY_MS) + 1) * DAY_MS;
    await pass(30);
    expect([await adopted(world.panelId), await heard(), await isHeld()]).toEqual([3, "Pending", SHORT]);
  });

  it.each([
    ["with its end", []],
    ["with its end, but for one", [901, 902]],
    ["before", parts],
  ])("and names parts %s waits until each was asked about", async (_when, before) => {
    await buyThree();
    told.set("900", whole("In progress", before));
    cutShort();
    if (before.length > 0) await pass(2);
    told.set("900", whole("Completed"));
    const words = new Set<string>();
    for (let minute = 0; minute < 12; minute++) {
      await pass(1);
      words.add(await heard());
    }
    expect([...words].filter((word) => word !== "Pending" && word !== "In progress")).toEqual([]);
    // What is at stake is known with the last of them.
    await pass(60);
    expect(await isHeld()).toEqual(SHORT);
  });

  it("is told as completed once all of its parts were heard of, whatever is said of them", async () => {
    await buyThree();
    told.set("900", whole("Completed"));
    told.set("901", said("Completed", "0"));
    told.set("902", { error: "Incorrect order ID" });
    told.set("903", said("In progress", "10"));
    await pass(12);
    expect(await heard()).toBe("Completed");
  });
});

describe("an order of several parts that its panel has registered", () => {
  const order = (fields: Record<string, unknown> = {}) => ({
    id: "R1",
    provider: "acme",
    provider_order_id: "900",
    quantity: 3000,
    charge: "2.916",
    runs: 3,
    ...fields,
  });
  const listed = async (): Promise<Record<string, unknown>[]> => (await world.get("/v1/orders", { key: world.key })).json.orders;
  const shown = async (id: string) => (await listed()).find((each) => each["id"] === id);
  const ids = async () => (await listed()).map(({ id }) => String(id)).toSorted();

  /** It names its parts, which are cut short, and then says that it is completed. */
  async function completeShort(): Promise<void> {
    told.set("900", whole("In progress"));
    told.set("901", said("Completed", "0"));
    told.set("902", said("Canceled", "1000"));
    told.set("903", said("Partial", "400"));
    await pass(3);
    told.set("900", whole("Completed"));
    await pass(3);
  }

  it("is held where its parts were cut short; they are orders of its panel without a charge", async () => {
    expect((await world.post("/v1/orders", world.key, order({ link: "https://x.example/1", customer: "ann" }))).status).toBe(201);
    await completeShort();
    expect(await shown("R1")).toMatchObject({ status: "completed", refund_held: "1.3608", reason: { code: "multi_order" } });
    expect(await ids()).toEqual(["R1", "acme:901", "acme:902", "acme:903"]);
    const part = { provider_order_id: "903", status: "partial", remains: 400, charge: null, refunded: "0", customer: "ann", flags: [] };
    expect(await shown("acme:903")).toMatchObject(part);
    expect((await world.get("/v1/orders/acme:903", { key: world.key })).json).toMatchObject(part);
    const { changes } = (await world.get("/v1/changes", { key: world.key })).json as { changes: { type: string; order: string }[] };
    expect(changes.filter(({ type }) => type === "order.created").map(({ order: id }) => id)).toEqual([
      "R1",
      "acme:901",
      "acme:902",
      "acme:903",
    ]);
    const [acme] = (await world.get("/v1/providers")).json.providers as { health: { active_orders: number } }[];
    const counted = "SELECT count(*) AS n FROM orders WHERE provider = 'acme' AND cadence IS NOT NULL";
    expect(await rows(counted)).toEqual([{ n: acme?.health.active_orders }]);
  });

  it("is held by parts that the panel has registered, too: none of them is adopted", async () => {
    const own = parts.map((id) => order({ id: `P${id}`, provider_order_id: String(id), quantity: 1000, charge: "0", runs: null }));
    await world.post("/v1/orders", world.key, [order(), ...own]);
    await completeShort();
    expect([await ids(), (await shown("R1"))?.["refund_held"]]).toEqual([["P901", "P902", "P903", "R1"], "1.3608"]);
  });

  it("has parts that take no id of the panel's own", async () => {
    await world.post("/v1/orders", world.key, [order(), order({ id: "acme:902", provider_order_id: "77", runs: null })]);
    await completeShort();
    expect(await ids()).toEqual(["1000000004", "R1", "acme:901", "acme:902", "acme:903"]);
    expect(await shown("1000000004")).toMatchObject({ provider_order_id: "902" });
    expect(await shown("R1")).toMatchObject({ refund_held: "1.3608" });
  });

  it("has none of its parts adopted without a charge: nothing would follow from them", async () => {
    expect((await world.post("/v1/orders", world.key, order({ charge: "0" }))).status).toBe(201);
    await completeShort();
    expect(await adopted(world.panelId)).toBe(0);
  });

  it("has parts that are not registered once more; the refusal names them", async () => {
    await world.post("/v1/orders", world.key, order());
    await completeShort();
    const again = await world.post("/v1/orders", world.key, order({ id: "P902", provider_order_id: "902", charge: "1", runs: null }));
    expect([again.status, again.json.error]).toMatchObject([
      409,
      { code: "provider_order_conflict", message: expect.stringContaining('"acme:902"') },
    ]);
  });

  it("can be removed; then its parts can, too, and their ids are free", async () => {
    const remove = async (id: string) => (await world.ask("DELETE", `/v1/orders/${id}`, { panel: world.panelId })).status;
    await world.post("/v1/orders", world.key, order());
    told.set("900", whole("In progress"));
    await pass(3);
    expect([await remove("acme:901"), await remove("R1")]).toEqual([409, 204]);
    expect(await Promise.all(parts.map((id) => remove(`acme:${id}`)))).toEqual([204, 204, 204]);
    expect(await ids()).toEqual([]);
    expect((await world.post("/v1/orders", world.key, order({ id: "P901", provider_order_id: "901", runs: null }))).status).toBe(201);
  });

  it("loses all of a part that was refunded at a price of zero, whatever number is left of it", async () => {
    await world.post("/v1/orders", world.key, order());
    told.set("900", whole("In progress"));
    told.set("901", said("Completed", "0"));
    told.set("902", said("Refunded", "250"));
    told.set("903", { ...said("Refunded", "250"), charge: "0.00" });
    await pass(3);
    told.set("900", whole("Completed"));
    await pass(3);
    // 250 and 1,000 of 3,000.
    expect(await shown("R1")).toMatchObject({ refund_held: "1.215" });
  });
});

describe("a preview of a refund policy", () => {
  const preview = (on: World, policy: object = {}) =>
    on.ask("POST", "/v1/refund-policies/preview", { body: { provider: "acme", service: "12", policy } });
  const heldBySweep = async () => (await rows<{ hold_amount: number }>(`SELECT hold_amount FROM orders WHERE id = '900'`))[0]?.hold_amount;

  const ENDS: readonly [whole: string, part: Record<string, string>, amount: string, micros: number][] = [
    ["Completed", said("Completed", "0"), "0", 0],
    ["Completed", said("Canceled", "1000"), "0.9", 900_000],
    ["Completed", said("Partial", "400"), "0.36", 360_000],
    ["Completed", { ...said("Refunded", "250"), charge: "0.00" }, "0.9", 900_000],
    ["Completed", said("Partial", "0"), "2.7", 2_700_000],
    ["Canceled", said("Canceled", "1000"), "0.9", 900_000],
    ["Canceled", said("In progress", "1000"), "2.7", 2_700_000],
    ["Canceled", said("Completed", "0"), "0", 0],
    ["Partial", said("Partial", "400"), "0.36", 360_000],
  ];
  it.each(ENDS)("holds what the sweep holds: a whole that says %s, and a part %j of three", async (end, part, amount, micros) => {
    await buyThree();
    told.set("900", whole("In progress"));
    for (const id of ["901", "902"]) told.set(id, said("Completed", "0"));
    told.set("903", part);
    await pass(3);
    told.set("900", whole(end));
    await pass(3);
    expect((await heldBySweep()) ?? 0).toBe(micros);
    for (const policy of [{}, { mode: "hold" }, { canceled: "by_remains" }]) {
      expect((await preview(world, policy)).json).toMatchObject({
        orders: 4,
        would_post: { count: 0 },
        would_hold: { count: micros === 0 ? 0 : 1, amount },
        sample: micros === 0 ? [] : [{ order: "900", would: "hold", amount, reason: "multi_order" }],
      });
    }
    expect((await preview(world, { mode: "off" })).json).toMatchObject({ would_hold: { count: 0 }, sample: [] });
  });

  it("reads the parts of all its orders by one statement more, and two rows a part", async () => {
    const costs = async () => {
      const { answer, rows_read, d1_statements } = await world.costOf(preview);
      return { previewed: (answer.json as { orders: number }).orders, rows_read, d1_statements };
    };
    const plain = await costs();
    for (const [i, first] of [910, 920].entries()) {
      const named = [first, first + 1, first + 2];
      world.answers = [placed(900 + i)];
      await world.add({ quantity: "1000", runs: "3", interval: "1", link: `https://x.example/${first}` });
      told.set(String(900 + i), whole("In progress", named));
      for (const id of named) told.set(String(id), said("Canceled", "1000"));
      await pass(3);
      told.set(String(900 + i), whole("Completed", named));
      await pass(3);
    }
    const several = await costs();
    expect(several.previewed).toBe(8);
    expect(several.d1_statements - plain.d1_statements).toBe(1);
    expect(several.rows_read - plain.rows_read).toBeLessThanOrEqual(8 + 2 * 6);
  });
});
