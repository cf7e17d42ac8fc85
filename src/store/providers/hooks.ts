/**
 * Providers' webhooks: one row each, with what is remembered of their hints.
 */
import { type HintedOrder, type HintMemory, NO_HINTS } from "../../domain/hint.ts";
import { type Provider, type ProviderRow, toProvider } from "../rows/provider.ts";

/** As it is remembered of one provider; `version` as it was seen. */
export type SeenHints = { readonly provider: Provider; readonly memory: HintMemory; readonly version: number };

/** A webhook that came in: `signature` (JSON) and `secret` as stored, and the orders that it names, of whatever panels. */
export type HookRead = SeenHints & {
  readonly signature: string | null;
  readonly secret: string | null;
  readonly orders: readonly HintedOrder[];
};

type HookColumns = { signature: string | null; secret: string | null; memory: string; version: number };
type HintedRow = { panel: string; n: number; polled_at: number | null };

/** The provider's ids that a request names: in its body, which a signature covers, and anywhere in it. */
export type NamedIds = { readonly inBody: readonly string[]; readonly anywhere: readonly string[] };

/**
 * Reads the webhook that a URL names, with the orders of these ids: where it is signed, those of the body alone. Null where
 * the token is not, or no more, the provider's: then no order is read. A row for each order, three more.
 */
export async function readHook(
  db: D1Database,
  { provider, tokenHash, ids }: { readonly provider: string; readonly tokenHash: string; readonly ids: NamedIds },
): Promise<HookRead | null> {
  const counting = "SELECT iif(h.signature IS NULL, ?4, ?3) FROM provider_hooks h WHERE h.provider = ?1 AND h.token_hash = ?2";
  const [hooks, orders] = await db.batch<Record<string, unknown>>([
    db
      .prepare(
        `SELECT p.*, h.signature, h.secret, h.memory, h.version FROM provider_hooks h CROSS JOIN providers p
         WHERE h.provider = ?1 AND h.token_hash = ?2 AND p.id = h.provider`,
      )
      .bind(provider, tokenHash),
    db
      .prepare(
        `SELECT o.panel, o.n, o.polled_at FROM json_each((${counting})) j CROSS JOIN orders o
         WHERE o.provider = ?1 AND o.provider_order_id = j.value`,
      )
      .bind(provider, tokenHash, JSON.stringify(ids.inBody), JSON.stringify(ids.anywhere)),
  ]);
  const row = hooks?.results[0] as (ProviderRow & HookColumns) | undefined;
  if (row === undefined) return null;
  const { signature, secret } = row;
  return { ...toSeen(row), signature, secret, orders: ((orders?.results ?? []) as HintedRow[]).map(toHinted) };
}

function toSeen(row: ProviderRow & Pick<HookColumns, "memory" | "version">): SeenHints {
  return { provider: toProvider(row), memory: { ...NO_HINTS, ...(JSON.parse(row.memory) as Partial<HintMemory>) }, version: row.version };
}

function toHinted({ panel, n, polled_at: polledAt }: HintedRow): HintedOrder {
  return { key: [panel, n], polledAt };
}

/** Remembers what a hint led to, before anything is polled for it. False where others have changed it since. One row written. */
export async function rememberHints(db: D1Database, { provider, version }: SeenHints, memory: HintMemory): Promise<boolean> {
  const { meta } = await db
    .prepare("UPDATE provider_hooks SET memory = ?3, waits = ?4, version = version + 1 WHERE provider = ?1 AND version = ?2")
    .bind(provider.id, version, JSON.stringify(memory), memory.waiting.length > 0 ? 1 : 0)
    .run();
  return meta.changes === 1;
}

/** Hints that wait for a tick, with when their orders were polled. A row for each provider's webhook, one for each order. */
export type WaitingHints = SeenHints & { readonly orders: readonly HintedOrder[] };

/** Reads what waits, for a tick. Two rows for each webhook. */
export function waitingHintsStatement(db: D1Database): D1PreparedStatement {
  return db.prepare(
    `SELECT p.*, h.memory, h.version, (SELECT json_group_array(json_array(o.panel, o.n, o.polled_at))
         FROM json_each(h.memory, '$.waiting') j CROSS JOIN orders o WHERE o.panel = j.value->>0 AND o.n = j.value->>1) AS waiting
     FROM provider_hooks h CROSS JOIN providers p WHERE h.waits = 1 AND p.id = h.provider AND p.enabled = 1`,
  );
}

export function toWaitingHints(rows: readonly Record<string, unknown>[]): WaitingHints[] {
  return (rows as unknown as readonly (ProviderRow & HookColumns & { waiting: string })[]).map((row) => {
    const orders = JSON.parse(row.waiting) as readonly (readonly [panel: string, n: number, polledAt: number | null])[];
    return { ...toSeen(row), orders: orders.map(([panel, n, polledAt]) => ({ key: [panel, n], polledAt })) };
  });
}

/** What a webhook is made as. `signature`: as JSON; `secret`: sealed. */
export type NewHook = {
  readonly provider: string;
  readonly tokenHash: string;
  readonly signature: string | null;
  readonly secret: string | null;
  readonly createdAt: number;
};

/** Makes a provider's webhook, in place of the one before. False where there is no such provider. `audit`: for a statement that changed something. */
export async function putHook(db: D1Database, hook: NewHook, audit: D1PreparedStatement): Promise<boolean> {
  const [made] = await db.batch([
    db
      .prepare(
        `INSERT INTO provider_hooks (provider, token_hash, signature, secret, created_at)
         SELECT id, ?2, ?3, ?4, ?5 FROM providers WHERE id = ?1
         ON CONFLICT (provider) DO UPDATE SET token_hash = ?2, signature = ?3, secret = ?4, created_at = ?5, version = version + 1`,
      )
      .bind(hook.provider, hook.tokenHash, hook.signature, hook.secret, hook.createdAt),
    audit,
  ]);
  return made?.meta.changes === 1;
}

/** Changes how a provider's webhook is signed. False where it has none. */
export async function changeHook(
  db: D1Database,
  { provider, signature, secret }: Pick<NewHook, "provider" | "signature" | "secret">,
  audit: D1PreparedStatement,
): Promise<boolean> {
  const [changed] = await db.batch([
    db
      .prepare("UPDATE provider_hooks SET signature = ?2, secret = ?3, version = version + 1 WHERE provider = ?1")
      .bind(provider, signature, secret),
    audit,
  ]);
  return changed?.meta.changes === 1;
}

/** Ends a provider's webhook. False where it has none. */
export async function removeHook(db: D1Database, provider: string, audit: D1PreparedStatement): Promise<boolean> {
  const [removed] = await db.batch([db.prepare("DELETE FROM provider_hooks WHERE provider = ?1").bind(provider), audit]);
  return removed?.meta.changes === 1;
}
