/**
 * Reading what a panel's public status is made of.
 */
import { FLAGS } from "../../domain/order.ts";
import type { StatusFacts } from "../../domain/public-status.ts";
import { ENDED } from "../rows/order.ts";

/** A look goes through so many of the panel's newest orders. */
const MAX_ORDERS = 200;

const IS_PUBLIC = "p.id = ?1 AND p.public_status = 1 AND p.enabled = 1";

const PANEL = `SELECT p.name, t.minute, t.at FROM panels p CROSS JOIN ticks t WHERE ${IS_PUBLIC} AND t.id = 1`;

/** Of a panel that shows none, nothing is read: so it takes as long as for one that is not there. */
const SERVICES = `SELECT o.service, count(*) AS orders, sum(o.flags & ${FLAGS.overdue | FLAGS.stalled} <> 0) AS late, v.enabled,
    v.retry_at IS NOT NULL AND v.last_failure->>'$.code' IS NOT 'rate_limited' AS down, v.last_success_at
  FROM (
    SELECT o.service, o.provider, o.flags, o.cadence, o.status FROM panels p CROSS JOIN orders o
    WHERE ${IS_PUBLIC} AND o.panel = p.id ORDER BY o.n DESC LIMIT ${MAX_ORDERS}
  ) o CROSS JOIN providers v
  WHERE o.cadence IS NOT NULL AND o.status NOT IN (${ENDED}) AND v.id = o.provider
  GROUP BY o.service, o.provider`;

type PanelFacts = { name: string | null; minute: number; at: number };
type ServiceRow = {
  service: string | null;
  orders: number;
  late: number;
  enabled: number;
  down: number;
  last_success_at: number | null;
};

export type PublicFacts = StatusFacts & { readonly name: string | null };

/** Null for a panel that shows no status, or is none. Four rows read for each of its 200 newest orders at most. */
export async function readPublicStatus(db: D1Database, panel: string): Promise<PublicFacts | null> {
  const [panels, services] = await db.batch<Record<string, unknown>>([PANEL, SERVICES].map((sql) => db.prepare(sql).bind(panel)));
  const found = panels?.results[0] as PanelFacts | undefined;
  if (found === undefined) return null;
  return {
    name: found.name,
    lastTickAt: found.minute > 0 ? found.at : null,
    services: ((services?.results ?? []) as ServiceRow[]).map((row) => ({
      service: row.service,
      orders: row.orders,
      late: row.late,
      isOff: row.enabled === 0,
      isDown: row.down === 1,
      answeredAt: row.last_success_at,
    })),
  };
}
