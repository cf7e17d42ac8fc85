/**
 * The orders behind a period's reconciliation, found by way of the change feed: its numbers are no lower than times, so
 * that a period begins at a place of its key, and no index has to be paid for with every refund. Where it ends, the
 * changes' own times say: numbers run ahead of time, by a day and more after a restore.
 */
import { FLAGS } from "../../domain/order.ts";
import type { OrderFacts } from "../../domain/reconciliation.ts";
import type { Status } from "../../domain/status.ts";
import { horizonSql } from "../retention/horizon.ts";
import { providerIdIn } from "../rows/order.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";

/** Half-open, epoch ms. */
export type Period = { readonly from: number; readonly to: number };

/** One request looks at no more changes of a period than this: some 3,000 orders' worth. */
export const MAX_CHANGES = 10_000;

/** Changes come in the order of their times, but for clocks that differ: so much later, all of a period have come. */
const CLOCKS_DIFFER_MS = 3_600_000;

/**
 * `tooLongAfter`: the period has more changes than are looked at, or may have; up to here, epoch ms, it has not. `archivedUpTo`: it
 * begins in the part of the feed that was archived, which ends here, epoch ms.
 */
export type PeriodRead =
  | { readonly kind: "read"; readonly panel: Panel; readonly orders: readonly OrderFacts[] }
  | { readonly kind: "archived"; readonly archivedUpTo: number }
  | { readonly kind: "too_long"; readonly tooLongAfter: number };

type FactsRow = {
  n: number;
  id: string;
  provider: string;
  provider_order_id: string;
  status: Status;
  quantity: number | null;
  remains: number | null;
  multi: number;
  flags: number;
  refill_refused: number;
  ended: number;
  currency: string;
  posted: string | null;
  provider_price: string | null;
  provider_price_currency: string | null;
  provider_charge: string | null;
  provider_currency: string | null;
  cost: string | null;
  cost_currency: string | null;
};

const SHOWN_FLAGS = FLAGS.completed_with_remains | FLAGS.canceled_after_delivery;

/**
 * The orders that posted something in the period, or ended in it with money to reconcile, by number. What is too long is
 * found out first, by one row a change; then a row is read for each change, two for each order that had one, and one for
 * each of its refunds. Null when there is no such panel.
 */
export async function readPeriod(db: D1Database, ref: PanelRef, period: Period): Promise<PeriodRead | null> {
  const extent = await readExtent(db, ref, period);
  if (extent === null || extent.kind !== "extent") return extent;
  const panel = extent.panel.id;
  const [facts, currencies] = await db.batch<Record<string, unknown>>([
    db.prepare(FACTS).bind(panel, period.from, period.to, extent.endSeq),
    db.prepare("SELECT id, currency FROM providers WHERE currency IS NOT NULL"),
  ]);
  const currencyOf = new Map(((currencies?.results ?? []) as { id: string; currency: string }[]).map(({ id, currency }) => [id, currency]));
  const found = (facts?.results ?? []) as FactsRow[];
  const refused = new Set(found.filter((row) => row.refill_refused === 1).map(({ n }) => n));
  const once = [...new Map(found.map((row) => [row.n, { ...row, refill_refused: refused.has(row.n) ? 1 : 0 }])).values()];
  const rows = once.toSorted((one, other) => one.n - other.n);
  return { kind: "read", panel: extent.panel, orders: rows.map((row) => toFacts(row, currencyOf.get(row.provider) ?? null)) };
}

/** `endSeq`: no change from this number on belongs to the period. */
type Extent = { readonly kind: "extent"; readonly panel: Panel; readonly endSeq: number };

/** How far a period reaches in the feed. Neither it nor what lies behind it is read further than `MAX_CHANGES`. */
async function readExtent(
  db: D1Database,
  ref: PanelRef,
  { from, to }: Period,
): Promise<Extent | Extract<PeriodRead, { kind: "too_long" | "archived" }> | null> {
  const panel = panelIdSql(ref);
  const behind = `SELECT c.seq, c.created_at FROM changes c WHERE c.panel = ${panel} AND c.seq >= ?2 * 1000 ORDER BY c.seq`;
  const found = await readForPanel(db, ref, [
    db
      .prepare(
        `SELECT c.created_at FROM changes c WHERE c.panel = ${panel} AND c.seq >= ?2 * 1000 AND c.seq < ?3 * 1000 ORDER BY c.seq LIMIT 1 OFFSET ${MAX_CHANGES}`,
      )
      .bind(ref.value, from, to),
    db.prepare(`SELECT seq FROM (${behind} LIMIT ${MAX_CHANGES}) WHERE created_at >= ?2 + ${CLOCKS_DIFFER_MS} LIMIT 1`).bind(ref.value, to),
    db.prepare(`SELECT ${horizonSql(panel)} AS horizon`).bind(ref.value),
  ]);
  if (found === null) return null;
  const horizon = (found.results[2]?.results[0] as { horizon: number } | undefined)?.horizon ?? 0;
  if (from * 1000 <= horizon) return { kind: "archived", archivedUpTo: Math.floor(horizon / 1000) };
  const [beyond, end] = found.results.map(({ results }) => results[0] as { seq: number; created_at: number } | undefined);
  if (beyond !== undefined) return { kind: "too_long", tooLongAfter: beyond.created_at };
  if (end !== undefined) return { kind: "extent", panel: found.panel, endSeq: end.seq };
  // So many changes within the hour, or numbers that run ahead since a restore: then the period's own may go on.
  const last = await db.prepare(`${behind} LIMIT 1 OFFSET ${MAX_CHANGES}`).bind(ref.value, to).first<{ seq: number; created_at: number }>();
  if (last !== null && last.created_at < to) return { kind: "too_long", tooLongAfter: last.created_at };
  return { kind: "extent", panel: found.panel, endSeq: last?.seq ?? Number.MAX_SAFE_INTEGER };
}

/**
 * Sorted by whoever reads it: sorted here, its rows would be read another time. For the same reason an order of whose refill
 * something was told stands there twice, with what else was told of it in the other row.
 */
const FACTS = `SELECT * FROM (
    SELECT o.n, o.id, o.provider, o.provider_order_id, o.status, o.quantity, o.remains, o.multi, o.flags, o.currency,
      o.provider_price, o.provider_price_currency, o.provider_charge, o.provider_currency, o.cost, o.cost_currency,
      t.refilled AND o.refill_status IS 'rejected' AS refill_refused,
      coalesce(o.final_at >= ?2 AND o.final_at < ?3, 0) AND (o.status IN ('partial', 'canceled', 'refunded') OR o.flags & ${SHOWN_FLAGS} <> 0) AS ended,
      (SELECT CAST(sum(iif(r.kind = 'clawback', -r.amount, r.amount)) AS TEXT) FROM refunds r
        WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted' AND r.decided_at >= ?2 AND r.decided_at < ?3) AS posted
    FROM (SELECT DISTINCT c.order_id, c.type = 'refill.updated' AS refilled FROM changes c
      WHERE c.panel = ?1 AND c.seq >= ?2 * 1000 AND c.seq < ?4 AND c.created_at >= ?2 AND c.created_at < ?3) t
    CROSS JOIN orders o
    WHERE o.panel = ?1 AND o.id = t.order_id
  ) WHERE ended OR refill_refused OR posted IS NOT NULL`;

/** `ownCurrency`: the provider's, where it is set. */
function toFacts(row: FactsRow, ownCurrency: string | null): OrderFacts {
  return {
    order: row.id,
    provider: row.provider,
    providerOrder: providerIdIn(row.provider_order_id),
    status: row.status,
    quantity: row.quantity,
    remains: row.remains,
    multi: row.multi === 1,
    flags: row.flags,
    refillRefused: row.refill_refused === 1,
    ended: row.ended === 1,
    currency: row.currency,
    refundedMicros: row.posted === null ? null : BigInt(row.posted),
    providerPrice: row.provider_price,
    providerPriceCurrency: row.provider_price_currency,
    providerCharge: row.provider_charge,
    providerCurrency: row.provider_currency,
    ownCurrency,
    cost: row.cost,
    costCurrency: row.cost_currency,
  };
}
