/**
 * What is written of an order that the rules have decided about: its next state, its refunds, and its events.
 */
import { DECIDED_BY_RULES, eventsOf, WITHDRAWN_NOTE } from "../../domain/feed.ts";
import type { Order } from "../../domain/order.ts";
import type { RefundPlan, RefundStep } from "../../domain/refund-plan.ts";
import { type Polling, orderView } from "../../domain/order-view.ts";
import type { OrderWrite, RefundWrite } from "./apply.ts";

/** A move with all that goes with it. `polling` is its provider's; `now` in epoch ms. */
export function moveWrite(order: Order, { next, refunds }: RefundPlan, polling: Polling, now: number): OrderWrite {
  const after: Order = { ...order, updatedAt: now, state: next };
  const events = eventsOf(order, after, refunds, orderView(after, polling, now));
  return { order, next, write: "move", refunds: refunds.map((step) => refundWrite(order, step)), events, now };
}

function refundWrite({ state }: Order, step: RefundStep): RefundWrite {
  switch (step.kind) {
    case "post":
      return {
        op: "insert",
        n: step.n,
        kind: "auto",
        amount: step.amount,
        status: "posted",
        reason: step.reason,
        remains: step.remains,
        by: DECIDED_BY_RULES,
        note: null,
      };
    case "hold":
    case "delay":
      return {
        op: "insert",
        n: step.n,
        kind: "auto",
        amount: step.amount,
        status: step.kind === "hold" ? "held" : "delayed",
        reason: step.reason,
        remains: step.remains,
        by: null,
        note: null,
      };
    case "release":
      return { op: "decide", n: step.n, amount: step.amount, status: "posted", by: DECIDED_BY_RULES, note: null };
    case "withdraw":
      return {
        op: "decide",
        n: step.n,
        amount: state.hold?.amount ?? null,
        status: "rejected",
        by: DECIDED_BY_RULES,
        note: WITHDRAWN_NOTE,
      };
  }
}
