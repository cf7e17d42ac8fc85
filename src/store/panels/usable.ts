/**
 * Which panels may use a provider by itself: of the shops those that it names, or all where it names none. What a reseller
 * is sold the catalogue alone decides.
 */
import { ifPanel } from "../rows/json-sets.ts";
import { type PanelName, panelIdSql } from "./panels.ts";

const ROLE_OF = (panel: string): string => `(SELECT role FROM panels WHERE id = ${panel})`;

const NAMES_IT = (panel: string): string => `(p.panels IS NULL OR ${panel} IN (SELECT value FROM json_each(p.panels)))`;

/** SQL that holds for a provider `p` at which the panel may place and register orders; `panel` is SQL for the panel's id. */
export function isUsableSql(panel: string): string {
  return `(${NAMES_IT(panel)} AND ${ROLE_OF(panel)} = 'shop')`;
}

/** SQL that holds for a provider `p` whose services the panel may buy from the own catalogue. */
export function isSuppliedBySql(panel: string): string {
  return `(${NAMES_IT(panel)} OR ${ROLE_OF(panel)} = 'reseller')`;
}

/** Selects a provider by its id where the panel may use it, else no row. */
export function usableProviderStatement(db: D1Database, ref: PanelName, provider: string): D1PreparedStatement {
  const panel = panelIdSql(ref);
  return db.prepare(`SELECT p.* FROM providers p WHERE p.id = ${ifPanel(panel, "?2")} AND ${isUsableSql(panel)}`).bind(ref.value, provider);
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
