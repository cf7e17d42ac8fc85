/** Figures as a person reads them. */
import { DECIMALS, decimalOf } from "./money.ts";

const MINUTE_MS = 60_000;
const MINUTES_IN_HOUR = 60;
const BAR_WIDTH = 40;

/** 1234567 → "1,234,567". */
export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

/** All six decimals, so that a column of amounts stands in line and adds up: "1,204.500000". */
export function moneyText(micros: bigint): string {
  const [whole = "0", fraction = ""] = decimalOf(micros).split(".");
  return `${BigInt(whole).toLocaleString("en-US")}.${fraction.padEnd(DECIMALS, "0")}`;
}

/** 7_620_000 → "2 h 07 min". */
export function durationText(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  const hours = Math.floor(minutes / MINUTES_IN_HOUR);
  const rest = minutes % MINUTES_IN_HOUR;
  return hours === 0 ? `${rest} min` : `${hours} h ${String(rest).padStart(2, "0")} min`;
}

/** Simulated time as a clock on a wall, UTC. */
export function clockText(now: number): string {
  return new Date(now).toISOString().slice(11, 16);
}

export function barText(share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  return "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
}
