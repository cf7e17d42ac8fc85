/**
 * An order that somebody else placed, as it is taken over: nothing is known of it but its provider's id, and what the
 * provider says now.
 */
import type { Order } from "./order.ts";
import { reconcile, type ReconcilePolicy } from "./reconcile.ts";
import type { StatusReport } from "./order-report.ts";

/** The order after the provider's first answer about it. `fresh`: before that answer. */
export function adopted(fresh: Order, report: StatusReport, policy: ReconcilePolicy, now: number): Order {
  return { ...fresh, state: reconcile(fresh.state, report, policy, now).next };
}
