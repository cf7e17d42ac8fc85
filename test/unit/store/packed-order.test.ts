/** An order read as a packed row is the order that its columns make. */
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { FLAGS } from "../../../src/domain/order.ts";
import { type OrderFacts, toOrder } from "../../../src/store/rows/order.ts";
import { packedSql, unpackOrder } from "../../../src/store/rows/packed-order.ts";

/** Each value stands in one column alone, so that two that change places are seen. */
const ROW: OrderFacts = {
  panel: "shop",
  n: 101,
  id: "o-1",
  provider: "acme",
  provider_order_id: "x-77",
  door: "catalogue",
  provider_service: "ps",
  duplicate_of: "o-0",
  start_window_ms: 102,
  duration_ms: 103,
  refill_days: 104,
  part_of: 105,
  service: "s",
  link: "https://example.com/p",
  customer: "c",
  quantity: 106,
  charge: 107,
  currency: "USD",
  cost: "0.1",
  cost_currency: "EUR",
  runs: 108,
  posts: 109,
  placed_at: 110,
  registered_refunded: 111,
  created_at: 112,
  multi: 1,
  status: "partial",
  middle: "processing",
  back_to: "pending",
  provider_status: "Partial",
  provider_price: "0.2",
  provider_price_currency: "GBP",
  provider_charge: "0.3",
  provider_currency: "INR",
  start_count: 113,
  remains: 114,
  reason: "reversed",
  flags: 115,
  dismissed: `{"overdue":"pending"}`,
  reversals: 116,
  refunded: 117,
  refund_count: 118,
  hold_n: 119,
  word_hold_n: null,
  hold_amount: 120,
  hold_due: 121,
  hold_status: "canceled",
  hold_reason: "over_cap",
  hold_at: 122,
  hold_posts_at: 123,
  parts: `{"runs":124,"posts":null,"expiry":null,"orders":["9"]}`,
  told: `{"status":"completed","refunded":125,"remains":0,"left":false}`,
  refill_id: "r-1",
  refill_status: "pending",
  refill_at: 126,
  cancel_status: "queued",
  cancel_at: 127,
  cancel_tries: 128,
  cancel_wait_until: 129,
  goodwill: 130,
  decided_status: "refunded",
  decided_due: 131,
  decided_granted: 132,
  decided_in_error: 0,
  rejected_at: 133,
  left_to_panel: 0,
  flips: 134,
  flip_at: 135,
  counted_at: 136,
  counted_badly: 0,
  cadence: 15,
  phase: 137,
  polled_at: 138,
  progress_at: 139,
  final_at: 140,
  error_at: 141,
  final_answer: '1795262400000 {"status":"Partial"}',
  updated_at: 142,
  version: 143,
  last_change: 144,
};

const ONES = { decided_in_error: 1, left_to_panel: 1, counted_badly: 1, multi: 0 } as const;

describe("a packed row", () => {
  it.each([
    ["as it is", ROW],
    ["with the columns that are yes or no turned round", { ...ROW, ...ONES }],
    ["with only one of them", { ...ROW, multi: 0, left_to_panel: 1 }],
    ["with only another of them", { ...ROW, multi: 0, counted_badly: 1 }],
    ["where a word waits", { ...ROW, hold_n: null, word_hold_n: 145, hold_amount: null }],
  ] satisfies [string, OrderFacts][])("is the order, %s", (_name, row) => {
    const db = new DatabaseSync(":memory:");
    const names = Object.keys(row);
    db.exec(`CREATE TABLE orders (${names.join(", ")}, link_key); CREATE INDEX orders_link ON orders (panel, link_key)`);
    db.prepare(`INSERT INTO orders VALUES (${names.map(() => "?").join(", ")}, NULL)`).run(...Object.values(row));
    const packed = db.prepare(`SELECT ${packedSql("o")} FROM orders o`).get() as { packed: string };
    const isLinkShared = (row.flags & FLAGS.duplicate_link) === 0;
    expect(unpackOrder(packed)).toEqual({ ...toOrder(row), isLinkShared });
    db.close();
  });
});
