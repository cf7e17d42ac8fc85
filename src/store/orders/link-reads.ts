/**
 * Looking for other orders on a link.
 */
import { FLAGS } from "../../domain/order.ts";
import { ENDED } from "../rows/order.ts";

/** How many orders of one link are looked at: those under way are among the newest. */
const NEWEST_OF_LINK = 50;

/** The newest orders of a link. Without the hint SQLite reads all of the panel's: it takes them for ten. */
export function newestOfLink(panel: string, linkKey: string, condition = "1"): string {
  return `(SELECT * FROM orders l INDEXED BY orders_link
    WHERE l.panel = ${panel} AND l.link_key = ${linkKey} AND ${condition} ORDER BY l.n DESC LIMIT ${NEWEST_OF_LINK})`;
}

/** The newest order that is under way on a link. Without a link, orders are for nothing in common. */
export function activeSql(columns: string, panel: string, linkKey: string, condition = "1"): string {
  return `SELECT ${columns} FROM ${newestOfLink(panel, linkKey)} o
    WHERE o.link IS NOT NULL AND o.status NOT IN (${ENDED}) AND ${condition} ORDER BY o.n DESC LIMIT 1`;
}

/**
 * Whether an order on the same link, that came before, is under way; null where the order has no warning of one, so that most
 * cost nothing. A row read for each order of the link, 50 at most.
 */
export function linkSharedSql(orders: string): string {
  const before = newestOfLink(`${orders}.panel`, `${orders}.link_key`, `l.n < ${orders}.n`);
  return `CASE WHEN ${orders}.flags & ${FLAGS.duplicate_link} <> 0
    THEN EXISTS (SELECT 1 FROM ${before} f WHERE f.link IS NOT NULL AND f.status NOT IN (${ENDED})) END`;
}
