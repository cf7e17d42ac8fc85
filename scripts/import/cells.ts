/** The cells of a file as values of an order. What could be read in two ways is refused: a guess would be somebody's money. */
import { type AmountProblem, formatAmount, parseAmount } from "../../src/domain/money.ts";
import { fail, ok, type Result } from "../../src/domain/result.ts";

/** A value, or what is wrong with the cell, as words that go on after the field's name. */
export type Read<T> = Result<T, string>;

export type MoneyStyle = { /** `0,90` is nine tenths. */ readonly decimalComma: boolean };

const AMOUNT_WORDING: Readonly<Record<AmountProblem, string>> = {
  not_a_decimal: "is not a plain decimal number such as 0.90",
  too_many_decimals: "has more than 6 decimals, and amounts are not rounded here: round it in the export",
  too_large: "is more than can be kept exactly",
};

/** As databases write what has no value: nothing, `NULL`, and `\N` in files of MySQL. */
export function cleanCell(cell: string | undefined): string {
  const text = (cell ?? "").trim();
  return text === "NULL" || text === "\\N" ? "" : text;
}

/** An amount as the shortest decimal text, with every digit that the cell has. */
export function readMoney(cell: string, style: MoneyStyle): Read<string> {
  const plain = readDecimal(cell, style);
  if (!plain.ok) return plain;
  const parsed = parseAmount(plain.value);
  return parsed.ok ? ok(formatAmount(parsed.micros)) : fail(`${quoted(cell)} ${AMOUNT_WORDING[parsed.problem]}`);
}

/** A provider's price: it has up to 9 decimals, more than money has here. */
export function readPrice(cell: string, style: MoneyStyle): Read<string> {
  const plain = readDecimal(cell, style);
  if (!plain.ok || /^\d{1,15}(\.\d{1,9})?$/.test(plain.value)) return plain;
  return fail(`${quoted(cell)} is not a plain decimal number with at most 9 decimals`);
}

/** Digits with at most one point, by text alone: no value here is ever a float. */
function readDecimal(cell: string, { decimalComma }: MoneyStyle): Read<string> {
  if (/[^\d.,eE+\-\s']/.test(cell)) {
    return fail(`${quoted(cell)} is not a plain number; leave currency signs out, the currency is a field of its own`);
  }
  if (cell.startsWith("-")) return fail(`${quoted(cell)} is below zero`);
  if (cell.includes(",")) {
    if (!decimalComma) return fail(`${quoted(cell)} has a comma: write 1234.50, or say --decimal-comma if 0,90 is nine tenths`);
    if (cell.includes(".") || cell.indexOf(",") !== cell.lastIndexOf(",")) {
      return fail(`${quoted(cell)} has several separators: write 1234,50`);
    }
  } else if (decimalComma && cell.includes(".")) {
    return fail(`${quoted(cell)} has a point, and --decimal-comma says that the comma is the decimal mark`);
  }
  const text = expandExponent(cell.replace(",", "."));
  return /^\d+(\.\d+)?$/.test(text) ? ok(text) : fail(`${quoted(cell)} is not a plain decimal number such as 0.90`);
}

/** MySQL writes small DOUBLEs as `2e-05`: the same digits with the point moved. What is no such number comes back as it is. */
function expandExponent(text: string): string {
  const match = /^(\d{1,20})(?:\.(\d{1,20}))?[eE]([+-]?\d{1,2})$/.exec(text);
  if (match === null) return text;
  const [, whole = "", decimals = "", exponent = ""] = match;
  const digits = whole + decimals;
  const point = whole.length + Number(exponent);
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  return at >= padded.length ? padded : `${padded.slice(0, at)}.${padded.slice(at)}`;
}

/** A whole number; DOUBLE columns may end in `.0`. Three zeros after a mark may as well be thousands. */
export function readWhole(cell: string, { decimalComma }: MoneyStyle): Read<number> {
  const [, thousands] = /^([1-9]\d{0,2})[.,]000$/.exec(cell) ?? [];
  if (thousands !== undefined) return fail(`${quoted(cell)} may be ${thousands} or ${thousands}000: write it without a mark`);
  const match = (decimalComma ? /^(\d{1,15})(?:,0*)?$/ : /^(\d{1,15})(?:\.0*)?$/).exec(cell);
  return match === null ? fail(`${quoted(cell)} is not a whole number`) : ok(Number(match[1]));
}

const MAX_QUOTED_CHARACTERS = 60;

/** A cell as it may be printed: on one line, short, and without characters that a terminal would act on. */
export function quoted(cell: string): string {
  return JSON.stringify(plainText(cell, MAX_QUOTED_CHARACTERS));
}

/** Text of others without what a terminal acts on: controls, and marks that turn the direction of writing. */
export function plainText(text: string, maxCharacters: number): string {
  const shown = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
}
