/**
 * Which panels may use a provider: those that it names, or all where it names none.
 */
import { type PanelRef, panelIdSql } from "./panels.ts";

/** SQL that holds for a provider `p` which the panel may use; `panel` is SQL for the panel's id. */
export function isUsableSql(panel: string): string {
  return `(p.panels IS NULL OR ${panel} IN (SELECT value FROM json_each(p.panels)))`;
}

/** Selects a provider by its id where the panel may use it, else no row. */
export function usableProviderStatement(db: D1Database, ref: PanelRef, provider: string): D1PreparedStatement {
  return db.prepare(`SELECT p.* FROM providers p WHERE p.id = ?2 AND ${isUsableSql(panelIdSql(ref))}`).bind(ref.value, provider);
}

/** Those of some ids that are panels. */
export async function readPanelIds(db: D1Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { results } = await db
    .prepare("SELECT p.id FROM json_each(?1) j CROSS JOIN panels p WHERE p.id = j.value")
    .bind(JSON.stringify(ids))
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}
