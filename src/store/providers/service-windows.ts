/**
 * How long a provider's services take to start and to deliver, as the operator says, for orders that do not say it.
 */
import { MINUTE_MS } from "../../domain/time.ts";
import { learnedWindowSql, type ServiceKey } from "./service-history.ts";

/** In minutes; null where unknown. */
export type ServiceWindows = { readonly start_minutes: number | null; readonly duration_minutes: number | null };

/** An order's column of each, in ms. */
const WINDOW_COLUMNS = { start_window_ms: "start_minutes", duration_ms: "duration_minutes" } as const;

/**
 * SQL for a window of a service in ms: the one that is set; else what the panel's own orders have taught; else NULL. Two rows
 * read. The parts of `of` are SQL.
 */
export function windowSql(column: keyof typeof WINDOW_COLUMNS, of: Readonly<Record<keyof ServiceKey, string>>): string {
  const given = `SELECT w.${WINDOW_COLUMNS[column]} * ${MINUTE_MS} FROM service_windows w WHERE w.provider = ${of.provider} AND w.service = ${of.service}`;
  return `coalesce((${given}), ${learnedWindowSql(column, of)})`;
}

/** Null where the provider is unknown; both null where nothing is set for the service. */
export async function readServiceWindows(db: D1Database, provider: string, service: string): Promise<ServiceWindows | null> {
  return db
    .prepare(
      `SELECT w.start_minutes, w.duration_minutes FROM providers p LEFT JOIN service_windows w ON w.provider = p.id AND w.service = ?2 WHERE p.id = ?1`,
    )
    .bind(provider, service)
    .first<ServiceWindows>();
}

/** Sets a service's windows; `audit` goes into the same transaction. */
export async function saveServiceWindows(
  db: D1Database,
  { provider, service, windows }: { readonly provider: string; readonly service: string; readonly windows: ServiceWindows },
  { now, audit }: { readonly now: number; readonly audit: D1PreparedStatement },
): Promise<void> {
  const save = db
    .prepare(
      `INSERT INTO service_windows (provider, service, start_minutes, duration_minutes, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT (provider, service) DO UPDATE SET start_minutes = ?3, duration_minutes = ?4, updated_at = ?5`,
    )
    .bind(provider, service, windows.start_minutes, windows.duration_minutes, now);
  await db.batch([save, audit]);
}
