/**
 * One-time faults: what goes wrong for a whole run at some minute of it, beside the background faults. At most one of each
 * kind, and most seeds have none or one.
 */
import type { Draws } from "./draws.ts";

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
const STARTS_AT = Date.UTC(2026, 0, 5, 0, 0, 30);

/** The day's share of something is used up: of the queue's operations, of the database's rows, or of its writes alone. */
export type Quota = "queue" | "database" | "writes";

export type OneTimeFault =
  /** All messages that wait are lost. */
  | { readonly kind: "queue_lost"; readonly minute: number }
  /** The database is put back to what it was so many minutes before. */
  | { readonly kind: "restore"; readonly minute: number; readonly back: number }
  /** Until midnight, UTC. */
  | { readonly kind: "quota"; readonly minute: number; readonly what: Quota }
  /** All clocks are wrong for so many minutes, and then right again. */
  | { readonly kind: "clock"; readonly minute: number; readonly minutes: number; readonly byMs: number };

/** All one-time faults that a run can have, by name. */
export const ONE_TIME_FAULTS = ["queue_lost", "restore", "clock", "quota of queue", "quota of database", "quota of writes"] as const;

export function nameOf(fault: OneTimeFault): (typeof ONE_TIME_FAULTS)[number] {
  return fault.kind === "quota" ? `quota of ${fault.what}` : fault.kind;
}

export type OneTimeFaults = { readonly startsAt: number; readonly faults: readonly OneTimeFault[] };

export const NO_ONE_TIME_FAULTS: OneTimeFaults = { startsAt: STARTS_AT, faults: [] };

/** Shorter runs are left alone: there is no room for faults in them. */
const LEAST_TICKS = 20;
const CHANCE = 0.2;

export function drawOneTimeFaults(draws: Draws, ticks: number): OneTimeFaults {
  if (ticks < LEAST_TICKS) return NO_ONE_TIME_FAULTS;
  const somewhen = (): number => draws.between(5, ticks - 5);
  const faults: OneTimeFault[] = [];
  if (draws.chance(CHANCE)) faults.push({ kind: "queue_lost", minute: somewhen() });
  if (draws.chance(CHANCE)) {
    const minute = somewhen();
    faults.push({ kind: "restore", minute, back: draws.between(1, Math.min(60, minute)) });
  }
  if (draws.chance(CHANCE)) {
    const byMs = draws.pick([-90, -20, -2, 2, 20, 90]) * MINUTE_MS;
    faults.push({ kind: "clock", minute: somewhen(), minutes: draws.between(1, 20), byMs });
  }
  if (!draws.chance(CHANCE)) return { startsAt: STARTS_AT, faults };
  const minute = draws.between(5, ticks - 12);
  const what = draws.pick(["queue", "database", "writes"] as const);
  // Midnight comes some minutes later, so that the day's share is there again while the run goes on.
  const midnightIn = minute + draws.between(3, ticks - minute - 2);
  return { startsAt: STARTS_AT + DAY_MS - midnightIn * MINUTE_MS, faults: [...faults, { kind: "quota", minute, what }] };
}
