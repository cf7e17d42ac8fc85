/**
 * What must be right in the end, whatever happened on the way.
 */
import { truthOf } from "../simulator/orders.ts";
import type { World } from "../simulator/world.ts";
import { type FeedReader, micros } from "./feed-reader.ts";
import type { Backend } from "./sqlite.ts";

type Row = Record<string, unknown>;

async function rows(backend: Backend, sql: string): Promise<Row[]> {
  const [result] = await backend.run([{ sql, params: [] }]);
  return result?.results ?? [];
}

/** Conservation: refunds within charges, totals as their rows add up, balances as their transfers do. */
export async function wrongsOfBooks(backend: Backend): Promise<string[]> {
  const wrong = async (what: string, sql: string): Promise<string[]> =>
    (await rows(backend, sql)).map((row) => `${what}: ${JSON.stringify(row)}`);
  const posted =
    "coalesce((SELECT sum(iif(r.kind = 'clawback', -r.amount, r.amount)) FROM refunds r WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted'), 0)";
  return [
    ...(await wrong(
      "refunded is not what the refunds add up to",
      `SELECT o.panel, o.id, o.refunded FROM orders o WHERE o.refunded <> o.registered_refunded + ${posted}`,
    )),
    ...(await wrong(
      "refunded is above the charge",
      "SELECT panel, id, refunded, charge FROM orders WHERE refunded + coalesce(hold_amount, 0) > coalesce(charge, 0)",
    )),
    ...(await wrong(
      "a posted refund is not on its account once",
      `SELECT r.panel, r.order_n, r.n FROM refunds r JOIN panels p ON p.id = r.panel AND p.money = 'ledger' WHERE r.status = 'posted'
       AND 1 <> (SELECT count(*) FROM transfers t WHERE t.panel = r.panel AND t.order_n = r.order_n AND t.refund_n = r.n AND abs(t.amount) = r.amount)`,
    )),
    ...(await wrong(
      "an order is not charged once",
      `SELECT o.panel, o.id FROM orders o JOIN panels p ON p.id = o.panel AND p.money = 'ledger' WHERE o.charge > o.registered_refunded
       AND 1 <> (SELECT count(*) FROM transfers t WHERE t.panel = o.panel AND t.order_n = o.n AND t.type = 'charge' AND t.amount = o.registered_refunded - o.charge)`,
    )),
    ...(await wrong("an order without a change", "SELECT panel, id FROM orders WHERE last_change = 0")),
    ...(await wrong(
      "an order that nobody settled",
      "SELECT panel, id FROM orders WHERE provider_order_id LIKE 'placing %' AND status NOT IN ('canceled')",
    )),
    ...(await wrong("a parked order", "SELECT panel, id FROM orders WHERE flags & 1024")),
    ...(await wrong("a frozen panel", "SELECT id, frozen_because FROM panels WHERE frozen_at IS NOT NULL")),
  ];
}

/** Every order shows what is true of it at its provider. */
export async function wrongsOfTruth(backend: Backend, world: World, now: number): Promise<string[]> {
  const orders = await rows(
    backend,
    "SELECT panel, id, provider, provider_order_id, status, flags FROM orders WHERE provider_order_id NOT LIKE 'placing %'",
  );
  return orders.flatMap(({ panel, id, provider, provider_order_id, status }) => {
    const order = world.providers.get(String(provider))?.orders.get(String(provider_order_id));
    if (order === undefined) return [`${String(panel)}/${String(id)} is at no provider`];
    const { status: truth } = truthOf(order, now).now;
    return truth === status ? [] : [`${String(panel)}/${String(id)} at ${String(provider)} is ${truth}, and shown as ${String(status)}`];
  });
}

/** Whoever reads only the feed knows every order as it is, and has credited what was refunded. */
export async function wrongsOfReaders(backend: Backend, readers: readonly FeedReader[]): Promise<string[]> {
  const wrongs = readers.flatMap((reader) => reader.wrongs);
  const orders = await rows(backend, "SELECT panel, id, status, refunded, registered_refunded, refill_status, cancel_status FROM orders");
  for (const reader of readers) {
    const ofPanel = orders.filter(({ panel }) => panel === reader.panel);
    if (ofPanel.length !== reader.orders.size)
      wrongs.push(`${reader.panel}: the feed told of ${reader.orders.size} orders, and there are ${ofPanel.length}`);
    for (const { id, status, refunded } of ofPanel) {
      const read = reader.orders.get(String(id));
      if (read === undefined) wrongs.push(`${reader.panel}/${String(id)} was never told of`);
      else if (read.status !== status)
        wrongs.push(`${reader.panel}/${String(id)} is ${String(status)}, and the feed said ${String(read.status)}`);
      else if (micros(read.refunded) !== refunded)
        wrongs.push(`${reader.panel}/${String(id)} refunded ${String(refunded)}, and the feed said ${read.refunded}`);
    }
  }
  return wrongs;
}
