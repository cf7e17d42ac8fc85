/**
 * Whether an order may be removed: it was registered by mistake, and nothing has come of it here yet. Pure.
 */
import type { RefundStatus } from "./feed.ts";
import type { Order } from "./order.ts";

/** An order, and what its row and its refunds say of its past. */
export type RemovalCase = {
  readonly order: Order;
  /** Whether panelsync has sent it to its provider. */
  readonly isPlacedHere: boolean;
  readonly refunds: readonly RefundStatus[];
};

/**
 * Why an order stays: it was bought here; it is a part of another; money was posted, or waits; its script was told how it
 * ended; or a refill or cancel was requested.
 */
export type RemovalProblem = "bought" | "part" | "posted" | "waiting" | "told" | "requested";

/** What stands in the way of a removal; null when nothing does. A rejected refund does not: nobody got anything. */
export function removalProblem({ order, isPlacedHere, refunds }: RemovalCase): RemovalProblem | null {
  const { state } = order;
  if (isPlacedHere) return "bought";
  if (order.partOf !== null) return "part";
  if (refunds.includes("posted")) return "posted";
  if (refunds.includes("held") || refunds.includes("delayed")) return "waiting";
  if (state.reportedFinal !== null) return "told";
  return state.refill !== null || state.cancel !== null ? "requested" : null;
}
