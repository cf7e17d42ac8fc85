/**
 * Reading all that support asks about an order, in one round trip.
 */
import type { RefundFacts } from "../../domain/feed.ts";
import type { Order } from "../../domain/order.ts";
import type { Polling } from "../../domain/order-view.ts";
import { CHANGE_COLUMNS, type ChangeRow } from "../feed/change-reads.ts";
import { type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { type RefundRow, toFacts } from "../refunds/refund-reads.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { type PollingRow, POLLING_COLUMNS, toPolling } from "../rows/provider.ts";

/** An order with its refunds, and its newest changes, oldest first. */
export type SupportCase = {
  readonly order: Order;
  readonly polling: Polling;
  readonly refunds: readonly RefundFacts[];
  readonly changes: readonly ChangeRow[];
  /** Whether these are all its changes: there are no older ones, here or in the archive. */
  readonly isWhole: boolean;
};

/** Null when there is no such panel; `found` is null when the panel has no such order. Two rows read a change. */
export async function readSupportCase(
  db: D1Database,
  ref: PanelRef,
  orderId: string,
  limits: { readonly changes: number; readonly refunds: number },
): Promise<{ readonly found: SupportCase | null } | null> {
  const panel = panelIdSql(ref);
  const order = `FROM orders o WHERE o.panel = ${panel} AND o.id = ?2`;
  const read = await readForPanel(db, ref, [
    db.prepare(`SELECT o.* ${order}`).bind(ref.value, orderId),
    db.prepare(`SELECT ${POLLING_COLUMNS} FROM providers p WHERE p.id = (SELECT o.provider ${order})`).bind(ref.value, orderId),
    db
      .prepare(`SELECT r.* FROM refunds r WHERE r.panel = ${panel} AND r.order_n = (SELECT o.n ${order}) ORDER BY r.n DESC LIMIT ?3`)
      .bind(ref.value, orderId, limits.refunds),
    db
      .prepare(
        `WITH RECURSIVE chain (seq, prev, place) AS (
           SELECT c.seq, c.prev, 1 FROM orders o CROSS JOIN changes c
           WHERE o.panel = ${panel} AND o.id = ?2 AND c.panel = o.panel AND c.seq = o.last_change
           UNION ALL
           SELECT c.seq, c.prev, chain.place + 1 FROM chain CROSS JOIN changes c
           WHERE c.panel = ${panel} AND c.seq = chain.prev AND chain.place < ?3
         )
         SELECT n.prev, ${CHANGE_COLUMNS} FROM chain n CROSS JOIN changes c WHERE c.panel = ${panel} AND c.seq = n.seq ORDER BY c.seq`,
      )
      .bind(ref.value, orderId, limits.changes),
  ]);
  if (read === null) return null;
  const [orders, pollings, refunds, changes] = read.results;
  const row = orders?.results[0] as OrderRow | undefined;
  if (row === undefined) return { found: null };
  const polling = pollings?.results[0] as PollingRow | undefined;
  const told = (changes?.results ?? []) as (ChangeRow & { prev: number | null })[];
  return {
    found: {
      order: toOrder(row),
      polling: polling === undefined ? null : toPolling(polling),
      refunds: ((refunds?.results ?? []) as RefundRow[]).map(toFacts).toReversed(),
      changes: told,
      isWhole: row.last_change === 0 || (told[0] !== undefined && told[0].prev === null),
    },
  };
}
