/**
 * Removing a panel that nothing ever used.
 */

/** What uses a panel: it has had orders, or an account; a provider's settings name it; or nothing does, or it is not there. */
export type PanelUse =
  | { readonly kind: "none" }
  | { readonly kind: "missing" }
  | { readonly kind: "orders" }
  | { readonly kind: "accounts" }
  | { readonly kind: "provider"; readonly provider: string };

const HAS_ORDERS = "(p.order_n > 0 OR p.feed_seq > 0)";
const HAS_ACCOUNTS =
  "(EXISTS (SELECT 1 FROM transfers t WHERE t.panel = p.id) OR EXISTS (SELECT 1 FROM idempotency i WHERE i.panel = p.id))";
const NAMED_BY = "(SELECT v.id FROM providers v CROSS JOIN json_each(v.panels) j WHERE v.panels IS NOT NULL AND j.value = p.id LIMIT 1)";

/** What goes with a panel: its keys, and what is counted and remembered of it. */
const OF_A_PANEL = [
  "keys",
  "panel_troubles",
  "panel_shares",
  "strangers",
  "wanted_checks",
  "webhooks",
  "webhook_deliveries",
  "panel_crons",
  "archived_pages",
] as const;

/** Removes a panel, with its keys and the audit entry of it, unless something uses it. `audit` must be for a statement that changed something. */
export async function removePanel(db: D1Database, id: string, audit: D1PreparedStatement): Promise<PanelUse> {
  const [used, removed] = await db.batch<{ orders: number; accounts: number; provider: string | null }>([
    db
      .prepare(`SELECT ${HAS_ORDERS} AS orders, ${HAS_ACCOUNTS} AS accounts, ${NAMED_BY} AS provider FROM panels p WHERE p.id = ?1`)
      .bind(id),
    db.prepare(`DELETE FROM panels AS p WHERE p.id = ?1 AND NOT ${HAS_ORDERS} AND NOT ${HAS_ACCOUNTS} AND ${NAMED_BY} IS NULL`).bind(id),
    audit,
    ...OF_A_PANEL.map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE panel = ?1 AND NOT EXISTS (SELECT 1 FROM panels WHERE id = ?1)`).bind(id),
    ),
  ]);
  if (removed?.meta.changes === 1) return { kind: "none" };
  const row = used?.results[0];
  if (row === undefined) return { kind: "missing" };
  if (row.orders === 1) return { kind: "orders" };
  return row.provider === null || row.accounts === 1 ? { kind: "accounts" } : { kind: "provider", provider: row.provider };
}
