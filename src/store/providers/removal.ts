/**
 * Removing a provider that nothing ever used.
 */

/** What uses a provider: an order, or a service of the catalogue; or nothing does, or it is not there. */
export type ProviderUse =
  | { readonly kind: "none" }
  | { readonly kind: "missing" }
  | { readonly kind: "orders" }
  | { readonly kind: "service"; readonly service: number };

const HAS_ORDERS = "EXISTS (SELECT 1 FROM orders o WHERE o.provider = p.id)";
const SOLD_AS = "(SELECT min(s.id) FROM services s WHERE s.provider = p.id)";

/** What is kept of a provider besides its row: settings of its services, its list of them, and what panels have to do with it. */
const KEPT = [
  ...(["refund_policies", "service_windows", "service_history", "provider_services"] as const),
  ...(["panel_troubles", "strangers", "wanted_checks", "provider_hooks", "watched_services", "provider_days"] as const),
] as const;

/**
 * Removes a provider with all its settings, and the audit entry of it, unless something uses it. `audit` must be for a
 * statement that changed something. The database lets no order and no service come to be without its provider, so
 * that none can slip in between.
 */
export async function removeProvider(db: D1Database, id: string, audit: D1PreparedStatement): Promise<ProviderUse> {
  const [used, removed] = await db.batch<{ orders: number; service: number | null }>([
    db.prepare(`SELECT ${HAS_ORDERS} AS orders, ${SOLD_AS} AS service FROM providers p WHERE p.id = ?1`).bind(id),
    db.prepare(`DELETE FROM providers AS p WHERE p.id = ?1 AND NOT ${HAS_ORDERS} AND ${SOLD_AS} IS NULL`).bind(id),
    audit,
    ...KEPT.map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE provider = ?1 AND NOT EXISTS (SELECT 1 FROM providers WHERE id = ?1)`).bind(id),
    ),
  ]);
  if (removed?.meta.changes === 1) return { kind: "none" };
  const row = used?.results[0];
  if (row === undefined) return { kind: "missing" };
  return row.orders === 1 || row.service === null ? { kind: "orders" } : { kind: "service", service: row.service };
}
