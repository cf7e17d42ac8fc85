import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type PhaseRange,
  phaseRangesDue,
  CADENCES,
  type VirtualClock,
  fittingSlowdown,
  nextMinuteDue,
  PHASES,
  phaseOf,
  atPace,
} from "../../../src/domain/poll-pacing.ts";

const minute = fc.integer({ min: 29_000_000, max: 31_000_000 });
const phase = fc.integer({ min: 0, max: PHASES - 1 });
const cadence = fc.constantFrom(...CADENCES);
const clock: fc.Arbitrary<VirtualClock> = fc.record({
  minute,
  position: fc.integer({ min: 0, max: 40_000_000_000 }),
  slowdownPercent: fc.integer({ min: 100, max: 5000 }),
});

function isDue(arcs: readonly PhaseRange[], of: number, at: number): boolean {
  return arcs.some((arc) => arc.cadence === of && arc.from <= at && at < arc.to);
}

describe("phases", () => {
  it("never repeat within 65,536 orders, and fill the circle evenly over any run", () => {
    expect(new Set(Array.from({ length: PHASES }, (_, n) => phaseOf(n + 5))).size).toBe(PHASES);
    for (const count of [60, 360, 1000, 5000]) {
      const slots = Array.from({ length: 60 }, () => 0);
      for (let n = 1; n <= count; n++) {
        const slot = Math.floor((phaseOf(n + 777) * 60) / PHASES);
        slots[slot] = (slots[slot] ?? 0) + 1;
      }
      expect(Math.max(...slots) - Math.min(...slots)).toBeLessThanOrEqual(4);
    }
  });
});

describe("what is due", () => {
  it("is every order exactly once in each cadence's time, on the wall's clock", () => {
    fc.assert(
      fc.property(minute, cadence, phase, (start, of, at) => {
        const times = Array.from({ length: of }, (_, i) => isDue(phaseRangesDue(null, start + i, start + i), of, at)).filter(Boolean);
        expect(times).toHaveLength(1);
      }),
    );
  });

  it("of several minutes is what was due in each of them", () => {
    fc.assert(
      fc.property(clock, minute, fc.integer({ min: 1, max: 15 }), cadence, phase, (ticking, start, count, of, at) => {
        const each = Array.from({ length: count }, (_, i) => phaseRangesDue(ticking, start + i, start + i)).flat();
        expect(isDue(phaseRangesDue(ticking, start, start + count - 1), of, at)).toBe(isDue(each, of, at));
      }),
    );
  });

  it("never names a stretch twice", () => {
    fc.assert(
      fc.property(clock, minute, fc.integer({ min: 0, max: 14 }), phase, cadence, (ticking, start, more, at, of) => {
        expect(
          phaseRangesDue(ticking, start, start + more).filter((arc) => arc.cadence === of && arc.from <= at && at < arc.to).length,
        ).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("comes round evenly stretched when a provider's clock is slow, also when its pace changes", () => {
    fc.assert(
      fc.property(
        minute,
        fc.constantFrom(1, 5, 15),
        phase,
        fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 100, max: 1000 })), { minLength: 1, maxLength: 6 }),
        (start, of, at, paces) => {
          let ticking: VirtualClock = { minute: start, position: start * 1000, slowdownPercent: 100 };
          let now = start;
          let since = 0;
          let slowest = 100;
          for (const [minutes, slowdownPercent] of paces) {
            ticking = atPace(ticking, now, slowdownPercent);
            slowest = Math.max(slowest, slowdownPercent);
            for (const until = now + minutes; now < until; now++) {
              since = isDue(phaseRangesDue(ticking, now, now), of, at) ? 0 : since + 1;
              expect(since).toBeLessThanOrEqual(Math.ceil((of * slowest) / 100) + 1);
            }
          }
        },
      ),
    );
  });
});

describe("nextMinuteDue", () => {
  it("is the next minute in which the order is due", () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(null), clock), minute, cadence, phase, (ticking, now, of, at) => {
        fc.pre(now >= (ticking?.minute ?? 0));
        const next = nextMinuteDue(ticking, of, at, now);
        // A stretched clock's steps are rounded down, so that the minute before or after may be the one.
        const slack = (ticking?.slowdownPercent ?? 100) === 100 ? 0 : 1;
        expect(next).toBeGreaterThanOrEqual(now);
        expect(isDue(phaseRangesDue(ticking, next - slack, next + slack), of, at)).toBe(true);
        if (slack === 0 && next > now) expect(isDue(phaseRangesDue(ticking, now, next - 1), of, at)).toBe(false);
      }),
    );
  });
});

describe("fittingSlowdown", () => {
  it.each([
    ["stays normal with room to spare", 100, { minutes: 1, wanted: 5, budget: 60, exceeded: false, more: false }, 100],
    ["stretches at once to what was needed", 100, { minutes: 1, wanted: 120, budget: 60, exceeded: true, more: false }, 223],
    ["doubles while the need is not known", 300, { minutes: 1, wanted: 61, budget: 60, exceeded: true, more: true }, 600],
    ["comes back slowly", 600, { minutes: 1, wanted: 27, budget: 60, exceeded: false, more: false }, 540],
    [
      "comes back by as much for each minute that was made up",
      600,
      { minutes: 4, wanted: 6, budget: 60, exceeded: false, more: false },
      393,
    ],
    [
      "comes back no further than what made-up minutes needed",
      600,
      { minutes: 4, wanted: 45, budget: 60, exceeded: false, more: false },
      500,
    ],
    [
      "is no slower for minutes that were made up than they needed",
      300,
      { minutes: 5, wanted: 61, budget: 60, exceeded: true, more: true },
      339,
    ],
    ["never quickens past normal", 105, { minutes: 1, wanted: 1, budget: 60, exceeded: false, more: false }, 100],
  ])("%s", (_name, stretch, load, fitting) => {
    expect(fittingSlowdown(stretch, load)).toBe(fitting);
  });
});
