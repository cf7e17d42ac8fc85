/** Amounts are decimal strings with up to 6 decimals; sums are worked out in whole micro-units. */
const SCALE = 1_000_000n;

export function microsOf(amount: string): bigint {
  const [, sign = "", whole = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(amount) ?? [];
  const micros = BigInt(whole) * SCALE + BigInt(fraction.padEnd(6, "0"));
  return sign === "-" ? -micros : micros;
}

export function amountOf(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  const fraction = String(size % SCALE)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${micros < 0n ? "-" : ""}${size / SCALE}${fraction === "" ? "" : `.${fraction}`}`;
}

/** What somebody typed as an amount; null where it is none above zero. A comma is taken for the point. */
export function typedAmount(text: string): string | null {
  const plain = text.trim().replace(",", ".");
  return /^\d{1,10}(\.\d{1,6})?$/.test(plain) && microsOf(plain) > 0n ? amountOf(microsOf(plain)) : null;
}

/** The same, for a form: what is no amount is said there. */
export function amountIn(text = ""): string {
  const amount = typedAmount(text);
  if (amount === null) throw new Error("That is no amount: up to 10 digits, and 6 after a point.");
  return amount;
}

export type Sum = { readonly currency: string; readonly micros: bigint; readonly count: number };

/** A sum for each currency, the largest number of amounts first. */
export function sumsOf(amounts: readonly { readonly amount: string | null; readonly currency: string }[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { amount, currency } of amounts) {
    const { micros, count } = sums.get(currency) ?? { micros: 0n, count: 0 };
    sums.set(currency, { currency, micros: micros + microsOf(amount ?? "0"), count: count + 1 });
  }
  return [...sums.values()].toSorted((a, b) => b.count - a.count);
}

const numbers = new Intl.NumberFormat("en");

/** `12,400`. */
export function countText(count: number): string {
  return numbers.format(count);
}
