/**
 * What a refund policy would have made of orders: from how they stand now, as if nothing had been refunded by it yet.
 */
import type { Order, OrderState } from "./order.ts";
import type { RefundReason } from "./refund-rules.ts";
import { planRefund, type RefundPlanPolicy } from "./refund-plan.ts";

/** What would happen to one order; `delay` counts as posted. Null when nothing would. */
export type PreviewedRefund = { readonly kind: "post" | "hold"; readonly amount: number; readonly reason: RefundReason };

/** Works out one order, by its parts where it has several. `now` in epoch ms. Rule [A10]. */
export function previewOf({ state }: Pick<Order, "state">, policy: RefundPlanPolicy, now: number): PreviewedRefund | null {
  // What the rules posted or held so far is taken away; what the panel gave stays, also from before it registered the order.
  const untouched: OrderState = {
    ...state,
    refunded: Math.min(state.charge ?? 0, state.goodwill + state.registeredRefunded),
    hold: null,
    decided: null,
    rejectedAt: null,
    leftToPanel: false,
    reportedFinal: null,
    flags: 0,
  };
  const step = planRefund(untouched, untouched, policy, now).refunds.at(-1);
  if (step === undefined || step.kind === "withdraw" || step.kind === "release" || step.amount === null) return null;
  return { kind: step.kind === "hold" ? "hold" : "post", amount: step.amount, reason: step.reason };
}
