/**
 * What services teach: the ticks read the change feed three times an hour, and count how orders ended and how long they took.
 * New orders get the windows that follow from it, where none are given.
 */
import { learnedWindows, qualityOf, withSteps } from "../../domain/service-history.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";
import type { Ports } from "../../ports.ts";
import {
  type HistoryStep,
  readNewSteps,
  readServiceDays,
  type ServiceHistory,
  writeHistory,
} from "../../store/providers/service-history.ts";

/** Never in a minute of a balance, a list or the archive. */
export function isHistoryMinute(minute: number): boolean {
  return minute % 20 === 2;
}

export const HISTORY_COST = { subrequests: 3, statements: 4 };

/** Three times an hour so many changes, of all panels together, are more than the free plan writes in a day. */
const CHANGES_A_TURN = 1500;

export async function learnHistory(db: D1Database, ports: Ports, minute: number): Promise<void> {
  if (!isHistoryMinute(minute)) return;
  const now = ports.now();
  const today = dayOf(minuteOf(now));
  const { places, steps } = await readNewSteps(db, CHANGES_A_TURN);
  if (places.length === 0) return;
  const services = Map.groupBy(steps, ({ panel, provider, service }) => JSON.stringify([panel, provider, service]));
  const groups = [...services.values()].flatMap((of) => (of[0] === undefined ? [] : [{ key: keyOf(of[0]), steps: of }]));
  const before =
    groups.length === 0
      ? []
      : await readServiceDays(
          db,
          groups.map(({ key }) => key),
        );
  const histories = groups.map(({ key, steps: taken }, i): ServiceHistory => {
    const days = withSteps(before[i] ?? {}, taken, (at) => dayOf(minuteOf(at)));
    return { ...key, days, ...learnedWindows(days, today), quality: qualityOf(days, today) };
  });
  await writeHistory(db, places, histories, { today, now });
}

function keyOf({ panel, provider, service }: HistoryStep) {
  return { panel, provider, service };
}
