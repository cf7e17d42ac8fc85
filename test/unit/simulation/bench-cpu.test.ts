/** The measurements of CPU do the work that they say they measure; no test looks at a time. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { measureSweepCpu, sweepCpuSteps } from "../../../bench/sweep-cpu.ts";
import { measureUnchanged, unchangedSteps } from "../../../bench/unchanged.ts";

const ROOT = join(import.meta.dirname, "../../..");

it("unchanged orders are taken from answers to nothing to write", async () => {
  let steps = 0;
  const { orders_per_second } = await measureUnchanged(ROOT, 1, () => (steps += 1));
  expect(orders_per_second.median).toBeGreaterThan(0);
  expect(steps).toBe(unchangedSteps(1));
});

it("sweeps are played again from a record of one, and move what they moved", async () => {
  const cases = [
    { plan: "free", news: "unchanged", calls: 1 },
    { plan: "free", news: "changed", calls: 3 },
  ] as const;
  let steps = 0;
  const measured = await measureSweepCpu(ROOT, cases, 1, () => (steps += 1));
  expect(measured.map(({ plan, news, calls }) => ({ plan, news, calls }))).toEqual(cases);
  expect(steps).toBe(sweepCpuSteps(cases));
});
