/**
 * Secrets as they stand in their columns: those that are to be sealed anew. What a text holds, `src/secrets/` knows.
 */
import { readSealed, SECRET_COLUMNS, type SecretPlace, sealedRange } from "../../secrets/sealed-text.ts";

/** A secret as it stands in the database. */
export type StoredSecret = { readonly place: SecretPlace; readonly stored: string };

/** A tick looks at so many of each column; with none to seal, each column's index shows so in two rows. */
const MAX_READ = 100;

/**
 * Secrets that are not sealed under the newest key, plain ones among them, as one column: a list for each column that holds
 * secrets. `staleBounds` are ?1 to ?3. Each list is a SELECT of its own, since D1 takes no more than five in a compound.
 */
export const STALE_SECRETS = `json_array(${SECRET_COLUMNS.map(({ table, column, keys }) => {
  const row = keys.join(" || '/' || ");
  const stale = [`${column} < ?1`, `${column} >= ?2`].map(
    (isStale) => `SELECT ${row} AS row, ${column} AS stored FROM ${table} WHERE ${isStale}`,
  );
  return `json((SELECT json_group_array(json_array(row, stored)) FROM (${stale.join(" UNION ALL ")} LIMIT ?3)))`;
}).join(", ")})`;

/**
 * Between which texts everything is sealed under the key of this number, and how many others are looked at. Where nothing
 * can be sealed, one is enough to tell so.
 */
export function staleBounds(newest: number | null): readonly [from: string, to: string, limit: number] {
  if (newest === null) return ["", "", 1];
  const { from, to } = sealedRange(newest);
  return [from, to, MAX_READ];
}

export function toStoredSecrets(column: string): StoredSecret[] {
  const lists = JSON.parse(column) as readonly (readonly (readonly [row: string, stored: string])[])[];
  return SECRET_COLUMNS.flatMap((secretColumn, i) =>
    (lists[i] ?? []).map(([row, stored]) => ({ place: { ...secretColumn, row }, stored })),
  );
}

/** Under which keys these are sealed, each number once; 0 stands for plain text. */
export function sealedUnder(secrets: readonly StoredSecret[]): number[] {
  return [...new Set(secrets.map(({ stored }) => readSealed(stored)?.key ?? 0))];
}

/** A secret, and the text that it is to be stored as from now on. */
export type Resealed = StoredSecret & { readonly sealed: string };

/**
 * Stores secrets that were sealed anew, where they still are as they were read; answers how many. Nothing that was
 * learned of a provider is forgotten: its key is the same. One row written each, and two
 * of the column's index.
 */
export async function storeResealed(db: D1Database, resealed: readonly Resealed[]): Promise<number> {
  if (resealed.length === 0) return 0;
  const updates = resealed.map(({ place: { table, column, keys, row }, stored, sealed }) => {
    const isRow = keys.map((key, i) => `${key} = ?${i + 3}`).join(" AND ");
    return db.prepare(`UPDATE ${table} SET ${column} = ?1 WHERE ${column} = ?2 AND ${isRow}`).bind(sealed, stored, ...row.split("/"));
  });
  const results = await db.batch(updates);
  return results.filter(({ meta }) => meta.changes > 0).length;
}
