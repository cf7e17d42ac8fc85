/** A refill's life: decided by its id, over within an hour. */
import { drawsOf } from "./draws.ts";

export interface Refill {
  readonly id: string;
  readonly order: string;
  readonly askedAt: number;
}

export type RefillStatus = "Pending" | "In progress" | "Completed" | "Rejected";

const MINUTE_MS = 60_000;

export function refillStatusAt(seed: number, provider: string, refill: Refill, nowMs: number): RefillStatus {
  const draws = drawsOf(seed, provider, refill.id, "refill");
  const rejected = draws.chance(0.15);
  const startsAt = refill.askedAt + draws.between(1, 15) * MINUTE_MS;
  const endsAt = startsAt + draws.between(5, 45) * MINUTE_MS;
  if (nowMs < startsAt) return "Pending";
  // A rejected one is turned down where another would start.
  if (rejected) return "Rejected";
  return nowMs < endsAt ? "In progress" : "Completed";
}
