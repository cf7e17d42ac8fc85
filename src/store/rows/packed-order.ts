/**
 * An order's row in one column, for pages of orders that are read and mostly not written. D1's client makes an object of each
 * row, column by column; with some 80 columns that takes longer than all else that is done with an order that stands as it
 * stood.
 */
import type { Order } from "../../domain/order.ts";
import { linkSharedSql } from "../orders/link-reads.ts";
import { type OrderFacts, toOrder } from "./order.ts";

/** The columns, in groups of 32: a function of D1's takes no more arguments. */
const FIRST = [
  ...(["panel", "n", "id", "provider", "provider_order_id", "door", "service", "provider_service", "link"] as const),
  ...(["customer", "currency", "cost", "cost_currency", "duplicate_of", "start_window_ms", "duration_ms"] as const),
  ...(["refill_days", "part_of", "phase", "created_at", "updated_at", "version", "last_change", "charge"] as const),
  ...(["quantity", "multi", "posts", "placed_at", "status", "middle", "back_to", "flips"] as const),
] as const;
const SECOND = [
  ...(["flip_at", "provider_status", "provider_price", "provider_price_currency", "provider_charge"] as const),
  ...(["provider_currency", "start_count", "remains", "reason", "flags", "dismissed", "reversals"] as const),
  ...(["refunded", "goodwill", "registered_refunded", "decided_status", "decided_due", "decided_granted"] as const),
  ...(["decided_in_error", "rejected_at", "left_to_panel", "refund_count", "hold_n", "word_hold_n"] as const),
  ...(["hold_amount", "hold_due", "hold_status", "hold_reason", "hold_at", "hold_posts_at", "counted_at"] as const),
] as const;
const THIRD = [
  ...(["counted_badly", "runs", "parts", "told", "refill_id", "refill_status", "refill_at"] as const),
  ...(["cancel_status", "cancel_at", "cancel_tries", "cancel_wait_until", "cadence", "polled_at"] as const),
  ...(["progress_at", "final_at", "error_at", "final_answer"] as const),
] as const;

type Values<Columns extends readonly (keyof OrderFacts)[]> = { readonly [I in keyof Columns]: OrderFacts[Columns[I]] };
type Packed = readonly [Values<typeof FIRST>, Values<typeof SECOND>, readonly [...Values<typeof THIRD>, linkShared: number | null]];

export type PackedRow = { readonly packed: string };

/** SQL for the packed row of an order, by the name that a statement has for the table. */
export function packedSql(table: string): string {
  const [first, second, third] = [FIRST, SECOND, THIRD].map((columns) => columns.map((column) => `${table}.${column}`).join(", "));
  return `json_array(json_array(${first}), json_array(${second}), json_array(${third}, ${linkSharedSql(table)})) AS packed`;
}

export function unpackOrder({ packed }: PackedRow): Order {
  return toOrder(rowOf(JSON.parse(packed) as Packed));
}

/** A test holds the places to the names. */
// oxlint-disable-next-line eslint/max-lines-per-function -- filled name by name, or in parts, it takes five times as long
function rowOf([a, b, c]: Packed): OrderFacts {
  return {
    panel: a[0],
    n: a[1],
    id: a[2],
    provider: a[3],
    provider_order_id: a[4],
    door: a[5],
    service: a[6],
    provider_service: a[7],
    link: a[8],
    customer: a[9],
    currency: a[10],
    cost: a[11],
    cost_currency: a[12],
    duplicate_of: a[13],
    start_window_ms: a[14],
    duration_ms: a[15],
    refill_days: a[16],
    part_of: a[17],
    phase: a[18],
    created_at: a[19],
    updated_at: a[20],
    version: a[21],
    last_change: a[22],
    charge: a[23],
    quantity: a[24],
    multi: a[25],
    posts: a[26],
    placed_at: a[27],
    status: a[28],
    middle: a[29],
    back_to: a[30],
    flips: a[31],
    flip_at: b[0],
    provider_status: b[1],
    provider_price: b[2],
    provider_price_currency: b[3],
    provider_charge: b[4],
    provider_currency: b[5],
    start_count: b[6],
    remains: b[7],
    reason: b[8],
    flags: b[9],
    dismissed: b[10],
    reversals: b[11],
    refunded: b[12],
    goodwill: b[13],
    registered_refunded: b[14],
    decided_status: b[15],
    decided_due: b[16],
    decided_granted: b[17],
    decided_in_error: b[18],
    rejected_at: b[19],
    left_to_panel: b[20],
    refund_count: b[21],
    hold_n: b[22],
    word_hold_n: b[23],
    hold_amount: b[24],
    hold_due: b[25],
    hold_status: b[26],
    hold_reason: b[27],
    hold_at: b[28],
    hold_posts_at: b[29],
    counted_at: b[30],
    counted_badly: c[0],
    runs: c[1],
    parts: c[2],
    told: c[3],
    refill_id: c[4],
    refill_status: c[5],
    refill_at: c[6],
    cancel_status: c[7],
    cancel_at: c[8],
    cancel_tries: c[9],
    cancel_wait_until: c[10],
    cadence: c[11],
    polled_at: c[12],
    progress_at: c[13],
    final_at: c[14],
    error_at: c[15],
    final_answer: c[16],
    link_shared: c[17],
  };
}
