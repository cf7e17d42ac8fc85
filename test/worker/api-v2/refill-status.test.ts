/**
 * `refill_status` over API v2.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { NOW } from "../world/database.ts";
import { addOrders } from "../world/records.ts";
import { begin, call, clearAll, done, openPanels } from "../world/refilling.ts";

beforeAll(openPanels);

afterEach(clearAll);

describe("refill_status over API v2", () => {
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

  it("of a refill's number is not changed by a refused refill of the order with that number", async () => {
    const { run, acme } = await begin(done, 5);
    acme.actions.set("refill_status", (ids) => ids.map((refill) => ({ refill, status: "Completed" })));
    acme.actions.set("refill", () => ({ error: "Refill is disabled" }));
    expect((await call(run, "refill_status", { refill: "5" })).json).toEqual({ status: "Completed" });
    expect((await call(run, "refill", { order: "5" })).json).toEqual({ error: "Refill is disabled" });
    expect((await call(run, "refill_status", { refill: "5" })).json).toEqual({ status: "Completed" });
  });

  it.each(["acme", null])("of a refill that ended is not changed by a later one that is refused (%s)", async (provider) => {
    const { run, acme } = await begin({ ...done, cadence: 60, refill_status: "completed", refill_at: NOW - 1000 });
    await env.DB.prepare("UPDATE orders SET refill_id = '71' WHERE n = 1").run();
    acme.actions.set("refill", () => ({ error: "Refill is disabled" }));
    const { json } = await call(run, "refill", { order: provider === null ? "o1" : "1" }, provider);
    expect(json).toEqual({ error: expect.any(String) });
    expect(acme.of("refill")).toEqual([["1"]]);
    expect((await call(run, "refill_status", { refill: provider === null ? "o1" : "71" }, provider)).json).toEqual({ status: "Completed" });
  });

  it("that the provider does not answer, or says nothing certain of, is not answered", async () => {
    const { run, acme } = await begin(refilled);
    acme.actions.set("refill_status", () => new Response("<html>", { status: 502 }));
    expect(await call(run, "refill_status", { refills: "5" })).toEqual({ status: 503, json: null });
    acme.actions.set("refill_status", () => ({ error: "Unknown action" }));
    expect(await call(run, "refill_status", { refills: "5,6" })).toEqual({ status: 503, json: null });
  });
});
