/**
 * The rows that follow from a finding, written as one would without the product: a statement a row, values worked out
 * beforehand, no guard. A check in `apply.ts` holds it to the very rows that the product writes.
 */
import { BLOCK } from "../src/store/feed/feed-numbers.ts";
import type { OrderWrite } from "../src/store/orders/apply.ts";
import { isCounted } from "../src/store/providers/active-orders.ts";
import { packCoverage } from "../src/store/rows/provider.ts";
import type { Writes } from "../src/sync/sweep/write.ts";

export type Plain = { readonly sql: string; readonly params: readonly (string | number | null)[] };

/** `orders`: the statements of each order; `rest`: the provider's row. */
export type PlainWrites = { readonly orders: readonly (readonly Plain[])[]; readonly rest: readonly Plain[] };

const UPDATE_ORDER = `UPDATE orders SET status = ?, reason = ?, provider_status = ?, remains = ?, refunded = ?, refund_count = ?, cadence = ?,
  polled_at = ?, progress_at = ?, counted_at = ?, counted_badly = ?, final_at = ?, updated_at = ?, last_change = ?, version = version + 1 WHERE panel = ? AND n = ?`;
const INSERT_REFUND = `INSERT INTO refunds (panel, order_n, n, order_id, kind, amount, currency, status, reason, remains, created_at, decided_at, decided_by, note)
  VALUES (?, ?, ?, ?, 'auto', ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const INSERT_CHANGE = `INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const UPDATE_PROVIDER = `UPDATE providers SET last_poll_ms = ?, last_success_at = ?, calls_day = ?, calls_today = ?, rows_today = ?, hours = ?, marks = ?,
  endings = ?, active_orders = active_orders + ?, state_version = state_version + 1 WHERE id = ?`;
const TOUCH_ORDER = "UPDATE orders SET polled_at = ? WHERE panel = ? AND n = ?";

/** `feedEnd`: the last number in the panel's feed. A batch's changes are the last ones of the next block of numbers. */
export function plainWrites({ orders, state }: Writes, feedEnd: number, now: number): PlainWrites {
  let seq = (Math.floor(Math.max(feedEnd, now * 1000) / BLOCK) + 2) * BLOCK - 1 - sumOf(orders, ({ events }) => events.length);
  const written = orders.map((write) => {
    const statements = orderStatements(write, seq);
    seq += write.events.length;
    return statements;
  });
  const { lastPollMs, lastSuccessAt, callsDay, callsToday, rowsToday, hours, coverage: marks, endings } = state.state;
  const provider = [
    lastPollMs,
    lastSuccessAt,
    callsDay,
    callsToday,
    rowsToday,
    JSON.stringify(hours),
    packCoverage(marks),
    JSON.stringify(endings),
    sumOf(orders, ({ order, next }) => Number(isCounted(next)) - Number(isCounted(order.state))),
    state.provider,
  ];
  return { orders: written, rest: [{ sql: UPDATE_PROVIDER, params: provider }] };
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

/** A row an order for the time of a poll that brought nothing: what a poller pays that stores when it looked. */
export function touchWrites(panel: string, numbers: readonly number[], now: number): PlainWrites {
  return { orders: numbers.map((n) => [{ sql: TOUCH_ORDER, params: [now, panel, n] }]), rest: [] };
}

function orderStatements({ order, next, refunds, events, now }: OrderWrite, seq: number): Plain[] {
  const { panel, number: n, id, currency, lastChange } = order;
  const [status, reason, word, remains] = [next.status, next.reason, next.providerStatus, next.remains];
  const [polledAt, progressAt, finalAt] = [next.polledAt, next.progressAt, next.finalAt];
  const lastSeq = seq + events.length;
  return [
    ...refunds.flatMap((refund) =>
      refund.op === "insert"
        ? [
            {
              sql: INSERT_REFUND,
              params: [
                panel,
                n,
                refund.n,
                id,
                refund.amount,
                currency,
                refund.status,
                refund.reason,
                refund.remains,
                now,
                now,
                refund.by,
                refund.note,
              ],
            },
          ]
        : [],
    ),
    ...events.map(({ type, previous, data }, i) => ({
      sql: INSERT_CHANGE,
      params: [panel, seq + 1 + i, type, id, i === 0 ? lastChange : seq + i, now, JSON.stringify(previous), JSON.stringify(data)],
    })),
    {
      sql: UPDATE_ORDER,
      params: [
        status,
        reason,
        word,
        remains,
        next.refunded,
        next.refundCount,
        next.cadence,
        polledAt,
        progressAt,
        next.counted?.at ?? null,
        next.counted?.badly === true ? 1 : 0,
        finalAt,
        now,
        lastSeq,
        panel,
        n,
      ],
    },
  ];
}
