import { describe, expect, it } from "vitest";
import {
  figuresOf,
  KEPT_DAYS,
  learnedWindows,
  qualityOf,
  type ServiceDays,
  type StatusStep,
  withSteps,
} from "../../../src/domain/service-history.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const TODAY = 20_000;
const dayOf = (at: number): number => Math.floor(at / DAY_MS);
const at = (day: number, minutes: number): number => day * DAY_MS + minutes * MINUTE_MS;

/** Steps of an order that starts and ends so many minutes after it was placed. */
function life(day: number, startMinutes: number, endMinutes: number, end: StatusStep["status"] = "completed"): StatusStep[] {
  const placedAt = at(day, 0);
  return [
    { was: "pending", status: "processing", placedAt, at: placedAt },
    { was: "processing", status: "in_progress", placedAt, at: placedAt + startMinutes * MINUTE_MS },
    { was: "in_progress", status: end, placedAt, at: placedAt + endMinutes * MINUTE_MS },
  ];
}

const many = (count: number, steps: StatusStep[]): StatusStep[] => Array.from({ length: count }, () => steps).flat();
const made = (...steps: StatusStep[]): ServiceDays => withSteps({}, steps, dayOf);

describe("a service's history", () => {
  it("counts each order's start and first end once", () => {
    const days = made(
      ...life(TODAY, 4, 30),
      // What the provider corrects afterwards.
      { was: "completed", status: "partial", placedAt: at(TODAY, 0), at: at(TODAY, 60) },
      ...life(TODAY, 4, 30, "canceled"),
      ...life(TODAY, 4, 30, "refunded"),
    );
    expect(figuresOf([days], TODAY, TODAY + 1)).toEqual({
      orders: 3,
      partial: 0,
      canceled: 2,
      start: { medianMinutes: 5, p90Minutes: 5 },
      end: { medianMinutes: 40, p90Minutes: 40 },
    });
  });

  it("is the same in whatever parts it is made", () => {
    const steps = [...life(TODAY, 1, 2), ...life(TODAY + 1, 700, 1300, "partial"), ...life(TODAY, 90_000, 90_001)];
    for (let cut = 0; cut <= steps.length; cut++)
      expect(withSteps(made(...steps.slice(0, cut)), steps.slice(cut), dayOf)).toEqual(made(...steps));
  });

  it("has nothing of days that are none of the period's, and keeps no more than it may", () => {
    const days = made(...life(TODAY, 4, 30), ...life(TODAY + 1, 4, 30));
    expect(figuresOf([days, days], TODAY + 1, TODAY + 2).orders).toBe(2);
    expect(figuresOf([days], TODAY - 5, TODAY)).toEqual({ orders: 0, partial: 0, canceled: 0, start: null, end: null });
    const kept = Object.keys(withSteps(days, life(TODAY + KEPT_DAYS, 1, 2), dayOf));
    expect(kept).toEqual([String(TODAY + 1), String(TODAY + KEPT_DAYS)]);
  });

  it("says nothing of how long what takes over 17,000 minutes takes", () => {
    expect(figuresOf([made(...life(TODAY, 20_000, 20_001))], TODAY, TODAY + 30)).toMatchObject({ orders: 1, end: null });
  });
});

describe("what is learned", () => {
  it("are windows that nine of ten orders kept to, once twenty have ended", () => {
    const steps = [...many(18, life(TODAY, 35, 50)), ...many(2, life(TODAY, 400, 900))];
    expect(learnedWindows(made(...steps.slice(0, -3)), TODAY)).toEqual({ startMs: null, durationMs: null });
    expect(learnedWindows(made(...steps), TODAY)).toEqual({ startMs: 40 * MINUTE_MS, durationMs: 20 * MINUTE_MS });
    // A month later it is forgotten.
    expect(learnedWindows(made(...steps), TODAY + 31)).toEqual({ startMs: null, durationMs: null });
  });

  it("is never shorter than a quarter of an hour", () => {
    expect(learnedWindows(made(...many(20, life(TODAY, 0, 1))), TODAY)).toEqual({ startMs: 15 * MINUTE_MS, durationMs: 15 * MINUTE_MS });
  });

  it.each([
    [9, 9, null],
    [10, 4, { bad: 4, of: 10 }],
    [10, 3, null],
    [50, 20, { bad: 20, of: 50 }],
  ])("of %i orders %i that ended badly", (of, bad, expected) => {
    const days = made(...many(bad, life(TODAY, 1, 2, "partial")), ...many(of - bad, life(TODAY, 1, 2)));
    expect(qualityOf(days, TODAY)).toEqual(expected);
    expect(qualityOf(days, TODAY + 2)).toBeNull();
  });
});
