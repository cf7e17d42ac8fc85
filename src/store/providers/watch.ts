/**
 * The watch over providers: whose balance and whose list are to be looked at, and what was found.
 */
import { parsePrice } from "../../domain/price.ts";
import { type BalanceTrail, withReading } from "../../domain/balance-forecast.ts";
import type { WatchedService } from "../../domain/service-watch.ts";
import { type Provider, type ProviderRow, toProvider } from "../rows/provider.ts";
import type { KeptBalance } from "./balances.ts";

const HOUR_MS = 60 * 60_000;
/** A balance that has a threshold is asked for so often, any other one so often, and a list with services that are sold here so often. */
const WATCHED_BALANCE_EVERY_MS = HOUR_MS;
const BALANCE_EVERY_MS = 6 * HOUR_MS;
const LIST_EVERY_MS = 12 * HOUR_MS;

/** A time that lies ahead is of a clock that was, and counts no more. */
const isOlder = (column: string, than = "?2"): string => `(${column} IS NULL OR ${column} NOT BETWEEN ?1 - ${than} + 1 AND ?1 + ${than})`;

/** A provider whose balance is to be looked at, the one that was longest ago; null for none. `now` in epoch ms, here as below. One row read a provider. */
export async function readBalanceTurn(db: D1Database, now: number): Promise<Provider | null> {
  const row = await db
    .prepare(
      `SELECT * FROM providers WHERE enabled = 1 AND retry_at IS NULL
         AND CASE WHEN low_balance IS NULL THEN ${isOlder("coalesce(balance_asked_at, created_at)", "?3")} ELSE ${isOlder("balance_asked_at")} END
       ORDER BY coalesce(balance_asked_at, 0) LIMIT 1`,
    )
    .bind(now, WATCHED_BALANCE_EVERY_MS, BALANCE_EVERY_MS)
    .first<ProviderRow>();
  return row === null ? null : toProvider(row);
}

/** A provider has refused an order for want of funds: its balance has the next turn. One row written, none while it has. */
export async function hastenBalance(db: D1Database, provider: string): Promise<void> {
  await db.prepare("UPDATE providers SET balance_asked_at = 0 WHERE id = ?1 AND balance_asked_at IS NOT 0").bind(provider).run();
}

/** Notes that a balance was asked for, and what it was where that was told. One row written. */
export async function noteBalance(db: D1Database, { id, settingsVersion }: Provider, said: KeptBalance | null, now: number): Promise<void> {
  const row = await db
    .prepare("UPDATE providers SET balance_asked_at = ?3 WHERE id = ?1 AND settings_version = ?2 RETURNING balance_trail")
    .bind(id, settingsVersion, now)
    .first<{ balance_trail: string }>();
  if (row === null || said === null) return;
  const trail = withReading(JSON.parse(row.balance_trail) as BalanceTrail, said.at, said.balance);
  await db
    .prepare("UPDATE providers SET balance_trail = ?3 WHERE id = ?1 AND settings_version = ?2")
    .bind(id, settingsVersion, JSON.stringify(trail))
    .run();
}

/**
 * A provider whose list is to be looked at: one that lists what it sells, some of which is sold here; null for none. One row read a
 * provider, and those of the catalogue for those that are due.
 */
export async function readListTurn(db: D1Database, now: number): Promise<Provider | null> {
  const row = await db
    .prepare(
      `SELECT p.* FROM providers p
       WHERE p.enabled = 1 AND p.retry_at IS NULL AND ${isOlder("coalesce(p.catalogue_asked_at, p.created_at)")}
         AND EXISTS (SELECT 1 FROM provider_services l WHERE l.provider = p.id AND l.settings_version = p.settings_version)
         AND EXISTS (SELECT 1 FROM services s WHERE s.provider = p.id)
       ORDER BY coalesce(p.catalogue_asked_at, 0) LIMIT 1`,
    )
    .bind(now, LIST_EVERY_MS)
    .first<ProviderRow>();
  return row === null ? null : toProvider(row);
}

/** The services of a provider that are sold here, and what was kept of them. */
export async function readWatchedServices(
  db: D1Database,
  provider: string,
): Promise<{ readonly sold: ReadonlyMap<string, string | null>; readonly kept: ReadonlyMap<string, WatchedService> }> {
  const [sold, kept] = await db.batch<Record<string, unknown>>([
    db
      .prepare(
        `SELECT s.provider_service, CASE WHEN s.currency IS NULL OR p.currency IS NULL OR s.currency = p.currency THEN s.rate END AS rate
         FROM services s CROSS JOIN providers p ON p.id = s.provider WHERE s.provider = ?1 AND s.enabled = 1`,
      )
      .bind(provider),
    db.prepare("SELECT service, listed FROM watched_services WHERE provider = ?1").bind(provider),
  ]);
  const rows = (kept?.results ?? []) as { service: string; listed: string }[];
  return {
    sold: leastPrices((sold?.results ?? []) as { provider_service: string; rate: string | null }[]),
    kept: new Map(rows.map(({ service, listed }) => [service, JSON.parse(listed) as WatchedService])),
  };
}

/** By the provider's service the least price of those that sell it; null where none can be compared. */
function leastPrices(rows: readonly { readonly provider_service: string; readonly rate: string | null }[]): Map<string, string | null> {
  const least = new Map<string, string | null>();
  for (const { provider_service: service, rate } of rows) {
    const known = least.get(service) ?? null;
    least.set(service, known === null || (rate !== null && isLess(rate, known)) ? rate : known);
  }
  return least;
}

function isLess(price: string, other: string): boolean {
  return (parsePrice(price) ?? 0n) < (parsePrice(other) ?? 0n);
}

/** The statements that keep what is news of services, and note that the list was asked for. One row written a service, and one. */
export function watchStatements(
  db: D1Database,
  { id }: Provider,
  kept: ReadonlyMap<string, WatchedService>,
  now: number,
): D1PreparedStatement[] {
  const rows = [...kept].map(([service, listed]) => ({ service, listed: JSON.stringify(listed) }));
  const keep = db
    .prepare(
      `INSERT INTO watched_services (provider, service, listed)
       SELECT ?1, value->>'$.service', value->>'$.listed' FROM json_each(?2) WHERE true
       ON CONFLICT (provider, service) DO UPDATE SET listed = excluded.listed`,
    )
    .bind(id, JSON.stringify(rows));
  const note = db.prepare("UPDATE providers SET catalogue_asked_at = ?2 WHERE id = ?1").bind(id, now);
  return rows.length === 0 ? [note] : [keep, note];
}
