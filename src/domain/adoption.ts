/**
 * An order that somebody else placed, as it is taken over: nothing is known of it but its provider's id, and what the
 * provider says now.
 */
import type { Order, OrderState } from "./order.ts";
import { reconcile, type ReconcilePolicy } from "./reconcile.ts";
import type { StatusReport } from "./report.ts";
import { tellPanel } from "./told.ts";

/** The order after the provider's first answer about it. `fresh` is its row before it; the panel is told of it at once. */
export function adopted(fresh: Order, report: StatusReport, policy: ReconcilePolicy, now: number): Order {
  const { next } = reconcile(fresh.state, report, policy, now);
  return { ...fresh, state: withTold(next) };
}

/** A final word that goes out at once is on record from the start. */
function withTold(state: OrderState): OrderState {
  const { status, refunded, remains } = state;
  return tellPanel(state).final ? { ...state, told: { status, refunded, remains } } : state;
}
