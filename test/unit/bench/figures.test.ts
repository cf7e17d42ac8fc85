import { describe, expect, it } from "vitest";
import { ratioOf, spreadOf } from "../../../bench/figures.ts";

describe("figures of several repetitions", () => {
  it.each([
    ["one", [7], { median: 7, least: 7, most: 7 }],
    ["an odd number", [9, 1, 4], { median: 4, least: 1, most: 9 }],
    ["an even number: between the middle two", [10, 2, 4, 8], { median: 6, least: 2, most: 10 }],
    ["sorted as numbers", [10, 9, 100], { median: 10, least: 9, most: 100 }],
  ])("%s", (_name, figures, spread) => {
    expect(spreadOf(figures)).toEqual(spread);
  });

  it("none are refused", () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe("the ratio of two figures", () => {
  it("is worked out within each repetition: a slow one that slowed both does not show", () => {
    expect(ratioOf([10, 5, 20], [100, 50, 200])).toEqual({ median: 0.1, least: 0.1, most: 0.1 });
  });

  it("needs a partner for each figure", () => {
    expect(() => ratioOf([1, 2], [1])).toThrow(RangeError);
  });
});
