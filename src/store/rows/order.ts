import type { CancelStatus, RefillStatus } from "../../domain/refill-cancel.ts";
import type { Channel, Dismissals, Order, OrderState, Reason, ReportedFinal } from "../../domain/order.ts";
import { wasUnreadable } from "../../domain/refund-plan.ts";
import type { RefundReason } from "../../domain/refund-rules.ts";
import type { Parts } from "../../domain/order-report.ts";
import type { Cadence } from "../../domain/poll-pacing.ts";
import { isFinal, type ActiveStatus, type Status, STATUS_NAMES } from "../../domain/status.ts";

/** A row of `orders`, as the statements of this folder select it. */
export type OrderRow = {
  panel: string;
  n: number;
  id: string;
  provider: string;
  /** `placing <panel> <n>` until it is known, `taken <panel> <n>` once the order has given way to another. */
  provider_order_id: string;
  door: Channel | null;
  provider_service: string | null;
  link_key: string | null;
  add_digest: string | null;
  /** When the panel's own key gave it the provider's id; null where the provider or the operator did, or nobody has. */
  named_at: number | null;
  duplicate_of: string | null;
  start_window_ms: number | null;
  duration_ms: number | null;
  refill_days: number | null;
  part_of: number | null;
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
  middle: ActiveStatus;
  back_to: Status | null;
  provider_status: string | null;
  provider_price: string | null;
  provider_price_currency: string | null;
  provider_charge: string | null;
  provider_currency: string | null;
  start_count: number | null;
  remains: number | null;
  reason: Reason | null;
  flags: number;
  dismissed: string | null;
  reversals: number;
  refunded: number;
  refund_count: number;
  hold_n: number | null;
  /** In the place of `hold_n` where only a word waits. */
  word_hold_n: number | null;
  hold_amount: number | null;
  hold_due: number | null;
  hold_status: Status | null;
  hold_reason: RefundReason | null;
  hold_at: number | null;
  hold_posts_at: number | null;
  parts: string | null;
  told: string | null;
  refill_id: string | null;
  refill_status: RefillStatus | null;
  refill_at: number | null;
  cancel_status: Exclude<CancelStatus, "unclear"> | null;
  cancel_at: number | null;
  cancel_tries: number;
  cancel_wait_until: number | null;
  goodwill: number;
  decided_status: Status | null;
  decided_due: number | null;
  decided_granted: number | null;
  decided_in_error: number;
  rejected_at: number | null;
  left_to_panel: number;
  flips: number;
  flip_at: number | null;
  counted_at: number | null;
  counted_badly: number;
  cadence: Cadence | null;
  phase: number;
  polled_at: number | null;
  progress_at: number;
  final_at: number | null;
  error_at: number | null;
  final_answer: string | null;
  updated_at: number;
  version: number;
  last_change: number;
};

/** What `toOrder` reads of it. `link_shared` is no column (`linkSharedSql`): left out, or null, where nobody looked. */
export type OrderFacts = Omit<OrderRow, "link_key" | "add_digest" | "named_at" | "registered_status"> & {
  readonly link_shared?: number | null;
};

/**
 * What stands in the place of the provider's id while that is unknown, before the panel and the order's number: the ids of
 * a provider are unique over all panels. No provider's id has a space.
 */
export const PLACING = "placing ";
/** And what stands there for good, once the order has given way to one that was placed here. */
export const TAKEN = "taken ";

/** SQL for the stand-in of an order; `panel` and `n` are SQL, too. */
export function standInSql(prefix: typeof PLACING | typeof TAKEN, panel: string, n: string): string {
  return `'${prefix}' || ${panel} || ' ' || ${n}`;
}

/** A provider's id of an order; null where something else stands in for it. */
export function providerIdIn(text: string): string | null {
  return text.startsWith(PLACING) || text.startsWith(TAKEN) ? null : text;
}

/** Condition on an order `o`: it has no id at its provider yet. They stand together in the index of a provider's orders. */
export const IS_PLACING = "o.provider_order_id >= 'placing ' AND o.provider_order_id < 'placing!'";

/** The final statuses as a list of SQL: an order in none of them is under way. */
export const ENDED = STATUS_NAMES.filter(isFinal)
  .map((status) => `'${status}'`)
  .join(", ");

export function toOrder(row: OrderFacts): Order {
  return {
    panel: row.panel,
    number: row.n,
    id: row.id,
    provider: row.provider,
    providerOrderId: providerIdIn(row.provider_order_id),
    channel: row.door,
    service: row.service,
    providerService: row.provider_service,
    link: row.link,
    customer: row.customer,
    currency: row.currency,
    cost: row.cost,
    costCurrency: row.cost_currency,
    duplicateOf: row.duplicate_of,
    isLinkShared: row.link_shared !== 0,
    startWindowMs: row.start_window_ms,
    durationMs: row.duration_ms,
    refillDays: row.refill_days,
    partOf: row.part_of,
    phase: row.phase,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
    lastChange: row.last_change,
    state: toState(row),
  };
}

function toState(row: OrderFacts): OrderState {
  return {
    charge: row.charge,
    quantity: row.quantity,
    multi: row.multi === 1,
    posts: row.posts,
    placedAt: row.placed_at ?? row.created_at,
    status: row.status,
    activeStatus: row.middle,
    backTo: row.back_to,
    flips: row.flip_at === null ? null : { count: row.flips, at: row.flip_at },
    providerStatus: row.provider_status,
    providerPrice: row.provider_price,
    providerPriceCurrency: row.provider_price_currency,
    providerCharge: row.provider_charge,
    providerCurrency: row.provider_currency,
    startCount: row.start_count,
    remains: row.remains,
    remainsUnreadable: row.status === "refunded" && wasUnreadable({ ...row, decided: toDecided(row) }),
    reason: row.reason,
    flags: row.flags,
    dismissed: row.dismissed === null ? {} : (JSON.parse(row.dismissed) as Dismissals),
    reversals: row.reversals,
    refunded: row.refunded,
    goodwill: row.goodwill,
    registeredRefunded: row.registered_refunded,
    decided: toDecided(row),
    rejectedAt: row.rejected_at,
    leftToPanel: row.left_to_panel === 1,
    refundCount: row.refund_count,
    hold: toHold(row),
    counted: row.counted_at === null ? null : { at: row.counted_at, badly: row.counted_badly === 1 },
    isScripts: row.door !== null,
    runs: row.runs,
    parts: row.parts === null ? null : (JSON.parse(row.parts) as Parts),
    reportedFinal: row.told === null ? null : (JSON.parse(row.told) as ReportedFinal),
    refill: toRefill(row),
    cancel: toCancel(row),
    cadence: row.cadence,
    polledAt: row.polled_at,
    progressAt: row.progress_at,
    finalAt: row.final_at,
    errorAt: row.error_at,
    finalAnswer: row.final_answer,
  };
}

function toDecided({
  decided_status: status,
  decided_due: due,
  decided_granted: granted,
  decided_in_error,
}: OrderFacts): OrderState["decided"] {
  return status === null || granted === null ? null : { status, due, granted, inError: decided_in_error === 1 };
}

function toRefill({ refill_id: id, refill_status: status, refill_at, updated_at }: OrderFacts): OrderState["refill"] {
  if (status === null) return null;
  const at = refill_at ?? updated_at;
  return at < 0 ? { id, status, at: -at, unread: true } : { id, status, at };
}

function toCancel({ cancel_status: status, cancel_at, updated_at, cancel_tries: tries, cancel_wait_until: waitUntil }: OrderFacts) {
  if (status === null) return null;
  const isUnclear = status === "queued" && tries > 0 && waitUntil === null;
  return { status: isUnclear ? "unclear" : status, at: cancel_at ?? updated_at, tries, waitUntil } as const;
}

function toHold(row: OrderFacts): OrderState["hold"] {
  const n = row.hold_n ?? row.word_hold_n;
  if (n === null || row.hold_reason === null || row.hold_at === null) return null;
  return {
    n,
    amount: row.hold_amount,
    due: row.hold_due,
    status: row.hold_status ?? row.status,
    reason: row.hold_reason,
    at: row.hold_at,
    postsAt: row.hold_posts_at,
  };
}

/** A new order's row after its provider's first answer: what an answer can change of an order that has no charge. */
export function rowHeard(row: OrderRow, state: OrderState): OrderRow {
  return {
    ...row,
    multi: state.multi ? 1 : 0,
    status: state.status,
    middle: state.activeStatus,
    provider_status: state.providerStatus,
    provider_price: state.providerPrice,
    provider_price_currency: state.providerPriceCurrency,
    provider_charge: state.providerCharge,
    provider_currency: state.providerCurrency,
    start_count: state.startCount,
    remains: state.remains,
    reason: state.reason,
    flags: state.flags,
    left_to_panel: state.leftToPanel ? 1 : 0,
    parts: state.parts === null ? null : JSON.stringify(state.parts),
    told: state.reportedFinal === null ? null : JSON.stringify(state.reportedFinal),
    cadence: state.cadence,
    polled_at: state.polledAt,
    progress_at: state.progressAt,
    final_at: state.finalAt,
    error_at: state.errorAt,
    final_answer: state.finalAnswer,
  };
}
