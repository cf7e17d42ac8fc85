/**
 * What the operator sets of a provider. Its state belongs to the sweeps; it is touched here only where settings
 * make what was learned meaningless.
 */
import { DEFAULT_SETTLE_HOURS } from "../../domain/poll-cadence.ts";
import { DEFAULT_BRAKE } from "../../domain/provider-brake.ts";
import { CANONICAL_REQUEST, type Learned, requestText } from "../../provider/settings.ts";
import type { Audited } from "../operations/audit.ts";
import { followedSql } from "./active-orders.ts";
import { type Provider, type ProviderRow, toProvider } from "../rows/provider.ts";

/** Settings as the row keeps them, lists and objects as JSON texts. What is left out keeps its value. */
export type SettingsChange = {
  readonly url?: string;
  readonly api_key?: string;
  readonly name?: string | null;
  readonly currency?: string | null;
  readonly panels?: string | null;
  readonly batch_size?: number;
  readonly max_calls_per_minute?: number | null;
  readonly timeout_ms?: number;
  readonly enabled?: 0 | 1;
  readonly status_words?: string;
  /** The whole shape, as `requestText` writes it. */
  readonly request?: string;
  readonly brake?: string | null;
  readonly settle_hours?: number;
  /** In micro-units of the provider's currency. */
  readonly low_balance?: number | null;
};

/** What a new provider has where nothing is said. */
const DEFAULTS = {
  name: null,
  currency: null,
  panels: null,
  batch_size: 100,
  max_calls_per_minute: null,
  timeout_ms: 15_000,
  enabled: 1,
  status_words: "{}",
  request: requestText(CANONICAL_REQUEST),
  brake: JSON.stringify(DEFAULT_BRAKE),
  settle_hours: DEFAULT_SETTLE_HOURS,
  low_balance: null,
} as const satisfies SettingsChange;

const NULLABLE_COLUMNS = [
  "name",
  "currency",
  "panels",
  "max_calls_per_minute",
  "brake",
  "low_balance",
] as const satisfies readonly (keyof SettingsChange)[];
const OTHER_COLUMNS = [
  "url",
  "api_key",
  "batch_size",
  "timeout_ms",
  "enabled",
  "status_words",
  "request",
  "settle_hours",
] as const satisfies readonly (keyof SettingsChange)[];
const COLUMNS = [...NULLABLE_COLUMNS, ...OTHER_COLUMNS];

/** Settings as they stand, a column each, the key among them: not for showing. */
export type KeptSettings = Required<SettingsChange>;

export async function readSettings(db: D1Database, id: string): Promise<KeptSettings | null> {
  return db
    .prepare(`SELECT ${COLUMNS.join(", ")} FROM providers WHERE id = ?1`)
    .bind(id)
    .first<KeptSettings>();
}

export type NewSettings = SettingsChange & Required<Pick<SettingsChange, "url" | "api_key">>;

/** What a provider with these settings has in the end. */
export function withDefaults(settings: NewSettings): KeptSettings {
  return { ...DEFAULTS, ...settings };
}

/** Adds a provider; false when the id is taken. `audit` must be for a statement that changed something. */
export async function createProvider(db: D1Database, id: string, settings: KeptSettings, { now, audit }: Audited): Promise<boolean> {
  const insert = db
    .prepare(
      `INSERT INTO providers (id, created_at, updated_at, ${COLUMNS.join(", ")})
       SELECT ?1, ?3, ?3, ${COLUMNS.map((column) => `?2->>'$.${column}'`).join(", ")} WHERE true
       ON CONFLICT (id) DO NOTHING RETURNING id`,
    )
    .bind(id, JSON.stringify(settings), now);
  const [created] = await db.batch([insert, audit]);
  return created?.results.length === 1;
}

/** Whether calls will go elsewhere, or look different: then nothing that was learned holds any more. */
const CONNECTION_CHANGES = `(${(["url", "api_key", "request"] as const).map((column) => `coalesce(?2->>'$.${column}', ${column}) IS NOT ${column}`).join(" OR ")})`;

/**
 * `foldWord` of src/domain/status.ts, in SQL: a number stays as it is written. It folds more in two cases, white space other than
 * blanks left aside: numbers among letters lose their signs. A word that is forgotten for that is counted again when it comes.
 */
const foldSql = (word: string): string =>
  `iif(${word} GLOB '*[^-0-9 _.,+]*', lower(replace(replace(replace(${word}, ' ', ''), '_', ''), '-', '')), trim(${word}))`;

/** The unknown words without those that the change maps: they are known now. */
const UNMAPPED_WORDS = `(SELECT json_group_object(w.key, json(w.value)) FROM json_each(unknown_words) w
    WHERE NOT EXISTS (SELECT 1 FROM json_each(coalesce(?2->>'$.status_words', '{}')) m WHERE ${foldSql("m.key")} = ${foldSql("w.key")}))`;

/** `state_version` goes up with every change, so that a sweep under way with the old settings writes nothing. */
const UPDATE_SETTINGS = `UPDATE providers SET
  ${NULLABLE_COLUMNS.map((column) => `${column} = iif(json_type(?2, '$.${column}') IS NULL, ${column}, ?2->>'$.${column}')`).join(", ")},
  ${OTHER_COLUMNS.map((column) => `${column} = coalesce(?2->>'$.${column}', ${column})`).join(", ")},
  settings_version = settings_version + ${CONNECTION_CHANGES},
  many = iif(${CONNECTION_CHANGES}, 'unknown', many),
  learned = iif(${CONNECTION_CHANGES}, '{}', learned),
  learned_batch_size = iif(${CONNECTION_CHANGES}, 100, learned_batch_size),
  caution = iif(${CONNECTION_CHANGES}, 0, caution),
  failures = iif(${CONNECTION_CHANGES}, 0, failures),
  retry_at = iif(${CONNECTION_CHANGES}, NULL, retry_at),
  balance_at = iif(${CONNECTION_CHANGES}, NULL, balance_at),
  balance_trail = iif(${CONNECTION_CHANGES}, '[]', balance_trail),
  unknown_words = ${UNMAPPED_WORDS},
  unread_orders = iif(${CONNECTION_CHANGES}, '{}', unread_orders),
  state_version = state_version + 1,
  updated_at = ?3
  WHERE id = ?1 AND ${COLUMNS.map((column) => `${column} IS ?4->>'$.${column}'`).join(" AND ")}
  RETURNING id`;

/** A change of settings, and how they stood when it was decided on. */
export type SettingsUpdate = { readonly seen: KeptSettings; readonly change: SettingsChange };

/**
 * Changes a provider's settings; false when they are not as they were seen any more. `audit` must be for a statement
 * that changed something; null when what is set is what was set before.
 */
export async function updateProvider(
  db: D1Database,
  id: string,
  { seen, change }: SettingsUpdate,
  { now, audit }: Audited<D1PreparedStatement | null>,
): Promise<boolean> {
  const update = db.prepare(UPDATE_SETTINGS).bind(id, JSON.stringify(change), now, JSON.stringify(seen));
  const [updated] = await db.batch([update, ...(audit === null ? [] : [audit])]);
  return updated?.results.length === 1;
}

/**
 * Keeps what a provider's answers have shown of how it is to be asked. Nothing is kept that was learned under settings
 * which are not in force any more. One row written; the sweeps' fence stays as it is, since they have no part in this.
 */
export async function keepLearned(db: D1Database, { id, settingsVersion }: Pick<Provider, "id" | "settingsVersion">, learned: Learned) {
  await db
    .prepare("UPDATE providers SET learned = json_patch(learned, ?3) WHERE id = ?1 AND settings_version = ?2")
    .bind(id, settingsVersion, JSON.stringify(learned))
    .run();
}

/** Keeps that a provider goes by texts, where that is news. */
export async function keepTextIds(db: D1Database, provider: Pick<Provider, "id" | "settingsVersion" | "settings">): Promise<void> {
  if (provider.settings.learned.textIds !== true) await keepLearned(db, provider, { textIds: true });
}

/** Which settings are in force; null when there is no such provider. */
export async function readSettingsVersion(db: D1Database, id: string): Promise<number | null> {
  const row = await db.prepare("SELECT settings_version FROM providers WHERE id = ?1").bind(id).first<{ settings_version: number }>();
  return row?.settings_version ?? null;
}

/** A provider, and how many orders are followed there: all that are not closed. */
export type FollowedProvider = { readonly provider: Provider; readonly activeOrders: number };

export type FollowedRow = ProviderRow & { followed: number };
export const FOLLOWED_COLUMNS = `p.*, ${followedSql("p")} AS followed`;

export async function readFollowedProvider(db: D1Database, id: string): Promise<FollowedProvider | null> {
  const row = await db.prepare(`SELECT ${FOLLOWED_COLUMNS} FROM providers p WHERE p.id = ?1`).bind(id).first<FollowedRow>();
  return row === null ? null : toFollowed(row);
}

/** Providers by id, from above `after` on. One row read a provider, and two for each order of the last half hour. */
export async function listFollowedProviders(db: D1Database, after: string, limit: number): Promise<FollowedProvider[]> {
  const { results } = await db
    .prepare(`SELECT ${FOLLOWED_COLUMNS} FROM providers p WHERE p.id > ?1 ORDER BY p.id LIMIT ?2`)
    .bind(after, limit)
    .all<FollowedRow>();
  return results.map(toFollowed);
}

export function toFollowed(row: FollowedRow): FollowedProvider {
  return { provider: toProvider(row), activeOrders: row.followed };
}
