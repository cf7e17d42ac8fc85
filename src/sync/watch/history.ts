/**
 * What the change feed teaches: the ticks read it three times an hour, and count how orders ended and how long they took. New
 * orders get the windows that follow from it, where none are given; the overview's charts get what each hour came to.
 */
import { DAY_HOURS } from "../../domain/figures-report.ts";
import { hourFiguresOf } from "../../domain/hour-figures.ts";
import { HOUR_MS } from "../../domain/poll-cadence.ts";
import { learnedWindows, qualityOf, withSteps } from "../../domain/service-history.ts";
import { dayOf, MINUTE_MS, minuteOf } from "../../domain/time.ts";
import type { Ports } from "../../ports.ts";
import { dropOldStatements, keepDaysStatement, markHourStatement } from "../../store/operations/hour-figures.ts";
import {
  historyStatements,
  type HistoryStep,
  readNewSteps,
  readServiceDays,
  type ServiceHistory,
} from "../../store/providers/service-history.ts";

/** Never in a minute of a balance, a list or the archive. */
export function isHistoryMinute(minute: number): boolean {
  return minute % 20 === 2;
}

export const HISTORY_COST = { subrequests: 3, statements: 10 };

/** Three times an hour so many changes, of all panels together, are more than the free plan writes in a day. */
const CHANGES_A_TURN = 1500;

export async function learnHistory(db: D1Database, ports: Ports, minute: number): Promise<void> {
  if (!isHistoryMinute(minute)) return;
  // Accelerated runs tick ahead of the clock; there the minute of the tick is the time.
  const now = Math.max(ports.now(), minute * MINUTE_MS);
  const today = dayOf(minuteOf(now));
  const { places, steps, told } = await readNewSteps(db, CHANGES_A_TURN);
  const histories = await withNewSteps(db, steps, today);
  const figures = hourFiguresOf(told);
  const hour = Math.floor(now / HOUR_MS);
  const isMarked = figures.orders.some((each) => each.hour === hour);
  await db.batch([
    ...(isMarked ? [] : [markHourStatement(db, hour, now)]),
    ...historyStatements(db, { places, histories, figures }, { today, now }),
    ...afterMidnight(db, hour % DAY_HOURS, today),
  ]);
}

async function withNewSteps(db: D1Database, steps: readonly HistoryStep[], today: number): Promise<ServiceHistory[]> {
  const services = Map.groupBy(steps, ({ panel, provider, service }) => JSON.stringify([panel, provider, service]));
  const groups = [...services.values()].flatMap((of) => (of[0] === undefined ? [] : [{ key: keyOf(of[0]), steps: of }]));
  if (groups.length === 0) return [];
  const before = await readServiceDays(
    db,
    groups.map(({ key }) => key),
  );
  return groups.map(({ key, steps: taken }, i): ServiceHistory => {
    const days = withSteps(before[i] ?? {}, taken, (at) => dayOf(minuteOf(at)));
    return { ...key, days, ...learnedWindows(days, today), quality: qualityOf(days, today) };
  });
}

/** A day's calls are copied in its next day's first hours, some times over: a turn may fail, and a poll may end late. */
const COPYING_HOURS = 3;

function afterMidnight(db: D1Database, hour: number, today: number): D1PreparedStatement[] {
  return [...(hour < COPYING_HOURS ? [keepDaysStatement(db, today)] : []), ...(hour === COPYING_HOURS ? dropOldStatements(db, today) : [])];
}

function keyOf({ panel, provider, service }: HistoryStep) {
  return { panel, provider, service };
}
