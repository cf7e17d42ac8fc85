/**
 * `refill` and `cancel` over API v2: each order asked once, in the protocol's shapes, whatever fails.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { MINUTE_MS, NOW, rows } from "../world/database.ts";
import { fragileDb } from "../world/faulty-database.ts";
import { addOrders, addProvider, type OrderColumns, young } from "../world/records.ts";
import {
  ActionProvider,
  begin,
  call,
  clearAll,
  closed,
  DAY,
  done,
  feed,
  KEY,
  openPanels,
  post,
  type Row,
  row,
} from "../world/refilling.ts";

beforeAll(openPanels);

afterEach(clearAll);

describe("refill over API v2", () => {
  it("one and many, in the protocol's shapes, each order asked once", async () => {
    const { run, acme } = await begin(done, 3);
    acme.actions.set("refill", (ids, fields) => {
      const one = (id: string) => (id === "3" ? { error: "No refill for this" } : Number(`7${id}`));
      return fields.has("orders") ? ids.map((order) => ({ order, refill: one(order) })) : { refill: one(ids[0] ?? "") };
    });
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "71" } });
    expect(await call(run, "refill", { orders: "1,2, 3,99" })).toEqual({
      status: 200,
      json: [
        { order: 1, refill: 71 },
        { order: 2, refill: 72 },
        { order: 3, refill: { error: "No refill for this" } },
        { order: 99, refill: 799 },
      ],
    });
    expect(acme.of("refill")).toEqual([["1"], ["2", "3", "99"]]);
    expect(
      (await rows<Row>("SELECT refill_id, refill_status FROM orders ORDER BY n")).map((one) => [one.refill_id, one.refill_status]),
    ).toEqual([
      ["71", "pending"],
      ["72", "pending"],
      [null, "rejected"],
    ]);
    acme.kind();
    expect(await call(run, "refill", { order: "3" })).toEqual({ status: 200, json: { refill: "73" } });
    expect((await feed()).filter((line) => line.includes(" o3 "))).toEqual([
      "refill.updated o3 none > asking",
      "refill.updated o3 asking > rejected",
      "refill.updated o3 rejected > asking",
      "refill.updated o3 asking > pending",
    ]);
  });

  it("at the own catalogue: by our ids, at several providers, one call each, and whose it was stays untold", async () => {
    const { run, acme } = await begin({ ...done, door: "catalogue" }, 2);
    await addProvider("other", { many: "yes" });
    await addOrders("p", "other", 3, 2, { ...done, door: "catalogue" });
    await addOrders("p", "acme", 5, 1, { ...done, door: "catalogue", refill_days: 1 });
    const other = new ActionProvider(run, "other").kind();
    other.actions.set("refill", (ids) =>
      ids.map((order) => ({ order, refill: { error: order === "3" ? "acme.example: no guarantee" : "Incorrect order ID" } })),
    );
    expect(await call(run, "refill", { orders: "o1,o2,o3,o4,o5,1" }, null)).toEqual({
      status: 200,
      json: [
        { order: "o1", refill: "o1" },
        { order: "o2", refill: "o2" },
        { order: "o3", refill: { error: "Refill is not available" } },
        { order: "o4", refill: { error: "Refill is not available" } },
        { order: "o5", refill: { error: "Refill is not available" } },
        { order: 1, refill: { error: "Incorrect order ID" } },
      ],
    });
    expect([acme.of("refill"), other.of("refill")]).toEqual([[["1", "2"]], [["3", "4"]]]);
    expect(await call(run, "refill", { order: "o1" }, null)).toEqual({ status: 200, json: { refill: "o1" } });
    expect(acme.of("refill")).toHaveLength(1);
    expect(await row(1)).toMatchObject({ refill_id: "71", refill_status: "pending" });
  });

  it("an id that another panel follows is not asked, one that nobody does is passed on", async () => {
    const { run, acme } = await begin(done);
    await addOrders("q", "acme", 50, 1, done);
    expect(await call(run, "refill", { orders: "50,51" })).toEqual({
      status: 200,
      json: [
        { order: 50, refill: { error: "Incorrect order ID" } },
        { order: 51, refill: 751 },
      ],
    });
    expect(acme.of("refill")).toEqual([["51"]]);
    expect(await row(50, "q")).toMatchObject({ version: 1 });
    expect(await feed()).toEqual([]);
  });

  it("an order goes by our id in connect mode, too, and one that is being placed is told so", async () => {
    const { run, acme } = await begin({ ...done, door: "connect" });
    await addOrders("p", "acme", 2, 1, { ...young, door: "connect", provider_order_id: "placing p 2" });
    expect(await call(run, "refill", { orders: "2000000001,2000000002,1" })).toEqual({
      status: 200,
      json: [
        { order: 2_000_000_001, refill: 71 },
        { order: 2_000_000_002, refill: { error: "Order is being placed, try again later" } },
        { order: 1, refill: 71 },
      ],
    });
    expect(acme.of("refill")).toEqual([["1"]]);
  });

  it("no answer is none: nothing is put on record before the provider may be asked, and a lost one is not asked again at once", async () => {
    const { run, acme } = await begin(done);
    await env.DB.prepare("UPDATE providers SET max_calls_per_minute = 1, budget_minute = ?1, budget_used = 1")
      .bind(NOW / MINUTE_MS)
      .run();
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 429, json: null });
    await env.DB.prepare("UPDATE providers SET enabled = 0, max_calls_per_minute = NULL").run();
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 503, json: null });
    expect(await row(1)).toMatchObject({ version: 1 });
    await env.DB.prepare("UPDATE providers SET enabled = 1").run();
    acme.actions.set("refill", () => new Response("<html>", { status: 502 }));
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 503, json: null });
    expect(await row(1)).toMatchObject({ refill_status: "error" });
    acme.kind();
    run.now += 10 * MINUTE_MS;
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 429, json: null });
    expect(await call(run, "refill", { orders: "o1" }, null)).toEqual({ status: 429, json: null });
    expect(acme.of("refill")).toHaveLength(1);
    run.now += 1;
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "71" } });
  });

  it("one that the provider certainly has not heard is asked again as soon as it may be called", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => new Response("", { status: 429 }));
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 429, json: null });
    expect(await row(1)).toMatchObject({ refill_status: "rejected" });
    acme.kind();
    // A minute that was asked for, and as much again and more that is the sweeps'.
    run.now += 3 * MINUTE_MS;
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "71" } });
  });

  it("one that was granted without an id of its own is not asked again, and goes by its order's", async () => {
    const { run, acme } = await begin({ ...closed, door: "catalogue" }, 2);
    acme.actions.set("refill", (ids) => ids.map((order) => ({ order, refill: 1 })));
    const told = {
      status: 200,
      json: [
        { order: 1, refill: 1 },
        { order: 2, refill: 2 },
      ],
    };
    expect(await call(run, "refill", { orders: "1,2" })).toEqual(told);
    expect(await row(2)).toMatchObject({ refill_id: null, refill_status: "pending", cadence: 60 });
    expect(await call(run, "refill", { orders: "1,2" })).toEqual(told);
    expect(await call(run, "refill", { order: "o2" }, null)).toEqual({ status: 200, json: { refill: "o2" } });
    expect(await post(run, "o2/refill")).toMatchObject({ json: { result: "already_asked", refill: { id: null, status: "pending" } } });
    expect([run.sent, acme.of("refill")]).toEqual([[], [["1", "2"]]]);
    acme.word = "Completed";
    acme.remains = 0;
    run.now += 3 * DAY - MINUTE_MS;
    await run.run(1);
    expect(await row(2)).toMatchObject({ refill_status: "pending", cadence: 60 });
    // Nobody can say how it went; what it comes to, a person may ask again.
    await run.run(61);
    expect(await row(2)).toMatchObject({ refill_status: "error", status: "completed", cadence: null });
    expect(await post(run, "o2/refill")).toMatchObject({ json: { result: "queued" } });
  });

  it("while one is being asked, another request does not ask; a crash leaves it to a sweep", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", async () => {
      expect(await call(run, "refill", { order: "1" })).toEqual({ status: 429, json: null });
      return { refill: "71" };
    });
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "71" } });
    expect(acme.of("refill")).toHaveLength(1);
  });

  it("the yes is passed on also where it could not be written", async () => {
    const { run, acme } = await begin(done);
    const fragile = fragileDb();
    run.env.DB = fragile.db;
    acme.actions.set("refill", () => fragile.break({ refill: "71" }));
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "71" } });
    expect(run.eventsOf("request.unrecorded")).toMatchObject([{ kind: "refill", provider: "acme", orders: 1 }]);
    expect(await row(1)).toMatchObject({ refill_status: "asking" });
  });

  it("the yes is on record also where its first writing failed", async () => {
    const { run, acme } = await begin(done);
    const fragile = fragileDb(1);
    run.env.DB = fragile.db;
    acme.actions.set("refill", () => fragile.break({ refill: "71" }));
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 200, json: { refill: "71" } });
    expect(await row(1)).toMatchObject({ refill_id: "71", refill_status: "pending" });
    expect(run.eventsOf("request.unrecorded")).toEqual([]);
  });

  it("a script that hangs up leaves nothing half done", async () => {
    const { run, acme } = await begin(done);
    const kept: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => void kept.push(work) } as ExecutionContext;
    acme.actions.set("refill", () => {
      expect(kept).toHaveLength(1);
      return { refill: "71" };
    });
    void call(run, "refill", { order: "1" }, "acme", KEY, context);
    await vi.waitFor(() => expect(acme.of("refill")).toHaveLength(1));
    await Promise.all(kept);
    expect(await row(1)).toMatchObject({ refill_id: "71", refill_status: "pending" });
  });

  it("many at once, racing: each order is asked once", async () => {
    const { run, acme } = await begin(done, 20);
    const orders = Array.from({ length: 20 }, (_, i) => String(i + 1)).join(",");
    await Promise.all(Array.from({ length: 4 }, () => call(run, "refill", { orders })));
    expect(acme.of("refill").flat().toSorted()).toEqual(orders.split(",").toSorted());
  });
});

describe("cancel over API v2", () => {
  it("is a list always, by one id or many; asked is not granted", async () => {
    const { run, acme } = await begin(young, 2);
    acme.actions.set("cancel", (ids) =>
      ids.map((order) => ({ order: Number(order), cancel: order === "9" ? { error: "Incorrect order ID" } : 1 })),
    );
    expect(await call(run, "cancel", { orders: "9,2" })).toEqual({
      status: 200,
      json: [
        { order: 9, cancel: { error: "Incorrect order ID" } },
        { order: 2, cancel: 1 },
      ],
    });
    expect(await call(run, "cancel", { order: "2" })).toEqual({ status: 200, json: [{ order: 2, cancel: 1 }] });
    expect(acme.of("cancel")).toEqual([["9", "2"]]);
    expect(await row(2)).toMatchObject({ cancel_status: "requested", status: "in_progress", refunded: 0 });
  });

  it("of an order that has ended is the provider's to answer in connect mode, and nothing is put on record", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("cancel", (ids) => ids.map((order) => ({ order, cancel: { error: "Too late" } })));
    expect(await call(run, "cancel", { orders: "1" })).toEqual({ status: 200, json: [{ order: 1, cancel: { error: "Too late" } }] });
    expect(await call(run, "cancel", { orders: "o1" }, null)).toEqual({
      status: 200,
      json: [{ order: "o1", cancel: { error: "Cancel is not available" } }],
    });
    expect(acme.of("cancel")).toHaveLength(1);
    expect(await row(1)).toMatchObject({ version: 1 });
  });

  it("whose answer was lost is asked again by the queue; one that was certainly not heard, as refused", async () => {
    const { run, acme } = await begin(young, 2);
    acme.actions.set("cancel", () => new Response("<html>", { status: 502 }));
    expect(await call(run, "cancel", { orders: "1" })).toEqual({ status: 503, json: null });
    expect(await row(1)).toMatchObject({ cancel_status: "queued", refunded: 0 });
    expect(await call(run, "cancel", { orders: "1" })).toEqual({ status: 200, json: [{ order: 1, cancel: 1 }] });
    acme.actions.set("cancel", () => new Response("", { status: 429 }));
    run.knowsBalances = false;
    acme.actions.set("balance", () => new Response("", { status: 429 }));
    run.now += MINUTE_MS;
    expect(await call(run, "cancel", { orders: "2" })).toEqual({ status: 429, json: null });
    expect(await row(2)).toMatchObject({ cancel_status: "refused" });
    expect(await rows("SELECT last_failure->>'$.code' AS code FROM providers")).toEqual([{ code: "rate_limited" }]);
    acme.kind();
    expect(await call(run, "cancel", { orders: "2" })).toEqual({ status: 429, json: null });
    run.knowsBalances = true;
    run.now += 3 * MINUTE_MS;
    expect(await call(run, "cancel", { orders: "2" })).toEqual({ status: 200, json: [{ order: 2, cancel: 1 }] });
  });
});

describe("ids that nobody follows", () => {
  const LATER = { error: "No answer, try again later" };
  const inDoubt = { ...young, door: "connect", add_digest: "d", provider_order_id: "placing q 50" };

  it("are not passed on while another panel's order may be under one of them", async () => {
    const { run, acme } = await begin(young);
    await addOrders("q", "acme", 50, 1, inDoubt);
    expect(await call(run, "cancel", { orders: "777,1" })).toEqual({
      status: 200,
      json: [
        { order: 777, cancel: LATER },
        { order: 1, cancel: 1 },
      ],
    });
    expect(await call(run, "cancel", { orders: "777" })).toEqual({ status: 200, json: [{ order: 777, cancel: LATER }] });
    expect(await call(run, "refill", { order: "777" })).toEqual({ status: 200, json: LATER });
    expect([acme.of("cancel"), acme.of("refill")]).toEqual([[["1"]], []]);
    await env.DB.prepare("UPDATE orders SET provider_order_id = '777' WHERE panel = 'q'").run();
    expect(await call(run, "cancel", { orders: "777,778" })).toEqual({
      status: 200,
      json: [
        { order: 777, cancel: { error: "Incorrect order ID" } },
        { order: 778, cancel: 1 },
      ],
    });
    expect(acme.of("cancel")).toEqual([["1"], ["778"]]);
  });

  it.each<[string, string, string, OrderColumns]>([
    ["is the panel's own", "p", "acme", {}],
    ["is at another provider", "q", "other", {}],
    ["never reached the provider", "q", "acme", { status: "canceled", cadence: null }],
  ])("are passed on where the order in doubt %s", async (_name, panel, provider, columns) => {
    const { run, acme } = await begin(young);
    await addProvider("other");
    await addOrders(panel, provider, 50, 1, { ...inDoubt, ...columns });
    expect(await call(run, "cancel", { orders: "777" })).toEqual({ status: 200, json: [{ order: 777, cancel: 1 }] });
    expect(acme.of("cancel")).toEqual([["777"]]);
  });

  it("are passed on where the provider is this panel's alone", async () => {
    const { run, acme } = await begin(young);
    await addOrders("q", "acme", 50, 1, inDoubt);
    await env.DB.prepare("UPDATE providers SET panels = '[\"p\"]'").run();
    expect(await call(run, "cancel", { orders: "777" })).toEqual({ status: 200, json: [{ order: 777, cancel: 1 }] });
    expect(acme.of("cancel")).toEqual([["777"]]);
  });

  it("and those that were only asked for count as the panel's since before the other's order was begun", async () => {
    const { run, acme } = await begin({ ...young, door: "connect", created_at: NOW - MINUTE_MS });
    await addOrders("p", "acme", 2, 1, { ...young, door: "connect", created_at: NOW - 10 * MINUTE_MS });
    await addOrders("q", "acme", 50, 1, { ...inDoubt, created_at: NOW - 5 * MINUTE_MS });
    expect((await call(run, "cancel", { orders: "1,2" })).json).toEqual([
      { order: 1, cancel: LATER },
      { order: 2, cancel: 1 },
    ]);
    // It was the other's order after all.
    await env.DB.prepare("UPDATE orders SET provider_order_id = 'taken p 1', flags = 4096 WHERE panel = 'p' AND n = 1").run();
    await env.DB.prepare("UPDATE orders SET provider_order_id = '1' WHERE panel = 'q'").run();
    expect((await call(run, "cancel", { orders: "1" })).json).toEqual([{ order: 1, cancel: { error: "Incorrect order ID" } }]);
    expect(acme.of("cancel")).toEqual([["2"]]);
  });

  it("do not exist for a panel where another has adopted them", async () => {
    const { run, acme } = await begin(young);
    await addOrders("q", "acme", 50, 1, { ...young, door: "connect" });
    expect((await call(run, "cancel", { orders: "50" })).json).toEqual([{ order: 50, cancel: { error: "Incorrect order ID" } }]);
    expect(acme.of("cancel")).toEqual([]);
  });

  it("cost a row a panel to look for what is in doubt, however many orders it has", async () => {
    const { run } = await begin(young);
    await addOrders("q", "acme", 51, 2000, young);
    const { db, usage } = metered(env.DB);
    run.env.DB = db;
    await call(run, "cancel", { orders: "9999" });
    expect(usage().rows_read).toBeLessThanOrEqual(20);
  });
});
