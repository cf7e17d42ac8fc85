/**
 * What a look at the alerts is made of, read in one round trip.
 */
import type { LiveAlert, Silences } from "../../domain/alert.ts";
import { type AlertFacts, EXPIRES_WITHIN_MS, MAX_COUNTED, type ProviderFacts } from "../../domain/alert-facts.ts";
import { FLAGS } from "../../domain/order.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";
import { ROWS_OF_SHARES } from "../panels/shares.ts";
import type { ProviderRow } from "../rows/provider.ts";
import { type AlertRow, toLive } from "./alerts.ts";

/** More than any small operator has. */
const MAX_PROVIDERS = 200;
/** Panels and keys are named one by one. */
const MAX_NAMED = 20;
/** A key that has expired is told of for another day. */
const EXPIRED_FOR_MS = 24 * 60 * 60_000;

const PROVIDERS = `SELECT id, enabled, retry_at, last_failure, brake_engaged_at, braked_panels, unknown_words, active_orders,
    balance, coalesce(currency, balance_currency) AS balance_currency, low_balance, calls_day, rows_today
  FROM providers ORDER BY id LIMIT ${MAX_PROVIDERS}`;

/** Each count has an index of what it counts alone. */
const COUNTS = `SELECT t.minute, CASE WHEN t.messages_day = ?1 THEN t.messages_today ELSE 0 END AS messages,
    (SELECT count(*) FROM (SELECT 1 FROM dead_letters INDEXED BY dead_letters_waiting WHERE replayed_at IS NULL LIMIT ${MAX_COUNTED})) AS dead_letters,
    (SELECT count(*) FROM (SELECT 1 FROM orders INDEXED BY orders_placing_unknown
      WHERE flags & ${FLAGS.placing_unknown} <> 0 LIMIT ${MAX_COUNTED})) AS placing_unknown,
    ${ROWS_OF_SHARES("?1")} AS rows_of_shares
  FROM ticks t WHERE t.id = 1`;

const HELD = `SELECT created_at FROM refunds INDEXED BY refunds_status WHERE status = 'held' LIMIT ${MAX_COUNTED}`;
const OVERDUE = `SELECT provider, count(*) AS orders FROM (
    SELECT provider FROM orders INDEXED BY orders_overdue WHERE flags & ${FLAGS.overdue} <> 0 LIMIT ${MAX_COUNTED})
  GROUP BY provider`;
const FROZEN = `SELECT id AS panel, frozen_because AS because FROM panels INDEXED BY panels_frozen WHERE frozen_at IS NOT NULL LIMIT ${MAX_NAMED}`;
const EXPIRING = `SELECT id, name, panel, expires_at FROM keys INDEXED BY keys_expiring
  WHERE expires_at IS NOT NULL AND expires_at > ?1 AND expires_at <= ?2 ORDER BY expires_at LIMIT ${MAX_NAMED}`;
const LIVE = "SELECT * FROM alerts INDEXED BY alerts_live WHERE closed_at IS NULL";
const SILENCED =
  "SELECT kind, subject, silenced_until FROM alerts INDEXED BY alerts_silenced WHERE silenced_until > ?1 AND silenced_until IS NOT NULL";

type ProviderFactsRow = Pick<
  ProviderRow,
  | "id"
  | "enabled"
  | "retry_at"
  | "last_failure"
  | "brake_engaged_at"
  | "braked_panels"
  | "unknown_words"
  | "balance_currency"
  | "calls_day"
  | "rows_today"
> & { active_orders: number; balance: string | null; low_balance: number | null };
type CountsRow = { minute: number; messages: number; dead_letters: number; placing_unknown: number; rows_of_shares: number };

export type AlertRead = { readonly facts: AlertFacts; readonly live: readonly LiveAlert[]; readonly silences: Silences };

/**
 * Reads what is so and which alerts are live. Rows read: one for each provider and each panel's share of today, two for
 * each refund that waits and each overdue order (100 of each at most), one for each live alert, and some ten more.
 */
export async function readAlertFacts(db: D1Database, now: number): Promise<AlertRead> {
  const day = dayOf(minuteOf(now));
  const [providers, counts, held, overdue, frozen, expiring, live, silenced] = await db.batch<Record<string, unknown>>([
    db.prepare(PROVIDERS),
    db.prepare(COUNTS).bind(day),
    db.prepare(HELD),
    db.prepare(OVERDUE),
    db.prepare(FROZEN),
    db.prepare(EXPIRING).bind(now - EXPIRED_FOR_MS, now + EXPIRES_WITHIN_MS),
    db.prepare(LIVE),
    db.prepare(SILENCED).bind(now),
  ]);
  const rows = (providers?.results ?? []) as ProviderFactsRow[];
  const row = counts?.results[0] as CountsRow | undefined;
  if (row === undefined) throw new Error("the row of ticks is missing");
  return {
    facts: {
      providers: rows.map(toFacts),
      heldSince: ((held?.results ?? []) as { created_at: number }[]).map(({ created_at }) => created_at),
      placingUnknown: row.placing_unknown,
      overdue: new Map(((overdue?.results ?? []) as { provider: string; orders: number }[]).map((each) => [each.provider, each.orders])),
      deadLetters: row.dead_letters,
      frozen: (frozen?.results ?? []) as { panel: string; because: string | null }[],
      expiringKeys: ((expiring?.results ?? []) as { id: string; name: string; panel: string | null; expires_at: number }[]).map(
        ({ expires_at, ...key }) => ({ ...key, expiresAt: expires_at }),
      ),
      lastMinute: row.minute,
      rowsWritten: row.rows_of_shares + rows.reduce((sum, each) => sum + (each.calls_day === day ? each.rows_today : 0), 0),
      messages: row.messages,
    },
    live: ((live?.results ?? []) as AlertRow[]).map(toLive),
    silences: new Map(
      ((silenced?.results ?? []) as { kind: string; subject: string; silenced_until: number }[]).map((each) => [
        `${each.kind} ${each.subject}`,
        each.silenced_until,
      ]),
    ),
  };
}

function toFacts(row: ProviderFactsRow): ProviderFacts {
  return {
    id: row.id,
    enabled: row.enabled === 1,
    retryAt: row.retry_at,
    lastFailure: row.last_failure === null ? null : (JSON.parse(row.last_failure) as ProviderFacts["lastFailure"]),
    brakeEngagedAt: row.brake_engaged_at,
    brakedPanels: JSON.parse(row.braked_panels) as ProviderFacts["brakedPanels"],
    unknownWords: Object.keys(JSON.parse(row.unknown_words) as Record<string, unknown>),
    activeOrders: row.active_orders,
    balance: row.balance,
    balanceCurrency: row.balance_currency,
    lowBalance: row.low_balance,
  };
}
