/**
 * An order's state as the columns of its row: what `toOrder` reads back.
 */
import type { Hold, OrderState } from "../../domain/order.ts";
import type { OrderRow } from "../rows/order.ts";

/** The columns of an order that change with what is heard or decided of it. */
export const ORDER_COLUMNS = [
  ...(["provider_status", "provider_price", "provider_price_currency", "provider_charge", "provider_currency"] as const),
  ...(["start_count", "remains", "parts", "polled_at", "progress_at", "updated_at", "final_answer"] as const),
  ...(["multi", "status", "middle", "back_to", "reason", "dismissed", "reversals", "refunded", "refund_count"] as const),
  ...(["goodwill", "decided_status", "decided_due", "decided_granted", "decided_in_error", "rejected_at", "left_to_panel"] as const),
  ...(["hold_n", "word_hold_n", "hold_amount", "hold_due", "hold_status", "hold_reason", "hold_at", "hold_posts_at"] as const),
  ...(["counted_at", "counted_badly", "flips", "flip_at"] as const),
  ...(["refill_id", "refill_status", "refill_at", "cancel_status", "cancel_at", "cancel_tries", "cancel_wait_until"] as const),
  ...(["final_at", "error_at", "flags", "cadence"] as const),
] as const;
export type OrderColumn = (typeof ORDER_COLUMNS)[number];
export type OrderColumns = Readonly<Record<OrderColumn, string | number | null>>;

/** The time of one whose answer nobody could read is below zero: `toRefill` reads it. */
function refillColumns({ refill }: OrderState): Pick<OrderRow, "refill_id" | "refill_status" | "refill_at"> {
  if (refill === null) return { refill_id: null, refill_status: null, refill_at: null };
  return { refill_id: refill.id, refill_status: refill.status, refill_at: refill.unread === true ? -refill.at : refill.at };
}

/** An unclear cancel is one that is queued, was asked, and has no time for its next try: `toCancel` reads it. */
function cancelColumns({ cancel }: OrderState): Pick<OrderRow, "cancel_status" | "cancel_at" | "cancel_tries" | "cancel_wait_until"> {
  return {
    cancel_status: cancel === null ? null : cancel.status === "unclear" ? "queued" : cancel.status,
    cancel_at: cancel?.at ?? null,
    cancel_tries: cancel?.tries ?? 0,
    cancel_wait_until: cancel?.waitUntil ?? null,
  };
}

/** All columns of a state; `updatedAt` in epoch ms. */
export function columnsOf(next: OrderState, updatedAt: number): OrderColumns {
  return {
    provider_status: next.providerStatus,
    provider_price: next.providerPrice,
    provider_price_currency: next.providerPriceCurrency,
    provider_charge: next.providerCharge,
    provider_currency: next.providerCurrency,
    start_count: next.startCount,
    remains: next.remains,
    parts: next.parts === null ? null : JSON.stringify(next.parts),
    polled_at: next.polledAt,
    progress_at: next.progressAt,
    final_answer: next.finalAnswer,
    updated_at: updatedAt,
    multi: next.multi ? 1 : 0,
    status: next.status,
    middle: next.activeStatus,
    back_to: next.backTo,
    reason: next.reason,
    flags: next.flags,
    dismissed: Object.keys(next.dismissed).length === 0 ? null : JSON.stringify(next.dismissed),
    reversals: next.reversals,
    refunded: next.refunded,
    refund_count: next.refundCount,
    goodwill: next.goodwill,
    ...decidedColumns(next),
    left_to_panel: next.leftToPanel ? 1 : 0,
    ...holdColumns(next.hold),
    flips: next.flips?.count ?? 0,
    flip_at: next.flips?.at ?? null,
    counted_at: next.counted?.at ?? null,
    counted_badly: next.counted?.badly === true ? 1 : 0,
    ...refillColumns(next),
    ...cancelColumns(next),
    cadence: next.cadence,
    final_at: next.finalAt,
    error_at: next.errorAt,
  };
}

type DecidedColumn = "decided_status" | "decided_due" | "decided_granted" | "decided_in_error" | "rejected_at";

function decidedColumns({ decided, rejectedAt }: OrderState): Pick<OrderColumns, DecidedColumn> {
  return {
    decided_status: decided?.status ?? null,
    decided_due: decided?.due ?? null,
    decided_granted: decided?.granted ?? null,
    decided_in_error: decided?.inError === true ? 1 : 0,
    rejected_at: rejectedAt,
  };
}

type HoldColumn = Extract<OrderColumn, `${string}hold_${string}`>;

/** A word that waits has its number in a column of its own: the table's rule is that what `hold_n` names has an amount. */
function holdColumns(hold: Hold | null): Pick<OrderColumns, HoldColumn> {
  const isWord = hold?.amount === null;
  return {
    hold_n: isWord ? null : (hold?.n ?? null),
    word_hold_n: isWord ? hold.n : null,
    hold_amount: hold?.amount ?? null,
    hold_due: hold?.due ?? null,
    hold_status: hold?.status ?? null,
    hold_reason: hold?.reason ?? null,
    hold_at: hold?.at ?? null,
    hold_posts_at: hold?.postsAt ?? null,
  };
}
