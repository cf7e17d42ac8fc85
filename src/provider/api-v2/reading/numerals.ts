/**
 * How a number is written. One dot or comma before exactly three digits can stand before decimals or between groups of
 * three: such a text is read only where something else shows which, and never by a guess, because money depends on it.
 */

export type Mark = "." | ",";

/** What a mark before three digits is, where that is known. */
export type Marks = Readonly<Record<Mark, "decimals" | "groups" | null>>;

export const UNKNOWN_MARKS: Marks = { ".": null, ",": null };
/** A currency without cents has no decimals, so that both marks part groups. */
const NO_DECIMALS: Marks = { ".": "groups", ",": "groups" };

/** A number as it was written: its digits before and behind the point. */
export type Numeral = { readonly whole: string; readonly fraction: string };

const GAPS = " '\u00a0\u202f";
const GROUPED_BY: Readonly<Record<"." | "," | "gaps", RegExp>> = {
  ".": /^[1-9]\d{0,2}(?:\.\d{3})+$/,
  ",": /^[1-9]\d{0,2}(?:,\d{3})+$/,
  gaps: new RegExp(`^[1-9]\\d{0,2}(?:[${GAPS}]\\d{3})+$`),
};
const DIGITS = /^\d*$/;

type Written =
  | { readonly kind: "known"; readonly numeral: Numeral; readonly decimals: Mark | null }
  | { readonly kind: "ambiguous"; readonly mark: Mark; readonly before: string; readonly after: string }
  | { readonly kind: "none" };

const NONE: Written = { kind: "none" };

/**
 * Digits with marks between them, without sign or currency. Null for what is no number, or could be two. `marks` is asked
 * for only where the text itself does not tell.
 */
export function readNumeral(text: string, marks: () => Marks): Numeral | null {
  const written = writtenAs(text);
  if (written.kind === "none") return null;
  if (written.kind === "known") return written.numeral;
  const { mark, before, after } = written;
  switch (marks()[mark]) {
    case "decimals":
      return { whole: before, fraction: after };
    case "groups":
      return { whole: before + after, fraction: "" };
    case null:
      return null;
  }
}

/** Which mark stands before decimals in some numbers that are written alike; null where none of them shows it, or they differ. */
export function decimalMarkIn(texts: Iterable<string>): Mark | null {
  let found: Mark | null = null;
  for (const text of texts) {
    const written = writtenAs(text);
    if (written.kind !== "known" || written.decimals === null) continue;
    if (found !== null && found !== written.decimals) return null;
    found = written.decimals;
  }
  return found;
}

/** What a decimal mark says of numbers of its own kind. */
export function marksOf(decimals: Mark | null): Marks {
  if (decimals === null) return UNKNOWN_MARKS;
  return decimals === "." ? { ".": "decimals", ",": "groups" } : { ".": "groups", ",": "decimals" };
}

/**
 * What amounts of money say of counts beside them: the other mark parts groups there, since it is not for decimals. The
 * same mark is left open: `0.90` beside `1.000` units is usual where both mean what they say.
 */
export function marksBeside(decimals: Mark | null): Marks {
  if (decimals === null) return UNKNOWN_MARKS;
  return decimals === "." ? { ".": null, ",": "groups" } : { ".": "groups", ",": null };
}

/** Signs that stand for one currency alone, in capitals. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ...([
    ["₫", "VND"],
    ["₩", "KRW"],
    ["₲", "PYG"],
    ["₹", "INR"],
    ["€", "EUR"],
    ["£", "GBP"],
    ["₺", "TRY"],
    ["₽", "RUB"],
  ] as const),
  ...([
    ["₴", "UAH"],
    ["₦", "NGN"],
    ["฿", "THB"],
    ["₱", "PHP"],
    ["₪", "ILS"],
    ["₸", "KZT"],
    ["৳", "BDT"],
    ["₵", "GHS"],
  ] as const),
  ...([
    ["US$", "USD"],
    ["R$", "BRL"],
    ["A$", "AUD"],
    ["AU$", "AUD"],
    ["CA$", "CAD"],
    ["HK$", "HKD"],
    ["NT$", "TWD"],
  ] as const),
  ...([
    ["RP", "IDR"],
    ["RP.", "IDR"],
  ] as const),
]);

/** The code of a currency's sign, given in capitals; null for what is no sign, or one of several currencies. */
export function codeOfSign(sign: string): string | null {
  return SIGNS.get(sign) ?? null;
}

/** Nobody writes cents of these any more, though there are some. */
const WITHOUT_CENTS: ReadonlySet<string> = new Set(["IDR", "COP", "IRT"]);

/** What a currency says of amounts in it, by its code: those without cents are written without decimals. */
export function marksIn(currency: string | null): Marks {
  const code = currency ?? "";
  return WITHOUT_CENTS.has(code) || (/^[A-Z]{3}$/.test(code) && decimalsOf(code) === 0) ? NO_DECIMALS : UNKNOWN_MARKS;
}

function decimalsOf(code: string): number | undefined {
  return new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions().maximumFractionDigits;
}

/** The first of some opinions that knows. */
export function firstKnown(...opinions: readonly Marks[]): Marks {
  const of = (mark: Mark) => opinions.map((marks) => marks[mark]).find((meaning) => meaning !== null) ?? null;
  return { ".": of("."), ",": of(",") };
}

/** Two opinions that do not contradict each other; what they say each other's opposite of is not known. */
export function agreed(one: Marks, other: Marks): Marks {
  const of = (mark: Mark) => (one[mark] !== null && other[mark] !== null && one[mark] !== other[mark] ? null : (one[mark] ?? other[mark]));
  return { ".": of("."), ",": of(",") };
}

function writtenAs(text: string): Written {
  const [dots, commas] = [countOf(text, "."), countOf(text, ",")];
  if (dots > 0 && commas > 0) return withBoth(text);
  if (dots === 0 && commas === 0) return withoutMarks(text);
  const mark: Mark = dots > 0 ? "." : ",";
  if (dots + commas > 1) return GROUPED_BY[mark].test(text) ? known(text, "", mark === "." ? "," : ".") : NONE;
  return withOne(text, mark);
}

/** The last of two different marks stands before the decimals, and the other one parts the groups. */
function withBoth(text: string): Written {
  const decimals: Mark = text.lastIndexOf(".") > text.lastIndexOf(",") ? "." : ",";
  const groups: Mark = decimals === "." ? "," : ".";
  const [whole = "", fraction = "", ...more] = text.split(decimals);
  if (more.length > 0 || !GROUPED_BY[groups].test(whole) || !DIGITS.test(fraction)) return NONE;
  return known(whole, fraction, decimals);
}

function withoutMarks(text: string): Written {
  return (text !== "" && DIGITS.test(text)) || GROUPED_BY.gaps.test(text) ? known(text, "", null) : NONE;
}

function withOne(text: string, mark: Mark): Written {
  const [before = "", after = ""] = text.split(mark);
  const isGrouped = GROUPED_BY.gaps.test(before);
  if (!(isGrouped || DIGITS.test(before)) || !DIGITS.test(after) || before + after === "") return NONE;
  if (after === "") return mark === "." ? known(before, "", null) : NONE;
  // No group is that long, and none begins with a zero.
  const canBeGroups = after.length === 3 && /^[1-9]\d{0,2}$/.test(before);
  return canBeGroups ? { kind: "ambiguous", mark, before, after } : known(before, after, mark);
}

function known(whole: string, fraction: string, decimals: Mark | null): Written {
  return { kind: "known", numeral: { whole: whole.replace(/\D/g, ""), fraction }, decimals };
}

function countOf(text: string, mark: Mark): number {
  let count = 0;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) count += 1;
  return count;
}
