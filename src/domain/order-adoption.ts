/**
 * An order that somebody else placed, as it is taken over: nothing is known of it but its provider's id, and what the
 * provider says now.
 */
import type { Order } from "./order.ts";
import { endingOf } from "./provider-brake.ts";
import { reconcile, type ReconcilePolicy } from "./reconcile.ts";
import type { StatusReport } from "./order-report.ts";

/**
 * The order after the provider's first answer about it. `fresh`: before that answer. Where its word has to wait, or the brake
 * counts its end, the order stays as it was: both are written of an order that is on record.
 */
export function adopted(fresh: Order, report: StatusReport, policy: ReconcilePolicy, now: number): Order {
  const { next, refunds } = reconcile(fresh.state, report, policy, now);
  const isLater = refunds.length > 0 || endingOf(fresh.state, next, now).ended === 1;
  return isLater ? fresh : { ...fresh, state: next };
}
