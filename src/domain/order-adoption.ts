/**
 * An order that somebody else placed, as it is taken over: nothing is known of it but its provider's id, and what the
 * provider says now.
 */
import type { Order } from "./order.ts";
import { withCounted } from "./provider-brake.ts";
import { reconcile, type ReconcilePolicy } from "./reconcile.ts";
import type { StatusReport } from "./order-report.ts";

/**
 * The order after the provider's first answer about it. `fresh`: before that answer. Where its word has to wait, the order
 * stays as it was: what waits is put on record with an order that is there.
 */
export function adopted(fresh: Order, report: StatusReport, policy: ReconcilePolicy, now: number): Order {
  const { next, refunds } = withCounted(reconcile(fresh.state, report, policy, now), fresh.state, now);
  return refunds.length > 0 ? fresh : { ...fresh, state: next };
}
