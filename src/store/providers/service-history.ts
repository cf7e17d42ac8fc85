/**
 * What services teach by their orders' history, made of the change feed: each status change is counted once.
 */
import type { HourFigures, ToldChange } from "../../domain/hour-figures.ts";
import type { ServiceDays, StatusStep } from "../../domain/service-history.ts";
import type { Status } from "../../domain/status.ts";
import { addFiguresStatements } from "../operations/hour-figures.ts";

/** Panels whose feeds are read in one turn, those first whose history is the oldest. */
const PANELS_A_TURN = 5;
/** A panel names services as it likes; what it names beyond so many is not learned of. */
const SERVICES_OF_A_PANEL = 300;

/** A status change, and whose it is. `seq` is its number in the panel's feed. */
export type HistoryStep = StatusStep & {
  readonly panel: string;
  readonly seq: number;
  readonly provider: string;
  readonly service: string;
};

/** How far a panel's feed was read, and how far it is read now. */
export type HistoryPlace = { readonly panel: string; readonly from: number; readonly to: number };

type ChangeRow = {
  panel: string;
  /** Of a posted refund. */
  amount: string | null;
  currency: string | null;
  from: number;
  seq: number;
  at: number;
  was: Status | null;
  status: Status | null;
  placed_at: string | null;
  provider: string | null;
  service: string | null;
};

/** What was read of the feeds: `steps` of orders whose service is known, and `told`, all that the figures of hours are made of. */
type NewChanges = {
  readonly places: readonly HistoryPlace[];
  readonly steps: readonly HistoryStep[];
  readonly told: readonly ToldChange[];
};

/**
 * Changes that no history has counted yet, at most `limit` of them, and the places that they lead to. Two rows read a panel, one
 * a change, and two more where its order's status changed. The loops run in the order that is wanted, panel by panel and change
 * by change; a test holds them to it. To sort them all that wait would be read: 26,000 rows a turn for a panel that has just
 * registered its orders.
 */
export async function readNewSteps(db: D1Database, limit: number): Promise<NewChanges> {
  const { results } = await db
    .prepare(
      `SELECT c.panel, c."from", c.seq, c.at, c.was, c.status, c.placed_at, c.amount, c.currency, o.provider, coalesce(o.provider_service, o.service) AS service
       FROM (SELECT p.id AS panel, p.history_seq AS "from", c.seq, c.created_at AS at, c.order_id,
           CASE WHEN c.type = 'order.updated' THEN c.previous->>'$.status' END AS was,
           c.data->>'$.status' AS status, c.data->>'$.placed_at' AS placed_at,
           CASE WHEN c.type = 'refund.posted' THEN c.data->>'$.amount' END AS amount, c.data->>'$.currency' AS currency
         FROM (SELECT id, history_seq FROM panels n
             WHERE EXISTS (SELECT 1 FROM changes e WHERE e.panel = n.id AND e.seq > n.history_seq) ORDER BY history_seq LIMIT ${PANELS_A_TURN}) p
         CROSS JOIN changes c ON c.panel = p.id AND c.seq > p.history_seq
         LIMIT ?1) c
       LEFT JOIN orders o ON c.was IS NOT NULL AND o.panel = c.panel AND o.id = c.order_id`,
    )
    .bind(limit)
    .all<ChangeRow>();
  const places = new Map<string, HistoryPlace>();
  for (const { panel, from, seq } of results) places.set(panel, { panel, from, to: Math.max(seq, places.get(panel)?.to ?? 0) });
  return { places: [...places.values()], steps: results.flatMap(toStep), told: results.flatMap(toTold) };
}

function toTold({ panel, at, was, status, amount, currency }: ChangeRow): ToldChange[] {
  if (was !== null && status !== null) return [{ kind: "status", panel, at, was, status }];
  return amount === null || currency === null ? [] : [{ kind: "refund", panel, at, amount, currency }];
}

function toStep({ panel, seq, at, was, status, placed_at, provider, service }: ChangeRow): HistoryStep[] {
  if (was === null || status === null || placed_at === null || provider === null || service === null) return [];
  return [{ panel, seq, provider, service, was, status, placedAt: Date.parse(placed_at), at }];
}

export type ServiceKey = { readonly panel: string; readonly provider: string; readonly service: string };

/** A service's history. Milliseconds; `quality` is null unless too many of the last orders ended badly. */
export type ServiceHistory = ServiceKey & {
  readonly days: ServiceDays;
  readonly startMs: number | null;
  readonly durationMs: number | null;
  readonly quality: { readonly bad: number; readonly of: number } | null;
};

/** The days of some services, in the order of `keys`; null where there are none yet. One row read a service. */
export async function readServiceDays(db: D1Database, keys: readonly ServiceKey[]): Promise<(ServiceDays | null)[]> {
  const { results } = await db
    .prepare(
      `SELECT h.days FROM json_each(?1) j LEFT JOIN service_history h
         ON h.panel = j.value->>'$.panel' AND h.provider = j.value->>'$.provider' AND h.service = j.value->>'$.service'
       ORDER BY j.key`,
    )
    .bind(JSON.stringify(keys))
    .all<{ days: string | null }>();
  return keys.map((_, i) => {
    const days = results[i]?.days ?? null;
    return days === null ? null : (JSON.parse(days) as ServiceDays);
  });
}

/** A field of the entry `j` of a list. */
const valueSql = (name: string): string => `j.value->>'$.${name}'`;

/** What was counted, and from where to where each panel's feed was. */
export type Counted = {
  readonly places: readonly HistoryPlace[];
  readonly histories: readonly ServiceHistory[];
  readonly figures: HourFigures;
};

/**
 * Statements that write what was counted with the places that it was counted to, for one transaction. A panel whose place
 * another turn has moved meanwhile is left as it is. One row written a service and a panel, and an hour.
 */
export function historyStatements(
  db: D1Database,
  { places, histories, figures }: Counted,
  { today, now }: { readonly today: number; readonly now: number },
): D1PreparedStatement[] {
  if (places.length === 0) return [];
  const fromOf = new Map(places.map(({ panel, from }) => [panel, from]));
  const rows = histories.map(({ quality, ...history }) => ({
    ...history,
    from: fromOf.get(history.panel) ?? -1,
    badDay: quality === null ? null : today,
    bad: quality?.bad ?? null,
    badOf: quality?.of ?? null,
  }));
  return [
    ...addFiguresStatements(db, figures, fromOf, now),
    db
      .prepare(
        `INSERT INTO service_history (panel, provider, service, days, start_ms, duration_ms, bad_day, bad, bad_of, updated_at)
         SELECT ${["panel", "provider", "service", "days", "startMs", "durationMs", "badDay", "bad", "badOf"].map(valueSql).join(", ")}, ?2
         FROM json_each(?1) j CROSS JOIN panels p ON p.id = ${valueSql("panel")}
         WHERE p.history_seq = ${valueSql("from")} AND (
           EXISTS (SELECT 1 FROM service_history h WHERE h.panel = p.id AND h.provider = ${valueSql("provider")} AND h.service = ${valueSql("service")})
           OR (SELECT count(*) FROM (SELECT 1 FROM service_history h WHERE h.panel = p.id LIMIT ${SERVICES_OF_A_PANEL})) < ${SERVICES_OF_A_PANEL})
         ON CONFLICT (panel, provider, service) DO UPDATE SET days = excluded.days, start_ms = excluded.start_ms,
           duration_ms = excluded.duration_ms, bad_day = excluded.bad_day, bad = excluded.bad, bad_of = excluded.bad_of, updated_at = ?2`,
      )
      .bind(JSON.stringify(rows), now),
    db
      .prepare(
        `UPDATE panels SET history_seq = j.value->>'$.to' FROM json_each(?1) j
         WHERE panels.id = j.value->>'$.panel' AND panels.history_seq = j.value->>'$.from'`,
      )
      .bind(JSON.stringify(places)),
  ];
}

/** The histories of all panels, at most `limit`. One row read each. */
export async function readHistories(db: D1Database, limit: number): Promise<(ServiceKey & { readonly days: ServiceDays })[]> {
  const { results } = await db
    .prepare("SELECT panel, provider, service, days FROM service_history ORDER BY panel, provider, service LIMIT ?1")
    .bind(limit)
    .all<ServiceKey & { days: string }>();
  return results.map((row) => ({ ...row, days: JSON.parse(row.days) as ServiceDays }));
}

/** SQL of a window that a panel's own orders have taught, in ms; NULL where too few have ended. One row read. */
export function learnedWindowSql(column: "start_window_ms" | "duration_ms", key: Readonly<Record<keyof ServiceKey, string>>): string {
  const name = column === "start_window_ms" ? "start_ms" : "duration_ms";
  return `(SELECT h.${name} FROM service_history h WHERE h.panel = ${key.panel} AND h.provider = ${key.provider} AND h.service = ${key.service})`;
}
