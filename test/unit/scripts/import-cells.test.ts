import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAmount } from "../../../src/domain/money.ts";
import { cleanCell, plainText, readMoney, readPrice, readWhole } from "../../../scripts/import/cells.ts";
import { momentReader } from "../../../scripts/import/moments.ts";
import { parseStatusWords, readStatus } from "../../../scripts/import/statuses.ts";

const POINT = { decimalComma: false };
const COMMA = { decimalComma: true };

describe("an amount in a cell", () => {
  it.each([
    ["0.90", "0.9"],
    ["1234.50", "1234.5"],
    ["7", "7"],
    ["0.278190", "0.27819"],
    ["0.2781900000", "0.27819"],
    ["0.000001", "0.000001"],
    ["9007199254.740991", "9007199254.740991"],
    // As MySQL writes DOUBLE columns.
    ["2e-05", "0.00002"],
    ["1.5e-05", "0.000015"],
    ["1.5e+03", "1500"],
    ["1.25e1", "12.5"],
    ["1e0", "1"],
  ])("%s is %s", (cell, amount) => {
    expect(readMoney(cell, POINT)).toEqual({ ok: true, value: amount });
  });

  it.each([
    ["1,234.50", "has a comma"],
    ["0,90", "has a comma"],
    ["1,234", "has a comma"],
    ["$0.90", "currency signs"],
    ["0.90 USD", "currency signs"],
    ["€1", "currency signs"],
    ["1 234.50", "not a plain decimal"],
    ["1'234.50", "not a plain decimal"],
    ["-0.90", "below zero"],
    ["+0.90", "not a plain decimal"],
    [".9", "not a plain decimal"],
    ["1.2.3", "not a plain decimal"],
    ["0.30000000000000004", "more than 6 decimals"],
    ["1e-07", "more than 6 decimals"],
    ["1e20", "more than can be kept"],
    ["9007199254.740992", "more than can be kept"],
    ["٣", "currency signs"],
    ["free", "currency signs"],
  ])("%s is refused: %s", (cell, reason) => {
    expect(readMoney(cell, POINT)).toEqual({ ok: false, failure: expect.stringContaining(reason) as string });
  });

  it("with a decimal comma is read where only one mark can be meant", () => {
    expect(readMoney("0,90", COMMA)).toEqual({ ok: true, value: "0.9" });
    expect(readMoney("12", COMMA)).toEqual({ ok: true, value: "12" });
    for (const cell of ["1.234,50", "1,234,50", "0.90"]) expect(readMoney(cell, COMMA).ok).toBe(false);
  });

  it("comes back with every digit, however it is written", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 9007199254740991n }), fc.integer({ min: -6, max: 9 }), (micros, shift) => {
        const amount = formatAmount(micros);
        expect(readMoney(amount, POINT)).toEqual({ ok: true, value: amount });
        expect(readMoney(amount.replace(".", ","), COMMA)).toEqual({ ok: true, value: amount });
        const scaled = `${micros}e${shift - 6}`;
        const whole = micros * 10n ** BigInt(Math.max(shift, 0));
        if (shift >= 0)
          expect(readMoney(scaled, POINT)).toEqual(
            whole <= 9007199254740991n ? { ok: true, value: formatAmount(whole) } : expect.objectContaining({ ok: false }),
          );
      }),
    );
  });

  it("of a provider may have nine decimals", () => {
    expect(readPrice("0.000000001", POINT)).toEqual({ ok: true, value: "0.000000001" });
    expect(readPrice("1e-09", POINT)).toEqual({ ok: true, value: "0.000000001" });
    expect(readPrice("0.0000000001", POINT).ok).toBe(false);
  });
});

describe("other cells", () => {
  it("are empty where the database has nothing", () => {
    for (const cell of ["", "  ", "NULL", "\\N", undefined]) expect(cleanCell(cell)).toBe("");
    expect(cleanCell("\u00a0 x ")).toBe("x");
  });

  it("are whole numbers, also as DOUBLE columns write them", () => {
    for (const cell of ["1000", "1000.", "1000.00", "1000.000"]) expect(readWhole(cell, POINT)).toEqual({ ok: true, value: 1000 });
    for (const cell of ["1000", "1000,00"]) expect(readWhole(cell, COMMA)).toEqual({ ok: true, value: 1000 });
    expect(readWhole("0.000", POINT)).toEqual({ ok: true, value: 0 });
    for (const cell of ["1000.5", "-1", "1e3", "ten", "1,00", "1.000.000"]) expect(readWhole(cell, POINT).ok).toBe(false);
    for (const cell of ["1000.0", "1000,5", "1.000.000"]) expect(readWhole(cell, COMMA).ok).toBe(false);
  });

  it("are not guessed where a mark may stand between thousands", () => {
    for (const style of [POINT, COMMA]) {
      for (const cell of ["1.000", "1,000", "12.000", "100.000"]) {
        expect(readWhole(cell, style)).toEqual({ ok: false, failure: expect.stringContaining("000: write it without a mark") as string });
      }
    }
  });

  it("reach a terminal without what it acts on", () => {
    expect(plainText("a\u001b[31mb\u202ec\r\nd", 20)).toBe("a [31mb c  d");
    expect(plainText("abcdef", 3)).toBe("abc…");
  });
});

describe("a time in a cell", () => {
  it.each([
    ["UTC", "2026-01-31 12:00:00", "2026-01-31T12:00:00.000Z"],
    ["UTC", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["Europe/Istanbul", "2026-01-31T12:00:00.5+01:00", "2026-01-31T11:00:00.500Z"],
    ["Europe/Istanbul", "2026-01-31 12:00:00+03", "2026-01-31T09:00:00.000Z"],
    ["UTC", "2026-01-31T12:00:00-0530", "2026-01-31T17:30:00.000Z"],
    ["Europe/Istanbul", "2026-01-31 12:00:00", "2026-01-31T09:00:00.000Z"],
    ["Asia/Kolkata", "2026-01-31 12:00", "2026-01-31T06:30:00.000Z"],
    ["America/New_York", "2026-01-31 23:30:00", "2026-02-01T04:30:00.000Z"],
    ["America/New_York", "2026-07-01 12:00:00", "2026-07-01T16:00:00.000Z"],
    // Half past two does not come in the night of the change to summer time, and comes twice in the other.
    ["Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T01:30:00.000Z"],
    ["Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T00:30:00.000Z"],
    ["Europe/Berlin", "2026-10-25 03:30:00", "2026-10-25T02:30:00.000Z"],
    ["UTC", "2026-01-31", "2026-01-31T00:00:00.000Z"],
    ["UTC", "0000-00-00 00:00:00", null],
  ])("of %s: %s is %s", (timezone, cell, moment) => {
    expect(momentReader(timezone)?.(cell)).toEqual({ ok: true, value: moment });
  });

  it.each([
    "31.01.2026 12:00",
    "01/02/2026",
    "1769860800",
    "2026-02-30 12:00:00",
    "2026-13-01",
    "2026-01-01 25:00:00",
    "2026-01-01T12:00:00+99:99",
    "2026-01-01T12:00:00+05:60",
    "yesterday",
  ])("%s is refused", (cell) => {
    expect(momentReader("UTC")?.(cell).ok).toBe(false);
  });

  it("needs a zone that exists", () => {
    expect(momentReader("Mars/Olympus")).toBeNull();
  });
});

describe("a status in a cell", () => {
  it.each([
    ["In progress", "in_progress"],
    ["inprogress", "in_progress"],
    ["AWAITING", "pending"],
    ["Cancelled", "canceled"],
    ["fail", "error"],
    ["active", "processing"],
  ])("%s is %s", (word, status) => {
    expect(readStatus(word, {})).toEqual({ ok: true, value: status });
  });

  it("that is a number, or a word nobody knows, is not guessed", () => {
    expect(readStatus("2", {})).toEqual({ ok: false, failure: expect.stringContaining("--statuses 2=") as string });
    expect(readStatus("hold", {})).toEqual({ ok: false, failure: expect.stringContaining('--statuses "hold=') as string });
  });

  it("is what the user says it is", () => {
    const words = parseStatusWords([
      ["2", "completed"],
      ["On Hold", "In progress"],
      ["canceled", "partial"],
    ]);
    if (!words.ok) throw new Error(words.failure);
    expect(["2", "on hold", "Canceled"].map((word) => readStatus(word, words.value))).toEqual(
      ["completed", "in_progress", "partial"].map((value) => ({ ok: true, value })),
    );
    expect(parseStatusWords([["2", "done"]])).toEqual({
      ok: false,
      failure: expect.stringContaining('"done" is not one of pending') as string,
    });
  });
});
