/**
 * Which panels may use a provider: those that it names, or all where it names none.
 */
import { ifPanel } from "../rows/json-sets.ts";
import { type PanelRef, panelIdSql } from "./panels.ts";

/** SQL that holds for a provider `p` which the panel may use; `panel` is SQL for the panel's id. */
export function isUsableSql(panel: string): string {
  return `(p.panels IS NULL OR ${panel} IN (SELECT value FROM json_each(p.panels)))`;
}

/** Selects a provider by its id where the panel may use it, else no row. */
export function usableProviderStatement(db: D1Database, ref: PanelRef, provider: string): D1PreparedStatement {
  const panel = panelIdSql(ref);
  return db.prepare(`SELECT p.* FROM providers p WHERE p.id = ${ifPanel(panel, "?2")} AND ${isUsableSql(panel)}`).bind(ref.value, provider);
}
