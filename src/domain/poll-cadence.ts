/**
 * How often an order is looked at: a pure function of its status and age. An order's cadence changes with a write
 * that is made anyway, or at most four times in its life by a write of its own. Where a provider is asked about a hundred
 * orders a call, a look costs less than such a write: it waits for one that is made anyway, until the order is twice as old.
 */
import { isOpenRefill } from "./refill-cancel.ts";
import { FLAGS, type OrderState } from "./order.ts";
import type { Cadence } from "./poll-pacing.ts";
import { isFinal } from "./status.ts";
import { MINUTE_MS } from "./time.ts";

export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Providers correct themselves for some days after a final status; then an order is closed. A setting of the provider. */
export const DEFAULT_SETTLE_HOURS = 72;

/** The correction window of a provider, in ms. */
export function correctionWindowOf(settleHours: number): number {
  return /* planted: correction-window */ settleHours * HOUR_MS;
}

const TROUBLED = FLAGS.not_found | FLAGS.unknown_status;

export type CadencePolicy = {
  /** How long the service may take to start; null when it is not known. */
  readonly startWindowMs: number | null;
  readonly correctionWindowMs: number;
  /** The provider is asked about many orders a call: looks are cheap, and what would make them fewer is not written by itself. */
  readonly asksMany: boolean;
};

/** The next slower cadence. */
const SLOWER: Readonly<Partial<Record<Cadence, Cadence>>> = { 1: 5, 5: 15, 15: 60 };
/** What the provider gets over sooner must not make its orders late by an hour. */
const HOURLY_FROM_MS = 3 * HOUR_MS;

/**
 * Minutes until the next look at an order of which nothing readable is heard; null to leave it as it is. `forMs`: for how long, where
 * that is known. Once something is heard it is looked at as any other. Rule [S38].
 */
export function slowedCadence(
  { status, hold, cadence }: Pick<OrderState, "status" | "hold" | "cadence">,
  forMs: number | null,
): Cadence | null {
  if (cadence === null || isFinal(status) || hold !== null) return null;
  if (cadence === 15 && forMs !== null && forMs < HOURLY_FROM_MS) return null;
  return SLOWER[cadence] ?? null;
}

/** Minutes until the next look at an order in this state; null when it need not be looked at again. Rules [S16], [S17]. */
export function cadenceOf(order: OrderState, policy: CadencePolicy, now: number): Cadence | null {
  return cadenceAt(order, policy, now, 1);
}

/** How many times as old an order becomes before its cadence is written by itself. */
const PATIENCE = 2;

/**
 * Whether an order may keep the cadence that it has until something else of it is written: it is looked at as often as it is to
 * be, or more often, and has not been so for long.
 */
export function mayKeepCadence(order: OrderState, policy: CadencePolicy, now: number): boolean {
  const { cadence } = order;
  const slowest = cadenceOf(order, policy, now);
  const fastest = policy.asksMany ? cadenceAt(order, policy, now, PATIENCE) : slowest;
  if (cadence === null || slowest === null || fastest === null) return cadence === slowest;
  return fastest <= cadence && cadence <= slowest;
}

/** `patience`: how many times as old an order must be for the next cadence. */
function cadenceAt(order: OrderState, policy: CadencePolicy, now: number, patience: number): Cadence | null {
  if ((order.flags & FLAGS.parked) !== 0) return 360;
  const isTroubled = (order.flags & TROUBLED) !== 0;
  if (order.polledAt === null && !(isFinal(order.status) && isTroubled)) return 1;
  if ((order.backTo !== null && isFinal(order.status)) || (order.hold !== null && order.hold.postsAt !== null)) return 5;
  // A refill comes after the end, and takes its time.
  if (isFinal(order.status)) return isOpenRefill(order.refill) || order.rejectedAt !== null ? 60 : watchOfFinal(order, policy, now);
  if (order.status === "error" || isTroubled) return 60;
  const age = now - order.placedAt;
  if (age < patience * 30 * MINUTE_MS) return 1;
  if (age < patience * 6 * HOUR_MS) return 5;
  return age < patience * DAY_MS || isWithinStart(order, policy, age) ? 15 : 60;
}

/** A slow service may still start at any time within its window. */
function isWithinStart({ status }: OrderState, { startWindowMs }: CadencePolicy, age: number): boolean {
  return status === "pending" && startWindowMs !== null && age < startWindowMs;
}

/** What the brake holds may be running: it is never closed, so that an answer can withdraw it. */
function watchOfFinal(order: OrderState, policy: CadencePolicy, now: number): Cadence | null {
  return correctionCadence(order, policy, now) ?? (order.hold?.reason === "brake" ? 360 : null);
}

/**
 * A final order is watched hourly: to the end where looks are cheap, else for a day, and slowly then. One that took over a day to
 * end is watched slowly from the start.
 */
function correctionCadence(order: OrderState, { correctionWindowMs, asksMany }: CadencePolicy, now: number): Cadence | null {
  const finalAt = order.finalAt ?? now;
  if (now - finalAt >= correctionWindowMs) return null;
  return (asksMany || now - finalAt < DAY_MS) && finalAt - order.placedAt < DAY_MS ? 60 : 360;
}
