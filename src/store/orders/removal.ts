/**
 * Removing an order that was registered by mistake. Its row goes, and with it its ids; its changes stay in the feed, and
 * the last of them tells of the removal.
 */
import type { EventType, RefundStatus } from "../../domain/feed.ts";
import type { RemovalCase } from "../../domain/order-removal.ts";
import { numberStatement } from "../feed/feed-numbers.ts";
import { insertTransfers } from "../ledger/transfers.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { type PollingRow, POLLING_COLUMNS, toPolling } from "../rows/provider.ts";
import type { Polling } from "../../domain/order-view.ts";

/** Reads an order and what its past says, in one round trip; null when the panel has no such order. */
export async function readRemovalCase(
  db: D1Database,
  panel: string,
  orderId: string,
): Promise<(RemovalCase & { readonly polling: Polling }) | null> {
  const [orders, refunds, providers] = await db.batch<Record<string, unknown>>([
    db.prepare("SELECT * FROM orders WHERE panel = ?1 AND id = ?2").bind(panel, orderId),
    db
      .prepare("SELECT r.status FROM refunds r WHERE r.panel = ?1 AND r.order_n = (SELECT n FROM orders WHERE panel = ?1 AND id = ?2)")
      .bind(panel, orderId),
    db
      .prepare(`SELECT ${POLLING_COLUMNS} FROM providers p WHERE p.id = (SELECT provider FROM orders WHERE panel = ?1 AND id = ?2)`)
      .bind(panel, orderId),
  ]);
  const row = orders?.results[0] as OrderRow | undefined;
  if (row === undefined) return null;
  const polling = providers?.results[0] as PollingRow | undefined;
  return {
    order: toOrder(row),
    isPlacedHere: row.add_digest !== null,
    refunds: ((refunds?.results ?? []) as { status: RefundStatus }[]).map(({ status }) => status),
    polling: polling === undefined ? null : toPolling(polling),
  };
}

/** Gives back what the customer was charged for the order, where the panel's accounts are kept here. */
const INSERT_VOID = insertTransfers(`
    SELECT o.panel, o.currency, coalesce(o.customer, '') AS customer, 'void' AS type, o.charge - o.registered_refunded AS amount,
      o.n AS order_n, o.id AS order_id, NULL AS refund_n, o.id AS reference, ?4 AS now, o.n AS i
    FROM panels p CROSS JOIN orders o
    WHERE p.id = ?1 AND p.money = 'ledger' AND o.panel = p.id AND o.n = ?2 AND o.version = ?3 AND o.charge > o.registered_refunded`);

const REMOVED: EventType = "order.removed";

const INSERT_REMOVED = `INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data)
  SELECT o.panel, p.feed_seq, '${REMOVED}', o.id, o.last_change, ?4, '{}', ?5
  FROM panels p CROSS JOIN orders o WHERE p.id = ?1 AND o.panel = p.id AND o.n = ?2 AND o.version = ?3`;

/** Its parts that were adopted go on as orders by themselves: of these, too, the panel may say that they are none of its own. */
const RELEASE_PARTS = `UPDATE orders SET part_of = NULL FROM json_each(?5) j
  WHERE orders.panel = ?1 AND orders.provider = ?4 AND orders.provider_order_id = j.value AND orders.part_of = ?2
    AND EXISTS (SELECT 1 FROM orders w WHERE w.panel = ?1 AND w.n = ?2 AND w.version = ?3)`;

/**
 * Removes an order, with its charge and the audit entry, all or nothing; `shown` is the order as it was. False, with
 * nothing written, when it is not as it was seen any more: the database refuses what `removalProblem` would. Seven rows
 * written, one more for a charge and for each part, and those of its indexes.
 */
export async function removeOrder(
  db: D1Database,
  { order: { panel, number: n, version, provider, state } }: Pick<RemovalCase, "order">,
  { shown, audit, now }: { readonly shown: unknown; readonly audit: D1PreparedStatement; readonly now: number },
): Promise<boolean> {
  const seen = [panel, n, version] as const;
  const parts = state.parts?.orders ?? [];
  try {
    const results = await db.batch([
      ...(parts.length === 0 ? [] : [db.prepare(RELEASE_PARTS).bind(...seen, provider, JSON.stringify(parts))]),
      numberStatement(db, [{ panel, count: 1 }], now),
      audit,
      db.prepare(INSERT_VOID).bind(...seen, now),
      db.prepare(INSERT_REMOVED).bind(...seen, now, JSON.stringify(shown)),
      db.prepare("DELETE FROM orders WHERE panel = ?1 AND n = ?2 AND version = ?3").bind(...seen),
    ]);
    return (results.at(-1)?.meta.changes ?? 0) > 0;
  } catch (error) {
    // Its script was told its end in between, which changes no version.
    if (error instanceof Error && error.message.includes("orders are never deleted")) return false;
    throw error;
  }
}
