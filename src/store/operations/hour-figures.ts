/**
 * What the overview's charts show: how orders ended and what was refunded by hour, and how polling providers went.
 *
 * Rows written a day: three turns an hour write a row each, and the first of them one more for the hour before, so 96 at most;
 * as many for each currency that something is refunded in; and one for each provider. Deleting a day that is old: 24, as many
 * for each currency, and one for each provider.
 */
import { DAY_HOURS, type Figures, type OrderSlot } from "../../domain/figures-report.ts";
import { CURRENCIES_OF_AN_HOUR, type HourFigures, MOST_REFUNDED } from "../../domain/hour-figures.ts";
import type { ProviderHours } from "../../domain/provider-hours.ts";

/** A quarter, and the one before it. */
const KEPT_FIGURE_DAYS = 190;

const ENDS = ["completed", "partial", "canceled", "refunded"] as const;
const COUNTS = [...ENDS, "refunds"] as const;

const text = (name: string): string => `j.value->>'$.${name}'`;
const seenSql = `json_each(?1) j CROSS JOIN panels p ON p.id = ${text("panel")} WHERE p.history_seq = ${text("from")}`;

const whole = (name: string): string => `CAST(${text(name)} AS INTEGER)`;
/** A sum with what is added to it. */
const grown = (name: string): string => `min(${name} + excluded.${name}, ${MOST_REFUNDED})`;

/**
 * Adds what was counted to its hours. In the transaction that moves the panels' places on, and before it does: a panel whose
 * place another turn has moved meanwhile adds nothing. `from`: the place that each was counted from.
 */
export function addFiguresStatements(
  db: D1Database,
  { orders, refunds }: HourFigures,
  from: ReadonlyMap<string, number>,
  now: number,
): D1PreparedStatement[] {
  const added = orders.map((figures) => ({ ...figures, from: from.get(figures.panel) ?? -1 }));
  const sums = refunds.map(({ amount, takenBack, ...rest }) => ({
    ...rest,
    amount: String(amount),
    takenBack: String(takenBack),
    from: from.get(rest.panel) ?? -1,
  }));
  return [
    ...(added.length === 0
      ? []
      : [
          db
            .prepare(
              `INSERT INTO order_hours (hour, ${COUNTS.join(", ")}, counted_at)
               SELECT ${text("hour")}, ${COUNTS.map((name) => `sum(${text(name)})`).join(", ")}, ?2 FROM ${seenSql} GROUP BY 1
               ON CONFLICT (hour) DO UPDATE SET ${COUNTS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}, counted_at = ?2`,
            )
            .bind(JSON.stringify(added), now),
        ]),
    ...(sums.length === 0
      ? []
      : [
          db
            .prepare(
              `INSERT INTO refund_hours (hour, currency, refunds, amount, taken_back)
               SELECT ${text("hour")}, ${text("currency")}, sum(${text("refunds")}), min(sum(${whole("amount")}), ${MOST_REFUNDED}),
                 min(sum(${whole("takenBack")}), ${MOST_REFUNDED})
               FROM ${seenSql} AND (p.currency = ${text("currency")}
                 OR EXISTS (SELECT 1 FROM refund_hours r WHERE r.hour = ${text("hour")} AND r.currency = ${text("currency")})
                 OR (SELECT count(*) FROM refund_hours r WHERE r.hour = ${text("hour")}) < ${CURRENCIES_OF_AN_HOUR})
               GROUP BY 1, 2
               ON CONFLICT (hour, currency) DO UPDATE SET refunds = refunds + excluded.refunds, amount = ${grown("amount")},
                 taken_back = ${grown("taken_back")}`,
            )
            .bind(JSON.stringify(sums)),
        ]),
  ];
}

/** Says that the hour was looked at, and until when: not where its figures have said so. One row written. */
export function markHourStatement(db: D1Database, hour: number, now: number): D1PreparedStatement {
  return db
    .prepare("INSERT INTO order_hours (hour, counted_at) VALUES (?1, ?2) ON CONFLICT (hour) DO UPDATE SET counted_at = ?2")
    .bind(hour, now);
}

/** Copies the providers' hours of the two days before `today`. A row read a provider and each of its hours, one written for each day that is news. */
export function keepDaysStatement(db: D1Database, today: number): D1PreparedStatement {
  const day = `h.value->>0 / ${DAY_HOURS}`;
  return db
    .prepare(
      `INSERT INTO provider_days (day, provider, calls, failed, late_s)
       SELECT ${day}, p.id, sum(h.value->>1), sum(h.value->>2), max(h.value->>3)
       FROM providers p CROSS JOIN json_each(p.hours) h WHERE ${day} < ?1 AND ${day} >= ?1 - 2 GROUP BY 1, 2
       ON CONFLICT (day, provider) DO UPDATE SET calls = excluded.calls, failed = excluded.failed, late_s = excluded.late_s
         WHERE excluded.calls > provider_days.calls`,
    )
    .bind(today);
}

/** Forgets what is too old. A row written for each that goes. */
export function dropOldStatements(db: D1Database, today: number): D1PreparedStatement[] {
  const oldest = today - KEPT_FIGURE_DAYS;
  return [
    db.prepare("DELETE FROM order_hours WHERE hour < ?1").bind(oldest * DAY_HOURS),
    db.prepare("DELETE FROM refund_hours WHERE hour < ?1").bind(oldest * DAY_HOURS),
    db.prepare("DELETE FROM provider_days WHERE day < ?1").bind(oldest),
  ];
}

/** The figures, and when the feed was last counted for them, epoch ms; null when never. */
export type FiguresRead = Figures & { readonly countedAt: number | null };

/** Providers whose calls are told. */
const MOST_PROVIDERS_TOLD = 200;
const MOST_DAYS_READ = 20_000;

/**
 * The figures of the hours from `from` until before `to`, by slots of so many hours. Rows read: one an hour and each of its
 * currencies, one a provider, and one a provider and day.
 */
export async function readFigures(
  db: D1Database,
  { from, to, slotHours }: { readonly from: number; readonly to: number; readonly slotHours: number },
): Promise<FiguresRead> {
  const slotSql = `hour / ${slotHours}`;
  const [orders, refunds, days, providers] = await db.batch<Record<string, unknown>>([
    db
      .prepare(
        `SELECT ${slotSql} AS slot, count(*) AS hours, ${COUNTS.map((name) => `sum(${name}) AS ${name}`).join(", ")}, max(counted_at) AS counted_at
         FROM order_hours WHERE hour >= ?1 AND hour < ?2 GROUP BY 1 ORDER BY 1`,
      )
      .bind(from, to),
    db
      .prepare(
        `SELECT ${slotSql} AS slot, currency, sum(refunds) AS refunds, CAST(sum(amount) AS TEXT) AS amount, CAST(sum(taken_back) AS TEXT) AS taken_back
         FROM refund_hours WHERE hour >= ?1 AND hour < ?2 GROUP BY 1, 2 ORDER BY 1, 2`,
      )
      .bind(from, to),
    db
      .prepare(
        `SELECT day, provider, calls, failed, late_s FROM provider_days WHERE day >= ?1 / ${DAY_HOURS} AND day * ${DAY_HOURS} < ?2
         ORDER BY day, provider LIMIT ${MOST_DAYS_READ}`,
      )
      .bind(from, to),
    db.prepare(`SELECT id, hours FROM providers ORDER BY id LIMIT ${MOST_PROVIDERS_TOLD}`),
  ]);
  const known = (orders?.results ?? []) as (OrderSlot & { counted_at: number })[];
  return {
    orders: known,
    refunds: ((refunds?.results ?? []) as RefundRow[]).map(({ amount, taken_back, ...rest }) => ({
      ...rest,
      amount: BigInt(amount),
      takenBack: BigInt(taken_back),
    })),
    days: ((days?.results ?? []) as DayRow[]).map(({ late_s, ...rest }) => ({ ...rest, lateSeconds: late_s })),
    providers: ((providers?.results ?? []) as { id: string; hours: string }[]).map(({ id, hours }) => ({
      id,
      hours: JSON.parse(hours) as ProviderHours,
    })),
    countedAt: known.reduce<number | null>((latest, { counted_at: at }) => (latest === null ? at : Math.max(latest, at)), null),
  };
}

type RefundRow = { slot: number; currency: string; refunds: number; amount: string; taken_back: string };
type DayRow = { day: number; provider: string; calls: number; failed: number; late_s: number | null };
