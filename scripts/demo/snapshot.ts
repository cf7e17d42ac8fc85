/** How the run stands: what panelsync shows, next to what is true at the providers. */
import type { Simulator } from "../../simulator/server.ts";
import type { Totals } from "./events.ts";
import type { Follower, Shown } from "./follower.ts";
import { type DemoOrder, type Truth, truthAbout } from "./truth.ts";

export type StatusLine = { readonly status: string; readonly orders: number; readonly refundedMicros: bigint; readonly heldMicros: bigint };
export type ProviderLine = { readonly provider: string; readonly calls: number; readonly answers: number; readonly orders: number };

export type Snapshot = {
  /** Epoch ms of simulated time. */
  readonly now: number;
  readonly orders: number;
  /** Orders that are over at their provider. */
  readonly settled: number;
  /** Of those, the ones that panelsync shows with their final status and refund. */
  readonly done: number;
  /** Orders that panelsync shows with another status than their provider would tell now. */
  readonly behind: number;
  readonly statuses: readonly StatusLine[];
  readonly providers: readonly ProviderLine[];
  readonly totals: Totals;
};

/** Statuses in the order of an order's life; only those that occur are listed. */
const STATUS_ORDER = ["pending", "processing", "in_progress", "completed", "partial", "canceled", "refunded", "error", "unknown"];

export function takeSnapshot(simulator: Simulator, orders: readonly DemoOrder[], follower: Follower, totals: Totals): Snapshot {
  const { world } = simulator;
  const pairs = orders.map((order) => ({ shown: follower.orders.get(order.id), truth: truthAbout(world, order) }));
  const settled = pairs.filter(({ truth }) => truth.settled);
  return {
    now: world.clock.now(),
    orders: orders.length,
    settled: settled.length,
    done: settled.filter(({ shown, truth }) => agrees(shown, truth)).length,
    behind: pairs.filter(({ shown, truth }) => shown?.status !== truth.statusNow).length,
    statuses: statusLines([...follower.orders.values()]),
    providers: [...world.providers.values()].map(({ name, stats, orders: placed }) => ({
      provider: name,
      calls: stats.calls,
      answers: stats.idsAnswered,
      orders: placed.size,
    })),
    totals,
  };
}

/** True when an order is shown as it must end. */
export function agrees(shown: Shown | undefined, truth: Truth): boolean {
  return shown !== undefined && shown.status === truth.finalStatus && shown.refundedMicros === truth.refundMicros;
}

function statusLines(shown: readonly Shown[]): StatusLine[] {
  return STATUS_ORDER.flatMap((status) => {
    const those = shown.filter((order) => order.status === status);
    if (those.length === 0) return [];
    const refundedMicros = those.reduce((sum, order) => sum + order.refundedMicros, 0n);
    const heldMicros = those.reduce((sum, order) => sum + order.heldMicros, 0n);
    return [{ status, orders: those.length, refundedMicros, heldMicros }];
  });
}
