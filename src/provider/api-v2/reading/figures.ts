/**
 * The numbers in a provider's answer: strings, numbers, with signs, separators and currency signs around them.
 * Whatever cannot be read without a guess is null, because money may depend on it.
 */

/** Longest text taken for a number: the largest sums with nine decimals have under 30 characters. */
const MAX_FIGURE_CHARS = 64;
/** Largest power of ten written out; beyond it is no price. */
const MAX_EXPONENT = 40;

/** Groups of three need a first digit other than 0, so that the decimal comma of `0,278` is not taken for one. */
const WHOLE = String.raw`[1-9]\d{0,2}(?:[,'\u0020\u00a0\u202f]\d{3})+|\d+`;
const COUNT = new RegExp(String.raw`^([+-]?)(${WHOLE})(?:\.(\d*))?$`);
const AMOUNT = new RegExp(
  String.raw`^([+-]?)(?:\p{Sc}|[A-Za-z]{3}\s)?\s?([+-]?)(${WHOLE})?(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?\s?(?:\p{Sc}|[A-Za-z]{3})?$`,
  "u",
);
const SEPARATORS = /\D/g;

/**
 * A count of units: a whole number ≥ 0. Below zero reads as 0, since providers report over-delivery so;
 * fractions, words and numbers past 2^53 read as null.
 */
export function readCount(value: unknown): number | null {
  if (typeof value === "number") return wholeOrNull(value);
  if (typeof value !== "string" || value.length > MAX_FIGURE_CHARS) return null;
  const match = COUNT.exec(value.trim());
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = ""] = match;
  if (sign === "-") return 0;
  if (/[1-9]/.test(fraction)) return null;
  return wholeOrNull(Number(whole.replace(SEPARATORS, "")));
}

function wholeOrNull(value: number): number | null {
  if (Number.isFinite(value) && value <= 0) return 0;
  return Number.isSafeInteger(value) ? value : null;
}

/**
 * An amount of money as a plain decimal string, digit for digit as it was sent: no exponent, separators or currency sign.
 * Null when it is not a number. A minus is kept: balances can be below zero.
 */
export function readDecimal(value: unknown): string | null {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.length > MAX_FIGURE_CHARS) return null;
  const match = AMOUNT.exec(text.trim());
  if (match === null) return null;
  const [, signBefore = "", signAfter = "", grouped = "", fraction = "", exponentText = "0"] = match;
  const whole = grouped.replace(SEPARATORS, "");
  const exponent = Number(exponentText);
  if ((whole === "" && fraction === "") || (signBefore !== "" && signAfter !== "") || Math.abs(exponent) > MAX_EXPONENT) return null;
  const plain = shiftPoint(whole, fraction, exponent);
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

/** A currency code in capitals, 3 to 10 characters of A–Z and 0–9; null for anything else, signs included. */
export function readCurrency(value: unknown): string | null {
  if (typeof value !== "string" || value.length > MAX_FIGURE_CHARS) return null;
  const code = value.trim().toUpperCase();
  return /^[A-Z0-9]{3,10}$/.test(code) ? code : null;
}
