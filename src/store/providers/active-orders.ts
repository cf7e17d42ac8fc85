/**
 * Counting the orders that are followed at each provider. An order is counted with its first poll, in the row that every sweep
 * writes; those that wait for it are counted when somebody asks. Counting all of them then would read a row an order.
 */
import type { OrderState } from "../../domain/order.ts";
import type { FeedCount } from "../feed/feed-numbers.ts";

/** Condition on an order: it is followed and in the figure. One that waits for its first poll is looked at each minute. */
function isCountedSql(o: string): string {
  return `${o}.cadence IS NOT NULL AND NOT (${o}.cadence = 1 AND ${o}.polled_at IS NULL)`;
}

/** The same of an order's state. */
export function isCounted({ cadence, polledAt }: Pick<OrderState, "cadence" | "polledAt">): boolean {
  return cadence !== null && !(cadence === 1 && polledAt === null);
}

/** SQL for how many orders are followed at a provider: the figure, and those of the last minutes. Two rows read for each order that is looked at each minute. */
export function followedSql(providers: string): string {
  return `${providers}.active_orders + (SELECT count(*) FROM orders o WHERE o.provider = ${providers}.id AND o.cadence = 1 AND o.polled_at IS NULL)`;
}

/** The same, right only in whether there are any. One row read. */
export function anyFollowedSql(providers: string): string {
  return `max(${providers}.active_orders, EXISTS (SELECT 1 FROM orders o WHERE o.provider = ${providers}.id AND o.cadence = 1))`;
}

const FOLLOWED_BY_PANELS = `UPDATE providers SET active_orders = active_orders + f.count
  FROM (SELECT o.provider, count(*) AS count FROM json_each(?1) j CROSS JOIN panels p CROSS JOIN orders o
    WHERE p.id = j.value->>'$.panel' AND o.panel = p.id AND o.n > p.order_n - (j.value->>'$.count') AND ${isCountedSql("o")}
    GROUP BY o.provider) f
  WHERE providers.id = f.provider`;

/** Counts the orders that this batch has added under the newest numbers of some panels. One row written a provider. */
export function countAddedStatement(db: D1Database, added: readonly FeedCount[]): D1PreparedStatement {
  return db.prepare(FOLLOWED_BY_PANELS).bind(JSON.stringify(added));
}
