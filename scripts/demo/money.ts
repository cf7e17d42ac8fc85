/**
 * Money in the demonstration: whole micro-units as BigInt, decimal strings at the edges. It shares no code with
 * `src/`, so that the two can disagree.
 */

export const DECIMALS = 6;

/** Throws on anything but a plain decimal of at most six places. */
export function microsOf(decimal: string): bigint {
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d{1,6}))?$/.exec(decimal) ?? [];
  if (whole === undefined) throw new RangeError(`not an amount of money: ${decimal}`);
  return BigInt(whole + fraction.padEnd(DECIMALS, "0"));
}

/** The shortest decimal string: 225000n → "0.225". Amounts are never negative here. */
export function decimalOf(micros: bigint): string {
  const digits = micros.toString().padStart(DECIMALS + 1, "0");
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  return digits.slice(0, -DECIMALS) + (fraction === "" ? "" : `.${fraction}`);
}
