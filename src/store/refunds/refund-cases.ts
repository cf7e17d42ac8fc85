/**
 * What a person decides about: an order with its refunds and what it takes to show it, and what the brake holds.
 */
import type { RefundFacts } from "../../domain/feed.ts";
import type { Order } from "../../domain/order.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { type Provider, type ProviderRow, toProvider, WITH_POLICIES } from "../rows/provider.ts";
import { type RefundRow, toFacts } from "./refund-reads.ts";

/** An order that is decided about, its provider, and its refunds by number. */
export type RefundCase = { readonly order: Order; readonly provider: Provider; readonly refunds: ReadonlyMap<number, RefundFacts> };

/** Reads a case in one round trip; null when the panel has no such order. */
export async function readRefundCase(db: D1Database, panel: string, orderId: string): Promise<RefundCase | null> {
  const [orders, providers, refunds] = await db.batch<Record<string, unknown>>([
    db.prepare("SELECT * FROM orders WHERE panel = ?1 AND id = ?2").bind(panel, orderId),
    db
      .prepare(`SELECT ${WITH_POLICIES} FROM providers p WHERE p.id = (SELECT provider FROM orders WHERE panel = ?1 AND id = ?2)`)
      .bind(panel, orderId),
    db
      .prepare("SELECT r.* FROM refunds r WHERE r.panel = ?1 AND r.order_n = (SELECT n FROM orders WHERE panel = ?1 AND id = ?2)")
      .bind(panel, orderId),
  ]);
  const order = orders?.results[0] as OrderRow | undefined;
  const provider = providers?.results[0] as ProviderRow | undefined;
  if (order === undefined || provider === undefined) return null;
  const facts = ((refunds?.results ?? []) as RefundRow[]).map(toFacts);
  return { order: toOrder(order), provider: toProvider(provider), refunds: new Map(facts.map((refund) => [refund.n, refund])) };
}

/**
 * What a provider's brake holds: how many refunds and words, and how much of each currency (sums cross as text). Where not
 * all that is held was looked at, it holds at least this.
 */
export type BrakeHeld = { readonly count: number; readonly amounts: Readonly<Record<string, string>>; readonly isComplete: boolean };

/** The index has a status's refunds of all panels together. */
const HELD = "refunds r INDEXED BY refunds_status WHERE r.status = 'held'";
const IS_BRAKES = `r.reason = 'brake' AND o.panel = r.panel AND o.n = r.order_n AND o.provider = ?1 AND coalesce(o.hold_n, o.word_hold_n) = r.n`;

/** A look at a provider reads no more held refunds than this, of all providers. */
const MAX_HELD_READ = 5000;

/** Four rows a refund that is held, of any provider; of one panel where it is named. */
export async function readBrakeHeld(db: D1Database, provider: string, panel: string | null = null): Promise<BrakeHeld> {
  const held = panel === null ? HELD : `${HELD} AND r.panel = ?2`;
  const own = panel === null ? [] : [panel];
  const [sums, edge] = await db.batch<{ currency: string; count: number; amount: string | null }>([
    db
      .prepare(
        `SELECT r.currency, count(*) AS count, CAST(sum(r.amount) AS TEXT) AS amount
         FROM (SELECT * FROM ${held} LIMIT ${MAX_HELD_READ}) r CROSS JOIN orders o WHERE ${IS_BRAKES} GROUP BY r.currency ORDER BY r.currency`,
      )
      .bind(provider, ...own),
    db.prepare(`SELECT ?1 AS provider FROM ${held} LIMIT 1 OFFSET ${MAX_HELD_READ}`).bind(provider, ...own),
  ]);
  const found = sums?.results ?? [];
  return {
    count: found.reduce((sum, { count }) => sum + count, 0),
    amounts: Object.fromEntries(found.flatMap(({ currency, amount }) => (amount === null ? [] : [[currency, amount]]))),
    isComplete: edge?.results.length === 0,
  };
}

/** Nothing is held where the brake is off and was let go wholly; then nothing need be read. */
export const NOTHING_HELD: BrakeHeld = { count: 0, amounts: {}, isComplete: true };

/** Some of the orders whose refunds a provider's brake holds; of one panel where it is named. */
export async function readBraked(db: D1Database, provider: string, panel: string | null, limit: number): Promise<Order[]> {
  const { results } = await db
    .prepare(`SELECT o.* FROM refunds r INDEXED BY refunds_status CROSS JOIN orders o
      WHERE r.status = 'held'${panel === null ? "" : " AND r.panel = ?3"} AND ${IS_BRAKES} ORDER BY r.panel, r.order_n LIMIT ?2`)
    .bind(provider, limit, ...(panel === null ? [] : [panel]))
    .all<OrderRow>();
  return results.map(toOrder);
}

/** Lets a provider's brake go, and forgets the endings that engaged it. */
export function disengageStatement(db: D1Database, provider: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE providers SET brake_engaged_at = NULL, braked_panels = '{}', brake_evidence = NULL, endings = '[]', state_version = state_version + 1
       WHERE id = ?1 AND (brake_engaged_at IS NOT NULL OR braked_panels <> '{}')`,
    )
    .bind(provider);
}

/** Lets one panel's brake at a provider go, and forgets that panel's endings. That of the whole provider stays. */
export function disengagePanelStatement(db: D1Database, provider: string, panel: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE providers SET state_version = state_version + 1,
         braked_panels = (SELECT json_group_object(key, value) FROM json_each(braked_panels) WHERE key <> ?2),
         endings = (SELECT json_group_array(json(value)) FROM json_each(endings) WHERE value->>3 IS NOT ?2)
       WHERE id = ?1 AND EXISTS (SELECT 1 FROM json_each(braked_panels) WHERE key = ?2)`,
    )
    .bind(provider, panel);
}
