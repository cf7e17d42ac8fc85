/** How counts and amounts of money are written, canonically and as modes bend them. */
import { decimalOf } from "./catalogue.ts";
import type { Json } from "./json.ts";
import { type ActiveModes, wordOf } from "./mode-choice.ts";

type StatusField = "start_count" | "remains" | "charge";

export function countFigure(count: number, active: ActiveModes): Json {
  const digits = groupedDigits(count, active);
  // A comma has no place in a JSON number.
  const plain = digits === String(count);
  return plain && active.has("numbers_as_numbers") ? count : digits;
}

export function startCountFigure(count: number | null, active: ActiveModes): Json {
  const absent = absentFigure("start_count", active);
  if (absent !== undefined) return absent;
  if (count === null) return null;
  const told = active.has("start_count_zero") ? 0 : count;
  return active.has("plus_sign") ? `+${groupedDigits(told, active)}` : countFigure(told, active);
}

export function remainsFigure(remains: number | null, quantity: number, active: ActiveModes): Json {
  const absent = absentFigure("remains", active);
  if (absent !== undefined) return absent;
  if (remains === null) return null;
  if (remains === 0 && active.has("plus_sign")) return `+${Math.ceil(quantity * 0.03)}`;
  if (remains === 0 && active.has("negative_remains")) {
    return countFigure(-Math.ceil(quantity * 0.03), active);
  }
  if (remains === quantity && active.has("remains_exceeds_quantity")) {
    return countFigure(quantity + Math.ceil(quantity * 0.1), active);
  }
  return countFigure(remains, active);
}

export function chargeFigure(nanos: bigint, currency: string, active: ActiveModes): Json {
  const absent = absentFigure("charge", active);
  if (absent !== undefined) return absent;
  const amount = decimalOf(nanos, active.has("charge_nine_decimals") ? 9 : 5);
  if (active.has("charge_object")) return { value: amount, currency_code: currency };
  if (active.has("charge_dollar_sign")) return `$${amount}`;
  return active.has("numbers_as_numbers") ? Number(amount) : amount;
}

/** A price of 1,000: at least two decimals, as many as it takes. */
export function rateFigure(micros: number, active: ActiveModes): Json {
  const amount = decimalOf(BigInt(micros) * 1000n, 6).replace(/0{1,4}$/, "");
  return active.has("numbers_as_numbers") ? Number(amount) : amount;
}

export function balanceFigure(nanos: bigint, active: ActiveModes): Json {
  const amount = decimalOf(nanos, 5);
  return active.has("numbers_as_numbers") ? Number(amount) : amount;
}

/** An id is a number unless the provider thinks otherwise; one that is no number stays text. */
export function idFigure(id: string, active: ActiveModes): Json {
  return active.has("ids_as_strings") || !/^[1-9]\d{0,14}$/.test(id) ? id : Number(id);
}

function absentFigure(field: StatusField, active: ActiveModes): Json | undefined {
  if (concerns("null_fields", field, active)) return null;
  return concerns("unknown_strings", field, active) ? "Unknown" : undefined;
}

function concerns(mode: "null_fields" | "unknown_strings", field: StatusField, active: ActiveModes): boolean {
  const which = wordOf(active, mode);
  return which === field || which === "all";
}

function groupedDigits(count: number, active: ActiveModes): string {
  const mark = active.has("dots_between_thousands") ? "." : active.has("thousands_separators") ? "," : "";
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, mark);
}
