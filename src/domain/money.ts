/**
 * Money is a whole number of micro-units (1e-6) of a currency. Products go through BigInt; no floats.
 * An amount stays below 2^53, because D1 hands numbers over as doubles.
 */

const DECIMALS = 6;
export const MAX_AMOUNT_MICROS = Number.MAX_SAFE_INTEGER;

const EXACT_DIGITS = 15;

export type AmountProblem = "not_a_decimal" | "too_many_decimals" | "too_large";

export type ParsedAmount = { readonly ok: true; readonly micros: number } | { readonly ok: false; readonly problem: AmountProblem };

/**
 * Reads a decimal string such as "0.27819" into micro-units. No sign, no exponent, no separators.
 * More than six decimals are refused, never rounded (zeros at the end do not count).
 */
export function parseAmount(text: string): ParsedAmount {
  const match = /^(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text);
  if (match === null) return { ok: false, problem: "not_a_decimal" };
  const decimals = (match[2] ?? "").replace(/0+$/, "");
  if (decimals.length > DECIMALS) return { ok: false, problem: "too_many_decimals" };
  const digits = (match[1] ?? "") + decimals.padEnd(DECIMALS, "0");
  // Fewer digits than 2^53 has are exact as a number.
  if (digits.length <= EXACT_DIGITS) return { ok: true, micros: Number(digits) };
  const micros = BigInt(digits);
  if (micros > BigInt(MAX_AMOUNT_MICROS)) return { ok: false, problem: "too_large" };
  return { ok: true, micros: Number(micros) };
}

/** Writes micro-units as the shortest decimal string: 900000 → "0.9", 0 → "0". Sums, which may exceed 2^53, come as bigint. */
export function formatAmount(micros: number | bigint): string {
  if (micros === 0) return "0";
  const digits = String(micros < 0 ? -micros : micros).padStart(DECIMALS + 1, "0");
  const whole = digits.slice(0, -DECIMALS);
  const decimals = digits.slice(-DECIMALS).replace(/0+$/, "");
  return `${micros < 0 ? "-" : ""}${whole}${decimals === "" ? "" : `.${decimals}`}`;
}

/**
 * The share of `charge` that `undelivered` of `quantity` units stand for, in micro-units.
 * The customer pays the floor of what was delivered, so share + kept charge = charge exactly.
 * Needs 0 ≤ undelivered ≤ quantity and quantity > 0.
 */
export function undeliveredShare(charge: number, quantity: number, undelivered: number): number {
  const delivered = BigInt(quantity - undelivered);
  // planted: undelivered-share
  return charge - Number((BigInt(charge) * delivered) / BigInt(quantity));
}

/**
 * The largest whole number of undelivered units whose share does not exceed `amount`.
 * It is what a panel is told as `remains`, when it works out its own refund from it.
 */
export function largestRemainsWithin(amount: number, charge: number, quantity: number): number {
  if (amount >= charge) return quantity;
  // share(r) ≤ amount  ⇔  floor(charge × (q − r) / q) ≥ charge − amount  ⇔  r ≤ q − ceil((charge − amount) × q / charge)
  const kept = BigInt(charge - amount) * BigInt(quantity);
  const delivered = (kept + BigInt(charge) - 1n) / BigInt(charge);
  return quantity - Number(delivered);
}
