/**
 * The brake: when an unusual share of a provider's orders ends badly in a short time (a swapped key, a wiped
 * database), its refunds wait for the operator.
 */
import { HOUR_MS } from "./poll-cadence.ts";
import type { Status } from "./status.ts";

/** Engages when at least `min_orders` ended badly within the hour, and they are at least `share` of all that ended. */
export type Brake = { readonly share: number; readonly min_orders: number };

/** Some fifth of orders ends badly at an ordinary provider; two thirds at once, and twenty of them, is no accident. */
export const DEFAULT_BRAKE: Brake = { share: 0.66, min_orders: 20 };

/** How many orders ended in a slot of five minutes (counted from the epoch), and how many of them badly. */
export type Endings = readonly (readonly [slot: number, ended: number, badly: number])[];

const SLOT_MS = HOUR_MS / 12;

/** Statuses that say an order came to nothing, or to less than was ordered. */
export function endsBadly(status: Status): boolean {
  return status === "canceled" || status === "refunded" || status === "partial" || status === "error";
}

/** The endings of the last hour with new ones added. `now` in epoch ms. */
export function withEndings(endings: Endings, statuses: readonly Status[], now: number): Endings {
  const slot = Math.floor(now / SLOT_MS);
  const recent = endings.filter(([at]) => at > slot - 12 && at <= slot);
  const ended = statuses.filter((status) => endsBadly(status) || status === "completed").length;
  if (ended === 0) return recent.length === endings.length ? endings : recent;
  const badly = statuses.filter(endsBadly).length;
  const last = recent.at(-1);
  if (last !== undefined && last[0] === slot) return [...recent.slice(0, -1), [slot, last[1] + ended, last[2] + badly]];
  return [...recent, [slot, ended, badly]];
}

/** Whether so many orders ended badly that the brake engages. Rules [B1], [B2]. */
export function isUnusual(endings: Endings, brake: Brake): boolean {
  const ended = endings.reduce((sum, [, count]) => sum + count, 0);
  const badly = endings.reduce((sum, [, , count]) => sum + count, 0);
  return badly >= brake.min_orders && badly >= brake.share * ended;
}
