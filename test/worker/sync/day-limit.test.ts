/**
 * The free plan's day is used up: polling stops without using up the rest, says so, and goes on after midnight.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clear, migrate, MINUTE_MS, NOW, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider } from "../world/records.ts";
import { World } from "../world/world.ts";

const ROWS =
  "D1_ERROR: Your account has exceeded D1's free tier daily row write limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC).";
const OPERATIONS = "Queue sendBatch failed: Too Many Requests (10253)";

let writes = true;

/** The real database, which takes no writes while `writes` is off. */
const limited = {
  prepare: (sql: string) => statement(env.DB.prepare(sql), sql),
  batch: async (statements: readonly { readonly inner: D1PreparedStatement; readonly sql: string }[]) => {
    for (const { sql } of statements) refuse(sql);
    return env.DB.batch(statements.map(({ inner }) => inner));
  },
} as unknown as D1Database;

function statement(inner: D1PreparedStatement, sql: string): unknown {
  const run = async () => {
    refuse(sql);
    return inner.all();
  };
  return { inner, sql, bind: (...values: unknown[]) => statement(inner.bind(...values), sql), all: run, run };
}

function refuse(sql: string): void {
  if (!writes && !/^\s*(?:SELECT|WITH)\b/.test(sql)) throw new Error(ROWS);
}

let run: World;

beforeAll(async () => {
  await migrate();
  await addPanel("p");
});

beforeEach(async () => {
  await clear();
  writes = true;
  run = new World({ DB: limited });
  await addProvider("acme", { many: "yes" });
  await addOrders("p", "acme", 1, 3, { cadence: 1 });
  run.providers.set(
    "acme",
    answeringEach(() => inProgress(500)),
  );
});

describe("a database that takes no more rows today", () => {
  it("has ticks send nothing but for the first, and what was due is made up the next day", async () => {
    await run.run(2);
    writes = false;
    const before = run.sent.length;
    for (let minute = 0; minute < 6; minute++) {
      await run.tick();
      run.now += MINUTE_MS;
    }
    expect(run.sent.length - before).toBe(1);
    expect(run.eventsOf("tick.day_used_up")).toHaveLength(6);
    expect(run.eventsOf("tick.day_used_up").at(-1)).toMatchObject({ used_up: "rows" });
    writes = true;
    run.sent.length = 0;
    await run.tick();
    expect(run.sent).toMatchObject([{ kind: "sweep", minutes: 7 }]);
    await run.deliver(run.sent[0]);
    expect(await rows("SELECT DISTINCT remains FROM orders")).toEqual([{ remains: 500 }]);
  });

  it("has them send nothing either where a clock was put back meanwhile", async () => {
    await run.run(2);
    writes = false;
    run.sent.length = 0;
    run.now -= 90 * MINUTE_MS;
    for (let minute = 0; minute < 3; minute++) {
      await run.tick();
      run.now += MINUTE_MS;
    }
    expect(run.sent).toEqual([]);
    expect(run.eventsOf("tick.clock_was_ahead")).toHaveLength(3);
  });

  it("has them send nothing either before any minute was remembered", async () => {
    writes = false;
    for (let minute = 0; minute < 3; minute++) {
      await run.tick();
      run.now += MINUTE_MS;
    }
    expect(run.sent).toEqual([]);
    expect(run.eventsOf("tick.day_used_up")).toHaveLength(3);
  });

  it("has sweeps given up, which ticks send anew, and checks put off until after midnight", async () => {
    await run.tick();
    writes = false;
    expect(await run.deliver(run.sent[0])).toBe("ack");
    const check = { v: 1, kind: "check", orders: [["p", 1]] };
    expect(await run.deliver(check)).toBe("retry");
    expect(run.eventsOf("message.day_used_up")).toMatchObject([{ kind: "sweep" }, { kind: "check" }]);
    expect(run.eventsOf("message.failed")).toEqual([]);
    writes = true;
    run.now = (Math.floor(NOW / 86_400_000) + 1) * 86_400_000;
    expect(await run.deliver(check, 2)).toBe("ack");
    expect(await rows("SELECT n FROM orders WHERE remains = 500")).toEqual([{ n: 1 }]);
  });
});

it("a queue that takes no more operations today is told of, and the minute is made up", async () => {
  await run.run(1);
  const send = run.env.SWEEPS.sendBatch.bind(run.env.SWEEPS);
  run.env.SWEEPS.sendBatch = async () => {
    throw new Error(OPERATIONS);
  };
  await run.tick();
  expect(run.eventsOf("tick.day_used_up")).toMatchObject([{ used_up: "queue" }]);
  run.env.SWEEPS.sendBatch = send;
  run.sent.length = 0;
  run.now += MINUTE_MS;
  await run.tick();
  expect(run.sent).toMatchObject([{ kind: "sweep", minutes: 2 }]);
});

it("a sweep that cannot hand on for that comes again, and does its own page", async () => {
  await clear();
  await addProvider("single", { many: "no" });
  await addOrders("p", "single", 100, 30, { cadence: 1 });
  await run.tick();
  const [sweep] = run.sent;
  run.env.SWEEPS.sendBatch = async () => {
    throw new Error(OPERATIONS);
  };
  expect(await run.deliver(sweep)).toBe("retry");
  expect(run.calls).toEqual([]);
  expect(await run.deliver(sweep, 2)).toBe("ack");
  expect(run.calls.length).toBeGreaterThan(0);
});

it("any other error of a tick is thrown, so that the platform counts it as failed", async () => {
  await run.run(1);
  run.env.SWEEPS.sendBatch = async () => {
    throw new Error("Queue sendBatch failed: Internal Server Error");
  };
  await expect(run.tick()).rejects.toThrow("Internal Server Error");
});
