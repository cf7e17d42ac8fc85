/**
 * The limits of calls about refills and cancels: what they cost, a hundred orders at ten providers, unusable calls.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { MINUTE_MS, NOW, rows } from "../world/database.ts";
import { addOrders, addProvider, type OrderColumns, young } from "../world/records.ts";
import { type Action, ActionProvider, begin, call, clearAll, done, openPanels } from "../world/refilling.ts";
import { World } from "../world/world.ts";

beforeAll(openPanels);

afterEach(clearAll);

describe("what a call of API v2 costs", () => {
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
    // One reads how the panel's own calls fare.
    expect(unknown.d1_calls).toBe(3);
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
    // The claim of the panel's share is a round trip and a row.
    expect(refill.rows_written).toBeLessThanOrEqual(100 * (2 * 4 + 2) + 3);
    expect(refill.rows_read).toBeLessThanOrEqual(100 * 60);
    expect(refill.d1_calls).toBeLessThanOrEqual(8);
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
    expect(statements).toBeLessThanOrEqual(18);
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

describe("an unusable call", () => {
  it.each([
    ["refill", {}],
    ["cancel", { orders: " , " }],
    ["refill_status", { refill: "" }],
  ] as const)("%s", async (action, none) => {
    const { run, acme } = await begin(done);
    expect((await call(run, action, none)).json).toEqual({ error: "Incorrect request" });
    for (const fields of [none, { orders: "1", refills: "1" }])
      for (const provider of ["acme", null])
        expect((await call(run, action, fields, provider, "ps_nobody")).json).toEqual({ error: "Invalid API key" });
    expect(await call(run, action, { orders: "1", refills: "1" }, "nobody")).toEqual({ status: 404, json: null });
    await env.DB.prepare("UPDATE providers SET panels = '[\"q\"]'").run();
    expect(await call(run, action, { orders: "1", refills: "1" })).toEqual({ status: 404, json: null });
    expect(acme.asked).toEqual([]);
  });
});
