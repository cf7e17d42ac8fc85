import { describe, expect, it } from "vitest";
import { type Figures, slotsOf } from "../../../src/domain/figures-report.ts";
import { CURRENCIES_OF_AN_HOUR, hourFiguresOf, MOST_REFUNDED, type ToldChange } from "../../../src/domain/hour-figures.ts";
import { KEPT_HOURS, lagOf, type ProviderHours, withPolledCalls } from "../../../src/domain/provider-hours.ts";
import type { Status } from "../../../src/domain/status.ts";

const HOUR_MS = 3_600_000;
/** The first hour of a UTC day. */
const HOUR = 480_000;
const TODAY = HOUR / 24;

const ended = (was: Status, status: Status, hour = HOUR, panel = "shop"): ToldChange => ({
  kind: "status",
  panel,
  at: hour * HOUR_MS + 5,
  was,
  status,
});
const refund = (amount: string, currency = "USD", hour = HOUR, panel = "shop"): ToldChange => ({
  kind: "refund",
  panel,
  at: hour * HOUR_MS,
  amount,
  currency,
});
const NONE = { completed: 0, partial: 0, canceled: 0, refunded: 0, refunds: 0 };

describe("the figures of an hour", () => {
  it("count each order's first end, by panel and hour", () => {
    const { orders } = hourFiguresOf([
      ended("in_progress", "completed"),
      ended("pending", "canceled"),
      ended("in_progress", "completed", HOUR, "other"),
      ended("in_progress", "refunded", HOUR + 1),
      // What a provider corrects, and what only goes on.
      ended("completed", "partial"),
      ended("pending", "in_progress", HOUR + 2),
    ]);
    expect(orders).toEqual([
      { panel: "shop", hour: HOUR, ...NONE, completed: 1, canceled: 1 },
      { panel: "other", hour: HOUR, ...NONE, completed: 1 },
      { panel: "shop", hour: HOUR + 1, ...NONE, refunded: 1 },
    ]);
  });

  it("add up what was refunded by currency, and what was taken back apart from it", () => {
    const { orders, refunds } = hourFiguresOf([
      refund("0.225"),
      refund("1"),
      refund("-0.5"),
      refund("7", "EUR"),
      refund("2", "USD", HOUR + 1),
    ]);
    expect(orders.map(({ hour, refunds: count }) => [hour, count])).toEqual([
      [HOUR, 3],
      [HOUR + 1, 1],
    ]);
    expect(refunds).toEqual([
      { panel: "shop", hour: HOUR, currency: "USD", refunds: 2, amount: 1_225_000n, takenBack: 500_000n },
      { panel: "shop", hour: HOUR, currency: "EUR", refunds: 1, amount: 7_000_000n, takenBack: 0n },
      { panel: "shop", hour: HOUR + 1, currency: "USD", refunds: 1, amount: 2_000_000n, takenBack: 0n },
    ]);
  });

  it("keep the commonest currencies of a panel that names many, and the sums within what a database adds", () => {
    const names = Array.from({ length: 30 }, (_, i) => `X${String.fromCodePoint(65 + i)}X`);
    const { orders, refunds } = hourFiguresOf([...names.map((name) => refund("1", name)), refund("1", "USD"), refund("1", "USD")]);
    expect(orders[0]?.refunds).toBe(32);
    expect(refunds).toHaveLength(CURRENCIES_OF_AN_HOUR);
    expect(refunds[0]).toMatchObject({ currency: "USD", refunds: 2 });
    const most = hourFiguresOf(Array.from({ length: 40 }, () => refund("9007199254.740991"))).refunds[0];
    expect(most?.amount).toBe(MOST_REFUNDED);
    // A day of such hours fits 64 bits.
    expect(24n * MOST_REFUNDED).toBeLessThan(2n ** 63n);
  });
});

describe("a provider's hours", () => {
  const poll = (hours: ProviderHours, hour: number, calls: number, failedCalls = 0, lateMs: number | null = 0) =>
    withPolledCalls(hours, { calls, failedCalls, lateMs }, hour * HOUR_MS + 1);

  it("count calls, failed ones, and the latest look of each hour", () => {
    const hours = poll(poll(poll(poll([], HOUR, 3), HOUR, 2, 1, 90_400), HOUR, 1, 1, null), HOUR + 2, 5, 5, null);
    expect(hours).toEqual([
      [HOUR, 6, 2, 90],
      [HOUR + 2, 5, 5, null],
    ]);
    expect(poll(hours, HOUR + 2, 0)).toBe(hours);
  });

  it("say how late the latest look of the last two hours was", () => {
    const hours = poll(poll(poll([], HOUR - 5, 1, 0, 900_000), HOUR - 1, 1, 0, 60_000), HOUR, 1, 0, 5000);
    expect(lagOf(hours, HOUR * HOUR_MS + 1)).toBe(60);
    expect(lagOf(hours, (HOUR + 1) * HOUR_MS)).toBe(5);
    expect(lagOf(hours, (HOUR + 2) * HOUR_MS)).toBeNull();
  });

  it("are kept for three days, and those of a clock that ran ahead are dropped", () => {
    const many = Array.from({ length: 200 }, (_, i) => HOUR + i).reduce<ProviderHours>((hours, hour) => poll(hours, hour, 1), []);
    expect([many.length, many[0]?.[0], many.at(-1)?.[0]]).toEqual([KEPT_HOURS, HOUR + 200 - KEPT_HOURS, HOUR + 199]);
    expect(JSON.stringify(many).length).toBeLessThan(1300);
    expect(poll(poll(poll([], HOUR + 1, 7), HOUR + 500, 1), HOUR, 1)).toEqual([[HOUR, 1, 0, 0]]);
    expect(poll(poll([], HOUR + 1, 7), HOUR, 1)).toEqual([
      [HOUR, 1, 0, 0],
      [HOUR + 1, 7, 0, 0],
    ]);
  });
});

describe("a period's slots", () => {
  const order = (slot: number, completed: number, hours = 24) => ({ ...NONE, slot, hours, completed });
  const figures: Figures = {
    orders: [order(TODAY - 3, 7, 3), order(TODAY - 1, 0), order(TODAY, 2, 5)],
    refunds: [{ slot: TODAY, currency: "USD", refunds: 1, amount: 5n, takenBack: 0n }],
    days: [
      { day: TODAY - 3, provider: "acme", calls: 90, failed: 1, lateSeconds: 40 },
      { day: TODAY - 1, provider: "acme", calls: 50, failed: 0, lateSeconds: null },
    ],
    providers: [
      { id: "beta", hours: [[HOUR + 1, 3, 0, 5]] },
      // What was copied of yesterday misses its last poll; the day before it is not all there any more.
      {
        id: "acme",
        hours: [
          [HOUR - 30, 1, 0, 1],
          [HOUR - 2, 51, 2, 8],
          [HOUR, 4, 1, null],
          [HOUR + 1, 5, 0, 9],
        ],
      },
    ],
  };

  it("are days, with gaps where nobody looked, up to the present one", () => {
    const slots = slotsOf(figures, { from: HOUR - 3 * 24, to: HOUR + 48, slotHours: 24, now: HOUR + 1 });
    expect(slots.map(({ slot, orders, refunds, calls }) => [slot, orders?.completed, refunds, calls])).toEqual([
      [TODAY - 3, 7, [], [{ provider: "acme", calls: 90, failed: 1, lateSeconds: 40 }]],
      [TODAY - 2, undefined, null, null],
      [TODAY - 1, 0, [], [{ provider: "acme", calls: 51, failed: 2, lateSeconds: 8 }]],
      [
        TODAY,
        2,
        figures.refunds,
        [
          { provider: "acme", calls: 9, failed: 1, lateSeconds: 9 },
          { provider: "beta", calls: 3, failed: 0, lateSeconds: 5 },
        ],
      ],
    ]);
  });

  it("go on where ticks have run ahead of the clock", () => {
    const slots = slotsOf(figures, { from: HOUR - 24, to: HOUR + 48, slotHours: 24, now: HOUR - 30 });
    expect(slots.map(({ slot, orders }) => [slot, orders?.completed])).toEqual([
      [TODAY - 1, 0],
      [TODAY, 2],
    ]);
  });

  it("are hours, of whose calls nothing is known once they are forgotten", () => {
    const hours = { ...figures, orders: [order(HOUR - KEPT_HOURS, 1, 1), order(HOUR, 3, 1)], refunds: [] };
    const calls = (from: number, to: number) =>
      slotsOf(hours, { from, to, slotHours: 1, now: HOUR }).map((slot) => [slot.slot, slot.orders?.completed, slot.calls?.length]);
    expect(calls(HOUR - 2, HOUR + 9)).toEqual([
      [HOUR - 2, undefined, 1],
      [HOUR - 1, undefined, undefined],
      [HOUR, 3, 1],
    ]);
    expect(calls(HOUR - KEPT_HOURS, HOUR - KEPT_HOURS + 1)).toEqual([[HOUR - KEPT_HOURS, 1, undefined]]);
    expect(calls(HOUR + 5, HOUR + 9)).toEqual([]);
  });
});
