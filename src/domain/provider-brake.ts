/**
 * The brake: when an unusual share of a provider's orders ends badly in a short time (a swapped key, a wiped
 * database), its refunds wait for the operator.
 */
import { HOUR_MS } from "./poll-cadence.ts";
import type { OrderState } from "./order.ts";
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

/** What an order's new status adds to the count: an ending, a bad one. */
export type Ending = { readonly ended: 0 | 1; readonly badly: 0 | 1 };

type Ended = Pick<OrderState, "status" | "charge" | "counted">;

/**
 * What a change of an order's status adds: each order counts once an hour, and once more if it then ends badly after
 * all. An order that cost nothing does not count: nothing follows from its end. `now` in epoch ms. Rule [B2].
 */
export function endingOf({ status: before, charge, counted }: Ended, { status }: Ended, now: number): Ending {
  const badly = endsBadly(status);
  if (status === before || charge === 0 || !(badly || status === "completed")) return { ended: 0, badly: 0 };
  const isRecent = counted !== null && now - counted.at < HOUR_MS;
  return { ended: isRecent ? 0 : 1, badly: badly && !(isRecent && counted.badly) ? 1 : 0 };
}

/** The order's memory of what it added. */
export function countedAfter({ counted }: Pick<OrderState, "counted">, { ended, badly }: Ending, now: number): OrderState["counted"] {
  if (ended === 0 && badly === 0) return counted;
  return { at: ended === 0 && counted !== null ? counted.at : now, badly: badly === 1 };
}

/** The endings of the last hour with new ones added. `now` in epoch ms. */
export function withEndings(endings: Endings, added: readonly Ending[], now: number): Endings {
  const slot = Math.floor(now / SLOT_MS);
  const recent = endings.filter(([at]) => at > slot - 12 && at <= slot);
  const ended = added.reduce((sum, ending) => sum + ending.ended, 0);
  const badly = added.reduce((sum, ending) => sum + ending.badly, 0);
  if (ended === 0 && badly === 0) return recent.length === endings.length ? endings : recent;
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
