/**
 * The tick and the sweep against a real database and providers that misbehave.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { orderView } from "../../../src/domain/order-view.ts";
import { flagNames } from "../../../src/domain/order.ts";
import { readNamed } from "../../../src/store/orders/due.ts";
import { clear, migrate, MINUTE, NOW, rows } from "../world/database.ts";
import { type Answering, answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young } from "../world/records.ts";
import { World } from "../world/world.ts";

type Row = { n: number; status: string; refunded: number; flags: number; remains: number | null; version: number; polled_at: number };

async function order(n: number): Promise<Row> {
  const [row] = await rows<Row>(
    "SELECT n, status, refunded, flags, remains, version, polled_at FROM orders WHERE panel = 'p' AND n = ?1",
    n,
  );
  if (row === undefined) throw new Error(`no order ${n}`);
  return row;
}

async function shown(run: World, n: number): Promise<ReturnType<typeof orderView>> {
  const { providers, due } = await readNamed(env.DB, [["p", n]]);
  const [found] = due[0] ?? [];
  if (found === undefined) throw new Error(`no order ${n}`);
  return orderView(found, providers.get(found.provider)?.state ?? null, run.now);
}

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

describe("providers in trouble", () => {
  it("one that is down delays nobody, costs one call a tick, and is followed again when it is back", async () => {
    await addProvider("dead", { many: "yes" });
    await addProvider("fine", { many: "yes" });
    await addOrders("p", "dead", 1, 500, young);
    await addOrders("p", "fine", 1001, 500, young);
    const run = new World();
    const down = (): never => {
      throw new TypeError("Network connection lost");
    };
    run.providers.set("dead", down);
    run.providers.set(
      "fine",
      answeringEach(() => ({ ...inProgress(0), status: "Completed" })),
    );
    await run.run(3);
    expect(await rows("SELECT DISTINCT status FROM orders WHERE provider = 'fine'")).toEqual([{ status: "completed" }]);
    expect((await shown(run, 1)).sync).toBe("provider_down");
    run.forget();
    await run.run(5);
    expect(run.calls.filter(({ provider }) => provider === "dead")).toHaveLength(5);
    run.providers.set(
      "dead",
      answeringEach(() => ({ ...inProgress(1000), status: "Canceled" })),
    );
    await run.run(2);
    expect(
      await rows("SELECT status, sum(refunded) AS refunded, count(*) AS count FROM orders WHERE provider = 'dead' GROUP BY status"),
    ).toEqual([{ status: "canceled", refunded: 450_000_000, count: 500 }]);
    expect((await shown(run, 1)).sync).toBe("ok");
  });

  it("orders whose call failed are asked again in the next minute, not after their cadence", async () => {
    await addProvider("acme", { many: "yes", batch_size: 20 });
    await addOrders("p", "acme", 1, 400, { cadence: 5 });
    const run = new World();
    let calls = 0;
    run.providers.set("acme", (ids, fields) => {
      if (++calls === 2) return new Response("<html>502 Bad Gateway</html>", { status: 502 });
      return answeringEach(() => ({ ...inProgress(0), status: "Completed" }))(ids, fields);
    });
    await run.run(2);
    // Two minutes' walk are two fifths of the circle; the first of them is walked again.
    const [done] = await rows<{ count: number }>("SELECT count(*) AS count FROM orders WHERE status = 'completed'");
    expect(done?.count).toBeGreaterThanOrEqual(79);
    await run.run(5);
    expect(await rows("SELECT DISTINCT status FROM orders")).toEqual([{ status: "completed" }]);
  });

  it("one that always fails in part does not stand still", async () => {
    await addProvider("acme", { many: "yes", batch_size: 20 });
    await addOrders("p", "acme", 1, 400, { cadence: 5 });
    const run = new World();
    run.providers.set("acme", (ids, fields) => {
      if (ids.includes("1")) throw new TypeError("connection reset");
      return answeringEach(() => inProgress())(ids, fields);
    });
    await run.run(12);
    const asked = new Set(run.calls.flatMap(({ ids }) => ids));
    expect(asked.size).toBe(400);
  });

  it.each([
    [
      "HTML with 403 and a bot check",
      () => new Response("<html>Just a moment...</html>", { status: 403, headers: { "cf-mitigated": "challenge" } }),
      "blocked",
    ],
    ["a rejected key", () => Response.json({ error: "Invalid API key" }), "rejected_key"],
  ])("%s is retried seldom", async (_name, answer, code) => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 500, young);
    const run = new World();
    run.providers.set("acme", answer);
    await run.run(60);
    expect(run.calls.length).toBeLessThanOrEqual(12);
    expect(await rows("SELECT last_failure->>'$.code' AS code FROM providers")).toEqual([{ code }]);
    expect(await rows("SELECT DISTINCT status, refunded, version FROM orders")).toEqual([
      { status: "in_progress", refunded: 0, version: 1 },
    ]);
  });

  it("one that limits its rate is left alone for as long as it asks", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 10, young);
    const run = new World();
    run.providers.set("acme", () => new Response("", { status: 429, headers: { "Retry-After": "300" } }));
    await run.run(1);
    run.forget();
    await run.run(4);
    expect(run.calls).toHaveLength(0);
    run.providers.delete("acme");
    await run.run(2);
    expect(run.calls.length).toBeGreaterThanOrEqual(1);
  });

  it("one that knows no lists is asked one by one from then on", async () => {
    await addProvider("acme");
    await addOrders("p", "acme", 1, 15, young);
    const run = new World();
    run.providers.set("acme", (ids, fields) =>
      fields.has("orders") ? { error: "Incorrect request" } : { ...inProgress(0), status: "Completed", order: ids[0] },
    );
    await run.run(3);
    expect(await rows("SELECT many FROM providers")).toEqual([{ many: "no" }]);
    expect(await rows("SELECT DISTINCT status FROM orders")).toEqual([{ status: "completed" }]);
  });

  it("an id it does not know spoils no other order", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 50, young);
    const run = new World();
    run.providers.set("acme", (ids, fields) =>
      ids.includes("7") ? { error: "Incorrect order ID" } : answeringEach(() => ({ ...inProgress(0), status: "Completed" }))(ids, fields),
    );
    await run.run(4);
    expect(await rows("SELECT status, count(*) AS count FROM orders GROUP BY status ORDER BY status")).toEqual([
      { status: "completed", count: 49 },
      { status: "in_progress", count: 1 },
    ]);
    expect(flagNames((await order(7)).flags)).toContain("not_found");
    expect(await rows("SELECT count(*) AS count FROM refunds")).toEqual([{ count: 0 }]);
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

describe("a slow provider", () => {
  it("delays no other in its message, and none of its answers is too old to count", async () => {
    await addProvider("slow", { many: "no" });
    await addProvider("quick", { many: "yes" });
    await addOrders("p", "slow", 1, 30, { ...young });
    await addOrders("p", "quick", 101, 5, { ...young });
    const run = new World();
    let quickBy = 0;
    run.providers.set("slow", (ids, fields) => {
      run.now += 9000;
      return answeringEach(() => ({ ...inProgress(0), status: "Completed" }))(ids, fields);
    });
    run.providers.set(
      "quick",
      answeringEach(() => ({ ...inProgress(0), status: "Completed" })),
    );
    const started = run.now;
    await run.tick();
    const delivered = run.deliver(run.sent.shift());
    while (quickBy === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const [row] = await rows<{ done: number }>("SELECT count(*) AS done FROM orders WHERE provider = 'quick' AND status = 'completed'");
      if (row?.done === 5) quickBy = run.now - started;
    }
    await delivered;
    expect(run.calls.filter(({ provider }) => provider === "slow").length).toBeLessThanOrEqual(6);
    expect(run.now - started).toBeLessThanOrEqual(60_000);
    await run.tick();
    run.now += 60_000;
    await run.tick();
    expect(run.sent.map((message) => (message.kind === "sweep" ? message.providers.map(({ id }) => id) : []))).toContainEqual(["slow"]);
  });
});

describe("late news", () => {
  /** Lets the test decide when the first call is answered. */
  function held(run: World, first: Record<string, unknown>, then: Record<string, unknown>): () => void {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let calls = 0;
    run.providers.set("acme", async (ids, fields) => {
      const mine = calls++;
      if (mine === 0) await gate;
      return answeringEach(() => (mine === 0 ? first : then))(ids, fields);
    });
    return () => release();
  }

  it("of an older sweep never moves an order back, also when the newer one had nothing to write", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 5, young);
    const run = new World();
    const release = held(run, { ...inProgress(1000), status: "Canceled" }, inProgress());
    await run.tick();
    const [message] = run.sent.splice(0);
    const older = run.deliver(message);
    while (run.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    run.now += 5000;
    expect(await run.deliver(message, 2)).toBe("ack");
    release();
    expect(await older).toBe("ack");
    expect(await rows("SELECT DISTINCT status, refunded, version FROM orders")).toEqual([
      { status: "in_progress", refunded: 0, version: 1 },
    ]);
  });

  it("of a sweep never undoes a check that was asked for meanwhile", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 1, young);
    const run = new World();
    const release = held(run, { ...inProgress(1000), status: "Canceled" }, inProgress());
    await run.tick();
    const older = run.deliver(run.sent.shift());
    while (run.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    run.now += 5000;
    await run.deliver({ v: 1, kind: "check", orders: [["p", 1]] });
    release();
    await older;
    expect(await order(1)).toMatchObject({ status: "in_progress", refunded: 0, version: 2, polled_at: NOW + 5000 });
  });

  it("is dropped when it took over a minute", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 1, young);
    const run = new World();
    const release = held(run, { ...inProgress(1000), status: "Canceled" }, inProgress());
    await run.tick();
    const slow = run.deliver(run.sent.shift());
    while (run.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    run.now += 61_000;
    release();
    await slow;
    expect(await order(1)).toMatchObject({ status: "in_progress", version: 1 });
    expect((await shown(run, 1)).checked_at).toBe(new Date(NOW - 300_000).toISOString());
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
    await addProvider("acme", { many: "yes", max_calls_per_minute: 1 });
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
    expect((await shown(run, 1)).checked_at).toBe(new Date(at).toISOString());
    run.providers.set("acme", (ids, fields) => {
      if (ids.includes("25")) throw new TypeError("connection reset");
      return answeringEach(() => inProgress())(ids, fields);
    });
    run.now += 60_000;
    await run.run(1);
    const asked = new Map<string, number>();
    for (const n of Array.from({ length: 40 }, (_, i) => i + 1)) asked.set(String(n), Date.parse((await shown(run, n)).checked_at ?? ""));
    expect(asked.get("25")).toBe(at);
    expect(await rows("SELECT max(version) AS version FROM orders")).toEqual([{ version: 1 }]);
  });

  it("is not told of orders that had to wait for their turn, between others that were asked", async () => {
    await addProvider("acme", { many: "no", max_calls_per_minute: 3 });
    await addOrders("p", "acme", 1, 3, young);
    // Somebody else has made a call. The walk is in the middle of its lap: what lies just before it comes last.
    const clock = { minute: MINUTE, position: MINUTE * 1000 + 300, stretchPercent: 100 };
    await env.DB.prepare("UPDATE providers SET clock = ?1, budget_minute = ?2, budget_used = 1").bind(JSON.stringify(clock), MINUTE).run();
    const run = new World();
    await run.run(1);
    const asked = run.calls.flatMap(({ ids }) => ids.map(Number));
    expect(asked).toHaveLength(2);
    for (const n of [1, 2, 3]) expect(Date.parse((await shown(run, n)).checked_at ?? "") >= NOW, `order ${n}`).toBe(asked.includes(n));
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
        const { checked_at } = await shown(run, n);
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

describe("what the database refuses", () => {
  it("is halved until the offender stands alone and is parked; its page goes on", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 40, { ...young });
    await env.DB.prepare(
      "CREATE TRIGGER planted BEFORE INSERT ON refunds WHEN NEW.order_n = 7 BEGIN SELECT RAISE(ABORT, 'planted'); END",
    ).run();
    const run = new World();
    run.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(1000), status: "Canceled" })),
    );
    await run.run(1);
    expect(await rows("SELECT status, count(*) AS count FROM orders GROUP BY status ORDER BY status")).toEqual([
      { status: "canceled", count: 39 },
      { status: "in_progress", count: 1 },
    ]);
    expect(flagNames((await order(7)).flags)).toEqual(["parked"]);
    expect(await rows("SELECT type FROM changes WHERE order_id = 'o7'")).toEqual([{ type: "order.flagged" }]);
    expect(run.eventsOf("message.failed")).toEqual([]);
    await env.DB.prepare("DROP TRIGGER planted").run();
    await run.deliver({ v: 1, kind: "check", orders: [["p", 7]] });
    run.now += 60_000;
    await run.deliver({ v: 1, kind: "check", orders: [["p", 7]] });
    expect(await order(7)).toMatchObject({ status: "canceled", refunded: 900_000 });
    expect(flagNames((await order(7)).flags)).toEqual([]);
  });
});

describe("messages", () => {
  it("of a newer version are left for newer code, and senseless ones end where they can be looked at", async () => {
    const run = new World();
    expect(await run.deliver({ v: 2, kind: "sweep" })).toBe("retry");
    expect(await run.deliver("nonsense")).toBe("retry");
    expect(await run.deliver({ v: 1, kind: "sweep", providers: [] }, 4, "panelsync-dead")).toBe("ack");
    expect(await rows("SELECT body FROM dead_letters")).toEqual([{ body: '{"v":1,"kind":"sweep","providers":[]}' }]);
  });

  it("for a provider that was switched off meanwhile do nothing", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 5, young);
    const run = new World();
    await run.tick();
    await env.DB.prepare("UPDATE providers SET enabled = 0").run();
    await run.drain();
    expect(run.calls).toEqual([]);
  });
});
