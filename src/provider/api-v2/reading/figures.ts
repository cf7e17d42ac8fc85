/**
 * The numbers in a provider's answer: strings, numbers, with signs, separators and currency signs around them.
 * Whatever cannot be read without a guess is null, because money may depend on it.
 */

import {
  agreed,
  codeOfSign,
  decimalMarkIn,
  firstKnown,
  type Marks,
  marksBeside,
  marksIn,
  marksOf,
  readNumeral,
  UNKNOWN_MARKS,
} from "./numerals.ts";

/** Longest text taken for a number: the largest sums with nine decimals have under 30 characters. */
const MAX_FIGURE_CHARS = 64;
/** Largest power of ten written out; beyond it is no price. */
const MAX_EXPONENT = 40;

const BODY = String.raw`\d[\d.,'\u0020\u00a0\u202f]*|[.,]\d+`;
const COUNT = new RegExp(String.raw`^([+-]?)(${BODY})$`);
/** A currency as it stands beside an amount: a sign, letters with one (`US$`), or a code. */
const SIGN = String.raw`[A-Za-z]{0,3}\p{Sc}`;
const AMOUNT = new RegExp(
  String.raw`^([+-]?)(${SIGN}|[A-Za-z]{3,4}\s|Rp\.?)?\s?([+-]?)(${BODY}?)(?:[eE]([+-]?\d{1,3}))?\s?(${SIGN}|[A-Za-z]{3,4})?$`,
  "u",
);

/**
 * How the numbers of one answer are written, as far as they show it: counts and amounts of money apart, since many servers
 * write the one for people and the other for programs.
 */
export type Writing = { readonly counts: Marks; readonly money: Marks };

/** Worked out when a number needs it, which is seldom. */
export type WritingOf = () => Writing;

const UNKNOWN_WRITING: WritingOf = () => ({ counts: UNKNOWN_MARKS, money: UNKNOWN_MARKS });

/** What counts and amounts that stand in one answer, or in one list, show of how they are written. */
export function writingIn(counts: Iterable<unknown>, money: Iterable<unknown>): Writing {
  const decimals = decimalMarkIn(bodiesIn(money, AMOUNT, 4));
  return {
    counts: firstKnown(marksOf(decimalMarkIn(bodiesIn(counts, COUNT, 2))), marksBeside(decimals)),
    money: marksOf(decimals),
  };
}

function* bodiesIn(values: Iterable<unknown>, pattern: RegExp, group: number): Iterable<string> {
  for (const value of values) {
    if (typeof value !== "string" || value.length > MAX_FIGURE_CHARS) continue;
    const body = pattern.exec(value.trim())?.[group];
    if (body !== undefined) yield body.trim();
  }
}

/**
 * A count of units: a whole number ≥ 0. Below zero reads as 0, since providers report over-delivery so;
 * fractions, words, numbers past 2^53 and what could be two numbers read as null.
 */
export function readCount(value: unknown, writing: WritingOf = UNKNOWN_WRITING): number | null {
  if (typeof value === "number") return wholeOrNull(value);
  if (typeof value !== "string" || value.length > MAX_FIGURE_CHARS) return null;
  const match = COUNT.exec(value.trim());
  if (match === null) return null;
  const [, sign = "", body = ""] = match;
  const numeral = readNumeral(body, () => writing().counts);
  if (sign === "-") return 0;
  if (numeral === null || /[1-9]/.test(numeral.fraction)) return null;
  return wholeOrNull(Number(numeral.whole));
}

/** The units that are left: what has a plus before it is over-delivery, as in `+20`, and nothing is left then. */
export function readRemains(value: unknown, writing: WritingOf = UNKNOWN_WRITING): number | null {
  const count = readCount(value, writing);
  const isOver = typeof value === "string" && value.trim().startsWith("+");
  return isOver && count !== null ? 0 : count;
}

function wholeOrNull(value: number): number | null {
  if (Number.isFinite(value) && value <= 0) return 0;
  return Number.isSafeInteger(value) ? value : null;
}

/**
 * An amount of money as a plain decimal string, digit for digit as it was sent: no exponent, separators or currency sign.
 * Null when it is not a number, or could be two. A minus is kept: balances can be below zero. `currency`: a code, where one
 * stands beside the amount.
 */
export function readDecimal(value: unknown, writing: WritingOf = UNKNOWN_WRITING, currency: string | null = null): string | null {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.length > MAX_FIGURE_CHARS) return null;
  const match = AMOUNT.exec(text.trim());
  if (match === null) return null;
  const [, signBefore = "", currencyBefore = "", signAfter = "", body = "", exponentText, currencyAfter = ""] = match;
  // With an exponent, or as a number, the point is a point.
  const isPlain = exponentText !== undefined || typeof value === "number";
  const own = readCurrency(currencyBefore) ?? readCurrency(currencyAfter) ?? currency;
  const marks = () => (isPlain ? marksOf(".") : agreed(marksIn(own), writing().money));
  const numeral = readNumeral(body.trim(), marks);
  const exponent = Number(exponentText ?? "0");
  if (numeral === null || (signBefore !== "" && signAfter !== "") || Math.abs(exponent) > MAX_EXPONENT) return null;
  const plain = shiftPoint(numeral.whole, numeral.fraction, exponent);
  const negative = (signBefore === "-" || signAfter === "-") && /[1-9]/.test(plain);
  return negative ? `-${plain}` : plain;
}

/** `whole.fraction × 10^exponent` written out by moving the point, which loses nothing. */
function shiftPoint(whole: string, fraction: string, exponent: number): string {
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
  const left = padded.slice(0, Math.max(point, 0)).replace(/^0+(?=\d)/, "");
  const right = padded.slice(Math.max(point, 0));
  return right === "" ? left || "0" : `${left || "0"}.${right}`;
}

/** What stands beside an amount in its text for a currency, read or not; null where nothing does. */
export function currencyBeside(value: unknown): string | null {
  if (typeof value !== "string" || value.length > MAX_FIGURE_CHARS || /^[\d.,]*$/.test(value)) return null;
  const [, , before = "", , , , after = ""] = AMOUNT.exec(value.trim()) ?? [];
  return before.trim() || after || null;
}

/**
 * A currency's code in capitals, 3 to 10 characters of A–Z and 0–9, also for a sign that stands for it alone. Null for anything
 * else: `$`, `¥` and `kr` are several countries'.
 */
export function readCurrency(value: unknown): string | null {
  if (typeof value !== "string" || value.length > MAX_FIGURE_CHARS) return null;
  const code = value.trim().toUpperCase();
  return codeOfSign(code) ?? (/^[A-Z0-9]{3,10}$/.test(code) ? code : null);
}
