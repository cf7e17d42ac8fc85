/**
 * The operator's own catalogue. A service is never deleted, since orders name it; one that is not enabled is not sold.
 */
import { balanceSql } from "../ledger/transfers.ts";
import { MAX_SERVICE_ID, type Service } from "../../domain/catalogue.ts";
import type { Audited } from "../operations/audit.ts";
import { chunksBySize, oneRowIfPanel } from "../rows/json-sets.ts";
import { type PanelName, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { isSuppliedBySql } from "../panels/usable.ts";

export type ServiceRow = {
  id: number;
  provider: string;
  provider_service: string;
  name: string;
  category: string;
  type: string;
  description: string | null;
  rate: string;
  currency: string | null;
  min: number;
  max: number;
  dripfeed: number;
  refill: number;
  cancel: number;
  refill_days: number | null;
  start_minutes: number | null;
  duration_minutes: number | null;
  enabled: number;
  created_at: number;
  updated_at: number;
  version: number;
};

/** A service as it is on record. `version` goes up with every change; times in epoch ms. */
export type StoredService = Service & { readonly version: number; readonly createdAt: number; readonly updatedAt: number };

export function toService(row: ServiceRow): StoredService {
  const { id, provider, name, category, type, description, rate, currency, min, max, version } = row;
  return {
    id,
    provider,
    providerService: row.provider_service,
    name,
    category,
    type,
    description,
    rate,
    currency,
    min,
    max,
    dripfeed: row.dripfeed === 1,
    refill: row.refill === 1,
    cancel: row.cancel === 1,
    refillDays: row.refill_days,
    startMinutes: row.start_minutes,
    durationMinutes: row.duration_minutes,
    enabled: row.enabled === 1,
    version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What the operator sets of a service, named as in the API and in the audit trail; `service` is the provider's id of it. */
export type ServiceSettings = {
  readonly provider: string;
  readonly service: string;
  readonly name: string;
  readonly category: string;
  readonly type: string;
  readonly description: string | null;
  readonly rate: string;
  readonly currency: string | null;
  readonly min: number;
  readonly max: number;
  readonly dripfeed: boolean;
  readonly refill: boolean;
  readonly cancel: boolean;
  readonly refill_days: number | null;
  readonly start_minutes: number | null;
  readonly duration_minutes: number | null;
  readonly enabled: boolean;
};

export function settingsOf(service: Service): ServiceSettings {
  const { provider, name, category, type, description, rate, currency, min, max, dripfeed, refill, cancel, enabled } = service;
  return {
    provider,
    service: service.providerService,
    name,
    category,
    type,
    description,
    rate,
    currency,
    min,
    max,
    dripfeed,
    refill,
    cancel,
    refill_days: service.refillDays,
    start_minutes: service.startMinutes,
    duration_minutes: service.durationMinutes,
    enabled,
  };
}

/** Columns that settings fill, each with its place in the settings' JSON. */
const COLUMNS = [
  ...(["provider", "name", "category", "type", "description", "rate", "currency", "min", "max"] as const),
  ...(["dripfeed", "refill", "cancel", "refill_days", "start_minutes", "duration_minutes", "enabled"] as const),
] as const satisfies readonly (keyof ServiceRow & keyof ServiceSettings)[];

/** JSON's true and false come out of `->>` as 1 and 0. */
function valuesOf(json: string): string {
  return [`${json}->>'$.service'`, ...COLUMNS.map((column) => `${json}->>'$.${column}'`)].join(", ");
}

const INSERTED = `provider_service, ${COLUMNS.join(", ")}`;

export async function readService(db: D1Database, id: number): Promise<StoredService | null> {
  const row = await db.prepare("SELECT * FROM services WHERE id = ?1").bind(id).first<ServiceRow>();
  return row === null ? null : toService(row);
}

/** Services by id, from above `after` on. */
export async function listServices(db: D1Database, after: number, limit: number): Promise<StoredService[]> {
  const { results } = await db.prepare("SELECT * FROM services WHERE id > ?1 ORDER BY id LIMIT ?2").bind(after, limit).all<ServiceRow>();
  return results.map(toService);
}

/** A service as it stands, and whether there is a provider that it is to be had from. One round trip. */
export async function readForChange(
  db: D1Database,
  id: number,
  provider: string | null,
): Promise<{ readonly service: StoredService | null; readonly hasProvider: boolean }> {
  const [services, providers] = await db.batch<Record<string, unknown>>([
    db.prepare("SELECT * FROM services WHERE id = ?1").bind(id),
    db.prepare("SELECT 1 FROM providers WHERE id = ?1").bind(provider),
  ]);
  const row = services?.results[0] as ServiceRow | undefined;
  return { service: row === undefined ? null : toService(row), hasProvider: providers?.results.length === 1 };
}

/** Adds a service; null when the id is taken. `audit` must be for a statement that changed something. */
export async function createService(
  db: D1Database,
  id: number,
  settings: ServiceSettings,
  { now, audit }: Audited,
): Promise<StoredService | null> {
  const insert = db
    .prepare(
      `INSERT INTO services (id, created_at, updated_at, ${INSERTED})
       SELECT ?1, ?3, ?3, ${valuesOf("?2")} WHERE NOT EXISTS (SELECT 1 FROM services WHERE id = ?1) RETURNING *`,
    )
    .bind(id, JSON.stringify(settings), now);
  return firstService(await db.batch<ServiceRow>([insert, audit]));
}

/** Writes a service's settings; null when it is not as it was seen any more. `audit` as above. */
export async function updateService(
  db: D1Database,
  seen: StoredService,
  settings: ServiceSettings,
  { now, audit }: Audited,
): Promise<StoredService | null> {
  const update = db
    .prepare(
      `UPDATE services SET (${INSERTED}) = (SELECT ${valuesOf("?2")}), updated_at = ?3, version = version + 1
       WHERE id = ?1 AND version = ?4 RETURNING *`,
    )
    .bind(seen.id, JSON.stringify(settings), now, seen.version);
  return firstService(await db.batch<ServiceRow>([update, audit]));
}

function firstService([written]: readonly D1Result<ServiceRow>[]): StoredService | null {
  const row = written?.results[0];
  return row === undefined ? null : toService(row);
}

/** What an import starts from: the provider's services as they are sold, and the ids that all others have. */
export type CatalogueBefore = { readonly mapped: readonly StoredService[]; readonly otherIds: readonly number[] };

/** One row read a service of the catalogue. */
export async function readForImport(db: D1Database, provider: string): Promise<CatalogueBefore> {
  const [mapped, others] = await db.batch<ServiceRow>([
    db.prepare("SELECT * FROM services WHERE provider = ?1 ORDER BY id").bind(provider),
    db.prepare("SELECT id FROM services WHERE provider <> ?1").bind(provider),
  ]);
  return { mapped: (mapped?.results ?? []).map(toService), otherIds: (others?.results ?? []).map(({ id }) => id) };
}

/** A service to be added, and one to be changed, with the version it was seen at. */
export type NewService = { readonly id: number; readonly settings: ServiceSettings };
export type ChangedService = NewService & { readonly version: number };
export type ImportedServices = { readonly created: readonly NewService[]; readonly changed: readonly ChangedService[] };

/**
 * Two imports, or an import and a change, at once: the second is aborted, by the key of an id that was given
 * away meanwhile, or by the CHECK that no version is 0.
 */
const UPDATE_IMPORTED = `UPDATE services SET (${INSERTED}) = (SELECT ${valuesOf("(j.value->'$.settings')")}), updated_at = ?2,
    version = iif(services.version = j.value->>'$.version', services.version + 1, 0)
  FROM json_each(?1) j WHERE services.id = j.value->>'$.id'`;

const INSERT_IMPORTED = `INSERT INTO services (id, created_at, updated_at, ${INSERTED})
  SELECT j.value->>'$.id', ?2, ?2, ${valuesOf("(j.value->'$.settings')")} FROM json_each(?1) j`;

/**
 * Writes an import, all or nothing, with its audit entries. False, with nothing written, when the catalogue is not as
 * it was seen any more. One row written a service.
 */
export async function writeImport(
  db: D1Database,
  { created, changed }: ImportedServices,
  { now, audit }: Audited<readonly D1PreparedStatement[]>,
): Promise<boolean> {
  const statements = [
    ...chunksBySize(changed).map((json) => db.prepare(UPDATE_IMPORTED).bind(json, now)),
    ...chunksBySize(created).map((json) => db.prepare(INSERT_IMPORTED).bind(json, now)),
    ...audit,
  ];
  try {
    await db.batch(statements);
    return true;
  } catch (error) {
    if (isOutdated(error)) return false;
    throw error;
  }
}

function isOutdated(error: unknown): boolean {
  return error instanceof Error && /UNIQUE constraint failed: services\.id|CHECK constraint failed: version/.test(error.message);
}

/** SQL that holds for a service `s` which is on and in the panel's currency. */
export function isSoldToSql(ref: PanelName): string {
  return `s.enabled = 1 AND (s.currency IS NULL OR s.currency = (SELECT currency FROM panels WHERE id = ${panelIdSql(ref)}))`;
}

/** The same, and of a provider that is on, and that the panel is supplied by. */
function isOfferedSql(ref: PanelName): string {
  const panel = panelIdSql(ref);
  return `${isSoldToSql(ref)} AND s.provider IN (SELECT p.id FROM providers p WHERE p.enabled = 1 AND ${isSuppliedBySql(panel)})`;
}

/** The services `s`, none of them read where there is no such panel. */
function soldTo(ref: PanelName): string {
  return `${oneRowIfPanel(panelIdSql(ref))} k CROSS JOIN services s`;
}

const NO_SERVICE = 0;

/**
 * Selects one service, if it is sold to the panel, and what stands on the panel's own account in its currency (`account`, as
 * text; null where nothing ever did). An id that no service can have finds none. One row read for the account.
 */
export function offeredServiceStatement(db: D1Database, ref: PanelName, serviceId: string): D1PreparedStatement {
  const id = /^[1-9]\d{0,9}$/.test(serviceId) && Number(serviceId) <= MAX_SERVICE_ID ? Number(serviceId) : NO_SERVICE;
  const panel = panelIdSql(ref);
  const currency = `coalesce(s.currency, (SELECT p.currency FROM panels p WHERE p.id = ${panel}))`;
  return db
    .prepare(`SELECT s.*, ${balanceSql(panel, currency, "''")} AS account FROM ${soldTo(ref)} WHERE s.id = ?2 AND ${isOfferedSql(ref)}`)
    .bind(ref.value, id);
}

/** All that is sold to a panel, by id; null when there is no such panel. One round trip, one row read a service. */
export async function readOffered(db: D1Database, ref: PanelRef): Promise<StoredService[] | null> {
  const found = await readForPanel(db, ref, [
    db.prepare(`SELECT s.* FROM ${soldTo(ref)} WHERE ${isOfferedSql(ref)} ORDER BY s.id`).bind(ref.value),
  ]);
  return found === null ? null : ((found.results[0]?.results ?? []) as ServiceRow[]).map(toService);
}
