import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkedAt, type BucketKey, latenessOf, type PolledRange, rangeOf, withRange } from "../../../src/domain/poll-coverage.ts";

const CADENCE = 5;
const edge = fc.integer({ min: 0, max: 40 });
const stretch = fc.tuple(edge, edge, fc.integer({ min: 1, max: 12 })).filter(([a, b]) => a !== b);
const start = (phase: number): BucketKey => [phase, "", 0];

function rangeFor([a, b, readAt]: readonly [number, number, number], cadence: 1 | 5 = CADENCE): PolledRange {
  return { cadence, after: start(Math.min(a, b)), upTo: start(Math.max(a, b)), readAt, askedAt: readAt };
}

describe("polled ranges", () => {
  it("say of each order the latest poll that covered it, in whatever order they were laid", () => {
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 40 }), (stretches, phase) => {
        const key: BucketKey = [phase, "p", 1];
        const coverage = stretches.map((s) => rangeFor(s)).reduce<PolledRange[]>(withRange, []);
        const covering = stretches.filter(([a, b]) => Math.min(a, b) <= phase && phase < Math.max(a, b)).map(([, , readAt]) => readAt);
        expect(rangeOf(coverage, CADENCE, key)?.readAt ?? null).toBe(covering.length === 0 ? null : Math.max(...covering));
      }),
      { numRuns: 500 },
    );
  });

  it("keep cadences apart", () => {
    const coverage = [rangeFor([0, 9, 3]), rangeFor([0, 9, 7], 1)].reduce<PolledRange[]>(withRange, []);
    expect(rangeOf(coverage, 5, [4, "p", 1])?.readAt).toBe(3);
    expect(rangeOf(coverage, 1, [4, "p", 1])?.readAt).toBe(7);
  });

  it("tell orders of one phase apart by panel and number", () => {
    const coverage = withRange([], { cadence: 5, after: [4, "a", 7], upTo: [4, "b", 2], readAt: 1, askedAt: 1 });
    const covered = (
      [
        ["a", 7],
        ["a", 8],
        ["b", 2],
        ["b", 3],
      ] as const
    ).map(([panel, n]) => rangeOf(coverage, 5, [4, panel, n]) !== null);
    expect(covered).toEqual([false, true, true, false]);
  });

  it("stay few, and never become fresher than the truth for it", () => {
    const laid = Array.from({ length: 2000 }, (_, i) => ({ ...rangeFor([i, i + 1, 1 + ((i * 7919) % 997)]), cadence: 5 as const }));
    const coverage = laid.reduce<PolledRange[]>(withRange, []);
    expect(coverage.length).toBeLessThanOrEqual(600);
    for (const { after, readAt } of laid) expect(rangeOf(coverage, 5, [after[0], "p", 1])?.readAt ?? 0).toBeLessThanOrEqual(readAt);
  });
});

describe("checkedAt", () => {
  const at = 1_000_000;
  const range = rangeFor([0, 9, at]);

  it.each([
    ["the range, when it is surely later than the order's last write", { polledAt: 1, updatedAt: at - 60_000, found: true }, range, at],
    ["the order's own poll, when its last write is later", { polledAt: at + 5, updatedAt: at + 5, found: true }, range, at + 5],
    [
      "the order's own poll, when the write may not have been committed as the range's list was read",
      { polledAt: 7, updatedAt: at - 1000, found: true },
      range,
      7,
    ],
    ["the order's own poll, while the provider does not know it", { polledAt: 7, updatedAt: 7, found: false }, range, 7],
    ["never, for an order just registered", { polledAt: null, updatedAt: at, found: true }, range, null],
    ["the order's own poll, where nothing else is known", { polledAt: 7, updatedAt: 7, found: true }, null, 7],
  ])("is %s", (_name, order, by, expected) => {
    expect(checkedAt({ ...order, cadence: CADENCE, key: [4, "p", 1] }, by === null ? [] : [by])).toBe(expected);
  });
});

describe("lateness", () => {
  const MINUTE_MS = 60_000;
  const at = 10_000_000;
  const range = rangeFor([0, 9, at]);
  const order = (changes: object = {}) => ({ cadence: CADENCE, key: [4, "p", 1] as const, polledAt: 1, updatedAt: 2, ...changes }) as const;
  const after = (minutes: number) => at + minutes * MINUTE_MS;

  it.each([
    ["nothing, at the order's turn", [order()], 5, 0],
    ["nothing, before its turn", [order()], 3, 0],
    ["what is beyond its cadence", [order()], 12, 7],
    ["the latest of some", [order(), order({ polledAt: after(-2), updatedAt: after(-2), key: [20, "p", 1] })], 12, 9],
    ["counted from the order's own poll, where it was written with it", [order({ polledAt: after(1), updatedAt: after(1) })], 12, 6],
    ["not known of an order that somebody has written since", [order({ updatedAt: after(1) })], 12, null],
    ["not known of one that nothing covers", [order({ key: [20, "p", 1] })], 12, null],
    ["not known of one that is not followed", [order({ cadence: null })], 12, null],
  ])("is %s", (_name, orders, minutes, late) => {
    expect(latenessOf(orders, [range], after(minutes))).toBe(late === null ? null : late * MINUTE_MS);
  });
});
