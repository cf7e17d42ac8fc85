/** What the applying of orders is measured on: one panel, one provider, orders under way. Written with plain SQL. */
import { phaseOf } from "../src/domain/poll-pacing.ts";
import { sha256Hex } from "../src/http/kit/hash.ts";

export const PANEL = "shop";
export const PANEL_KEY = "ps_0123456789abcdef0123456789abcdef0123456789abcdef";
export const PROVIDER = "acme";
/** All that is measured happens at one moment, so that the same rows come of it wherever it is done. Epoch ms. */
export const NOW = Date.UTC(2026, 10, 1, 12);
/** The cadence of every order here. */
export const CADENCE = 5;

const MINUTE_MS = 60_000;
/** D1 takes values of 2 MB; an order is some 500 bytes of JSON. */
const ORDERS_A_STATEMENT = 1000;

export async function addScene(db: D1Database): Promise<void> {
  const hash = await sha256Hex(PANEL_KEY);
  await db.batch([
    db.prepare("INSERT INTO panels (id, currency, money, created_at) VALUES (?1, 'USD', 'advice', ?2)").bind(PANEL, NOW),
    db
      .prepare("INSERT INTO keys (hash, id, panel, name, scopes, created_at) VALUES (?1, 'key_1', ?2, 'first key', 'read,api_v2', ?3)")
      .bind(hash, PANEL, NOW),
    db
      .prepare(
        `INSERT INTO providers (id, url, api_key, many, created_at, updated_at) VALUES (?1, 'https://provider.example/api/v2', '0123456789abcdef0123456789abcdef', 'yes', ?2, ?2)`,
      )
      .bind(PROVIDER, NOW),
  ]);
}

/** Adds orders first..first+count-1: in progress, 600 of 1,000 left, an hour old; their ids, here and there, are their numbers. */
export async function addOrders(db: D1Database, first: number, count: number): Promise<void> {
  for (let from = first; from < first + count; from += ORDERS_A_STATEMENT) {
    const rows = Array.from({ length: Math.min(ORDERS_A_STATEMENT, first + count - from) }, (_, i) => orderRow(from + i));
    const names = Object.keys(rows[0] as object);
    const values = names.map((name) => `value->>'$.${name}'`);
    await db
      .prepare(`INSERT INTO orders (${names.join(", ")}) SELECT ${values.join(", ")} FROM json_each(?1)`)
      .bind(JSON.stringify(rows))
      .run();
  }
}

function orderRow(n: number): Record<string, string | number> {
  const [placedAt, polledAt] = [NOW - 60 * MINUTE_MS, NOW - CADENCE * MINUTE_MS];
  return {
    panel: PANEL,
    n,
    id: String(n),
    provider: PROVIDER,
    provider_order_id: String(n),
    service: "12",
    link: `https://social.example/p/${n}`,
    quantity: 1000,
    charge: 900_000,
    currency: "USD",
    placed_at: placedAt,
    created_at: placedAt,
    status: "in_progress",
    middle: "in_progress",
    provider_status: "In progress",
    provider_price: "0.5",
    provider_charge: "0.5",
    provider_currency: "USD",
    start_count: 10,
    remains: 600,
    cadence: CADENCE,
    phase: phaseOf(n),
    polled_at: polledAt,
    progress_at: polledAt,
    updated_at: polledAt,
    last_change: 1,
  };
}
