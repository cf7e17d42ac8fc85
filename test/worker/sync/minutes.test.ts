/**
 * The tick: which minutes it covers, which orders are due in them, and at which pace.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { clear, migrate, MINUTE, NOW, rows } from "../world/database.ts";
import { type Answering, answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young } from "../world/records.ts";
import { shownOrder } from "../world/sweeping.ts";
import { World } from "../world/world.ts";

type Row = { n: number; status: string; refunded: number; flags: number; remains: number | null; version: number; polled_at: number };

beforeAll(async () => {
  await migrate();
  await addPanel("p");
});

afterEach(clear);

describe("the minutes covered", () => {
  it("a tick repeated for its minute does nothing", async () => {
    await addProvider("acme");
    await addOrders("p", "acme", 1, 3, young);
    const run = new World();
    await run.tick();
    await run.tick();
    expect(run.sent).toHaveLength(1);
  });

  it("missed minutes are made up, fifteen at most, each order once", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 150, { cadence: 15 });
    const run = new World();
    await run.run(1);
    run.now += 3 * 60_000;
    run.forget();
    await run.tick();
    expect(run.sent).toMatchObject([{ minute: MINUTE + 4, minutes: 4 }]);
    await run.drain();
    const asked = run.calls.flatMap(({ ids }) => ids);
    expect(asked.length).toBe(new Set(asked).size);
    expect(asked.length).toBeGreaterThanOrEqual(36);
    run.now += 3 * 3_600_000;
    await run.tick();
    expect(run.sent).toMatchObject([{ minutes: 15 }]);
    await run.drain();
    expect(run.calls.slice(-2).flatMap(({ ids }) => ids)).toHaveLength(150);
  });

  it("a remembered minute far ahead is ignored and reported", async () => {
    await addProvider("acme");
    await addOrders("p", "acme", 1, 3, young);
    await env.DB.prepare("UPDATE ticks SET minute = ?1")
      .bind(MINUTE + 600)
      .run();
    const run = new World();
    await run.tick();
    expect(run.sent).toMatchObject([{ minute: MINUTE, minutes: 1 }]);
    expect(run.eventsOf("tick.clock_was_ahead")).toHaveLength(1);
    expect(await rows("SELECT minute, ignored_minute FROM ticks")).toEqual([{ minute: MINUTE, ignored_minute: MINUTE + 600 }]);
  });

  it("a tick whose messages could not be sent is made up by the next", async () => {
    await addProvider("acme");
    await addOrders("p", "acme", 1, 3, young);
    const run = new World();
    await run.run(1);
    run.forget();
    const queue = run.env.SWEEPS;
    run.env.SWEEPS = { sendBatch: () => Promise.reject(new Error("Queue quota exceeded")) } as unknown as Queue;
    await expect(run.tick()).rejects.toThrow("quota");
    run.env.SWEEPS = queue;
    run.now += 60_000;
    await run.tick();
    expect(run.sent).toMatchObject([{ minute: MINUTE + 2, minutes: 2 }]);
  });
});

describe("few calls a minute", () => {
  const completed = (): Record<string, unknown> => ({ ...inProgress(0), status: "Completed" });
  const singles: Answering = (ids, fields) => (fields.has("orders") ? { error: "Incorrect request" } : { ...completed(), order: ids[0] });
  const poisoned: Answering = (ids, fields) =>
    ids.includes("13") ? { error: "Incorrect order ID" } : answeringEach(completed)(ids, fields);
  const tenByError: Answering = (ids, fields) => (ids.length > 10 ? { error: "Too many orders" } : answeringEach(completed)(ids, fields));
  const tenSilently: Answering = (ids, fields) => answeringEach(completed)(ids.slice(0, 10), fields);

  it.each([
    ["asked one by one", singles, 50, 3, 60, 0],
    ["asked one by one", singles, 10, 1, 60, 0],
    ["asked one by one", singles, 200, 4, 200, 0],
    ["with one bad id among its orders", poisoned, 60, 5, 60, 1],
    ["with one bad id among its orders", poisoned, 100, 3, 80, 1],
    ["with one bad id among its orders", poisoned, 100, 1, 120, 1],
    ["that refuses lists of over ten", tenByError, 100, 3, 80, 0],
    ["that refuses lists of over ten", tenByError, 100, 1, 80, 0],
    ["that answers only the first ten", tenSilently, 100, 2, 80, 0],
  ])(
    "a provider %s: all of %#'s orders are answered in the end, and no call is made too many",
    async (_name, answering, count, budget, minutes, left) => {
      await addProvider("acme", { max_calls_per_minute: budget });
      await addOrders("p", "acme", 1, count, { ...young });
      const run = new World();
      run.providers.set("acme", answering);
      await run.run(minutes);
      expect(await rows("SELECT count(*) AS open FROM orders WHERE status <> 'completed'")).toEqual([{ open: left }]);
      const perMinute = Map.groupBy(run.calls, ({ at }) => at);
      expect(Math.max(...[...perMinute.values()].map((calls) => calls.length))).toBeLessThanOrEqual(budget);
    },
  );
});

describe("a pace that has become slow", () => {
  it("comes back also while cron fires every tenth minute only", async () => {
    await addProvider("acme", { many: "yes", max_calls_per_minute: 3 });
    await addOrders("p", "acme", 1, 5, { ...young, cadence: 5 });
    const clock = { minute: MINUTE, position: MINUTE * 1000, stretchPercent: 2389 };
    await env.DB.prepare("UPDATE providers SET clock = ?1").bind(JSON.stringify(clock)).run();
    const run = new World();
    for (let times = 0; times < 6; times++) {
      await run.run(1);
      run.now += 9 * 60_000;
    }
    run.forget();
    await run.run(1);
    expect(new Set(run.calls.flatMap(({ ids }) => ids)).size).toBe(5);
  });
});

describe("a page that is full", () => {
  it("is handed on also where one of its orders has to be asked about apart", async () => {
    await addProvider("acme", { many: "yes", batch_size: 2 });
    await addOrders("p", "acme", 1, 60, young);
    await env.DB.prepare("UPDATE orders SET flags = 8 WHERE n = 1").run();
    const run = new World();
    await run.run(1);
    expect(new Set(run.calls.flatMap(({ ids }) => ids)).size).toBe(60);
    expect(await rows("SELECT clock FROM providers")).toEqual([{ clock: null }]);
  });
});

describe("a check that was asked for", () => {
  it("polls just these orders, writes them even if nothing is new, and asks once for one named twice", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 10);
    const run = new World();
    expect(
      await run.deliver({
        v: 1,
        kind: "check",
        orders: [
          ["p", 3],
          ["p", 5],
          ["p", 3],
        ],
      }),
    ).toBe("ack");
    expect(run.calls.map(({ ids }) => ids)).toEqual([["3", "5"]]);
    expect(
      (await rows<Row>("SELECT n, version, polled_at FROM orders WHERE version > 1 ORDER BY n")).map(({ n, version, polled_at }) => [
        n,
        version,
        polled_at,
      ]),
    ).toEqual([
      [3, 2, NOW],
      [5, 2, NOW],
    ]);
  });

  it("reopens a closed order that the provider took back", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 1, { status: "completed", cadence: null, final_at: NOW - 1e9, remains: 0 });
    const run = new World();
    run.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(250), status: "Partial" })),
    );
    await run.deliver({ v: 1, kind: "check", orders: [["p", 1]] });
    expect(await rows("SELECT status, refunded, cadence FROM orders")).toEqual([{ status: "partial", refunded: 225_000, cadence: 60 }]);
  });

  it("waits for the next minute when the provider's calls are used up", async () => {
    await addProvider("acme", { many: "yes", max_calls_per_minute: 3 });
    await addOrders("p", "acme", 1, 2);
    const run = new World();
    expect(await run.deliver({ v: 1, kind: "check", orders: [["p", 1]] })).toBe("ack");
    expect(await run.deliver({ v: 1, kind: "check", orders: [["p", 2]] })).toBe("retry");
    run.now += 60_000;
    expect(await run.deliver({ v: 1, kind: "check", orders: [["p", 2]] }, 2)).toBe("ack");
    expect(run.calls).toHaveLength(2);
  });
});

describe("when an order was last checked", () => {
  it("is known without a write, moves on with each poll, and stays behind where calls failed", async () => {
    await addProvider("acme", { many: "yes", batch_size: 10 });
    await addOrders("p", "acme", 1, 40, young);
    const run = new World();
    await run.run(2);
    const at = run.now - 60_000;
    expect((await shownOrder(run, 1)).checked_at).toBe(new Date(at).toISOString());
    run.providers.set("acme", (ids, fields) => {
      if (ids.includes("25")) throw new TypeError("connection reset");
      return answeringEach(() => inProgress())(ids, fields);
    });
    run.now += 60_000;
    await run.run(1);
    const asked = new Map<string, number>();
    for (const n of Array.from({ length: 40 }, (_, i) => i + 1))
      asked.set(String(n), Date.parse((await shownOrder(run, n)).checked_at ?? ""));
    expect(asked.get("25")).toBe(at);
    expect(await rows("SELECT max(version) AS version FROM orders")).toEqual([{ version: 1 }]);
  });

  it("is not told of orders that had to wait for their turn, between others that were asked", async () => {
    await addProvider("acme", { many: "no", max_calls_per_minute: 3 });
    await addOrders("p", "acme", 1, 3, young);
    // Somebody else has made a call. The clock is in the middle of its lap: what lies just before it comes last.
    const clock = { minute: MINUTE, position: MINUTE * 1000 + 300, stretchPercent: 100 };
    await env.DB.prepare("UPDATE providers SET clock = ?1, budget_minute = ?2, budget_used = 1").bind(JSON.stringify(clock), MINUTE).run();
    const run = new World();
    await run.run(1);
    const asked = run.calls.flatMap(({ ids }) => ids.map(Number));
    expect(asked).toHaveLength(2);
    for (const n of [1, 2, 3]) expect(Date.parse((await shownOrder(run, n)).checked_at ?? "") >= NOW, `order ${n}`).toBe(asked.includes(n));
  });

  it("is never later than the truth, whatever fails: simulated hours with failing calls, lost messages and checks", async () => {
    await addProvider("acme", { many: "yes", batch_size: 20 });
    await addOrders("p", "acme", 1, 60, { ...young, cadence: 1 });
    await addOrders("p", "acme", 61, 60);
    const run = new World();
    const truth = new Map<string, number>();
    let seed = 7;
    const chance = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    run.providers.set("acme", (ids, fields) => {
      if (chance() < 0.2) throw new TypeError("connection reset");
      for (const id of ids) truth.set(id, run.now);
      return answeringEach((id) => (chance() < 0.02 ? { error: "Incorrect order ID" } : inProgress(600 - (run.now % 7) - Number(id))))(
        ids,
        fields,
      );
    });
    for (let minute = 0; minute < 90; minute++) {
      await run.tick();
      if (chance() < 0.15) run.sent.length = 0;
      if (chance() < 0.2) run.sent.push({ v: 1, kind: "check", orders: [["p", 1 + Math.floor(chance() * 120)]] });
      await run.drain();
      run.now += 60_000;
      for (const n of [1 + (minute % 60), 61 + (minute % 60)]) {
        const { checked_at } = await shownOrder(run, n);
        const known = checked_at === null ? 0 : Date.parse(checked_at);
        if (known > NOW) expect(known).toBeLessThanOrEqual(truth.get(String(n)) ?? 0);
      }
    }
    expect(truth.size).toBe(120);
  }, 30_000);
});

describe("a clock that was put back", () => {
  it("by hours does not keep news out, nor a provider waiting", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 5, { ...young });
    const run = new World();
    run.now += 6 * 3_600_000;
    await run.run(1);
    await env.DB.prepare("UPDATE providers SET retry_at = ?1, failures = 4").bind(run.now).run();
    run.now = NOW + 60_000;
    run.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(0), status: "Completed" })),
    );
    await run.run(16);
    expect(await rows("SELECT DISTINCT status FROM orders")).toEqual([{ status: "completed" }]);
  });
});
