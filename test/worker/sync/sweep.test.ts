/**
 * Sweeps against a real database and providers that misbehave.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { flagNames } from "../../../src/domain/order.ts";
import { clear, migrate, NOW, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young } from "../world/records.ts";
import { shownOrder } from "../world/sweeping.ts";
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

beforeAll(async () => {
  await migrate();
  await addPanel("p");
});

afterEach(clear);

describe("a word that nobody knows", () => {
  it("is shown with an example, and once it is mapped, its orders are polled at once", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 3, young);
    const run = new World();
    run.providers.set(
      "acme",
      answeringEach((id) => ({ ...inProgress(250), status: id === "3" ? "In progress" : "4" })),
    );
    await run.run(2);
    expect(await rows("SELECT n, status, refunded, flags & 4 AS unknown FROM orders ORDER BY n")).toEqual([
      { n: 1, status: "in_progress", refunded: 0, unknown: 4 },
      { n: 2, status: "in_progress", refunded: 0, unknown: 4 },
      { n: 3, status: "in_progress", refunded: 0, unknown: 0 },
    ]);
    const { health } = (await run.get("/v1/providers/acme")).json;
    expect(health).toMatchObject({
      unknown_words: { 4: 2 },
      unknown_word_examples: { 4: { panel: "p", order: expect.stringMatching(/^o[12]$/) } },
    });
    run.now += 60_000;
    await run.provider("acme", { status_words: { 4: "partial" } });
    await run.drain();
    expect(await rows("SELECT n, status, refunded FROM orders ORDER BY n")).toEqual([
      { n: 1, status: "partial", refunded: 225_000 },
      { n: 2, status: "partial", refunded: 225_000 },
      { n: 3, status: "in_progress", refunded: 0 },
    ]);
    expect((await run.get("/v1/providers/acme")).json.health).toMatchObject({ unknown_words: {}, unknown_word_examples: {} });
  });
});

describe("what a provider can have written", () => {
  it("is little when all its orders go back and forth each minute", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 100, young);
    const run = new World();
    await run.run(1);
    run.forget();
    for (let minute = 0; minute < 20; minute++) {
      const status = minute % 2 === 0 ? "Processing" : "In progress";
      run.providers.set(
        "acme",
        answeringEach(() => ({ ...inProgress(600), status })),
      );
      await run.run(1);
    }
    expect(run.sum("sweep", "answered")).toBe(2000);
    // Without a bound it is three rows an answer.
    expect(run.sum("sweep", "rows_written")).toBeLessThan(2500);
    expect(await rows("SELECT count(*) AS told FROM changes WHERE type = 'order.updated'")).toEqual([{ told: 0 }]);
  });

  it("ends with the day's share of parts, and goes on the next day", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 2, { ...young, door: "connect", charge: null });
    await env.DB.prepare("UPDATE panels SET order_n = 2, feed_seq = 0").run();
    await env.DB.prepare("UPDATE providers SET parts_day = ?1, parts_today = 1985")
      .bind(Math.floor(NOW / 86_400_000))
      .run();
    const run = new World();
    let named = 0;
    run.providers.set(
      "acme",
      answeringEach(() => ({ status: "In progress", runs: "9", orders: Array.from({ length: 10 }, () => 100_000 + named++) })),
    );
    const parts = async () => (await rows("SELECT id FROM orders WHERE part_of IS NOT NULL")).length;
    await run.run(3);
    expect(await parts()).toBe(15);
    run.now += 86_400_000;
    await run.run(2);
    expect(await parts()).toBeGreaterThan(30);
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
    expect((await shownOrder(run, 1)).sync).toBe("provider_down");
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
    expect((await shownOrder(run, 1)).sync).toBe("ok");
  });

  it("orders whose call failed are asked again at their next turn, after their cadence at most", async () => {
    await addProvider("acme", { many: "yes", batch_size: 20 });
    await addOrders("p", "acme", 1, 400, { cadence: 5 });
    const run = new World();
    let calls = 0;
    run.providers.set("acme", (ids, fields) => {
      if (++calls === 2) return new Response("<html>502 Bad Gateway</html>", { status: 502 });
      return answeringEach(() => ({ ...inProgress(0), status: "Completed" }))(ids, fields);
    });
    const countDone = async () =>
      (await rows<{ count: number }>("SELECT count(*) AS count FROM orders WHERE status = 'completed'"))[0]?.count;
    // A fifth of the orders is due each minute; of the first minute's one call of twenty fails.
    await run.run(5);
    expect(await countDone()).toBe(380);
    await run.run(1);
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

  it.each<[string, (ids: readonly string[], fields: URLSearchParams) => unknown, string]>([
    ["JSON cut off", () => new Response('{"charge":"0.9","status":"Completed","remains":"0"'), "not_json"],
    ["an empty body", () => new Response(""), "not_json"],
    ["a catch-all's text", () => ({ error: "System error" }), "refused"],
    ["words that nobody knows", () => ({ error: "Batas tercapai" }), "refused"],
    ["a text about another id", () => ({ error: "User id invalid" }), "refused"],
    [
      "a text with each order's id",
      (ids, fields) => {
        const text = (id: string) => ({ error: `Hata: ${id} okunamadi` });
        return fields.has("orders") ? Object.fromEntries(ids.map((id) => [id, text(id)])) : text(ids[0] ?? "");
      },
      "refused",
    ],
  ])("%s for every order is the provider's trouble though its balance is told: no order is not found", async (_name, answer, code) => {
    for (const many of ["yes", "no"]) {
      await clear();
      await addProvider("acme", { many });
      await addOrders("p", "acme", 7001, 8, young);
      const run = new World();
      run.providers.set("acme", answer);
      await run.run(4);
      expect((await shownOrder(run, 7001)).sync).toBe("provider_down");
      expect(await rows("SELECT last_failure->>'$.code' AS code, failures >= 3 AS open FROM providers")).toEqual([{ code, open: 1 }]);
      expect(await rows("SELECT DISTINCT status, flags, refunded, version FROM orders")).toEqual([
        { status: "in_progress", flags: 0, refunded: 0, version: 1 },
      ]);
      run.providers.delete("acme");
      await run.run(2);
      expect((await shownOrder(run, 7001)).sync).toBe("ok");
    }
  });

  it("a limit said to one order after the other is one failure, and flags none", async () => {
    await addProvider("acme", { many: "no" });
    await addOrders("p", "acme", 1, 8, young);
    const run = new World();
    run.providers.set("acme", () => ({ error: "Rate limit exceeded (200/min)" }));
    await run.run(1);
    expect(run.calls).toHaveLength(1);
    expect(await rows("SELECT last_failure->>'$.code' AS code FROM providers")).toEqual([{ code: "rate_limited" }]);
    expect(await rows("SELECT DISTINCT flags FROM orders")).toEqual([{ flags: 0 }]);
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
    expect((await shownOrder(run, 1)).checked_at).toBe(new Date(NOW - 300_000).toISOString());
  });

  it("is dropped when the database was put back meanwhile: its orders are not as they were read", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 1, young);
    await env.DB.prepare("UPDATE providers SET state_version = 9").run();
    const run = new World();
    const release = held(run, inProgress(), inProgress());
    await run.tick();
    const older = run.deliver(run.sent.shift());
    while (run.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await env.DB.batch([
      env.DB.prepare("UPDATE providers SET state_version = 4"),
      env.DB.prepare("UPDATE orders SET status = 'pending', version = version - 1"),
    ]);
    release();
    expect(await older).toBe("ack");
    expect(await shownOrder(run, 1)).toMatchObject({ status: "pending", checked_at: new Date(NOW - 300_000).toISOString() });
    expect(await rows("SELECT state_version FROM providers")).toEqual([{ state_version: 4 }]);
    run.now += 60_000;
    await run.run(1);
    expect(await shownOrder(run, 1)).toMatchObject({ status: "in_progress", checked_at: new Date(NOW + 60_000).toISOString() });
  });
});

describe("what the database refuses", () => {
  const canceled = answeringEach(() => ({ ...inProgress(1000), status: "Canceled" }));
  /** Refuses the refunds of these orders, for whatever reason. */
  const poison = (which: string) =>
    env.DB.prepare(`CREATE TRIGGER planted BEFORE INSERT ON refunds WHEN ${which} BEGIN SELECT RAISE(ABORT, 'planted'); END`).run();
  const heal = () => env.DB.prepare("DROP TRIGGER IF EXISTS planted").run();
  const count = async (where: string) => (await rows<{ n: number }>(`SELECT count(*) AS n FROM orders WHERE ${where}`))[0]?.n;
  const isParked = "flags & 1024 <> 0";

  beforeAll(async () => {
    for (let i = 0; i < 20; i++) await addPanel(`p${i}`);
  });

  afterEach(heal);

  it("is written in parts until the offender stands alone and is parked; its page goes on", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 40, { ...young });
    await poison("NEW.order_n = 7");
    const run = new World();
    run.providers.set("acme", canceled);
    await run.run(1);
    expect(await rows("SELECT status, count(*) AS count FROM orders GROUP BY status ORDER BY status")).toEqual([
      { status: "canceled", count: 39 },
      { status: "in_progress", count: 1 },
    ]);
    expect(flagNames((await order(7)).flags)).toEqual(["parked"]);
    expect(await rows("SELECT type FROM changes WHERE order_id = 'o7'")).toEqual([{ type: "order.flagged" }]);
    expect(run.eventsOf("message.failed")).toEqual([]);
    await heal();
    await run.deliver({ v: 1, kind: "check", orders: [["p", 7]] });
    run.now += 60_000;
    await run.deliver({ v: 1, kind: "check", orders: [["p", 7]] });
    expect(await order(7)).toMatchObject({ status: "canceled", refunded: 900_000 });
    expect(flagNames((await order(7)).flags)).toEqual([]);
  });

  // The other panel's orders are `good`; those of `bad` are mixed with them, and all of these are refused, or each so-many-th.
  it.each([
    { plan: "free", calls: 30, good: 80, bad: 20, each: 1 },
    { plan: "free", calls: 60, good: 100, bad: 100, each: 1 },
    { plan: "free", calls: 30, good: 99, bad: 1, each: 1 },
    { plan: "free", calls: 30, good: 40, bad: 60, each: 9 },
    { plan: "free", calls: 12, good: 40, bad: 60, each: 1 },
    { plan: "paid", calls: 60, good: 100, bad: 100, each: 1 },
    { plan: "paid", calls: 60, good: 1000, bad: 1000, each: 100 },
  ])("holds up no other panel's refund, nor do messages multiply: %o", async ({ plan, calls, good, bad, each }) => {
    await addProvider("acme", { many: "yes", max_calls_per_minute: calls });
    await env.DB.prepare("UPDATE providers SET brake = NULL").run();
    await addOrders("p0", "acme", 1, bad, young);
    await addOrders("p", "acme", 10_001, good, young);
    await poison(`NEW.panel = 'p0' AND NEW.order_n % ${each} = 0`);
    const run = new World({ PLAN: plan });
    run.providers.set("acme", canceled);
    await run.run(1);
    expect(await count("panel = 'p' AND refunded > 0")).toBe(good);
    for (let minute = 1; minute < 30 && (await count(`refunded = 0 AND NOT (${isParked})`)) !== 0; minute++) await run.run(1);
    const poisoned = Math.floor(bad / each);
    expect(await count(isParked)).toBe(poisoned);
    expect(await count("panel = 'p0' AND refunded > 0")).toBe(bad - poisoned);
    // Each message settles something, and a part of what it was sent for at least.
    const messages = run.eventsOf("check").length;
    expect(messages).toBeLessThanOrEqual(10 + (plan === "free" ? poisoned : poisoned / 5));
    const spent = [...run.eventsOf("sweep"), ...run.eventsOf("check")] as unknown as { d1_statements: number; d1_calls: number }[];
    const allowed = plan === "free" ? { statements: 50, calls: 24 } : { statements: 420, calls: 420 };
    expect(Math.max(...spent.map(({ d1_statements }) => d1_statements))).toBeLessThanOrEqual(allowed.statements);
    expect(Math.max(...spent.map(({ d1_calls }) => d1_calls))).toBeLessThanOrEqual(allowed.calls);
  });

  it("is one panel's among many, and so is what follows", async () => {
    await addProvider("acme", { many: "yes" });
    for (let i = 0; i < 20; i++) await addOrders(`p${i}`, "acme", 1 + 100 * i, 5, young);
    await poison("NEW.panel = 'p7' AND NEW.order_n = 703");
    const run = new World({ PLAN: "free" });
    run.providers.set("acme", canceled);
    await run.run(1);
    expect([await count("refunded > 0"), await count(isParked)]).toEqual([99, 1]);
  });

  it("is tried again with the others that are parked, at the cost of one message, and comes right once it is mended", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p0", "acme", 1, 30, { cadence: 360, flags: 1024, placed_at: NOW - 300_000 });
    await poison("NEW.panel = 'p0' AND NEW.order_n % 10 = 3");
    const run = new World({ PLAN: "free" });
    run.providers.set("acme", canceled);
    for (let turn = 0; turn < 20; turn++) {
      run.now += 6 * 3_600_000;
      await run.deliver({ v: 1, kind: "check", orders: Array.from({ length: 30 }, (_, i) => ["p0", i + 1] as const) });
      expect(run.sent).toEqual([]);
    }
    expect([await count(isParked), await count("refunded > 0")]).toEqual([3, 27]);
  });

  it("does not count twice for the brake, and lets nothing past it", async () => {
    await addProvider("acme", { many: "yes" });
    await env.DB.prepare(`UPDATE providers SET brake = '{"share":0.66,"min_orders":20}'`).run();
    await addOrders("p0", "acme", 1, 6, young);
    await addOrders("p", "acme", 10_001, 30, young);
    await poison("NEW.panel = 'p0'");
    const run = new World({ PLAN: "free" });
    run.providers.set("acme", canceled);
    await run.run(3);
    expect([await count(isParked), await count("refunded > 0"), await count("hold_reason = 'brake'")]).toEqual([6, 0, 30]);
    const [row] = await rows<{ endings: string }>("SELECT endings FROM providers");
    const endings = JSON.parse(row?.endings ?? "[]") as [number, number, number, string][];
    expect(endings.map(([, ended, badly, panel]) => [ended, badly, panel])).toEqual([[30, 30, "p"]]);
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
