/**
 * Keys: of panels, and of operators beside ADMIN_TOKEN. What is kept is the SHA-256 of a key.
 */
import type { OperatorScope, PanelScope, Scope } from "../../domain/access.ts";

/** A key without its secret; times in epoch ms. `hint`: its last four characters. `panel`: null for an operator's. */
export type Key = {
  readonly id: string;
  readonly panel: string | null;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly hint: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** A UTC day, `2026-01-31`. */
  readonly lastUsedOn: string | null;
};

export type PanelKey = Key & { readonly panel: string; readonly scopes: readonly PanelScope[] };
export type OperatorKey = Key & { readonly panel: null; readonly scopes: readonly OperatorScope[] };

export type KeyRow = {
  id: string;
  panel: string | null;
  name: string;
  scopes: string;
  hint: string | null;
  created_at: number;
  expires_at: number | null;
  last_used_on: string | null;
};

const KEY_COLUMNS = ["id", "panel", "name", "scopes", "hint", "created_at", "expires_at", "last_used_on"] as const;

/** The columns of a key `k`, each with `key_` before its name, beside those of another table. */
export const KEY_COLUMNS_BESIDE = KEY_COLUMNS.map((column) => `k.${column} AS key_${column}`).join(", ");

export type KeyRowBeside = { [C in (typeof KEY_COLUMNS)[number] as `key_${C}`]: KeyRow[C] };

export function toKeyBeside(row: KeyRowBeside): Key {
  return toKey({
    id: row.key_id,
    panel: row.key_panel,
    name: row.key_name,
    scopes: row.key_scopes,
    hint: row.key_hint,
    created_at: row.key_created_at,
    expires_at: row.key_expires_at,
    last_used_on: row.key_last_used_on,
  });
}

export function toKey(row: KeyRow): Key {
  return {
    id: row.id,
    panel: row.panel,
    name: row.name,
    scopes: row.scopes.split(",") as Scope[],
    hint: row.hint,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedOn: row.last_used_on,
  };
}

/** An operator's key by its hash; null where there is none. One row read. */
export async function readOperatorKey(db: D1Database, hash: string): Promise<OperatorKey | null> {
  const row = await operatorKeyStatement(db, hash).first<KeyRow>();
  return row === null ? null : (toKey(row) as OperatorKey);
}

/** Selects an operator's key by its hash. */
export function operatorKeyStatement(db: D1Database, hash: string): D1PreparedStatement {
  return db.prepare("SELECT * FROM keys WHERE hash = ?1 AND panel IS NULL").bind(hash);
}

export type NewKeyRow = Omit<Key, "lastUsedOn"> & { readonly hash: string };

/**
 * The statement that makes a key. A panel's is made only while there is the panel; with `if_changed`, only if the
 * statement right before it changed a row; with `most`, only while the panel has fewer keys. Three rows written.
 */
export function insertKeyStatement(
  db: D1Database,
  key: NewKeyRow,
  condition: "always" | "if_changed" = "always",
  most: number | null = null,
): D1PreparedStatement {
  const { hash, id, panel, name, scopes, hint, createdAt, expiresAt } = key;
  return db
    .prepare(
      `INSERT INTO keys (hash, id, panel, name, scopes, hint, created_at, expires_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
       WHERE (?9 = 0 OR changes() > 0) AND (?3 IS NULL OR EXISTS (SELECT 1 FROM panels WHERE id = ?3))
         AND (?10 IS NULL OR (SELECT count(*) FROM (SELECT 1 FROM keys WHERE panel = ?3 LIMIT ?10)) < ?10)`,
    )
    .bind(hash, id, panel, name, scopes.join(","), hint, createdAt, expiresAt, condition === "if_changed" ? 1 : 0, most);
}

/** Whose keys: of one panel, of operators, or all. */
export type KeyOwner = { readonly panel: string } | "operator" | "all";

const OWNED_BY = (owner: KeyOwner): string => (owner === "all" ? "1" : owner === "operator" ? "panel IS NULL" : "panel = ?3");

function paramsOf(owner: KeyOwner): string[] {
  return typeof owner === "string" ? [] : [owner.panel];
}

/** Keys by id, from above `after` on. */
export async function listKeys(
  db: D1Database,
  owner: KeyOwner,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<Key[]> {
  const { results } = await db
    .prepare(`SELECT * FROM keys WHERE id > ?1 AND ${OWNED_BY(owner)} ORDER BY id LIMIT ?2`)
    .bind(after, limit, ...paramsOf(owner))
    .all<KeyRow>();
  return results.map(toKey);
}

/** One key by its id, of those that somebody manages. */
export async function readKey(db: D1Database, owner: KeyOwner, id: string): Promise<Key | null> {
  const row = await db
    .prepare(`SELECT * FROM keys WHERE id = ?1 AND ?2 = 1 AND ${OWNED_BY(owner)}`)
    .bind(id, 1, ...paramsOf(owner))
    .first<KeyRow>();
  return row === null ? null : toKey(row);
}

/**
 * Makes a key; `audit` must be for a statement that changed something. False where there is no such panel, or where it has
 * `most` keys already, null for without a bound. A row read a key of the panel.
 */
export async function createKey(db: D1Database, key: NewKeyRow, most: number | null, audit: D1PreparedStatement): Promise<boolean> {
  const [made] = await db.batch([insertKeyStatement(db, key, "always", most), audit]);
  return (made?.meta.changes ?? 0) > 0;
}

/** Ends a key at once; `audit` must be for a statement that changed something. False where there is none any more. */
export async function deleteKey(db: D1Database, id: string, audit: D1PreparedStatement): Promise<boolean> {
  const [deleted] = await db.batch([db.prepare("DELETE FROM keys WHERE id = ?1").bind(id), audit]);
  return (deleted?.meta.changes ?? 0) > 0;
}

/** Notes on which UTC day a key was used. At most one row written a key and day. */
export async function noteUse(db: D1Database, { id }: Pick<Key, "id">, day: string): Promise<void> {
  await db.prepare("UPDATE keys SET last_used_on = ?2 WHERE id = ?1 AND last_used_on IS NOT ?2").bind(id, day).run();
}
