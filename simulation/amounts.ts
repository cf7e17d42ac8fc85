/** Amounts of the API are decimal strings; here they are whole micro-units. */

const MICROS = 1_000_000;
const DECIMALS = 6;

/** A decimal string in micro-units. */
export function micros(amount: string): number {
  const [whole = "0", decimals = ""] = amount.replace("-", "").split(".");
  const value = Number(whole + decimals.padEnd(DECIMALS, "0"));
  return amount.startsWith("-") ? -value : value;
}

/** Micro-units as a decimal string; not below zero. */
export function amountOf(value: number): string {
  return `${Math.floor(value / MICROS)}.${String(value % MICROS).padStart(DECIMALS, "0")}`;
}
