/**
 * Asking for a refill or a cancel over HTTP.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { ADMIN } from "../world/asking.ts";
import { NOW, rows } from "../world/database.ts";
import { addOrders, type OrderColumns, young } from "../world/records.ts";
import { ASK_1, begin, clearAll, closed, done, feed, KEY, openPanels, OTHER_KEY, post, row } from "../world/refilling.ts";

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
    expect(await post(run, "o1/refill", ADMIN, "{}")).toMatchObject({
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
    ["one that is being placed", "refill", { ...done, provider_order_id: "placing p 1" }, 409, "order_not_placed"],
    ["one bought without refill", "refill", { ...done, door: "catalogue", service: "7" }, 409, "not_offered"],
    ["one that has ended", "cancel", done, 409, "not_cancelable"],
    ["one that is being placed", "cancel", { ...young, provider_order_id: "placing p 1" }, 409, "order_not_placed"],
    ["one bought without cancel", "cancel", { ...young, door: "catalogue", service: "7" }, 409, "not_offered"],
  ])("%s: no %s", async (_name, kind, columns, status, code) => {
    const { run } = await begin(columns);
    await env.DB.prepare(
      `INSERT INTO services (id, provider, provider_service, name, category, type, rate, min, max, dripfeed, refill, cancel, enabled, created_at, updated_at)
       VALUES (7, 'acme', '1', 'S', 'C', 'Default', '1', 1, 10, 0, 0, 0, 1, 0, 0)`,
    ).run();
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
    expect(usage().rows_read).toBeLessThanOrEqual(31);
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
