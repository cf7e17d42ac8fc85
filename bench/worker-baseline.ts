/**
 * Pollers as one would write them without the product, on the same database and against the same provider. They write the
 * rows that the product writes, and a stored time of the next poll besides, which the product has not.
 */
import type { Engine } from "./job.ts";
import type { Plain } from "./plain.ts";
import { PANEL } from "./scene.ts";

/**
 * `one by one`: a request and a transaction an order, one after the other. `batches`: a hundred ids a request, five requests
 * at a time, and a transaction an order.
 */
export type Baseline = {
  readonly way: "one by one" | "batches";
  readonly url: string;
  readonly key: string;
  readonly orders: readonly (readonly [n: number, providerOrderId: string])[];
  readonly now: number;
};

type Told = { readonly status: string; readonly remains: string };
type Row = { readonly n: number; readonly id: string; readonly quantity: number; readonly charge: number; readonly last_change: number };

const IDS_A_REQUEST = 100;
const OPEN_REQUESTS = 5;

const UPDATE_ORDER = `UPDATE orders SET status = ?, reason = ?, provider_status = ?, remains = ?, refunded = ?, refund_count = 1, cadence = ?,
  polled_at = ?, progress_at = ?, final_at = ?, updated_at = ?, last_change = ?, version = version + 1 WHERE panel = ? AND n = ?`;
const INSERT_REFUND = `INSERT INTO refunds (panel, order_n, n, kind, amount, currency, status, reason, remains, created_at, decided_at, decided_by)
  VALUES (?, ?, 1, 'auto', ?, 'USD', 'posted', ?, ?, ?, ?, 'rules')`;
const INSERT_CHANGE = "INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const NEXT_POLL_MINUTES = 60;

/** Follows the orders to their end, and answers the ms that it took. Throws where one has not ended. */
export async function timeBaseline(engine: Engine, { way, url, key, orders, now }: Baseline): Promise<number> {
  const panel = await engine.db.prepare("SELECT feed_seq FROM panels WHERE id = ?1").bind(PANEL).first<{ feed_seq: number }>();
  let seq = Math.max(panel?.feed_seq ?? 0, now * 1000);
  const startedAt = performance.now();
  const numbers = new Map(orders.map(([n, id]) => [id, n]));
  const write = async (id: string, told: Told): Promise<void> => {
    const n = numbers.get(id);
    const row = await engine.db
      .prepare("SELECT n, id, quantity, charge, last_change FROM orders WHERE panel = ?1 AND n = ?2")
      .bind(PANEL, n)
      .first<Row>();
    if (row === null) throw new Error(`there is no order ${n}`);
    await engine.transact(writesOf(row, told, (seq += 2), now));
  };
  if (way === "one by one") {
    for (const [, id] of orders) await write(id, await asked<Told>(url, { key, action: "status", order: id }));
  } else {
    const lists = Array.from({ length: Math.ceil(orders.length / IDS_A_REQUEST) }, (_, i) =>
      orders.slice(i * IDS_A_REQUEST, (i + 1) * IDS_A_REQUEST),
    );
    const work = async (): Promise<void> => {
      for (let list = lists.shift(); list !== undefined; list = lists.shift()) {
        const ids = list.map(([, id]) => id);
        const told = await asked<Record<string, Told>>(url, { key, action: "status", orders: ids.join(",") });
        for (const id of ids) await write(id, told[id] as Told);
      }
    };
    await Promise.all(Array.from({ length: OPEN_REQUESTS }, work));
  }
  return performance.now() - startedAt;
}

async function asked<T>(url: string, fields: Readonly<Record<string, string>>): Promise<T> {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
  return response.json();
}

function writesOf({ n, id, quantity, charge, last_change }: Row, { status: word, remains: left }: Told, seq: number, now: number): Plain[] {
  if (word !== "Partial") throw new Error(`order ${id} is ${word}`);
  const [status, reason, remains] = ["partial", "partial", Number(left)];
  const refunded = charge - Math.floor((charge * (quantity - remains)) / quantity);
  const updated = JSON.stringify({ status, reason, remains, refunded, provider_status: word });
  return [
    { sql: INSERT_REFUND, params: [PANEL, n, refunded, reason, remains, now, now] },
    { sql: INSERT_CHANGE, params: [PANEL, seq - 1, "order.updated", id, last_change, now, '{"status":"in_progress"}', updated] },
    { sql: INSERT_CHANGE, params: [PANEL, seq, "refund.posted", id, seq - 1, now, "{}", updated] },
    { sql: UPDATE_ORDER, params: [status, reason, word, remains, refunded, NEXT_POLL_MINUTES, now, now, now, now, seq, PANEL, n] },
    { sql: "UPDATE panels SET feed_seq = max(feed_seq, ?) WHERE id = ?", params: [seq, PANEL] },
  ];
}
