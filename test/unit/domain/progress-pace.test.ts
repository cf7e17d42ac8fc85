import { describe, expect, it } from "vitest";
import { progressStretchOf, stretchedPercent } from "../../../src/domain/progress-pace.ts";
import { reconcile } from "../../../src/domain/reconcile.ts";
import { anOrder, aReport, HOUR, NOW, POLICY } from "./orders.ts";

describe("how far apart progress is written", () => {
  it.each([
    ["free", 0, 0, 1],
    ["free", 8000, 69_999, 1],
    ["free", 16_000, 0, 2],
    ["free", 32_000, 0, 4],
    ["free", 500_000, 0, 4],
    ["free", 0, 70_000, 2],
    ["free", 32_000, 70_000, 8],
    ["free", 0, 85_000, 100],
    ["paid", 500_000, 20_000_000, 1],
    [undefined, 16_000, 0, 2],
  ] as const)("on plan %s, with %d orders and %d rows, is %d times as far", (plan, followed, rowsToday, stretch) => {
    expect(progressStretchOf(plan, { followed, rowsToday })).toBe(stretch);
  });

  it("is a larger share of the quantity, and a longer time", () => {
    const written = (progressStretch: number, remains: number, hours: number) =>
      reconcile(
        anOrder({ placedAt: NOW - 20 * HOUR, cadence: 15, progressAt: NOW - hours * HOUR }),
        aReport({ remains }),
        { ...POLICY, progressPercent: 25, progressStretch },
        NOW,
      ).write;
    expect([25, 50, 250]).toEqual([1, 4, 100].map((stretch) => stretchedPercent(25, stretch)));
    // 600 of 1,000 are on record.
    expect([written(1, 350, 1), written(1, 351, 1), written(1, 599, 2)]).toEqual(["progress", "none", "progress"]);
    expect([written(4, 100, 1), written(4, 101, 1), written(4, 599, 7), written(4, 599, 8)]).toEqual([
      "progress",
      "none",
      "none",
      "progress",
    ]);
    expect(written(100, 1, 20)).toBe("none");
  });

  it("does not keep back a move, an end or a refund", () => {
    const said = { ...aReport({ remains: 250 }), providerStatus: "Partial" };
    const { write, refunds } = reconcile(anOrder(), said, { ...POLICY, progressStretch: 100 }, NOW);
    expect([write, refunds.length]).toEqual(["move", 1]);
  });
});
