import type { Order, OrderState, Reason } from "../domain/order.ts";
import type { RefundReason } from "../domain/refund.ts";
import type { Cadence } from "../domain/schedule.ts";
import type { MiddleStatus, Status } from "../domain/status.ts";

/** A row of `orders`, as the statements of this folder select it. */
export type OrderRow = {
  panel: string;
  n: number;
  id: string;
  provider: string;
  provider_order_id: string;
  service: string | null;
  link: string | null;
  customer: string | null;
  quantity: number | null;
  charge: number | null;
  currency: string;
  cost: string | null;
  cost_currency: string | null;
  runs: number | null;
  posts: number | null;
  placed_at: number | null;
  registered_status: string | null;
  registered_refunded: number;
  created_at: number;
  multi: number;
  status: Status;
  middle: MiddleStatus;
  back_to: Status | null;
  provider_status: string | null;
  provider_price: string | null;
  provider_charge: string | null;
  provider_currency: string | null;
  start_count: number | null;
  remains: number | null;
  reason: Reason | null;
  flags: number;
  reversals: number;
  refunded: number;
  refund_count: number;
  hold_n: number | null;
  hold_amount: number | null;
  hold_reason: RefundReason | null;
  hold_at: number | null;
  hold_posts_at: number | null;
  goodwill: number;
  decided_due: number | null;
  decided_granted: number | null;
  cadence: Cadence | null;
  phase: number;
  polled_at: number | null;
  progress_at: number;
  final_at: number | null;
  error_at: number | null;
  updated_at: number;
  version: number;
  last_change: number;
};

export function toOrder(row: OrderRow): Order {
  return {
    panel: row.panel,
    n: row.n,
    id: row.id,
    provider: row.provider,
    providerOrderId: row.provider_order_id,
    service: row.service,
    link: row.link,
    customer: row.customer,
    currency: row.currency,
    cost: row.cost,
    costCurrency: row.cost_currency,
    phase: row.phase,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
    lastChange: row.last_change,
    state: toState(row),
  };
}

function toState(row: OrderRow): OrderState {
  return {
    charge: row.charge,
    quantity: row.quantity,
    multi: row.multi === 1,
    placedAt: row.placed_at ?? row.created_at,
    status: row.status,
    middle: row.middle,
    backTo: row.back_to,
    providerStatus: row.provider_status,
    providerPrice: row.provider_price,
    providerCharge: row.provider_charge,
    providerCurrency: row.provider_currency,
    startCount: row.start_count,
    remains: row.remains,
    reason: row.reason,
    flags: row.flags,
    reversals: row.reversals,
    refunded: row.refunded,
    goodwill: row.goodwill,
    decided: row.decided_due === null || row.decided_granted === null ? null : { due: row.decided_due, granted: row.decided_granted },
    refundCount: row.refund_count,
    hold: toHold(row),
    cadence: row.cadence,
    polledAt: row.polled_at,
    progressAt: row.progress_at,
    finalAt: row.final_at,
    errorAt: row.error_at,
  };
}

function toHold({ hold_n, hold_amount, hold_reason, hold_at, hold_posts_at }: OrderRow): OrderState["hold"] {
  if (hold_n === null || hold_amount === null || hold_reason === null || hold_at === null) return null;
  return { n: hold_n, amount: hold_amount, reason: hold_reason, at: hold_at, postsAt: hold_posts_at };
}
