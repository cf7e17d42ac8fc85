/**
 * A migrated database with a panel, providers and orders in it, written with plain SQL, so that the store and the
 * sweeps are tested against rows that no code of theirs has made.
 */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { phaseOf } from "../../../src/domain/poll-pacing.ts";
import { dayOf } from "../../../src/domain/time.ts";

export const NOW = Date.UTC(2026, 10, 1, 12);
export const MINUTE = NOW / 60_000;

/** The check of the books counts as done for the day, so that ticks send sweeps only. */
export async function migrate(): Promise<void> {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await env.DB.prepare("UPDATE ticks SET books_day = ?1").bind(dayOf(MINUTE)).run();
}

export async function addPanel(id: string, key = `key-of-${id}`): Promise<void> {
  const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  await env.DB.prepare("INSERT INTO panels (id, currency, money, key_hash, created_at) VALUES (?1, 'USD', 'advice', ?2, ?3)")
    .bind(id, hash, NOW)
    .run();
}

export type ProviderColumns = {
  url?: string;
  many?: string;
  batch_size?: number;
  max_calls_per_minute?: number;
  timeout_ms?: number;
  learned_batch_size?: number;
};

export async function addProvider(id: string, columns: ProviderColumns = {}): Promise<void> {
  const row = { url: `http://127.0.0.1:9/${id}`, api_key: `secret-${id}`, created_at: NOW, updated_at: NOW, ...columns };
  const names = Object.keys(row);
  await env.DB.prepare(`INSERT INTO providers (id, ${names.join(", ")}) VALUES (?1, ${names.map((_, i) => `?${i + 2}`).join(", ")})`)
    .bind(id, ...Object.values(row))
    .run();
}

export type OrderColumns = Partial<
  Record<
    | "cadence"
    | "remains"
    | "charge"
    | "quantity"
    | "polled_at"
    | "placed_at"
    | "updated_at"
    | "progress_at"
    | "flags"
    | "final_at"
    | "start_count"
    | "refunded"
    | "registered_refunded",
    number | null
  >
> & {
  status?: string;
  middle?: string;
  provider_status?: string | null;
  provider_order_id?: string;
  id?: string;
  provider_price?: string | null;
  provider_charge?: string | null;
  provider_currency?: string | null;
  cost?: string | null;
};

/** Adds orders first..first+count-1 of a panel, in progress with 600 of 1,000 left unless told otherwise; ids "o<n>", at the provider "<n>". */
export async function addOrders(panel: string, provider: string, first: number, count: number, columns: OrderColumns = {}): Promise<void> {
  const base = {
    quantity: 1000,
    charge: 900_000,
    status: "in_progress",
    middle: "in_progress",
    provider_status: "In progress",
    provider_price: "0.5",
    provider_charge: "0.5",
    provider_currency: "USD",
    start_count: 10,
    remains: 600,
    cadence: 5,
    placed_at: NOW - 3_600_000,
    created_at: NOW - 3_600_000,
    polled_at: NOW - 300_000,
    progress_at: NOW - 300_000,
    updated_at: NOW - 300_000,
    ...columns,
  };
  for (let from = first; from < first + count; from += 500) {
    const rows = Array.from({ length: Math.min(500, first + count - from) }, (_, i) => ({
      provider_order_id: String(from + i),
      id: `o${from + i}`,
      ...base,
      panel,
      provider,
      n: from + i,
      currency: "USD",
      phase: phaseOf(from + i),
      last_change: 1,
    }));
    const names = Object.keys(rows[0] as object);
    await env.DB.prepare(
      `INSERT INTO orders (${names.join(", ")}) SELECT ${names.map((name) => `value->>'$.${name}'`).join(", ")} FROM json_each(?1)`,
    )
      .bind(JSON.stringify(rows))
      .run();
  }
}

export async function all<T = Record<string, unknown>>(sql: string, ...params: unknown[]): Promise<T[]> {
  return (
    await env.DB.prepare(sql)
      .bind(...params)
      .all<T>()
  ).results;
}

/** Empties the tables a test fills. The triggers forbid that, so they are put aside for it. */
export async function clear(): Promise<void> {
  const triggers = await all<{ name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
  await env.DB.batch([
    ...triggers.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)),
    ...["orders", "refunds", "changes", "providers", "dead_letters", "refund_policies", "transfers", "idempotency", "audit"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
    env.DB.prepare("UPDATE ticks SET minute = 0, ignored_minute = NULL"),
    ...triggers.map(({ sql }) => env.DB.prepare(sql)),
  ]);
}
