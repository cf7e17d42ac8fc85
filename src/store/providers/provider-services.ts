/**
 * What providers list as their services, kept for a while: the list as it was sent, and each service's rate by its id.
 * A list belongs to the settings that it was asked for under; after a change of those it counts no more.
 */
import type { Listing } from "../../domain/catalogue.ts";
import type { ServiceList } from "../../provider/client.ts";
import { type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { oneRowIfPanel } from "../rows/json-sets.ts";
import { type Provider, type ProviderRow, toProvider } from "../rows/provider.ts";
import { isUsableSql, usableProviderStatement } from "../panels/usable.ts";

/** So long a list counts as what the provider sells, in ms. */
const FRESH_MS = 15 * 60_000;

/** A kept list, as JSON. `fetchedAt` in epoch ms. */
export type KeptList = { readonly list: string; readonly fetchedAt: number };

type ListRow = { list: string; fetched_at: number };

/**
 * A provider and the list kept of it. Null: there is no such panel. `provider` is null where there is none of that id, or
 * none that the panel may use. One round trip.
 */
export async function readKeptList(
  db: D1Database,
  ref: PanelRef,
  provider: string,
): Promise<{ readonly provider: Provider | null; readonly kept: KeptList | null } | null> {
  const found = await readForPanel(db, ref, [
    usableProviderStatement(db, ref, provider),
    db
      .prepare(
        `SELECT s.list, s.fetched_at FROM ${oneRowIfPanel(panelIdSql(ref))} k CROSS JOIN providers p CROSS JOIN provider_services s
         WHERE p.id = ?2 AND ${isUsableSql(panelIdSql(ref))} AND s.provider = p.id AND s.settings_version = p.settings_version`,
      )
      .bind(ref.value, provider),
  ]);
  if (found === null) return null;
  const row = found.results[0]?.results[0] as ProviderRow | undefined;
  const kept = found.results[1]?.results[0] as ListRow | undefined;
  return {
    provider: row === undefined ? null : toProvider(row),
    kept: kept === undefined ? null : { list: kept.list, fetchedAt: kept.fetched_at },
  };
}

/** A service's price of 1,000 (of one, for a package) in the provider's currency, and its type; `rate` is null where it is not known. */
export type ListedRate = {
  readonly rate: string | null;
  readonly type: string;
  /** The list says that it takes no `runs`; left out where it does not say so. */
  readonly refusesRuns?: true;
};

/** `type` is null for a service that the kept list has not. */
export type ListedRateRow = {
  readonly rate: string | null;
  readonly type: string | null;
  readonly refuses_runs?: number | null;
  readonly fetched_at: number;
};

/** A path of SQLite's cannot name a key with one of these in it. Nor has any service's id been seen to. */
const UNNAMEABLE = /["\\\p{Cc}]/u;

/**
 * Selects what is kept of one of a provider's services: one row, or none where no list is kept. With `ref` it is read for
 * that panel: not at all where there is none.
 */
export function rateStatement(db: D1Database, provider: string, serviceId: string, ref: PanelRef | null = null): D1PreparedStatement {
  const [asked, params] = ref === null ? ["", []] : [`${oneRowIfPanel(panelIdSql(ref))} k CROSS JOIN`, [ref.value]];
  const [id, rate] = ref === null ? ["?1", "?2"] : ["?2", "?3"];
  const path = UNNAMEABLE.test(serviceId) ? null : `$."${serviceId}"`;
  return db
    .prepare(
      `SELECT s.rates->${rate}->>0 AS rate, s.rates->${rate}->>1 AS type, s.rates->${rate}->>2 AS refuses_runs, s.fetched_at
       FROM ${asked} providers p CROSS JOIN provider_services s
       WHERE p.id = ${id} AND s.provider = p.id AND s.settings_version = p.settings_version`,
    )
    .bind(...params, provider, path);
}

/**
 * What the kept list says of a service; null where none is kept, and where it is not fresh any more at `now` (epoch ms),
 * if that is given. Of a service that the list has not, nothing is known.
 */
export function toListedRate(row: ListedRateRow | null | undefined, now?: number): ListedRate | null {
  if (row === undefined || row === null || (now !== undefined && !isFresh(row.fetched_at, now))) return null;
  return row.type === null ? UNLISTED : { rate: row.rate, type: row.type, ...runsOf(row.refuses_runs === 1) };
}

function runsOf(refuses: boolean): Pick<ListedRate, "refusesRuns"> {
  return refuses ? { refusesRuns: true } : {};
}

/** An unknown type at an unknown price. */
export const UNLISTED: ListedRate = { rate: null, type: "" };

/** A list from the future was fetched before the clock was set back. */
export function isFresh(fetchedAt: number, now: number): boolean {
  return fetchedAt <= now && now - fetchedAt < FRESH_MS;
}

/** What a list that was just asked for says of a service. */
export function listedRate({ services }: ServiceList, serviceId: string): ListedRate {
  const service = services.find(({ id }) => id === serviceId);
  return service === undefined ? UNLISTED : { rate: service.rate, type: service.type, ...runsOf(service.refusesRuns === true) };
}

/** An `add` has the services asked for once in that time, whatever came of it. */
const ASK_AGAIN_MS = FRESH_MS;

/**
 * Takes it upon the caller to ask for the services on account of an `add`, with `kept` true where a list is kept; null
 * when another `add` has done so under these settings, of late or just now. One row written. `now` in epoch ms.
 */
export async function claimServices(db: D1Database, { id }: Provider, now: number): Promise<{ readonly kept: boolean } | null> {
  const row = await db
    .prepare(
      `UPDATE providers SET services_asked_at = ?2
       WHERE id = ?1 AND (services_asked_at IS NULL OR services_asked_at < updated_at
         OR services_asked_at NOT BETWEEN ?2 - ${ASK_AGAIN_MS} + 1 AND ?2 + ${ASK_AGAIN_MS})
       RETURNING EXISTS (SELECT 1 FROM provider_services s
         WHERE s.provider = providers.id AND s.settings_version = providers.settings_version) AS kept`,
    )
    .bind(id, now)
    .first<{ kept: number }>();
  return row === null ? null : { kept: row.kept === 1 };
}

/** The services were not asked for after all, so that the next `add` may. One row written. */
export async function releaseServices(db: D1Database, { id }: Provider): Promise<void> {
  await db.prepare("UPDATE providers SET services_asked_at = NULL WHERE id = ?1").bind(id).run();
}

/** What is kept of a service, however old. */
export async function readListedRate(db: D1Database, provider: string, serviceId: string): Promise<ListedRate | null> {
  return toListedRate(await rateStatement(db, provider, serviceId).first<ListedRateRow>());
}

/** A row of the database holds 2 MB, and these two texts make up nearly all of it. */
const MAX_KEPT_BYTES = 1_950_000;

/**
 * Keeps a list that was just asked for under the provider's settings as they were seen; without its descriptions where
 * it is too long with them. Nothing is written where the settings are others by now, nor for a list that is kept already
 * and fresh; else one row. False: it is too long to be kept at all.
 */
export async function keepList(db: D1Database, provider: Provider, asked: ServiceList, now: number): Promise<boolean> {
  const rates = JSON.stringify(
    Object.fromEntries(asked.services.map(({ id, rate, type, refusesRuns }) => [id, refusesRuns ? [rate, type, 1] : [rate, type]])),
  );
  const most = MAX_KEPT_BYTES - bytesOf(rates);
  const whole = JSON.stringify(asked.list);
  const isWhole = bytesOf(whole) <= most;
  const list = isWhole ? whole : JSON.stringify(asked.list.map(withoutDescription));
  if (!isWhole && bytesOf(list) > most) return false;
  await db
    .prepare(
      `INSERT INTO provider_services (provider, settings_version, list, rates, fetched_at)
       SELECT p.id, p.settings_version, ?3, ?4, ?5 FROM providers p WHERE p.id = ?1 AND p.settings_version = ?2
       ON CONFLICT (provider) DO UPDATE SET
         settings_version = excluded.settings_version, list = excluded.list, rates = excluded.rates, fetched_at = excluded.fetched_at
       WHERE provider_services.settings_version <> excluded.settings_version OR provider_services.list <> excluded.list
         OR provider_services.rates <> excluded.rates OR abs(excluded.fetched_at - provider_services.fetched_at) >= ?6`,
    )
    .bind(provider.id, provider.settingsVersion, list, rates, now, FRESH_MS)
    .run();
  return true;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}

const DESCRIPTIONS: ReadonlySet<string> = new Set(["desc", "description"]);

function withoutDescription(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !DESCRIPTIONS.has(name.toLowerCase())));
}

/** What a provider's list says of a service, however old it is; null where none is kept. */
export async function readListing(db: D1Database, provider: string, serviceId: string): Promise<Listing | null> {
  const [rates, providers] = await db.batch<ListedRateRow & Pick<ProviderRow, "currency" | "balance_currency">>([
    rateStatement(db, provider, serviceId),
    db.prepare("SELECT currency, balance_currency FROM providers WHERE id = ?1").bind(provider),
  ]);
  const row = rates?.results[0];
  const own = providers?.results[0];
  if (row === undefined) return null;
  return { isListed: row.type !== null, rate: row.rate, currency: own?.currency ?? own?.balance_currency ?? null };
}
