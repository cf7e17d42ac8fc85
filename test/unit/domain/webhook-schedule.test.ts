import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GIVEN_UP_AFTER_MS, isGivenUp, nextAttemptAt, NO_JITTER, retryDelayMs } from "../../../src/domain/webhook-schedule.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PLANNED = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 4 * HOUR, 4 * HOUR];

describe("the schedule of attempts", () => {
  it.each(PLANNED.map((delay, i) => [i + 1, delay] as const))(
    "after failed attempt %i waits %i ms, a fifth more or less",
    (attempt, delay) => {
      expect(retryDelayMs(attempt, NO_JITTER)).toBe(delay);
      expect(retryDelayMs(attempt, 0)).toBe(delay * 0.8);
      expect(retryDelayMs(attempt, 1)).toBe(delay * 1.2);
    },
  );

  it("on a clock of its own: so many attempts in five days, and then none", () => {
    for (const jitter of [0, NO_JITTER, 1]) {
      let now = 1_000_000;
      const failingSince = now;
      const attempts = [now];
      while (!isGivenUp(failingSince, now)) {
        now = nextAttemptAt({ attempt: attempts.length, at: now, retryAfterSeconds: null }, jitter);
        attempts.push(now);
      }
      expect(now - failingSince).toBeGreaterThanOrEqual(GIVEN_UP_AFTER_MS);
      expect(now - failingSince).toBeLessThan(GIVEN_UP_AFTER_MS + 4.8 * HOUR);
      expect(attempts.length).toBeGreaterThan(30);
      expect(attempts.length).toBeLessThan(50);
    }
    expect(GIVEN_UP_AFTER_MS).toBe(5 * DAY);
  });

  it("is never before what Retry-After asks, nor before its own time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.option(fc.integer({ min: 0, max: 3600 })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, retryAfterSeconds, jitter) => {
          const wait = nextAttemptAt({ attempt, at: 0, retryAfterSeconds }, jitter);
          expect(wait).toBeGreaterThanOrEqual((retryAfterSeconds ?? 0) * SECOND);
          expect(wait).toBeGreaterThanOrEqual(retryDelayMs(attempt, jitter));
          expect(wait).toBeLessThanOrEqual(Math.max((retryAfterSeconds ?? 0) * SECOND, 4.8 * HOUR));
        },
      ),
    );
  });
});
