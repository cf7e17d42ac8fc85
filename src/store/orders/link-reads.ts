/**
 * Looking for other orders on a link.
 */
import { ENDED } from "../rows/order.ts";

/** How many orders of one link are looked at: those under way are among the newest. */
const NEWEST_OF_LINK = 50;

/** The newest orders of a link. Without the hint SQLite reads all of the panel's: it takes them for ten. */
export function newestOfLink(panel: string, linkKey: string): string {
  return `(SELECT * FROM orders l INDEXED BY orders_link WHERE l.panel = ${panel} AND l.link_key = ${linkKey} ORDER BY l.n DESC LIMIT ${NEWEST_OF_LINK})`;
}

/** The newest order that is under way on a link. Without a link, orders are for nothing in common. */
export function activeSql(columns: string, panel: string, linkKey: string): string {
  return `SELECT ${columns} FROM ${newestOfLink(panel, linkKey)} o WHERE o.link IS NOT NULL AND o.status NOT IN (${ENDED}) ORDER BY o.n DESC LIMIT 1`;
}
