/**
 * The migrated D1 of a test file, and plain SQL on it.
 */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { dayOf } from "../../../src/domain/time.ts";

/** When every test begins. */
export const NOW = Date.UTC(2026, 10, 21, 12);
export const MINUTE_MS = 60_000;
/** The number of the minute in which every test begins. */
export const MINUTE = NOW / MINUTE_MS;

/** The ledger check counts as done for the day, so that ticks send sweeps only. */
export async function migrate(): Promise<void> {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await env.DB.prepare("UPDATE ticks SET books_day = ?1").bind(dayOf(MINUTE)).run();
}

/** What a statement answers. */
export async function rows<T = Record<string, unknown>>(sql: string, ...params: unknown[]): Promise<T[]> {
  return (
    await env.DB.prepare(sql)
      .bind(...params)
      .all<T>()
  ).results;
}

export async function count(table: string): Promise<number | undefined> {
  return (await rows<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))[0]?.n;
}

/** Runs statements that triggers forbid, as somebody would who has the database in hand. */
export async function bypassTriggers(...statements: readonly string[]): Promise<void> {
  const triggers = await rows<{ name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
  await env.DB.batch([
    ...triggers.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)),
    ...statements.map((sql) => env.DB.prepare(sql)),
    ...triggers.map(({ sql }) => env.DB.prepare(sql)),
  ]);
}

const FILLED = [
  "orders",
  "refunds",
  "changes",
  "providers",
  "dead_letters",
  "refund_policies",
  "transfers",
  "idempotency",
  "audit",
  "panel_shares",
  "panel_troubles",
  "strangers",
  "wanted_checks",
  "webhooks",
  "webhook_deliveries",
  "alerts",
  "alert_channels",
  "alert_notices",
  "watched_services",
  "panel_crons",
  "archived_pages",
  "service_history",
  "order_hours",
  "refund_hours",
  "provider_days",
];

/** Empties the tables that a test fills; panels stay. */
export async function clear(): Promise<void> {
  await bypassTriggers(
    ...FILLED.map((table) => `DELETE FROM ${table}`),
    "UPDATE ticks SET minute = 0, ignored_minute = NULL, retention = '{}'",
  );
}
