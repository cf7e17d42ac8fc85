/**
 * Counting the orders that are followed at each provider, in the transaction that begins or ends to follow them. Counting
 * them when somebody asks would read a row an order.
 */
import type { FeedCount } from "../feed/feed-numbers.ts";

const FOLLOWED_BY_PANELS = `UPDATE providers SET active_orders = active_orders + f.count
  FROM (SELECT o.provider, count(*) AS count FROM json_each(?1) j CROSS JOIN panels p CROSS JOIN orders o
    WHERE p.id = j.value->>'$.panel' AND o.panel = p.id AND o.n > p.order_n - (j.value->>'$.count') AND o.cadence IS NOT NULL
    GROUP BY o.provider) f
  WHERE providers.id = f.provider`;

/** Counts the orders that this batch has added under the newest numbers of some panels. One row written a provider. */
export function countAddedStatement(db: D1Database, added: readonly FeedCount[]): D1PreparedStatement {
  return db.prepare(FOLLOWED_BY_PANELS).bind(JSON.stringify(added));
}

/** Counts an order that is followed from now on, if it is as it was seen; before the statement that changes it. One row written. */
export function countPlacedStatement(db: D1Database, seen: { readonly panel: string; readonly number: number; readonly version: number }) {
  return db
    .prepare(
      `UPDATE providers SET active_orders = active_orders + 1
       WHERE id = (SELECT o.provider FROM orders o WHERE o.panel = ?1 AND o.n = ?2 AND o.version = ?3 AND o.last_change = 0 AND o.cadence IS NULL)`,
    )
    .bind(seen.panel, seen.number, seen.version);
}
