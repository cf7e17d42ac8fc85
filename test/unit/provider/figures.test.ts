import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCount, readCurrency, readDecimal, readRemains, writingIn } from "../../../src/provider/api-v2/reading/figures.ts";

describe("a count", () => {
  it.each<[unknown, number | null]>([
    [157, 157],
    ["157", 157],
    [" 157 ", 157],
    ["157.0", 157],
    ["157.", 157],
    [157.0, 157],
    ["+157", 157],
    ["1,234", null],
    ["1.000", null],
    ["1.234.567", 1_234_567],
    ["100.0", 100],
    ["100.00", 100],
    ["1234.000", 1234],
    ["1.234,00", 1234],
    ["1,234,567.00", 1_234_567],
    ["1 234", 1234],
    ["1\u00a0234", 1234],
    ["1'234", 1234],
    ["0", 0],
    ["007", 7],
    [-5, 0],
    ["-5", 0],
    ["-0.5", 0],
    ["-1,234", 0],
    [null, null],
    [undefined, null],
    ["", null],
    ["Unknown", null],
    ["157.5", null],
    [157.5, null],
    ["1.234", null],
    ["1,23", null],
    ["12,34,567", null],
    ["0,278", null],
    ["1e3", null],
    ["0x10", null],
    ["9007199254740993", null],
    [1e21, null],
    [Number.POSITIVE_INFINITY, null],
    [Number.NEGATIVE_INFINITY, null],
    [Number.NaN, null],
    [true, null],
    [[5], null],
    [{ value: 5 }, null],
    ["1".repeat(10_000), null],
  ])("%j reads as %j", (value, count) => {
    expect(readCount(value)).toBe(count);
  });

  it("is a whole number from 0 to 2^53, or null, for any value", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.stringMatching(/^[+-]?[\d,. ]*$/)), (value) => {
        const count = readCount(value);
        expect(count === null || (Number.isSafeInteger(count) && count >= 0)).toBe(true);
      }),
    );
  });
});

describe("an amount", () => {
  it.each<[unknown, string | null]>([
    ["0.27819", "0.27819"],
    ["0.90", "0.90"],
    [0.27819, "0.27819"],
    [0, "0"],
    ["100.84292", "100.84292"],
    ["123456789.123456789", "123456789.123456789"],
    ["$0.03", "0.03"],
    ["0.03$", "0.03"],
    ["0.03 USD", "0.03"],
    ["USD 0.03", "0.03"],
    ["€ 12", "12"],
    ["₹1,234.56", "1234.56"],
    ["1,234.56", "1234.56"],
    ["+0.5", "0.5"],
    [".5", "0.5"],
    ["5.", "5"],
    ["007.50", "7.50"],
    [1e-7, "0.0000001"],
    ["1e-7", "0.0000001"],
    ["1.50E-7", "0.000000150"],
    [1.5e-9, "0.0000000015"],
    ["2.5e3", "2500"],
    ["2.505e1", "25.05"],
    [1e21, "1000000000000000000000"],
    ["-3.20", "-3.20"],
    ["-$3.20", "-3.20"],
    ["$-3.20", "-3.20"],
    ["-0.00", "0.00"],
    ["0,03", "0.03"],
    ["0,278", "0.278"],
    ["12,34", "12.34"],
    ["1.234.567", "1234567"],
    ["1.234.567,5", "1234567.5"],
    ["1234.567", "1234.567"],
    ["1.000", null],
    ["1,250", null],
    ["$12.000", null],
    ["12.000 ₫", "12000"],
    ["VND 12.000", "12000"],
    ["¥12.000", null],
    ["Rp 5.000", "5000"],
    ["Rp50.000", "50000"],
    ["5.000 IDR", "5000"],
    ["R$12,50", "12.50"],
    ["US$0.03", "0.03"],
    ["5 USDT", "5"],
    ["1,23,4", null],
    ["--5", null],
    ["+$-5", null],
    ["", null],
    [".", null],
    ["$", null],
    ["free", null],
    ["1e99", null],
    ["1e999", null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [null, null],
    [true, null],
    [[1], null],
    ["9".repeat(10_000), null],
  ])("%j reads as %j", (value, amount) => {
    expect(readDecimal(value)).toBe(amount);
  });

  it("of any finite number is that number, written without an exponent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }), (value) => {
        const amount = readDecimal(value);
        // Below 10^-40 is no price, and null.
        const expected = amount === null ? 0 : Number(amount);
        expect(amount ?? "0").toMatch(/^-?\d+(\.\d+)?$/);
        expect(Math.abs(expected - value)).toBeLessThanOrEqual(amount === null ? 1e-39 : 0);
      }),
    );
  });

  it("given in plain form is kept digit for digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.stringMatching(/^\d{1,9}$/), (whole, fraction) => {
        fc.pre(fraction.length !== 3 || whole === 0n || whole > 999n);
        expect(readDecimal(`${whole}.${fraction}`)).toBe(`${whole}.${fraction}`);
      }),
    );
  });
});

describe("a dot or comma before three digits", () => {
  const counts =
    (...texts: string[]) =>
    () =>
      writingIn(texts, []);
  const money =
    (...texts: string[]) =>
    () =>
      writingIn([], texts);

  it("is read by its neighbours of the same kind", () => {
    expect(readDecimal("1,250", money("2,5", "1,250", "0,90"))).toBe("1.250");
    expect(readDecimal("1,250", money("1,250", "0.90"))).toBe("1250");
    expect(readCount("1.000", counts("1.000", "1.500.000"))).toBe(1000);
    expect(readCount("1.000", counts("250.5"))).toBe(1);
  });

  it("stays open where they disagree, or say nothing", () => {
    expect(readDecimal("1,250", money("2,5", "0.90"))).toBeNull();
    expect(readCount("1.000", counts("50.000", "100"))).toBeNull();
  });

  it("of a count parts groups where amounts beside it use the other mark, and stays open where they use the same", () => {
    expect(readCount("1,234", money("0.27819"))).toBe(1234);
    expect(readCount("1.000", money("0.27819"))).toBeNull();
  });

  it("is never read in another way than one that its text allows", () => {
    const figure = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.constantFrom(".", ","), fc.integer({ min: 0, max: 999 }));
    fc.assert(
      fc.property(figure, fc.array(fc.constantFrom("0.5", "0,5", "1.234.567", "7", "x")), ([before, mark, after], others) => {
        const text = `${before}${mark}${String(after).padStart(3, "0")}`;
        const value = readDecimal(text, money(text, ...others));
        const digits = String(after).padStart(3, "0");
        expect([null, `${before}.${digits}`, `${before}${digits}`]).toContain(value);
        if (others.every((other) => !/[.,]/.test(other))) expect(value).toBeNull();
      }),
    );
  });
});

describe("what is left", () => {
  it.each([
    ["+20", 0],
    ["+1,234.0", 0],
    ["20", 20],
    ["-3", 0],
    ["+x", null],
  ] as const)("%j is %j", (value, left) => {
    expect(readRemains(value)).toBe(left);
  });
});

describe("a currency", () => {
  it.each<[unknown, string | null]>([
    ["USD", "USD"],
    [" usd ", "USD"],
    ["USDT20", "USDT20"],
    ["$", null],
    ["US Dollar", null],
    ["AB", null],
    ["ABCDEFGHIJK", null],
    ["", null],
    [null, null],
    [840, null],
  ])("%j reads as %j", (value, currency) => {
    expect(readCurrency(value)).toBe(currency);
  });
});
