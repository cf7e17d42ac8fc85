/**
 * From what is due to what is posted. Refunds are totals: only the difference to what was returned is new, so the
 * same report any number of times posts once.
 */
import { FLAGS, type OrderState } from "./order.ts";
import { refundDue, type RefundReason } from "./refund.ts";
import { isFinal } from "./status.ts";

/** A step on an order's refunds; `n` is the refund's number within the order, amounts in micro-units. */
export type RefundStep =
  | {
      readonly kind: "post" | "hold";
      readonly n: number;
      readonly amount: number;
      readonly reason: RefundReason;
      readonly remains: number | null;
    }
  | { readonly kind: "withdraw"; readonly n: number };

export type Settled = { readonly next: OrderState; readonly refunds: readonly RefundStep[] };

/** Settles an order whose status was just told (`heard`), given how it stood before (`order`). */
export function settle(order: OrderState, heard: OrderState): Settled {
  const due = refundDue(heard);
  switch (due.kind) {
    case "undecided":
      return { next: heard, refunds: [] };
    case "hold":
      return hold(heard, due.atMost - heard.refunded, due.reason);
    case "due":
      return post(judged(order, heard, due.amount), due.amount - heard.refunded, due.reason);
  }
}

function post(heard: OrderState, amount: number, reason: RefundReason | null): Settled {
  const { next, refunds } = withdraw(heard);
  const explained = reason === null ? next : { ...next, reason };
  if (amount <= 0 || reason === null) return { next: explained, refunds };
  const n = next.refundCount + 1;
  return {
    next: { ...explained, refunded: next.refunded + amount, refundCount: n },
    refunds: [...refunds, { kind: "post", n, amount, reason, remains: heard.remains }],
  };
}

function hold(heard: OrderState, amount: number, reason: RefundReason): Settled {
  if (amount <= 0) return { next: { ...heard, reason }, refunds: [] };
  if (heard.hold?.amount === amount && heard.hold.reason === reason) return { next: { ...heard, reason }, refunds: [] };
  const { next, refunds } = withdraw(heard);
  const n = next.refundCount + 1;
  return {
    next: {
      ...next,
      reason,
      refundCount: n,
      hold: { n, amount, reason, at: heard.polledAt ?? heard.placedAt },
      flags: next.flags | FLAGS.refund_held,
    },
    refunds: [...refunds, { kind: "hold", n, amount, reason, remains: heard.remains }],
  };
}

/** A hold that a later report has answered is withdrawn; what that report says is settled instead. */
function withdraw(order: OrderState): Settled {
  if (order.hold === null) return { next: order, refunds: [] };
  return { next: { ...order, hold: null, flags: order.flags & ~FLAGS.refund_held }, refunds: [{ kind: "withdraw", n: order.hold.n }] };
}

/**
 * More returned than is due is flagged and left to a person. An order that never was final is not judged: what its
 * panel had returned before says nothing until the order ends.
 */
function judged(order: OrderState, heard: OrderState, due: number): OrderState {
  const wasJudged = isFinal(order.status) || isFinal(heard.status) || (order.flags & FLAGS.over_refunded) !== 0;
  const over = wasJudged && due < heard.refunded;
  return { ...heard, flags: over ? heard.flags | FLAGS.over_refunded : heard.flags & ~FLAGS.over_refunded };
}
