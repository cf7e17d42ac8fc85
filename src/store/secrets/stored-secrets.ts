/**
 * Secrets as they stand in their columns: those that are to be sealed anew. What a text holds, `src/secrets/` knows.
 */
import { providerKeyPlace, type SecretPlace, sealedRange } from "../../secrets/sealed-text.ts";

/** A secret as it stands in the database. */
export type StoredSecret = { readonly place: SecretPlace; readonly stored: string };

/** A tick looks at so many; with none to seal, the index shows so in two rows. */
const MAX_READ = 100;

/** Secrets that are not sealed under the newest key, plain ones among them, as one column; `staleBounds` are ?1 and ?2. */
export const STALE_SECRETS = `(SELECT json_group_array(json_array(id, api_key)) FROM (
    SELECT id, api_key FROM providers WHERE api_key < ?1
    UNION ALL SELECT id, api_key FROM providers WHERE api_key >= ?2 LIMIT ${MAX_READ}))`;

/** Between which texts everything is sealed under the key of this number. NULL for none: nothing is to be sealed. */
export function staleBounds(newest: number | null): readonly [from: string | null, to: string | null] {
  if (newest === null) return [null, null];
  const { from, to } = sealedRange(newest);
  return [from, to];
}

export function toStoredSecrets(column: string): StoredSecret[] {
  const pairs = JSON.parse(column) as readonly (readonly [id: string, stored: string])[];
  return pairs.map(([id, stored]) => ({ place: providerKeyPlace(id), stored }));
}

/** A secret, and the text that it is to be stored as from now on. */
export type Resealed = StoredSecret & { readonly sealed: string };

/**
 * Stores secrets that were sealed anew, where they still are as they were read; answers how many. Nothing that was
 * learned of a provider is forgotten: its key is the same. Three rows written each.
 */
export async function storeResealed(db: D1Database, resealed: readonly Resealed[]): Promise<number> {
  if (resealed.length === 0) return 0;
  const update = db.prepare("UPDATE providers SET api_key = ?3 WHERE id = ?1 AND api_key = ?2");
  const results = await db.batch(resealed.map(({ place, stored, sealed }) => update.bind(place.row, stored, sealed)));
  return results.filter(({ meta }) => meta.changes > 0).length;
}
