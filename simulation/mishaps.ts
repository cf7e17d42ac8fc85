/**
 * What befalls a whole run at some minute of it, other than the background faults: at most one of each
 * kind, and most seeds have none or one.
 */
import type { Draws } from "./draws.ts";

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
const STARTS_AT = Date.UTC(2026, 0, 5, 0, 0, 30);

/** The day's share of something is used up: of the queue's operations, of the database's rows, or of its writes alone. */
export type Quota = "queue" | "database" | "writes";

export type Mishap =
  /** All messages that wait are lost. */
  | { readonly kind: "queue_lost"; readonly minute: number }
  /** The database is put back to what it was so many minutes before. */
  | { readonly kind: "restore"; readonly minute: number; readonly back: number }
  /** Until midnight, UTC. */
  | { readonly kind: "quota"; readonly minute: number; readonly what: Quota }
  /** All clocks are wrong for so many minutes, and then right again. */
  | { readonly kind: "clock"; readonly minute: number; readonly minutes: number; readonly byMs: number };

/** What a run can meet of them. */
export const MISHAPS = ["queue_lost", "restore", "clock", "quota of queue", "quota of database", "quota of writes"] as const;

export function nameOf(mishap: Mishap): (typeof MISHAPS)[number] {
  return mishap.kind === "quota" ? `quota of ${mishap.what}` : mishap.kind;
}

export type Fate = { readonly startsAt: number; readonly mishaps: readonly Mishap[] };

export const UNTROUBLED: Fate = { startsAt: STARTS_AT, mishaps: [] };

/** Shorter runs are left alone: there is no room for anything to befall them. */
const LEAST_TICKS = 20;
const CHANCE = 0.2;

export function fateOf(draws: Draws, ticks: number): Fate {
  if (ticks < LEAST_TICKS) return UNTROUBLED;
  const somewhen = (): number => draws.between(5, ticks - 5);
  const mishaps: Mishap[] = [];
  if (draws.chance(CHANCE)) mishaps.push({ kind: "queue_lost", minute: somewhen() });
  if (draws.chance(CHANCE)) {
    const minute = somewhen();
    mishaps.push({ kind: "restore", minute, back: draws.between(1, Math.min(60, minute)) });
  }
  if (draws.chance(CHANCE)) {
    const byMs = draws.pick([-90, -20, -2, 2, 20, 90]) * MINUTE_MS;
    mishaps.push({ kind: "clock", minute: somewhen(), minutes: draws.between(1, 20), byMs });
  }
  if (!draws.chance(CHANCE)) return { startsAt: STARTS_AT, mishaps };
  const minute = draws.between(5, ticks - 12);
  const what = draws.pick(["queue", "database", "writes"] as const);
  // Midnight comes some minutes later, so that the day's share is there again while the run goes on.
  const midnightIn = minute + draws.between(3, ticks - minute - 2);
  return { startsAt: STARTS_AT + DAY_MS - midnightIn * MINUTE_MS, mishaps: [...mishaps, { kind: "quota", minute, what }] };
}
