import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAmount, largestRemainsWithin, MAX_AMOUNT_MICROS, parseAmount, undeliveredShare } from "../../../src/domain/money.ts";

const amount = fc.integer({ min: 0, max: MAX_AMOUNT_MICROS });
const orderOf = fc
  .record({ charge: amount, quantity: fc.integer({ min: 1, max: 2_147_483_647 }) })
  .chain(({ charge, quantity }) =>
    fc.record({ charge: fc.constant(charge), quantity: fc.constant(quantity), remains: fc.integer({ min: 0, max: quantity }) }),
  );

describe("parseAmount", () => {
  it.each([
    ["0", 0],
    ["0.9", 900_000],
    ["0.27819", 278_190],
    ["0.00002", 20],
    ["0.000001", 1],
    ["12.500000000", 12_500_000],
    ["007.10", 7_100_000],
    ["9007199254.740991", MAX_AMOUNT_MICROS],
  ])("reads %s", (text, micros) => {
    expect(parseAmount(text)).toEqual({ ok: true, micros });
  });

  it.each([
    ["", "not_a_decimal"],
    ["-1", "not_a_decimal"],
    ["+1", "not_a_decimal"],
    ["1e3", "not_a_decimal"],
    ["1,000", "not_a_decimal"],
    [".5", "not_a_decimal"],
    ["5.", "not_a_decimal"],
    [" 1", "not_a_decimal"],
    ["１", "not_a_decimal"],
    ["0.0000001", "too_many_decimals"],
    ["9007199254.740992", "too_large"],
    ["999999999999999999999", "too_large"],
  ])("refuses %s as %s", (text, problem) => {
    expect(parseAmount(text)).toEqual({ ok: false, problem });
  });

  it("reads back whatever formatAmount writes", () => {
    fc.assert(
      fc.property(amount, (micros) => {
        expect(parseAmount(formatAmount(micros))).toEqual({ ok: true, micros });
      }),
    );
  });
});

describe("formatAmount", () => {
  it.each([
    [0, "0"],
    [900_000, "0.9"],
    [1, "0.000001"],
    [1_000_000, "1"],
    [-225_000, "-0.225"],
  ])("writes %d as %s", (micros, text) => {
    expect(formatAmount(micros)).toBe(text);
  });
});

describe("undeliveredShare", () => {
  it.each([
    ["1,000 at 0.90, 250 left", 900_000, 1000, 250, 225_000],
    ["500 ordered, 200 delivered: three fifths", 1_000_000, 500, 300, 600_000],
    ["1,000 at 0.27819, 157 left", 278_190, 1000, 157, 43_676],
    ["10 at 0.00002, 3 left", 20, 10, 3, 6],
  ])("%s", (_name, charge, quantity, remains, share) => {
    expect(undeliveredShare(charge, quantity, remains)).toBe(share);
  });

  it("lies between 0 and the charge, and leaves the customer the floor of what was delivered", () => {
    fc.assert(
      fc.property(orderOf, ({ charge, quantity, remains }) => {
        const share = undeliveredShare(charge, quantity, remains);
        expect(Number.isSafeInteger(share) && share >= 0 && share <= charge).toBe(true);
        expect(BigInt(charge - share)).toBe((BigInt(charge) * BigInt(quantity - remains)) / BigInt(quantity));
      }),
    );
  });

  it("never falls when more is left", () => {
    fc.assert(
      fc.property(orderOf, ({ charge, quantity, remains }) => {
        fc.pre(remains > 0);
        expect(undeliveredShare(charge, quantity, remains)).toBeGreaterThanOrEqual(undeliveredShare(charge, quantity, remains - 1));
      }),
    );
  });
});

describe("largestRemainsWithin", () => {
  it("is the largest whole number whose share does not exceed the amount", () => {
    fc.assert(
      fc.property(orderOf, fc.double({ min: 0, max: 1, noNaN: true }), ({ charge, quantity }, part) => {
        fc.pre(charge > 0);
        const granted = Math.floor(charge * part);
        const remains = largestRemainsWithin(granted, charge, quantity);
        expect(undeliveredShare(charge, quantity, remains)).toBeLessThanOrEqual(granted);
        if (remains < quantity) expect(undeliveredShare(charge, quantity, remains + 1)).toBeGreaterThan(granted);
      }),
    );
  });

  it("gives back the remains a refund was worked out from, where the charge is fine enough to tell units apart", () => {
    expect(largestRemainsWithin(225_000, 900_000, 1000)).toBe(250);
    expect(largestRemainsWithin(43_676, 278_190, 1000)).toBe(157);
    expect(largestRemainsWithin(900_000, 900_000, 1000)).toBe(1000);
  });
});
