import { describe, expect, it } from "vitest";
import { compared } from "../../../bench/cadence/compare.ts";
import { MOST_WRITES, scheduleOf, stretchesOf } from "../../../bench/cadence/learned.ts";
import { type Mix, servicesOf, TODAY } from "../../../bench/cadence/lives.ts";
import {
  freePolicy,
  productPolicy,
  RELAXED_BOUND,
  schedulePolicy,
  seenAtIntervals,
  TODAYS_BOUND,
} from "../../../bench/cadence/policies.ts";

const MIX: Mix = { name: "some", medianMinutes: 80, betweenServices: 2.2, withinService: 0.5 };
const SERVICES = servicesOf(MIX, 20, 20);
const MINUTE = 60_000;

const POLICIES = [
  ["at any moment", freePolicy(0.5)],
  ["within today's bound", schedulePolicy(0.02, TODAYS_BOUND)],
  ["at least every 15 minutes", schedulePolicy(0.02, RELAXED_BOUND)],
  ["as the product does", productPolicy({ learns: true })],
] as const;

describe.each(POLICIES)("looking at orders %s", (_name, policy) => {
  const comparison = compared(SERVICES, policy);

  it("gives the same figures each time", () => {
    expect(compared(servicesOf(MIX, 20, 20), policy)).toEqual(comparison);
  });

  it("is compared with fixed intervals of the same number of looks, and never fewer", () => {
    expect(comparison.fixed.looks).toBeGreaterThanOrEqual(comparison.policy.looks);
    expect(comparison.fixed.looks).toBeLessThanOrEqual(comparison.policy.looks * 1.002);
  });

  it("sees every end, and not before it comes", () => {
    expect(comparison.orders).toBe(400);
    for (const service of SERVICES) for (const order of service.orders) expect(policy(service)(order).delay).toBeGreaterThanOrEqual(0);
  });

  it("writes a cadence by itself four times at most", () => {
    expect(comparison.writes).toBeLessThanOrEqual(MOST_WRITES);
  });
});

describe("a learned schedule", () => {
  it("never waits longer than today's cadence at any age", () => {
    for (const { days } of SERVICES) {
      let from = 0;
      for (const { until, cadence } of scheduleOf(stretchesOf(days), 0.1, TODAYS_BOUND)) {
        for (const age of [from, (from + Math.min(until, 20_000)) / 2]) expect(cadence).toBeLessThanOrEqual(TODAYS_BOUND(age));
        from = until;
      }
    }
  });

  it("looks more often where looks cost less", () => {
    const looksAt = (price: number): number => compared(SERVICES, schedulePolicy(price, TODAYS_BOUND)).policy.looks;
    expect(looksAt(0.003)).toBeGreaterThan(looksAt(0.1));
  });
});

describe("what was learned of a service", () => {
  it("is of orders that ended before today", () => {
    for (const { days } of SERVICES) expect(Math.max(...Object.keys(days).map(Number))).toBeLessThan(TODAY);
  });

  it("has every order end in one of its stretches", () => {
    for (const { days } of SERVICES) expect(stretchesOf(days).reduce((sum, { ends }) => sum + ends, 0)).toBeCloseTo(1, 6);
  });
});

it.each([
  ["at the first look, if it ended before", 1, { looks: 1, delay: 4, writes: 0 }],
  ["at the look that comes next", 7, { looks: 2, delay: 8, writes: 0 }],
  ["at a look of the same moment", 15, { looks: 2, delay: 0, writes: 0 }],
])("fixed intervals see an end %s", (_name, minutes, seen) => {
  const order = SERVICES[0]?.orders[0];
  if (order === undefined) throw new Error("there are orders");
  // Half of the circle: looks at 5, 15, 25 minutes.
  expect(seenAtIntervals({ ...order, placedAt: 0, endedAt: minutes * MINUTE, phase: 32_768 }, 10)).toEqual(seen);
});
