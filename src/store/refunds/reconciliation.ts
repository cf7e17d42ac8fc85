/**
 * The orders behind a period's reconciliation, found by way of the change feed: its numbers are no lower than times, so
 * that a period begins at a place of its key, and no index has to be paid for with every refund. Where it ends, the
 * changes' own times say: numbers run ahead of time, by a day and more after a restore.
 */
import { FLAGS } from "../../domain/order.ts";
import type { OrderFacts } from "../../domain/reconciliation.ts";
import type { Status } from "../../domain/status.ts";
import { providerIdIn } from "../rows/order.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";

/** Half-open, epoch ms. */
export type Period = { readonly from: number; readonly to: number };

/** One request looks at no more changes than this: some 6,000 orders' worth, read within a second. */
export const MAX_CHANGES = 20_000;

/** Changes come in the order of their times, but for clocks that differ: so much later, all of a period have come. */
const CLOCKS_DIFFER_MS = 3_600_000;

export type PeriodRead = {
  readonly panel: Panel;
  readonly orders: readonly OrderFacts[];
  /** Set when the period has more changes than are looked at: up to here, epoch ms, it has not. */
  readonly tooLongAfter: number | null;
};

type FactsRow = {
  id: string;
  provider: string;
  provider_order_id: string;
  status: Status;
  quantity: number | null;
  remains: number | null;
  multi: number;
  flags: number;
  ended: number;
  currency: string;
  posted: string | null;
  provider_price: string | null;
  provider_price_currency: string | null;
  provider_charge: string | null;
  provider_currency: string | null;
  default_currency: string | null;
  cost: string | null;
  cost_currency: string | null;
};

const SHOWN_FLAGS = FLAGS.completed_with_remains | FLAGS.canceled_after_delivery;

/**
 * The orders that posted something in the period, or ended in it with money to reconcile, by number. A row read for
 * each change, two for each order that had one, and one for each of its refunds. Null when there is no such panel.
 */
export async function readPeriod(db: D1Database, ref: PanelRef, { from, to }: Period): Promise<PeriodRead | null> {
  const panel = panelIdSql(ref);
  const end = `coalesce((SELECT e.seq FROM changes e WHERE e.panel = ${panel} AND e.seq >= ?3 * 1000 AND e.created_at >= ?3 + ${CLOCKS_DIFFER_MS}
    ORDER BY e.seq LIMIT 1), 9223372036854775807)`;
  const changes = `FROM changes c WHERE c.panel = ${panel} AND c.seq >= ?2 * 1000 AND c.seq < ${end} AND c.created_at >= ?2 AND c.created_at < ?3`;
  const facts = `SELECT * FROM (
      SELECT o.n, o.id, o.provider, o.provider_order_id, o.status, o.quantity, o.remains, o.multi, o.flags, o.currency,
        o.provider_price, o.provider_price_currency, o.provider_charge, o.provider_currency, p.currency AS default_currency, o.cost, o.cost_currency,
        coalesce(o.final_at >= ?2 AND o.final_at < ?3, 0) AND (o.status IN ('partial', 'canceled', 'refunded') OR o.flags & ${SHOWN_FLAGS} <> 0) AS ended,
        (SELECT CAST(sum(iif(r.kind = 'clawback', -r.amount, r.amount)) AS TEXT) FROM refunds r
          WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted' AND r.decided_at >= ?2 AND r.decided_at < ?3) AS posted
      FROM (SELECT DISTINCT order_id FROM (SELECT c.order_id ${changes} ORDER BY c.seq LIMIT ${MAX_CHANGES})) t
      CROSS JOIN orders o LEFT JOIN providers p ON p.id = o.provider
      WHERE o.panel = ${panel} AND o.id = t.order_id
    ) WHERE ended OR posted IS NOT NULL ORDER BY n`;
  const found = await readForPanel(db, ref, [
    db.prepare(`SELECT c.created_at ${changes} ORDER BY c.seq LIMIT 1 OFFSET ${MAX_CHANGES}`).bind(ref.value, from, to),
    db.prepare(facts).bind(ref.value, from, to),
  ]);
  if (found === null) return null;
  const [beyond, rows] = found.results;
  return {
    panel: found.panel,
    orders: ((rows?.results ?? []) as FactsRow[]).map(toFacts),
    tooLongAfter: (beyond?.results[0] as { created_at: number } | undefined)?.created_at ?? null,
  };
}

function toFacts(row: FactsRow): OrderFacts {
  return {
    order: row.id,
    provider: row.provider,
    providerOrder: providerIdIn(row.provider_order_id),
    status: row.status,
    quantity: row.quantity,
    remains: row.remains,
    multi: row.multi === 1,
    flags: row.flags,
    ended: row.ended === 1,
    currency: row.currency,
    refundedMicros: row.posted === null ? null : BigInt(row.posted),
    providerPrice: row.provider_price,
    providerPriceCurrency: row.provider_price_currency,
    providerCharge: row.provider_charge,
    providerCurrency: row.provider_currency ?? row.default_currency,
    cost: row.cost,
    costCurrency: row.cost_currency,
  };
}
