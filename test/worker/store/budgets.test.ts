/**
 * What the pipeline costs, measured from D1's own counts. A change that makes one of these figures worse fails here.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { SECRET_COLUMNS } from "../../../src/secrets/sealed-text.ts";
import { clear, migrate, NOW, rows } from "../world/database.ts";
import { changedDb } from "../world/faulty-database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young } from "../world/records.ts";
import { World } from "../world/world.ts";

/** Every tick and sweep of a run, as one line of figures. */
function figures(run: World): Record<string, number> {
  const total = (field: string): number => run.sum("tick", field) + run.sum("sweep", field);
  return {
    messages: run.deliveries,
    calls: run.calls.length,
    d1_calls: total("d1_calls"),
    d1_statements: total("d1_statements"),
    rows_read: total("rows_read"),
    rows_written: total("rows_written"),
  };
}

async function versions(): Promise<number> {
  const [row] = await rows<{ count: number }>("SELECT count(*) AS count FROM orders WHERE version > 1");
  return row?.count ?? 0;
}

beforeAll(async () => {
  await migrate();
  await addPanel("p");
});

afterEach(clear);

describe("a minute's work", () => {
  it.each(["free", "paid"])(
    "1,000 unchanged orders write no order row, one bookkeeping row a message, and read 1.1 rows an order at most (%s)",
    async (plan) => {
      await addProvider("acme", { many: "yes" });
      await addOrders("p", "acme", 1, 1000, { ...young });
      const run = new World({ PLAN: plan });
      await run.run(1);
      const { messages, calls, d1_calls, d1_statements } = figures(run);
      expect(run.sum("sweep", "answered")).toBe(1000);
      expect(calls).toBe(10);
      expect(await versions()).toBe(0);
      expect(run.sum("sweep", "rows_written")).toBeLessThanOrEqual(messages ?? 0);
      expect(run.sum("sweep", "rows_read")).toBeLessThanOrEqual(1100);
      expect(messages).toBeLessThanOrEqual(2);
      expect(d1_calls).toBeLessThanOrEqual(8);
      expect(d1_statements).toBeLessThanOrEqual(16);
    },
  );

  it("1,000 orders that all end with a refund fit in 2 messages, 8 D1 calls and 18 statements", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 1000, { ...young });
    const run = new World();
    run.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(250), status: "Partial" })),
    );
    await run.run(1);
    expect(run.sum("sweep", "posted")).toBe(1000);
    const { messages, calls, d1_calls, d1_statements } = figures(run);
    expect(calls).toBe(10);
    expect(messages).toBeLessThanOrEqual(2);
    expect(d1_calls).toBeLessThanOrEqual(8);
    expect(d1_statements).toBeLessThanOrEqual(18);
  });

  it("a message of the free plan writes 100 orders, and leaves the others to checks of as many: each is refunded once", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 800, { ...young });
    const run = new World({ PLAN: "free" });
    run.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(250), status: "Partial" })),
    );
    await run.run(1);
    expect(run.eventsOf("sweep").map(({ answered, moved }) => [answered, moved])).toEqual([[800, 100]]);
    expect(run.eventsOf("apply.put_off").map(({ orders }) => orders)).toEqual([700]);
    expect(run.eventsOf("check").map(({ moved }) => moved)).toEqual(Array.from({ length: 7 }, () => 100));
    expect(run.calls.length).toBe(8 + 7);
    expect(await rows("SELECT count(*) AS count, count(DISTINCT order_n) AS orders FROM refunds")).toEqual([{ count: 800, orders: 800 }]);
  });

  it("a message's calls go where the orders are: one message polls a large provider and two small ones, and slows none down", async () => {
    for (const [id, count, first] of [
      ["large", 450, 1],
      ["small", 150, 1001],
      ["least", 50, 2001],
    ] as const) {
      await addProvider(id, { many: "yes", active_orders: count });
      await addOrders("p", id, first, count, { ...young });
    }
    const run = new World({ PLAN: "free" });
    await run.run(1);
    expect(run.deliveries).toBe(1);
    const calls = (provider: string) => run.calls.filter((call) => call.provider === provider).length;
    expect([calls("large"), calls("small"), calls("least")]).toEqual([5, 2, 1]);
    expect(run.sum("sweep", "answered")).toBe(650);
    expect(await rows("SELECT DISTINCT clock FROM providers")).toEqual([{ clock: null }]);
  });

  it("100 due orders are one call", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 100, { ...young });
    const run = new World();
    await run.run(1);
    expect(run.calls.map(({ ids }) => ids.length)).toEqual([100]);
  });

  it("a call budget costs one more row, for the claim", async () => {
    await addProvider("acme", { many: "yes", max_calls_per_minute: 60 });
    await addOrders("p", "acme", 1, 1000, { ...young });
    const run = new World();
    await run.run(1);
    expect(run.sum("sweep", "rows_written")).toBe(2);
  });

  it("an invocation stays within 45 subrequests and 45 statements, whatever is due", async () => {
    for (const [id, many] of [
      ["lists", "yes"],
      ["singles", "no"],
      ["new", "unknown"],
    ] as const) {
      await addProvider(id, { many });
      await addOrders("p", id, 1 + { lists: 0, singles: 10_000, new: 20_000 }[id], 3000, { ...young });
    }
    for (const plan of ["free", "paid"]) {
      const run = new World({ PLAN: plan });
      run.providers.set(
        "lists",
        answeringEach((id) => ({
          ...inProgress(Number(id) % 2 === 0 ? 600 : 100),
          status: Number(id) % 3 === 0 ? "Completed" : "In progress",
        })),
      );
      run.providers.set("new", () => ({ error: "Incorrect request" }));
      await run.tick();
      for (let body = run.sent.shift(); body !== undefined; body = run.sent.shift()) {
        const [calls, sent] = [run.calls.length, run.sent.length];
        await run.deliver(body);
        const last = run.eventsOf("sweep").at(-1) ?? { event: "none" };
        expect(run.calls.length - calls + Number(last["d1_calls"]) + Math.min(1, run.sent.length - sent)).toBeLessThanOrEqual(45);
        expect(Number(last["d1_statements"])).toBeLessThanOrEqual(45);
      }
      expect(run.mostOpenCalls).toBeLessThanOrEqual(5);
      run.now += 600_000;
    }
  });
});

describe("an idle tick", () => {
  it.each([1000, 100_000])(
    "reads 10 rows and 4 a provider at most, with %d orders in the table",
    async (count) => {
      for (let i = 0; i < 5; i++) await addProvider(`p${i}`, { many: "yes" });
      // Most are closed; the rest is open and not due in this minute.
      await addOrders("p", "p0", 1, count - 100, { cadence: null, status: "completed" });
      await addOrders("p", "p1", count, 100, { cadence: 360 });
      const run = new World();
      await run.tick();
      run.now += 60_000;
      await run.tick();
      const [looking, next] = run.eventsOf("tick").map((event) => Number(event["rows_read"]));
      // Once an hour a tick looks for secrets to be sealed anew: two rows a column.
      expect(looking).toBeLessThanOrEqual(10 + 4 * 5 + 2 * SECRET_COLUMNS.length);
      expect(next).toBeLessThanOrEqual(10 + 4 * 5);
      await run.drain();
      expect(run.calls.flatMap(({ ids }) => ids).length).toBeLessThanOrEqual(1);
    },
    60_000,
  );
});

describe("a provider whose budget is too small", () => {
  it("stretches all cadences evenly, starves nobody, and reads 1.1 rows an order at most", async () => {
    await addProvider("acme", { many: "yes", max_calls_per_minute: 4 });
    // 1000 + 200 + 133 orders a minute wanted, 400 possible.
    await addOrders("p", "acme", 1, 1000, { ...young });
    await addOrders("p", "acme", 1001, 1000, { cadence: 5 });
    await addOrders("p", "acme", 2001, 2000, { cadence: 15 });
    await env.DB.prepare("UPDATE orders SET placed_at = CASE cadence WHEN 1 THEN ?1 WHEN 5 THEN ?2 ELSE ?3 END")
      .bind(NOW, NOW - 3_600_000, NOW - 8 * 3_600_000)
      .run();
    const run = new World();
    const minutes = 150;
    // Orders keep their cadence: they look new, an hour and eight hours old for the whole run.
    for (let i = 0; i < minutes; i++) {
      await env.DB.prepare("UPDATE orders SET placed_at = placed_at + 60000, progress_at = ?1").bind(run.now).run();
      await run.run(1);
      if (i === 50) run.forget();
    }
    const perMinute = Map.groupBy(run.calls, ({ at }) => at);
    expect(Math.max(...[...perMinute.values()].map((calls) => calls.length))).toBeLessThanOrEqual(4);
    const polls = new Map<string, number>();
    for (const { ids } of run.calls) for (const id of ids) polls.set(id, (polls.get(id) ?? 0) + 1);
    expect(polls.size).toBe(4000);
    const of = (from: number, to: number): number[] =>
      [...polls].filter(([id]) => Number(id) >= from && Number(id) <= to).map(([, count]) => count);
    const spans = [of(1, 1000), of(1001, 2000), of(2001, 4000)].map((counts) => [Math.min(...counts), Math.max(...counts)] as const);
    for (const [least, most] of spans) expect(most - least).toBeLessThanOrEqual(Math.max(2, most * 0.2));
    const [fast, middle, slow] = spans.map(([least, most]) => (least + most) / 2) as [number, number, number];
    expect(fast / middle).toBeGreaterThan(4);
    expect(fast / middle).toBeLessThan(6);
    expect(fast / slow).toBeGreaterThan(11);
    expect(fast / slow).toBeLessThan(19);
    expect(run.sum("sweep", "rows_read") / run.sum("sweep", "answered")).toBeLessThanOrEqual(1.1);
    expect(run.calls.length).toBeGreaterThan((minutes - 50) * 4 * 0.8);
  }, 60_000);
});

describe("messages that fail", () => {
  it("are delivered four times each at most, and do not multiply", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 3500, { ...young });
    const failing = new World({ PLAN: "free", DB: dbFailingOnApply() });
    await failing.tick();
    expect(failing.sent).toHaveLength(1);
    await failing.drain();
    // 3,500 orders in pages of 800 are a chain of 5 messages.
    expect(failing.deliveries).toBe(5 * 4);
    expect(await versions()).toBe(0);
  });
});

/** The database, but for the sweep's transaction, which never comes to pass. */
function dbFailingOnApply(): D1Database {
  return changedDb({
    prepare: (sql) => env.DB.prepare(sql.startsWith("UPDATE providers SET many") ? "SELECT no_such_function()" : sql),
  });
}
