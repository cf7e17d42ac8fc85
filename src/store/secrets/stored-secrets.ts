/**
 * Secrets as they stand in their columns: those that are to be sealed anew. What a text holds, `src/secrets/` knows.
 */
import { providerKeyPlace, type SecretPlace, sealedRange, webhookSecretsPlace } from "../../secrets/sealed-text.ts";

/** A secret as it stands in the database. */
export type StoredSecret = { readonly place: SecretPlace; readonly stored: string };

/** A tick looks at so many; with none to seal, the index shows so in two rows. */
const MAX_READ = 100;

/** Secrets that are not sealed under the newest key, plain ones among them, as one column; `staleBounds` are ?1 and ?2. */
export const STALE_SECRETS = `(SELECT json_group_array(json_array(panel, id, stored)) FROM (
    SELECT NULL AS panel, id, api_key AS stored FROM providers WHERE api_key < ?1
    UNION ALL SELECT NULL, id, api_key FROM providers WHERE api_key >= ?2
    UNION ALL SELECT panel, id, secrets FROM webhooks WHERE secrets < ?1
    UNION ALL SELECT panel, id, secrets FROM webhooks WHERE secrets >= ?2 LIMIT ${MAX_READ}))`;

/** Between which texts everything is sealed under the key of this number. NULL for none: nothing is to be sealed. */
export function staleBounds(newest: number | null): readonly [from: string | null, to: string | null] {
  if (newest === null) return [null, null];
  const { from, to } = sealedRange(newest);
  return [from, to];
}

export function toStoredSecrets(column: string): StoredSecret[] {
  const found = JSON.parse(column) as readonly (readonly [panel: string | null, id: string, stored: string])[];
  return found.map(([panel, id, stored]) => ({ place: panel === null ? providerKeyPlace(id) : webhookSecretsPlace(panel, id), stored }));
}

/** A secret, and the text that it is to be stored as from now on. */
export type Resealed = StoredSecret & { readonly sealed: string };

const UPDATES: { readonly [T in SecretPlace["table"]]: string } = {
  providers: "UPDATE providers SET api_key = ?3 WHERE id = ?1 AND api_key = ?2",
  webhooks: `UPDATE webhooks SET secrets = ?3
    WHERE panel = substr(?1, 1, instr(?1, '/') - 1) AND id = substr(?1, instr(?1, '/') + 1) AND secrets = ?2`,
};

/**
 * Stores secrets that were sealed anew, where they still are as they were read; answers how many. Nothing that was
 * learned of a provider is forgotten: its key is the same. Three rows written each.
 */
export async function storeResealed(db: D1Database, resealed: readonly Resealed[]): Promise<number> {
  if (resealed.length === 0) return 0;
  const results = await db.batch(
    resealed.map(({ place, stored, sealed }) => db.prepare(UPDATES[place.table]).bind(place.row, stored, sealed)),
  );
  return results.filter(({ meta }) => meta.changes > 0).length;
}
