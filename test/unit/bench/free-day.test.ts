import { describe, expect, it } from "vitest";
import { FREE_DAY, FreePlan } from "../../../bench/day/limits.ts";
import { DAY_MS, lifeFrom, LONGEST_DAYS, momentOf } from "../../../bench/day/lives.ts";
import { Draws } from "../../../simulation/draws.ts";

const MIDNIGHT = Date.UTC(2026, 10, 2);
const ORDERS_A_DAY = 4000;

describe("the lives of a small operator's orders", () => {
  it("leave 20,000 at work, about, where 4,000 come a day", () => {
    const draws = new Draws(1, "lives");
    let active = 0;
    for (let i = 0; i < ORDERS_A_DAY * LONGEST_DAYS; i++) {
      const placedAt = MIDNIGHT - Math.floor((i / ORDERS_A_DAY) * DAY_MS);
      const life = lifeFrom(placedAt, draws.between(10, 3000), draws);
      if ((life.steps.at(-1)?.at ?? 0) > MIDNIGHT) active += 1;
    }
    expect(active).toBeGreaterThan(19_000);
    expect(active).toBeLessThan(21_000);
  });

  it("go from one step to the next in time, and deliver what they say", () => {
    const draws = new Draws(2, "lives");
    for (let i = 0; i < 500; i++) {
      const life = lifeFrom(MIDNIGHT, draws.between(2, 3000), draws);
      const times = life.steps.map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const last = life.steps.at(-1);
      if (last?.status === "completed") expect(last.remains).toBe(0);
      if (last?.status === "partial") expect(last.remains).toBeGreaterThan(0);
    }
  });

  it("begin within the day, most of them after noon", () => {
    const draws = new Draws(3, "lives");
    const hours = Array.from({ length: 2000 }, () => (momentOf(MIDNIGHT, draws) - MIDNIGHT) / (DAY_MS / 24));
    expect(Math.min(...hours)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...hours)).toBeLessThan(24);
    expect(hours.filter((hour) => hour >= 12).length).toBeGreaterThan(1200);
  });
});

describe("the free plan's limits", () => {
  it("are there again at midnight, and count nothing before the day begins", () => {
    let operations = 0;
    const plan = new FreePlan(() => operations);
    plan.billed("SELECT", { read: 10, written: 1 });
    expect(plan.used.rows_read).toBe(0);
    plan.startDay();
    operations += FREE_DAY.queue_operations;
    plan.billed("UPDATE", { read: 1, written: FREE_DAY.rows_written });
    expect([plan.isUsedUp("writes"), plan.isUsedUp("queue"), plan.isUsedUp("database")]).toEqual([true, true, false]);
    plan.startDay();
    expect([plan.isUsedUp("writes"), plan.isUsedUp("queue")]).toEqual([false, false]);
  });

  it("refuse the 51st subrequest of an invocation, and the 51st statement", () => {
    const plan = new FreePlan(() => 0);
    plan.startDay();
    for (let i = 0; i < 50; i++) plan.use("m1", "fetch", 1);
    expect(() => plan.use("m1", "fetch", 1)).toThrow("Too many subrequests");
    plan.use("m2", "database", 50);
    expect(() => plan.use("m2", "database", 1)).toThrow("D1_ERROR");
    expect([...plan.refused.keys()]).toEqual(["subrequests", "statements"]);
  });

  it("refuse invocations beyond the day's requests", () => {
    const plan = new FreePlan(() => 0);
    plan.startDay();
    for (let i = 0; i < FREE_DAY.requests; i++) plan.begin(`r${i}`);
    expect(plan.takesRequests).toBe(false);
  });
});
