/**
 * What the overview is made of, read in one round trip.
 */
import { type Flag, FLAGS } from "../../domain/order.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";
import { type AlertRow, toShown, type ShownAlert } from "../alerts/alerts.ts";
import { ROWS_OF_SHARES } from "../panels/shares.ts";
import { FOLLOWING_SINCE } from "./health.ts";
import { FOLLOWED_COLUMNS, type FollowedProvider, toFollowed, type FollowedRow } from "../providers/provider-settings.ts";

/** The flags that a person looks for, each of which has an index of the orders that have it. */
export const COUNTED_FLAGS = [
  ...(["placing_unknown", "unknown_status", "not_found", "overdue", "stalled", "over_refunded"] as const),
  ...(["panel_outdated", "parked", "provider_order_taken"] as const),
] as const satisfies readonly Flag[];

/** Counts stop here: whether 100 or 1,000 wait is told by the list. */
export const MOST_COUNTED = 100;
export const MOST_PROVIDERS = 200;
const MOST_ALERTS = 50;

type Counts = Readonly<Record<(typeof COUNTED_FLAGS)[number] | "refunds_held" | "dead_letters" | "ledger_mismatch", number>>;

/** `lastMinute`: the last that a tick has covered, 0 for none. `messages` and `rowsOfShares`: of today. */
export type OverviewRead = {
  readonly providers: readonly FollowedProvider[];
  readonly hasMoreProviders: boolean;
  readonly alerts: readonly ShownAlert[];
  readonly counts: Counts;
  readonly lastMinute: number;
  readonly lastTickAt: number;
  /** Since when an order has been followed, epoch ms; null where none is. */
  readonly followingSince: number | null;
  readonly messages: number;
  readonly rowsOfShares: number;
  /** As the database said with this read. */
  readonly databaseBytes: number;
};

const counted = (name: string, sql: string): string => `(SELECT count(*) FROM (SELECT 1 FROM ${sql} LIMIT ${MOST_COUNTED + 1})) AS ${name}`;

const COUNTS = [
  ...COUNTED_FLAGS.map((flag) => counted(flag, `orders INDEXED BY orders_${flag} WHERE flags & ${FLAGS[flag]} <> 0`)),
  counted("refunds_held", "refunds INDEXED BY refunds_status WHERE status = 'held'"),
  counted("dead_letters", "dead_letters INDEXED BY dead_letters_waiting WHERE replayed_at IS NULL"),
  counted("ledger_mismatch", "panels INDEXED BY panels_frozen WHERE frozen_at IS NOT NULL"),
];

const TOTALS = `SELECT t.minute, t.at, ${FOLLOWING_SINCE} AS following_since, CASE WHEN t.messages_day = ?1 THEN t.messages_today ELSE 0 END AS messages,
    ${ROWS_OF_SHARES("?1")} + CASE WHEN t.moved_day = ?1 THEN t.moved_today ELSE 0 END AS rows_of_shares, ${COUNTS.join(", ")}
  FROM ticks t WHERE t.id = 1`;

type TotalsRow = { minute: number; at: number; following_since: number | null; messages: number; rows_of_shares: number } & Counts;

/**
 * Rows read: one a provider, two for each order of the last half hour, one for each alert that is open and each panel's share of today, and one for each thing that waits for a
 * person, 101 of each kind at most.
 */
export async function readOverview(db: D1Database, now: number): Promise<OverviewRead> {
  const [providers, alerts, totals] = await db.batch<Record<string, unknown>>([
    db.prepare(`SELECT ${FOLLOWED_COLUMNS} FROM providers p ORDER BY p.id LIMIT ${MOST_PROVIDERS + 1}`),
    db.prepare(
      `SELECT * FROM alerts INDEXED BY alerts_live WHERE closed_at IS NULL AND opened_at IS NOT NULL ORDER BY id DESC LIMIT ${MOST_ALERTS}`,
    ),
    db.prepare(TOTALS).bind(dayOf(minuteOf(now))),
  ]);
  const rows = (providers?.results ?? []) as FollowedRow[];
  const row = totals?.results[0] as TotalsRow | undefined;
  if (row === undefined) throw new Error("the row of ticks is missing");
  const { minute, at, following_since, messages, rows_of_shares, ...counts } = row;
  return {
    providers: rows.slice(0, MOST_PROVIDERS).map(toFollowed),
    hasMoreProviders: rows.length > MOST_PROVIDERS,
    alerts: ((alerts?.results ?? []) as AlertRow[]).flatMap(toShown),
    counts,
    lastMinute: minute,
    lastTickAt: at,
    followingSince: following_since,
    messages,
    rowsOfShares: rows_of_shares,
    databaseBytes: totals?.meta.size_after ?? 0,
  };
}
