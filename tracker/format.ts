/** Figures, amounts and times as a language writes them. */

export type Formats = {
  readonly count: (count: number) => string;
  /** A share from 0 to 1, rounded down: what is not complete is no 100 percent. */
  readonly share: (share: number) => string;
  /** A decimal string, to the last digit. */
  readonly amount: (amount: string, currency: string) => string;
  readonly time: (iso: string) => string;
};

const formatsByLocale = new Map<string, Formats>();

/** Of a language tag; one that the browser does not know is written as English. */
export function formatsIn(locale: string): Formats {
  let formats = formatsByLocale.get(locale);
  if (formats === undefined) formatsByLocale.set(locale, (formats = makeFormats(knownOr(locale))));
  return formats;
}

function knownOr(locale: string): string {
  try {
    return new Intl.Locale(locale).toString();
  } catch {
    return "en";
  }
}

function makeFormats(locale: string): Formats {
  const counts = new Intl.NumberFormat(locale);
  const shares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0, roundingMode: "floor" });
  const times = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  return {
    count: (count) => counts.format(count),
    share: (share) => shares.format(share),
    amount: (amount, currency) => amountIn(locale, amount, currency),
    time: (iso) => times.format(new Date(iso)),
  };
}

/** Some languages put these around a sign; the card sets the direction itself. */
const DIRECTION_MARKS = /[\u200e\u200f\u061c]/g;

/** Panels may have currencies that are none in the world; those are written beside the figure. */
function amountIn(locale: string, amount: string, currency: string): string {
  const isWorldly = /^[A-Z]{3}$/.test(currency);
  const format = new Intl.NumberFormat(locale, {
    maximumFractionDigits: 6,
    ...(isWorldly && { style: "currency", currency, currencyDisplay: "narrowSymbol" }),
  });
  // As text: a number would lose digits.
  const figure = format.format(amount as Intl.StringNumericLiteral).replaceAll(DIRECTION_MARKS, "");
  return isWorldly ? figure : `${figure} ${currency}`;
}
