/**
 * Refills and cancels, from the panel's request to the provider's word: real D1, the real consumer and sweeps, and
 * providers that answer from a table.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { MINUTE_MS, NOW, rows } from "../world/database.ts";
import { fragileDb } from "../world/faulty-database.ts";
import { addOrders, addProvider, type OrderColumns, young } from "../world/records.ts";
import {
  type Action,
  ActionProvider,
  ASK_1,
  begin,
  call,
  clearAll,
  closed,
  DAY,
  done,
  feed,
  KEY,
  openPanels,
  OTHER_KEY,
  post,
  type Row,
  row,
} from "../world/refilling.ts";
import { World } from "../world/world.ts";

beforeAll(openPanels);

afterEach(clearAll);

describe("POST /v1/orders/{id}/refill", () => {
  it("is on record at once, asked by the queue, and followed to its end", async () => {
    const { run, acme } = await begin(closed);
    const asked = await post(run, "o1/refill");
    expect(asked).toEqual({ status: 202, json: { id: "o1", result: "queued", refill: { id: null, status: "queued", until: null } } });
    expect(await row(1)).toMatchObject({ refill_status: "queued", cadence: 60 });
    expect(run.sent).toEqual([ASK_1]);
    await run.drain();
    expect(acme.of("refill")).toEqual([["1"]]);
    expect(await row(1)).toMatchObject({ refill_id: "71", refill_status: "pending", status: "completed", cadence: 60 });
    acme.word = "Completed";
    acme.remains = 0;
    await run.run(60);
    expect(await row(1)).toMatchObject({ refill_status: "in_progress" });
    acme.refilling("Completed");
    await run.run(60);
    expect(await row(1)).toMatchObject({ refill_status: "completed", status: "completed", refunded: 0, cadence: null });
    expect(await feed()).toEqual([
      "refill.updated o1 none > queued",
      "refill.updated o1 queued > asking",
      "refill.updated o1 asking > pending",
      "refill.updated o1 pending > in_progress",
      "refill.updated o1 in_progress > completed",
    ]);
    expect(acme.of("refill_status")).toEqual([["71"], ["71"]]);
  });

  it("asked twice is asked once, also of the provider, until it has come to an end", async () => {
    const { run, acme } = await begin(done);
    await post(run, "o1/refill");
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202, json: { result: "already_asked", refill: { status: "queued" } } });
    await run.drain();
    expect(await post(run, "o1/refill")).toMatchObject({ json: { result: "already_asked", refill: { id: "71", status: "pending" } } });
    expect(run.sent).toEqual([]);
    await env.DB.prepare("UPDATE orders SET refill_status = 'rejected'").run();
    expect(await post(run, "o1/refill", "test-admin-token-0123456789", "{}")).toMatchObject({
      status: 202,
      json: { result: "queued", refill: { id: null } },
    });
    expect(await row(1)).toMatchObject({ refill_id: null, refill_status: "queued" });
    await run.drain();
    expect(acme.of("refill")).toHaveLength(2);
    expect(await row(1)).toMatchObject({ refill_id: "71", refill_status: "pending" });
  });

  it.each<[string, string, OrderColumns, number, string]>([
    ["one in progress", "refill", {}, 409, "not_refillable"],
    ["one that was canceled", "refill", { ...done, status: "canceled" }, 409, "not_refillable"],
    ["one whose days are over", "refill", { ...done, refill_days: 1 }, 409, "refill_too_late"],
    ["one that is being placed", "refill", { ...done, provider_order_id: "placing 1" }, 409, "order_not_placed"],
    ["one bought without refill", "refill", { ...done, door: "catalogue", service: "7" }, 409, "not_offered"],
    ["one that has ended", "cancel", done, 409, "not_cancelable"],
    ["one that is being placed", "cancel", { ...young, provider_order_id: "placing 1" }, 409, "order_not_placed"],
    ["one bought without cancel", "cancel", { ...young, door: "catalogue", service: "7" }, 409, "not_offered"],
  ])("%s: no %s", async (_name, kind, columns, status, code) => {
    await env.DB.prepare(
      `INSERT INTO services (id, provider, provider_service, name, category, type, rate, min, max, dripfeed, refill, cancel, enabled, created_at, updated_at)
       VALUES (7, 'acme', '1', 'S', 'C', 'Default', '1', 1, 10, 0, 0, 0, 1, 0, 0)`,
    ).run();
    const { run } = await begin(columns);
    expect(await post(run, `o1/${kind}`)).toMatchObject({ status, json: { error: { code } } });
    expect(await row(1)).toMatchObject({ version: 1 });
    expect(run.sent).toEqual([]);
  });

  it("of another panel's order, or with anything in the body, is none", async () => {
    const { run } = await begin(done);
    expect(await post(run, "o1/refill", OTHER_KEY)).toMatchObject({ status: 404, json: { error: { code: "order_not_found" } } });
    expect(await post(run, "o2/refill")).toMatchObject({ status: 404 });
    expect(await post(run, "o1/refill", "ps_nobody")).toMatchObject({ status: 401 });
    expect(await post(run, "o1/refill", KEY, '{"order":2}')).toMatchObject({ status: 422 });
    expect(await row(1)).toMatchObject({ version: 1 });
  });

  it("is not lost when the queue takes no message", async () => {
    const { run, acme } = await begin(done);
    const queue = run.env.SWEEPS;
    run.env.SWEEPS = { send: () => Promise.reject(new Error("quota")) } as unknown as Queue;
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202 });
    run.env.SWEEPS = queue;
    acme.word = "Completed";
    await run.run(63);
    expect(acme.of("refill")).toEqual([["1"]]);
    expect(await row(1)).toMatchObject({ refill_status: "pending" });
  });

  it("writes three rows a step, and one more with the refill's id", async () => {
    const { run } = await begin(done);
    await addOrders("p", "acme", 2, 2000, { ...done, refill_status: "pending", refill_at: NOW });
    await env.DB.prepare("UPDATE orders SET refill_id = 'r' || n WHERE n > 1").run();
    const { db, usage } = metered(env.DB);
    run.env.DB = db;
    await post(run, "o1/refill");
    // The order, its place among what is due (cadence is named), the change, and the panel's number.
    expect(usage().rows_written).toBeLessThanOrEqual(5);
    expect(usage().rows_read).toBeLessThanOrEqual(30);
    await run.drain();
    const [event] = run.eventsOf("request");
    expect(event).toMatchObject({ orders: 1, asked: 1 });
    expect(Number(event?.["rows_written"])).toBeLessThanOrEqual(10);
    expect(Number(event?.["rows_read"])).toBeLessThanOrEqual(80);
    expect(Number(event?.["d1_statements"])).toBeLessThanOrEqual(25);
  });
});

describe("POST /v1/orders/{id}/cancel", () => {
  it("never refunds by itself: the provider's status does, and grants it", async () => {
    const { run, acme } = await begin(young);
    expect(await post(run, "o1/cancel")).toEqual({
      status: 202,
      json: { id: "o1", result: "queued", cancel: { status: "queued", requested_at: new Date(NOW).toISOString() } },
    });
    await run.drain();
    expect(acme.of("cancel")).toEqual([["1"]]);
    await run.run(5);
    expect(await row(1)).toMatchObject({ cancel_status: "requested", status: "in_progress", refunded: 0 });
    expect(await rows("SELECT * FROM refunds")).toEqual([]);
    expect(await post(run, "o1/cancel")).toMatchObject({ status: 202, json: { result: "already_asked", cancel: { status: "requested" } } });
    acme.word = "Canceled";
    acme.remains = 1000;
    await run.run(2);
    expect(await row(1)).toMatchObject({ cancel_status: "granted", status: "canceled", refunded: 900_000 });
    expect(await feed()).toEqual([
      "cancel.updated o1 none > queued",
      "cancel.updated o1 queued > asking",
      "cancel.updated o1 asking > requested",
      "order.updated o1 in_progress > canceled",
      "refund.posted o1 none > posted",
      "cancel.updated o1 requested > granted",
    ]);
    expect(acme.of("cancel")).toHaveLength(1);
  });

  it("is too late when the order is completed before or after it was asked", async () => {
    const { run, acme } = await begin(young, 2);
    await post(run, "o1/cancel");
    await run.drain();
    await post(run, "o2/cancel");
    acme.word = "Completed";
    acme.remains = 0;
    const [message] = run.sent.splice(0);
    await run.run(1);
    await run.deliver(message);
    expect(acme.of("cancel")).toEqual([["1"]]);
    for (const n of [1, 2]) expect(await row(n)).toMatchObject({ cancel_status: "too_late", status: "completed", refunded: 0 });
  });

  it("that the provider refuses moves nothing, and may be asked again", async () => {
    const { run, acme } = await begin(young);
    acme.actions.set("cancel", (ids) => ids.map((order) => ({ order, cancel: { error: "Cancel is disabled" } })));
    await post(run, "o1/cancel");
    await run.drain();
    expect(await row(1)).toMatchObject({ cancel_status: "refused", status: "in_progress", refunded: 0 });
    expect(await post(run, "o1/cancel")).toMatchObject({ status: 202, json: { result: "queued" } });
  });
});

describe("the queue", () => {
  it.each([
    ["acknowledged", 1],
    ["delivered again", 2],
  ])("a message that comes twice (%s) asks once", async (_name, attempts) => {
    const { run, acme } = await begin(done);
    await post(run, "o1/refill");
    const [message] = run.sent;
    expect(await run.deliver(message)).toBe("ack");
    expect(await run.deliver(message, attempts)).toBe("ack");
    expect(acme.of("refill")).toHaveLength(1);
  });

  it("two messages at once ask once", async () => {
    const { run, acme } = await begin(done);
    await post(run, "o1/refill");
    const [message] = run.sent;
    await Promise.all([run.deliver(message), run.deliver(message), run.deliver(message)]);
    expect(acme.of("refill")).toHaveLength(1);
    expect(await row(1)).toMatchObject({ refill_status: "pending" });
  });

  it("a crash between the claim and the result: a refill ends as an error and is not asked again, a cancel is", async () => {
    const { run, acme } = await begin(done);
    await addOrders("p", "acme", 2, 1, young);
    acme.words.set("1", "Completed");
    await post(run, "o1/refill");
    await post(run, "o2/cancel");
    const fragile = fragileDb();
    run.env.DB = fragile.db;
    acme.actions.set("refill", () => fragile.break({ refill: "71" }));
    acme.actions.set("cancel", () => fragile.break([{ order: 2, cancel: 1 }]));
    const messages = run.sent.splice(0);
    for (const message of messages) {
      expect(await run.deliver(message)).toBe("retry");
      fragile.mend();
    }
    expect(await row(1)).toMatchObject({ refill_status: "asking" });
    expect(await row(2)).toMatchObject({ cancel_status: "asking" });
    acme.kind();
    for (const message of messages) expect(await run.deliver(message, 2)).toBe("ack");
    await run.run(9);
    expect(await row(2)).toMatchObject({ cancel_status: "asking" });
    await run.run(10);
    expect(await row(2)).toMatchObject({ cancel_status: "requested" });
    await run.run(60);
    expect(await row(1)).toMatchObject({ refill_status: "error", refill_id: null });
    expect([acme.of("refill"), acme.of("cancel")]).toEqual([[["1"]], [["2"], ["2"]]]);
    expect(run.now - NOW).toBeGreaterThan(10 * MINUTE_MS);
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202, json: { result: "queued" } });
  });

  it("a refill whose answer was lost is not asked again for ten minutes, however often the panel does", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => new Response("<html>502</html>", { status: 502 }));
    await post(run, "o1/refill");
    await run.drain();
    run.now += 10 * MINUTE_MS;
    expect(await post(run, "o1/refill")).toMatchObject({
      status: 202,
      json: { result: "already_asked", refill: { id: null, status: "error" } },
    });
    expect(await call(run, "refill", { order: "1" })).toEqual({ status: 429, json: null });
    expect(await call(run, "refill", { order: "o1" }, null)).toEqual({ status: 429, json: null });
    expect([run.sent, acme.of("refill")]).toEqual([[], [["1"]]]);
    run.now += 1;
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202, json: { result: "queued" } });
  });

  it("an answer nobody can read is a refill's error, and a cancel is asked again", async () => {
    const { run, acme } = await begin(done);
    await addOrders("p", "acme", 2, 1, young);
    for (const action of ["refill", "cancel"]) acme.actions.set(action, () => new Response("<html>502</html>", { status: 502 }));
    await post(run, "o1/refill");
    await post(run, "o2/cancel");
    await run.drain();
    expect(await row(1)).toMatchObject({ refill_status: "error" });
    expect(await row(2)).toMatchObject({ cancel_status: "queued", status: "in_progress" });
    acme.kind();
    await run.run(10);
    expect(await row(2)).toMatchObject({ cancel_status: "requested" });
    expect(acme.of("cancel")).toEqual([["2"], ["2"]]);
  });

  it("what a provider certainly has not heard is put back, and asked again a minute later", async () => {
    const { run, acme } = await begin(done);
    acme.actions.set("refill", () => new Response("", { status: 429 }));
    await post(run, "o1/refill");
    const [message] = run.sent.splice(0);
    expect(await run.deliver(message)).toBe("retry");
    expect(await row(1)).toMatchObject({ refill_status: "queued" });
    acme.kind();
    expect(await run.deliver(message, 2)).toBe("retry");
    expect(acme.of("refill")).toHaveLength(1);
    run.now += 2 * MINUTE_MS;
    // The first poll closes its circuit again.
    acme.word = "Completed";
    await run.deliver({ v: 1, kind: "check", orders: [["p", 1]] });
    expect(await run.deliver(message, 3)).toBe("ack");
    expect(await row(1)).toMatchObject({ refill_status: "pending", refill_id: "71" });
  });

  it("what is never heard is given up with the message's last attempt", async () => {
    const { run, acme } = await begin(done);
    await addOrders("p", "acme", 2, 1, young);
    for (const action of ["refill", "cancel"]) acme.actions.set(action, () => new Response("not found", { status: 404 }));
    await post(run, "o1/refill");
    await post(run, "o2/cancel");
    await run.drain();
    expect([acme.of("refill"), acme.of("cancel")]).toEqual([
      [["1"], ["1"], ["1"]],
      [["2"], ["2"], ["2"]],
    ]);
    expect(await row(1)).toMatchObject({ refill_status: "rejected" });
    expect(await row(2)).toMatchObject({ cancel_status: "refused", status: "in_progress" });
    expect(await post(run, "o1/refill")).toMatchObject({ status: 202, json: { result: "queued" } });
    expect(await rows("SELECT failures FROM providers")).toEqual([{ failures: 0 }]);
  });

  it.each([
    ["is switched off", "UPDATE providers SET enabled = 0"],
    ["is left alone", `UPDATE providers SET failures = 3, retry_at = ${NOW + 10 * MINUTE_MS}`],
    ["may be back", `UPDATE providers SET failures = 3, retry_at = ${NOW - MINUTE_MS}`],
  ])("a provider that %s is not asked; the request waits, and is left to the sweeps in the end", async (_name, change) => {
    const { run, acme } = await begin(done);
    await env.DB.prepare(change).run();
    await post(run, "o1/refill");
    const [message] = run.sent.splice(0);
    expect(await run.deliver(message)).toBe("retry");
    expect(await run.deliver(message, 2)).toBe("retry");
    expect(await run.deliver(message, 3)).toBe("ack");
    expect(acme.asked).toEqual([]);
    expect(await row(1)).toMatchObject({ refill_status: "queued" });
    await env.DB.prepare("UPDATE providers SET enabled = 1, failures = 0, retry_at = NULL").run();
    acme.word = "Completed";
    await run.run(63);
    expect(await row(1)).toMatchObject({ refill_status: "pending" });
  });

  it("never overdraws a provider's calls: what is left over waits for the next minute", async () => {
    const { run, acme } = await begin(done);
    await env.DB.prepare("UPDATE providers SET max_calls_per_minute = 1").run();
    await addOrders("p", "acme", 2, 1, young);
    await post(run, "o1/refill");
    await post(run, "o2/cancel");
    const [refill, cancel] = run.sent.splice(0);
    expect(await run.deliver(refill)).toBe("ack");
    expect(await run.deliver(cancel)).toBe("retry");
    expect(await row(2)).toMatchObject({ cancel_status: "queued" });
    run.now += MINUTE_MS;
    expect(await run.deliver(cancel, 2)).toBe("ack");
    expect(acme.asked.map(({ action }) => action)).toEqual(["refill", "cancel"]);
  });

  it("asks for many at once in one call", async () => {
    const { run, acme } = await begin({ ...done, refill_status: "queued", refill_at: NOW - 5 * MINUTE_MS, cadence: 60 }, 150);
    acme.word = "Completed";
    acme.remains = 0;
    await run.run(60);
    expect(acme.of("refill").flat()).toHaveLength(150);
    expect(acme.of("refill").length).toBeLessThan(70);
    expect(await rows("SELECT refill_status, count(*) AS count FROM orders GROUP BY refill_status")).toEqual([
      { refill_status: "pending", count: 150 },
    ]);
    const message = { v: 1, kind: "request", orders: Array.from({ length: 100 }, (_, i) => ["p", i + 1]) };
    await env.DB.prepare("UPDATE orders SET refill_status = 'queued', refill_id = NULL").run();
    acme.asked.length = 0;
    run.forget();
    expect(await run.deliver(message)).toBe("ack");
    expect(acme.of("refill").map((ids) => ids.length)).toEqual([100]);
    const [event] = run.eventsOf("request");
    expect(Number(event?.["d1_statements"])).toBeLessThanOrEqual(25);
    expect(await rows("SELECT count(DISTINCT refill_id) AS ids FROM orders")).toEqual([{ ids: 100 }]);
  });
});

describe("refills in the sweeps", () => {
  const following = { ...done, cadence: 60, refill_status: "pending", refill_at: NOW - MINUTE_MS };

  it("are asked about many at once, and their answers are written with the statuses", async () => {
    const { run, acme } = await begin(following, 1200);
    await env.DB.prepare("UPDATE orders SET refill_id = '7' || n").run();
    acme.word = "Completed";
    acme.remains = 0;
    await run.run(1);
    run.forget();
    acme.asked.length = 0;
    // Fifteen minutes at once, of which fourteen were missed: a quarter of the orders.
    run.now += 14 * MINUTE_MS;
    await run.run(1);
    const asked = acme.of("status").flat().length;
    expect(asked).toBeGreaterThan(290);
    expect(acme.of("refill_status").flat()).toHaveLength(asked);
    expect(acme.of("refill_status")).toHaveLength(Math.ceil(asked / 100));
    const [sweep] = run.eventsOf("sweep");
    expect(sweep).toMatchObject({ calls: 2 * Math.ceil(asked / 100), moved: asked, d1_calls: 2 });
    const [{ moved } = { moved: 0 }] = await rows<{ moved: number }>(
      "SELECT count(*) AS moved FROM orders WHERE refill_status = 'in_progress'",
    );
    expect(moved).toBeGreaterThanOrEqual(asked);
    expect(await rows("SELECT DISTINCT refill_id = '7' || n AS kept, status FROM orders")).toEqual([{ kept: 1, status: "completed" }]);
    // The next hour teaches nothing, and writes nothing.
    await run.run(45);
    run.forget();
    await run.run(15);
    expect(run.sum("sweep", "moved")).toBe(0);
    expect(run.sum("sweep", "calls")).toBe(30);
  });

  it("cost no call and no statement where none is open", async () => {
    const { run, acme } = await begin({ ...done, cadence: 60, refill_status: "completed", refill_id: null, refill_at: NOW - DAY }, 60);
    acme.word = "Completed";
    await run.run(60);
    expect(acme.of("refill_status")).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ["fails", () => new Response("<html>", { status: 500 })],
    ["is refused", () => ({ error: "Incorrect request" })],
    ["says an unknown word", () => ({ status: "Teleporting" })],
    ["says that there is none", () => ({ status: { error: "Refill not found" } })],
  ])("a call that %s disturbs no status, and changes no refill", async (_name, answer) => {
    const { run, acme } = await begin(following);
    await env.DB.prepare("UPDATE orders SET refill_id = '71'").run();
    acme.actions.set("refill_status", answer);
    acme.word = "Partial";
    acme.remains = 250;
    await run.run(60);
    expect(await row(1)).toMatchObject({ refill_status: "pending", status: "partial", refunded: 225_000 });
    expect(await rows("SELECT failures, last_failure, caution FROM providers")).toEqual([{ failures: 0, last_failure: null, caution: 0 }]);
    acme.refilling("Rejected");
    await run.run(60);
    expect(await row(1)).toMatchObject({ refill_status: "rejected" });
  });

  it("are left out where the provider's calls do not suffice: statuses come first", async () => {
    const { run, acme } = await begin(following);
    await env.DB.prepare("UPDATE orders SET refill_id = '71'").run();
    await env.DB.prepare("UPDATE providers SET max_calls_per_minute = 1").run();
    acme.word = "Completed";
    await run.run(60);
    expect(acme.asked).toEqual([{ action: "status", ids: ["1"] }]);
  });
});

describe("an id that is none", () => {
  it("a provider that answers a mere yes has its refills followed under none", async () => {
    const { run, acme } = await begin({ ...done, refill_status: "queued", refill_at: NOW }, 3);
    acme.actions.set("refill", (ids) => ids.map((order) => ({ order, refill: 1 })));
    await run.deliver({
      v: 1,
      kind: "request",
      orders: [
        ["p", 1],
        ["p", 2],
        ["p", 3],
      ],
    });
    expect(
      (await rows<Row>("SELECT refill_id, refill_status FROM orders ORDER BY n")).map((one) => [one.refill_id, one.refill_status]),
    ).toEqual([
      ["1", "pending"],
      [null, "pending"],
      [null, "pending"],
    ]);
    await env.DB.prepare("UPDATE orders SET refill_status = 'queued', refill_id = NULL WHERE n = 2").run();
    expect(await run.deliver({ v: 1, kind: "request", orders: [["p", 2]] })).toBe("ack");
    expect(await row(2)).toMatchObject({ refill_id: null, refill_status: "pending" });
  });
});

describe("the doors: refill", () => {
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
        { order: "o4", refill: { error: "Incorrect order ID" } },
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
    await addOrders("p", "acme", 2, 1, { ...young, door: "connect", provider_order_id: "placing 2" });
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

describe("the doors: cancel", () => {
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
    expect(await call(run, "cancel", { orders: "2" })).toEqual({ status: 429, json: null });
    expect(await row(2)).toMatchObject({ cancel_status: "refused" });
    expect(await rows("SELECT last_failure->>'$.code' AS code FROM providers")).toEqual([{ code: "rate_limited" }]);
    acme.kind();
    expect(await call(run, "cancel", { orders: "2" })).toEqual({ status: 429, json: null });
    run.now += 3 * MINUTE_MS;
    expect(await call(run, "cancel", { orders: "2" })).toEqual({ status: 200, json: [{ order: 2, cancel: 1 }] });
  });
});

describe("ids that nobody follows", () => {
  const LATER = { error: "No answer, try again later" };
  const inDoubt = { ...young, door: "connect", add_digest: "d", provider_order_id: "placing 50" };

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
    await env.DB.prepare("UPDATE orders SET provider_order_id = '1' WHERE panel = 'q'").run();
    expect((await call(run, "cancel", { orders: "1" })).json).toEqual([{ order: 1, cancel: { error: "Incorrect order ID" } }]);
    expect(acme.of("cancel")).toEqual([["2"]]);
  });

  it("are not passed on where only another panel has adopted them", async () => {
    const { run, acme } = await begin(young);
    await addOrders("q", "acme", 50, 1, { ...young, door: "connect" });
    expect((await call(run, "cancel", { orders: "50" })).json).toEqual([{ order: 50, cancel: LATER }]);
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

describe("the doors: refill_status", () => {
  const refilled = { ...done, cadence: 60, refill_status: "in_progress", refill_at: NOW };

  it("is answered from what is on record; only refills that nobody follows are asked of the provider, in one call", async () => {
    const { run, acme } = await begin(refilled, 2);
    await addOrders("q", "acme", 50, 1, { ...refilled, refill_id: "750" });
    await env.DB.prepare("UPDATE orders SET refill_id = '71' WHERE n = 1").run();
    acme.actions.set("refill_status", (ids) =>
      ids.map((refill) => ({ refill, status: refill === "5" ? "Completed" : { error: "Refill not found" } })),
    );
    expect(await call(run, "refill_status", { refill: "71" })).toEqual({ status: 200, json: { status: "In progress" } });
    expect(acme.asked).toEqual([]);
    expect(await call(run, "refill_status", { refills: "71,5,6,750,2" })).toEqual({
      status: 200,
      json: [
        { refill: 71, status: "In progress" },
        { refill: 5, status: "Completed" },
        { refill: 6, status: { error: "Refill not found" } },
        { refill: 750, status: { error: "Refill not found" } },
        // The provider gave this one no id: it goes by its order's.
        { refill: 2, status: "In progress" },
      ],
    });
    expect(acme.of("refill_status")).toEqual([["5", "6"]]);
    expect(await call(run, "refill_status", { refill: "750" })).toEqual({ status: 200, json: { error: "Refill not found" } });
  });

  it.each([
    ["queued", "Pending"],
    ["asking", "Pending"],
    ["pending", "Pending"],
    ["in_progress", "In progress"],
    ["completed", "Completed"],
    ["rejected", "Rejected"],
    ["error", "Error"],
  ])("at the own catalogue a refill goes by its order's id: %s is %s", async (status, word) => {
    const { run, acme } = await begin({ ...refilled, refill_status: status });
    await addOrders("p", "acme", 2, 1, done);
    expect(await call(run, "refill_status", { refill: "o1" }, null)).toEqual({ status: 200, json: { status: word } });
    expect(await call(run, "refill_status", { refills: "o1,o2,o3" }, null)).toEqual({
      status: 200,
      json: [
        { refill: "o1", status: word },
        { refill: "o2", status: { error: "Refill not found" } },
        { refill: "o3", status: { error: "Refill not found" } },
      ],
    });
    expect(acme.asked).toEqual([]);
  });

  it("that the provider does not answer, or says nothing certain of, is not answered", async () => {
    const { run, acme } = await begin(refilled);
    acme.actions.set("refill_status", () => new Response("<html>", { status: 502 }));
    expect(await call(run, "refill_status", { refills: "5" })).toEqual({ status: 503, json: null });
    acme.actions.set("refill_status", () => ({ error: "Unknown action" }));
    expect(await call(run, "refill_status", { refills: "5,6" })).toEqual({ status: 503, json: null });
  });
});

describe("what a call at a door costs", () => {
  it("depends on what is asked, not on how much there is", async () => {
    const { run } = await begin({ ...done, refill_status: "pending", refill_at: NOW }, 2000);
    await addOrders("q", "acme", 5001, 2000, { ...done, refill_status: "pending", refill_at: NOW });
    await env.DB.prepare("UPDATE orders SET refill_id = 'r' || n").run();
    const cost = async (action: Action, fields: Record<string, string>, provider: string | null = "acme") => {
      const { db, usage } = metered(env.DB);
      run.env.DB = db;
      await call(run, action, fields, provider);
      return usage();
    };
    const ids = Array.from({ length: 100 }, (_, i) => `r${i + 1}`).join(",");
    const known = await cost("refill_status", { refills: ids });
    expect(known.d1_calls).toBe(1);
    expect(known.rows_read).toBeLessThanOrEqual(4 * 100 + 10);
    expect(known.rows_written).toBe(0);
    // One look-up for each other panel more.
    const unknown = await cost("refill_status", { refills: "r5001,r9999" });
    expect(unknown.d1_calls).toBe(2);
    expect(unknown.rows_read).toBeLessThanOrEqual(30);
    const own = await cost("refill_status", { refills: "o1,o2,o3" }, null);
    expect([own.d1_calls, own.rows_written]).toEqual([1, 0]);
    expect(own.rows_read).toBeLessThanOrEqual(30);
    const again = await cost("refill", { orders: "1,2,3,4,5" });
    expect([again.d1_calls, again.rows_written]).toEqual([1, 0]);
    await env.DB.prepare("UPDATE orders SET refill_id = NULL, refill_status = NULL WHERE n <= 100").run();
    const orders = Array.from({ length: 100 }, (_, i) => String(i + 1)).join(",");
    const refill = await cost("refill", { orders });
    // Two moves an order, each with its place among what is due and its change; and the refill's id.
    expect(refill.rows_written).toBeLessThanOrEqual(100 * (2 * 4 + 2) + 2);
    expect(refill.rows_read).toBeLessThanOrEqual(100 * 60);
    expect(refill.d1_calls).toBeLessThanOrEqual(6);
    expect(refill.d1_statements).toBeLessThanOrEqual(25);
  });
});

describe("a call about a hundred orders at ten providers of the own catalogue", () => {
  const IDS = Array.from({ length: 100 }, (_, i) => `o${i + 1}`);
  /** D1 refuses the 51st statement of an invocation on the free plan. */
  const MAX_STATEMENTS = 45;

  async function beginTen(columns: OrderColumns): Promise<{ run: World; providers: ActionProvider[] }> {
    const run = new World();
    const providers: ActionProvider[] = [];
    for (let i = 0; i < 10; i++) {
      await addProvider(`a${i}`, { many: "yes", max_calls_per_minute: 60 });
      await addOrders("p", `a${i}`, 10 * i + 1, 10, { ...columns, door: "catalogue" });
      providers.push(new ActionProvider(run, `a${i}`).kind());
    }
    return { run, providers };
  }

  async function statementsOf(run: World, action: Action): Promise<{ statements: number; answer: unknown }> {
    const { db, usage } = metered(env.DB);
    run.env.DB = db;
    const answer = await call(run, action, { orders: IDS.join(",") }, null);
    return { statements: usage().d1_statements, answer };
  }

  it.each([
    ["refill", "refill", done, "SELECT count(*) AS n FROM orders WHERE refill_status = 'pending' AND refill_id = '7' || n"],
    ["cancel", "cancel", young, "SELECT count(*) AS n FROM orders WHERE cancel_status = 'requested'"],
  ] as const)("%s takes as few statements as at one, five connections, and each provider once", async (kind, action, columns, granted) => {
    const { run, providers } = await beginTen(columns);
    const { statements, answer } = await statementsOf(run, action);
    const yes = (id: string) => (kind === "refill" ? { order: id, refill: id } : { order: id, cancel: 1 });
    expect(answer).toEqual({ status: 200, json: IDS.map(yes) });
    expect(statements).toBeLessThanOrEqual(16);
    expect(providers.map((one) => one.of(kind).map((ids) => ids.length))).toEqual(providers.map(() => [10]));
    expect(run.mostOpenCalls).toBeLessThanOrEqual(5);
    expect(await rows(granted)).toEqual([{ n: 100 }]);
    expect(await rows("SELECT DISTINCT budget_used FROM providers")).toEqual([{ budget_used: 1 }]);
  });

  it("stays within what an invocation may do where all providers were out of reach, and where all of them fail", async () => {
    const { run, providers } = await beginTen(done);
    await env.DB.prepare(`UPDATE providers SET failures = 3, retry_at = ${NOW - MINUTE_MS}`).run();
    const back = await statementsOf(run, "refill");
    expect(back.statements).toBeLessThanOrEqual(MAX_STATEMENTS);
    const asked = providers.flatMap((one) => one.of("refill")).flat();
    expect(asked.length).toBeGreaterThanOrEqual(10);
    const pending = await rows("SELECT provider_order_id AS id FROM orders WHERE refill_status = 'pending'");
    expect(pending.map(({ id }) => id)).toEqual(asked.toSorted((a, b) => Number(a) - Number(b)));
    expect(await rows("SELECT count(*) AS n FROM orders WHERE version > 1")).toEqual([{ n: asked.length }]);
    await env.DB.prepare("UPDATE providers SET failures = 0, retry_at = NULL").run();
    for (const one of providers) one.actions.set("refill", () => new Response("", { status: 429 }));
    const failing = await statementsOf(run, "refill");
    expect(failing.statements).toBeLessThanOrEqual(MAX_STATEMENTS);
    expect(await rows("SELECT count(*) AS n FROM orders WHERE refill_status = 'asking'")).toEqual([{ n: 0 }]);
  });

  it("one provider without a call left, or out of reach, holds up no other", async () => {
    const { run, providers } = await beginTen(done);
    await env.DB.prepare("UPDATE providers SET budget_minute = ?1, budget_used = 60 WHERE id = 'a0'")
      .bind(NOW / MINUTE_MS)
      .run();
    await env.DB.prepare("UPDATE providers SET enabled = 0 WHERE id = 'a1'").run();
    providers[2]?.actions.set("refill", () => new Response("<html>", { status: 502 }));
    const said = (await call(run, "refill", { orders: "o1,o11,o21,o31" }, null)).json;
    const silent = { error: "No answer, try again later" };
    expect(said).toEqual([
      { order: "o1", refill: silent },
      { order: "o11", refill: silent },
      { order: "o21", refill: silent },
      { order: "o31", refill: "o31" },
    ]);
    expect(await rows("SELECT n, refill_status AS status FROM orders WHERE version > 1 ORDER BY n")).toEqual([
      { n: 21, status: "error" },
      { n: 31, status: "pending" },
    ]);
  });
});

describe("the doors: what is wrong with a call", () => {
  const ids = Array.from({ length: 101 }, (_, i) => String(i + 1)).join(",");

  it.each([
    ["refill", "refill", { orders: ids }, {}],
    ["cancel", "cancel", { orders: ids }, { orders: " , " }],
    ["refill_status", "refill_status", { refills: ids }, { refill: "" }],
  ] as const)("%s", async (_name, action, tooMany, none) => {
    const { run, acme } = await begin(done);
    expect((await call(run, action, tooMany)).json).toEqual({ error: "Incorrect request: at most 100 ids in a call" });
    expect((await call(run, action, none)).json).toEqual({ error: "Incorrect request" });
    for (const fields of [tooMany, none, { orders: "1", refills: "1" }])
      for (const provider of ["acme", null])
        expect((await call(run, action, fields, provider, "ps_nobody")).json).toEqual({ error: "Invalid API key" });
    expect(await call(run, action, { orders: "1", refills: "1" }, "nobody")).toEqual({ status: 404, json: null });
    await env.DB.prepare("UPDATE providers SET panels = '[\"q\"]'").run();
    expect(await call(run, action, { orders: "1", refills: "1" })).toEqual({ status: 404, json: null });
    expect(acme.asked).toEqual([]);
  });
});
