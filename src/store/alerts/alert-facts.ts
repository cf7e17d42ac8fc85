/**
 * What a look at the alerts is made of, read in one round trip.
 */
import type { LiveAlert, Silences } from "../../domain/alert.ts";
import { type AlertFacts, EXPIRES_WITHIN_MS, MAX_COUNTED, type ProviderFacts, WEBHOOK_FAILS_MS } from "../../domain/alert-facts.ts";
import { FAILING_AFTER } from "../../domain/panel-cron.ts";
import { FLAGS } from "../../domain/order.ts";
import { type ShareKind, sharesOf } from "../../domain/panel-share.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";
import { ROWS_OF_SHARES, USED_SHARES } from "../panels/shares.ts";
import { anyFollowedSql } from "../providers/active-orders.ts";
import type { ProviderRow } from "../rows/provider.ts";
import { ALERT_COLUMNS, type AlertRow, toLive } from "./alerts.ts";

/** More than any small operator has. */
const MAX_PROVIDERS = 200;
/** Panels and keys are named one by one. */
const MAX_NAMED = 20;
/** Ten panels with as many as each may have, and some. */
const MAX_WEBHOOKS = 200;
const MAX_CRONS = 200;
/** A key that has expired is told of for another day. */
const EXPIRED_FOR_MS = 24 * 60 * 60_000;

const PROVIDERS = `SELECT id, enabled, retry_at, last_failure, brake_engaged_at, braked_panels, brake_evidence, unknown_words, unread_orders, ${anyFollowedSql("providers")} AS active_orders,
    CASE WHEN balance_at IS NULL THEN NULL ELSE balance END AS balance, coalesce(currency, balance_currency) AS balance_currency, low_balance, calls_day, rows_today, messages_today
  FROM providers ORDER BY id LIMIT ${MAX_PROVIDERS}`;

/** A list of texts, numbers or objects as JSON in one column: each in a statement of its own would be six more of a tick's. */
const LISTS: Readonly<
  Record<"held" | "doubt" | "overdue" | "frozen" | "webhooks" | "crons" | "expiring" | "live" | "silenced" | "shares" | "quality", string>
> = {
  held: `SELECT json_object('panel', panel, 'since', created_at) AS value
    FROM refunds INDEXED BY refunds_status WHERE status = 'held' LIMIT ${MAX_COUNTED}`,
  doubt: `SELECT json_array(provider, count(*)) AS value FROM (
      SELECT provider FROM orders INDEXED BY orders_placing_unknown WHERE flags & ${FLAGS.placing_unknown} <> 0 LIMIT ${MAX_COUNTED})
    GROUP BY provider`,
  overdue: `SELECT json_array(provider, count(*)) AS value FROM (
      SELECT provider FROM orders INDEXED BY orders_overdue WHERE flags & ${FLAGS.overdue} <> 0 LIMIT ${MAX_COUNTED})
    GROUP BY provider`,
  frozen: `SELECT json_object('panel', id, 'because', frozen_because) AS value
    FROM panels INDEXED BY panels_frozen WHERE frozen_at IS NOT NULL LIMIT ${MAX_NAMED}`,
  // The outcome of the last attempt counts, which the webhook's own row does not know yet.
  webhooks: `SELECT json_object('panel', w.panel, 'id', w.id, 'disabledBecause', w.disabled_reason, 'failingSince', w.failing_since) AS value
    FROM (SELECT panel, id, enabled, disabled_reason, failing_since, n FROM webhooks LIMIT ${MAX_WEBHOOKS}) w
    WHERE w.disabled_reason IS NOT NULL OR (w.enabled = 1 AND w.failing_since <= ?2 - ${WEBHOOK_FAILS_MS} AND NOT EXISTS (
      SELECT 1 FROM webhook_deliveries d
      WHERE d.panel = w.panel AND d.webhook = w.id AND d.slot = w.n % 100 AND d.n = w.n AND d.succeeded = 1))
    LIMIT ${MAX_NAMED}`,
  // What stands beside the one max() is of the same row.
  crons: `SELECT json_object('panel', c.panel, 'failing', count(*), 'name', c.name, 'error', max(c.calls->>'$[0][3]')) AS value
    FROM (SELECT * FROM panel_crons LIMIT ${MAX_CRONS}) c WHERE c.failures >= ${FAILING_AFTER} GROUP BY c.panel LIMIT ${MAX_NAMED}`,
  expiring: `SELECT json_object('id', id, 'name', name, 'panel', panel, 'expiresAt', expires_at) AS value FROM keys INDEXED BY keys_expiring
    WHERE expires_at > ?3 AND expires_at <= ?4 ORDER BY expires_at LIMIT ${MAX_NAMED}`,
  live: `SELECT json_object(${ALERT_COLUMNS.map((column) => `'${column}', ${column}`).join(", ")}) AS value
    FROM alerts INDEXED BY alerts_live WHERE closed_at IS NULL`,
  silenced: `SELECT json_array(kind || ' ' || subject, silenced_until) AS value
    FROM alerts INDEXED BY alerts_silenced WHERE silenced_until > ?2`,
  quality: `SELECT json_object('provider', provider, 'service', service, 'bad', sum(bad), 'of', sum(bad_of)) AS value
    FROM service_history INDEXED BY service_history_bad WHERE bad_day >= ?1 - 1 GROUP BY provider, service LIMIT ${MAX_NAMED}`,
  shares: `SELECT json_object('panel', s.panel, 'kind', s.kind, 'most', m.value) AS value
    FROM (${USED_SHARES("?1")}) s CROSS JOIN json_each(?5) m ON m.key = s.kind WHERE s.day_used >= m.value LIMIT ${MAX_NAMED}`,
};

const LISTED = Object.entries(LISTS).map(([name, sql]) => `(SELECT json_group_array(json(value)) FROM (${sql})) AS ${name}`);

/** Each count has an index of what it counts alone. ?1 is the day, ?2 now. */
const COUNTS = `SELECT t.minute, CASE WHEN t.messages_day = ?1 THEN t.messages_today ELSE 0 END AS messages,
    (SELECT count(*) FROM (SELECT 1 FROM dead_letters INDEXED BY dead_letters_waiting WHERE replayed_at IS NULL LIMIT ${MAX_COUNTED})) AS dead_letters,
    ${ROWS_OF_SHARES("?1")} + CASE WHEN t.moved_day = ?1 THEN t.moved_today ELSE 0 END AS rows_of_shares, ${LISTED.join(", ")}
  FROM ticks t WHERE t.id = 1`;

type ProviderFactsRow = Pick<
  ProviderRow,
  | "id"
  | "enabled"
  | "retry_at"
  | "last_failure"
  | "brake_engaged_at"
  | "braked_panels"
  | "brake_evidence"
  | "unknown_words"
  | "unread_orders"
  | "balance_currency"
  | "calls_day"
  | "rows_today"
  | "messages_today"
> & { active_orders: number; balance: string | null; low_balance: number | null };
type CountsRow = { minute: number; messages: number; dead_letters: number; rows_of_shares: number } & Readonly<
  Record<keyof typeof LISTS, string>
>;

export type AlertRead = { readonly facts: AlertFacts; readonly live: readonly LiveAlert[]; readonly silences: Silences };

/**
 * Reads what is so and which alerts are live. Rows read: one for each provider, two for each panel's share, two for
 * each refund that waits, each order in doubt and each overdue order (100 of each at most), one for each webhook and each cron of a panel (200 of each at most) and each live alert, and some ten more.
 */
export async function readAlertFacts(db: D1Database, plan: string | undefined, now: number): Promise<AlertRead> {
  const day = dayOf(minuteOf(now));
  const shares = Object.fromEntries(Object.entries(sharesOf(plan).of).map(([kind, share]) => [kind, share.day]));
  const [providers, counts] = await db.batch<Record<string, unknown>>([
    db.prepare(PROVIDERS),
    db.prepare(COUNTS).bind(day, now, now - EXPIRED_FOR_MS, now + EXPIRES_WITHIN_MS, JSON.stringify(shares)),
  ]);
  const rows = (providers?.results ?? []) as ProviderFactsRow[];
  const row = counts?.results[0] as CountsRow | undefined;
  if (row === undefined) throw new Error("the row of ticks is missing");
  const today = rows.filter(({ calls_day }) => calls_day === day);
  return {
    facts: {
      providers: rows.map(toFacts),
      held: JSON.parse(row.held) as AlertFacts["held"],
      inDoubt: new Map(JSON.parse(row.doubt) as [provider: string, orders: number][]),
      overdue: new Map(JSON.parse(row.overdue) as [provider: string, orders: number][]),
      deadLetters: row.dead_letters,
      frozen: JSON.parse(row.frozen) as AlertFacts["frozen"],
      webhooks: JSON.parse(row.webhooks) as AlertFacts["webhooks"],
      crons: JSON.parse(row.crons) as AlertFacts["crons"],
      expiringKeys: JSON.parse(row.expiring) as AlertFacts["expiringKeys"],
      lastMinute: row.minute,
      rowsWritten: row.rows_of_shares + today.reduce((sum, { rows_today }) => sum + rows_today, 0),
      messages: row.messages + today.reduce((sum, { messages_today }) => sum + messages_today, 0),
      // Not told by every database that the product runs on.
      databaseBytes: counts?.meta.size_after ?? 0,
      quality: JSON.parse(row.quality) as AlertFacts["quality"],
      usedShares: JSON.parse(row.shares) as { panel: string; kind: ShareKind; most: number }[],
    },
    live: (JSON.parse(row.live) as AlertRow[]).map(toLive),
    silences: new Map(JSON.parse(row.silenced) as [name: string, until: number][]),
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
    brakeEvidence: row.brake_evidence === null ? null : (JSON.parse(row.brake_evidence) as ProviderFacts["brakeEvidence"]),
    unknownWords: Object.keys(JSON.parse(row.unknown_words) as Record<string, unknown>),
    unreadOrders: JSON.parse(row.unread_orders) as ProviderFacts["unreadOrders"],
    activeOrders: row.active_orders,
    balance: row.balance,
    balanceCurrency: row.balance_currency,
    lowBalance: row.low_balance,
  };
}
