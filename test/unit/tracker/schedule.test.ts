import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allowedAt, FRESH_PACE, type Heard, type Pace, planNext, planRepeat, spend } from "../../../tracker/schedule.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 28);

type Asked = { readonly atMs: number; readonly result: Heard["result"] };

/** Asks for some hours as the tracker does, every answer coming at once; `online`: when the network comes back, in their order. */
function watch(hours: number, hear: (index: number) => Heard, chance: () => number = () => 0, online: readonly number[] = []): Asked[] {
  const asked: Asked[] = [];
  let pace: Pace = FRESH_PACE;
  for (let now = START; now < START + hours * HOUR_MS;) {
    pace = spend(pace, now);
    const heard = hear(asked.length);
    asked.push({ atMs: now, result: heard.result });
    const next = planNext(pace, heard, now, chance());
    pace = next.pace;
    const lastMs = now;
    now = next.atMs;
    for (const backMs of online) if (backMs > lastMs && backMs < now) now = planRepeat(pace, now, backMs, chance());
  }
  return asked;
}

/** The most requests in any hour, both of its ends looked at. */
function mostInAnHour(asked: readonly Asked[]): number {
  return Math.max(0, ...asked.map(({ atMs }) => asked.filter((other) => other.atMs >= atMs && other.atMs < atMs + HOUR_MS).length));
}

/** The most requests in any hour in which nothing came that was new; the one that brought the last news is before it. */
function mostInAStillHour(asked: readonly Asked[]): number {
  let most = 0;
  for (let from = 0; from < asked.length; from += 1) {
    const hour = asked.slice(from).filter(({ atMs }) => atMs < (asked[from]?.atMs ?? 0) + HOUR_MS);
    const still = hour.findIndex(({ result }) => result === "news");
    most = Math.max(most, still < 0 ? hour.length : still);
  }
  return most;
}

const heardOf = (result: Heard["result"], seconds: number): Heard => ({ result, atLeastMs: seconds * SECOND_MS });

describe("an hour of watching", () => {
  test.each([1, 5, 17, 30, 60])("makes at most 60 requests while the order moves, with a max-age of %i s", (maxAge) => {
    const asked = watch(3, () => heardOf("news", maxAge));
    expect(mostInAnHour(asked)).toBeLessThanOrEqual(60);
    // Moving orders are followed, all the same.
    expect(asked.length).toBeGreaterThan(3 * 45);
  });

  test.each([1, 5, 17, 30, 60])("makes at most 12 from the moment it is opened where nothing moves, with a max-age of %i s", (maxAge) => {
    const asked = watch(3, (index) => heardOf(index === 0 ? "news" : "nothing_new", maxAge));
    expect(asked.filter(({ atMs }) => atMs < START + HOUR_MS)).toHaveLength(12);
    expect(mostInAStillHour(asked)).toBeLessThanOrEqual(12);
  });

  test("makes at most 12 while every request fails", () => {
    expect(mostInAnHour(watch(3, () => heardOf("failed", 0)))).toBeLessThanOrEqual(12);
  });

  test.each([5, 60, 300])("makes at most 12 while every request fails and the network comes back every %i s", (seconds) => {
    const online = Array.from({ length: (3 * 3600) / seconds }, (_, index) => START + (index + 1) * seconds * SECOND_MS);
    const asked = watch(
      3,
      () => heardOf("failed", 0),
      () => 0,
      online,
    );
    expect(mostInAnHour(asked)).toBeLessThanOrEqual(12);
    // Nor is the rest of the hour given up for it.
    expect(asked.length).toBeGreaterThan(3 * 8);
  });

  test("keeps both budgets whatever comes", () => {
    const heard = fc.record({
      result: fc.constantFrom("news" as const, "nothing_new" as const, "nothing_new" as const, "failed" as const),
      atLeastMs: fc.integer({ min: 0, max: 60_000 }),
    });
    const times = fc.array(fc.integer({ min: 1, max: 4 * 3600 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(heard, { minLength: 1, maxLength: 120 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        times,
        (all, chance, back) => {
          const asked = watch(
            4,
            (index) => all[index % all.length] ?? heardOf("news", 1),
            () => chance,
            back.toSorted((a, b) => a - b).map((second) => START + second * SECOND_MS),
          );
          expect(mostInAnHour(asked)).toBeLessThanOrEqual(60);
          expect(mostInAStillHour(asked)).toBeLessThanOrEqual(12);
        },
      ),
    );
  });
});

describe("the next request", () => {
  const pace = spend(FRESH_PACE, START);
  const waitAfter = (from: Pace, heard: Heard, chance = 0): number => planNext(from, heard, START, chance).atMs - START;

  test("comes when max-age has ended, while there is news", () => {
    expect(waitAfter(pace, heardOf("news", 20))).toBe(21_000);
  });

  test("comes later and later while there is none, and soon again once there is", () => {
    const waits: number[] = [];
    let at = { pace, atMs: START };
    for (let times = 0; times < 5; times += 1) {
      const next = planNext(at.pace, heardOf("nothing_new", 5), at.atMs, 0);
      waits.push((next.atMs - at.atMs) / SECOND_MS);
      at = next;
    }
    expect(waits).toEqual([60, 120, 240, 400, 400]);
    expect(planNext(at.pace, heardOf("news", 5), at.atMs, 0).atMs - at.atMs).toBe(6000);
  });

  test("never comes before a Retry-After has ended", () => {
    expect(waitAfter(pace, heardOf("failed", 900), 1)).toBeGreaterThanOrEqual(900_000);
  });

  test("is spread by chance after a failure, so that not all pages come at once", () => {
    expect(waitAfter(pace, heardOf("failed", 0), 0)).toBe(60_000);
    expect(waitAfter(pace, heardOf("failed", 0), 1)).toBe(90_000);
  });

  test("waits for the budget once a dozen came quickly", () => {
    let spent = FRESH_PACE;
    for (let times = 0; times < 11; times += 1) spent = spend(spent, START);
    expect(allowedAt(spent)).toBeLessThanOrEqual(START);
    expect(allowedAt(spend(spent, START))).toBe(START + 75_000);
  });
});

describe("the network that comes back", () => {
  const failedAt = (nowMs: number, seconds = 0): { readonly pace: Pace; readonly atMs: number } =>
    planNext(spend(FRESH_PACE, nowMs), heardOf("failed", seconds), nowMs, 0);

  test.each([0, 0.5, 1])("brings the repetition of a failed request within 3 s, with chance %d", (chance) => {
    const { pace, atMs } = failedAt(START);
    const backMs = START + 20 * SECOND_MS;
    expect(planRepeat(pace, atMs, backMs, chance) - backMs).toBe(1000 + chance * 2000);
  });

  test("never brings one later than it was planned", () => {
    const { pace, atMs } = failedAt(START);
    expect(planRepeat(pace, atMs, atMs - 500, 1)).toBe(atMs);
  });

  test("never brings one before a Retry-After has ended", () => {
    const { pace, atMs } = failedAt(START, 900);
    expect(planRepeat(pace, atMs, START + SECOND_MS, 0)).toBe(START + 900_000);
  });

  test("changes nothing where the last request was answered", () => {
    for (const result of ["news", "nothing_new"] as const) {
      const { pace, atMs } = planNext(spend(FRESH_PACE, START), heardOf(result, 30), START, 0);
      expect(planRepeat(pace, atMs, START + SECOND_MS, 0)).toBe(atMs);
    }
    expect(planRepeat(FRESH_PACE, START + 50, START, 0)).toBe(START + 50);
  });
});
