/**
 * What providers charge panels: decimal strings with more decimals than customers' money has here. Worked with as
 * whole numbers of 1e-12, so that nothing is rounded on the way; amounts of customers fit in as well.
 */

const DECIMALS = 12;
const PER_UNIT = 10n ** BigInt(DECIMALS);
const PER_MICRO = 10n ** 6n;

/** Reads a decimal string; digits past the twelfth decimal are cut. Null for what is none, and for one below zero. */
export function parsePrice(text: string): bigint | null {
  const match = /^(\d{1,64})(?:\.(\d{1,64}))?$/.exec(text);
  if (match === null) return null;
  return BigInt((match[1] ?? "") + (match[2] ?? "").slice(0, DECIMALS).padEnd(DECIMALS, "0"));
}

/** Customers' money as a price. */
export function priceOfMicros(micros: bigint): bigint {
  return micros * PER_MICRO;
}

/** The shortest decimal string: "0.27819". */
export function formatPrice(price: bigint): string {
  const digits = (price < 0n ? -price : price).toString().padStart(DECIMALS + 1, "0");
  const decimals = digits.slice(-DECIMALS).replace(/0+$/, "");
  return `${price < 0n ? "-" : ""}${digits.slice(0, -DECIMALS)}${decimals === "" ? "" : `.${decimals}`}`;
}

/** The price of `units` out of `quantity`, rounded down to 1e-12. Needs quantity > 0. */
export function shareOf(price: bigint, units: number, quantity: number): bigint {
  return (price * BigInt(units)) / BigInt(quantity);
}

/** A price in another currency, rounded to 1e-12, halves up. */
export function convertPrice(price: bigint, rate: bigint): bigint {
  const product = price * rate;
  const half = PER_UNIT / 2n;
  return product < 0n ? -((-product + half) / PER_UNIT) : (product + half) / PER_UNIT;
}

/** Prices are told in whole cents at the least. */
const FEWEST_DECIMALS = 2;

/** One unit of the last decimal that any of these prices was told with: two that lie closer together are the same, rounded. */
export function finestStep(...texts: readonly string[]): bigint {
  const decimals = texts.map((text) => text.split(".")[1]?.length ?? 0);
  return 10n ** BigInt(DECIMALS - Math.min(DECIMALS, Math.max(FEWEST_DECIMALS, ...decimals)));
}
