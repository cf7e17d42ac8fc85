/**
 * Panels, providers and orders, written with plain SQL: the store and the sweeps are tested against rows that no code
 * of theirs has made.
 */
import { env } from "cloudflare:workers";
import { phaseOf } from "../../../src/domain/poll-pacing.ts";
import { providerKeyPlace } from "../../../src/secrets/sealed-text.ts";
import { secretsOf } from "../../../src/secrets/secrets.ts";
import { NOW } from "./database.ts";

/** A panel's key as releases made them whose keys had no checksum. */
export function keyNamed(name: string): string {
  const hex = [...new TextEncoder().encode(name)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `ps_${hex.padEnd(48, "0").slice(0, 48)}`;
}

export async function addPanel(id: string, key = keyNamed(id)): Promise<void> {
  const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  await env.DB.batch([
    env.DB.prepare("INSERT INTO panels (id, currency, money, created_at) VALUES (?1, 'USD', 'advice', ?2)").bind(id, NOW),
    env.DB.prepare(
      "INSERT INTO keys (hash, id, panel, name, scopes, created_at) VALUES (?1, 'key_of_' || ?2, ?2, 'first key', 'read,write,money,api_v2,keys', ?3)",
    ).bind(hash, id, NOW),
  ]);
}

export type ProviderColumns = {
  api_key?: string;
  url?: string;
  many?: string;
  batch_size?: number;
  max_calls_per_minute?: number;
  timeout_ms?: number;
  learned_batch_size?: number;
  active_orders?: number;
};

/** A provider's key as it stands in its row. A plain one would be sealed by the next tick. */
export async function sealedKey(id: string, key: string, encryptionKeys = env.ENCRYPTION_KEYS): Promise<string> {
  const sealed = await secretsOf(encryptionKeys).seal(providerKeyPlace(id), key, (length) =>
    crypto.getRandomValues(new Uint8Array(length)),
  );
  if (!sealed.ok) throw new Error(sealed.failure.code);
  return sealed.value;
}

export async function addProvider(id: string, columns: ProviderColumns = {}): Promise<void> {
  const row = {
    url: `https://${id}.example/api/v2`,
    api_key: await sealedKey(id, `secret-${id}`),
    created_at: NOW,
    updated_at: NOW,
    ...columns,
  };
  const names = Object.keys(row);
  await env.DB.prepare(
    `INSERT INTO providers (id, ${names.join(", ")}) VALUES (?1, ${names.map((_, i) => `?${i + 2}`).join(", ")})
     ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(", ")}`,
  )
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
    | "registered_refunded"
    | "refill_at",
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
  service?: string;
  refill_id?: string | null;
  refill_status?: string | null;
  cancel_status?: string | null;
  refill_days?: number;
  add_digest?: string;
  created_at?: number;
  door?: string;
};

/** Placed five minutes ago: a cadence of a minute is right, and stays so. */
export const young = { cadence: 1, placed_at: NOW - 300_000 } as const;

/** No order is without its provider; `addProvider` may still say how it is to be. */
async function addMissingProvider(id: string): Promise<void> {
  await env.DB.prepare(
    "INSERT INTO providers (id, url, api_key, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (id) DO NOTHING",
  )
    .bind(id, `https://${id}.example/api/v2`, `secret-${id}`, NOW)
    .run();
}

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
  await addMissingProvider(provider);
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

/** Sets columns of one order, as a sweep would: what it refunded has a refund behind it. */
export async function setOrder(panel: string, id: string, columns: Record<string, unknown>): Promise<void> {
  const names = Object.keys(columns);
  if (columns["refunded"] !== undefined) {
    await env.DB.prepare(
      `INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at, decided_by)
       SELECT panel, n, 1, ?3 - registered_refunded, currency, 'posted', 'partial', created_at, created_at, 'rules' FROM orders WHERE panel = ?1 AND id = ?2`,
    )
      .bind(panel, id, columns["refunded"])
      .run();
  }
  await env.DB.prepare(`UPDATE orders SET ${names.map((name, i) => `${name} = ?${i + 3}`).join(", ")} WHERE panel = ?1 AND id = ?2`)
    .bind(panel, id, ...Object.values(columns))
    .run();
}
