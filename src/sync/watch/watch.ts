/**
 * What a tick does once its messages are sent: it looks after the operator, and never keeps an order waiting. Each part by
 * itself: what fails is logged, and comes again with the next tick.
 */
import { fetchMarked } from "../../outbound/loop.ts";
import type { Ports } from "../../ports.ts";
import { lookAtAlerts, sendAlerts } from "./alerts.ts";
import { sendHeartbeat } from "./heartbeat.ts";
import { HISTORY_COST, isHistoryMinute, learnHistory } from "./history.ts";
import { isBalanceMinute, isListMinute, watchBalance, watchList } from "./providers.ts";
import { isRetentionMinute, moveOld, RETENTION_COST } from "./retention.ts";

/**
 * What the watch costs at most, in requests and statements of an invocation: a look with what it changes and two messages, the heartbeat, and
 * a provider's list or balance, a turn of the archive or of what services teach, in their minutes.
 */
export function watchCost(minute: number): { readonly subrequests: number; readonly statements: number } {
  if (isListMinute(minute)) return { subrequests: 18, statements: 31 };
  if (isBalanceMinute(minute)) return { subrequests: 17, statements: 23 };
  const { subrequests, statements } = isRetentionMinute(minute)
    ? RETENTION_COST
    : isHistoryMinute(minute)
      ? HISTORY_COST
      : { subrequests: 0, statements: 0 };
  return { subrequests: 11 + subrequests, statements: 18 + statements };
}

/** A tick, once it is over. `isGood`: it did what it is for. `minutesSince`: how long the one before is back; 0 where that says nothing. */
export type WatchedTick = { readonly minute: number; readonly isGood: boolean; readonly minutesSince: number };

/** Ticks that fail are looked at all the same. */
export async function watch(env: Env, given: Ports, { minute, isGood, minutesSince }: WatchedTick): Promise<void> {
  const ports = { ...given, fetch: fetchMarked(given.fetch, null) };
  const parts: readonly (readonly [name: string, work: () => Promise<void>])[] = [
    ["heartbeat", () => (isGood ? sendHeartbeat(env, ports) : Promise.resolve())],
    [
      "alerts",
      () => lookAtAlerts(env, ports, minute, minutesSince).then((hasNotices) => (hasNotices ? sendAlerts(env.DB, ports) : undefined)),
    ],
    ["balance", () => watchBalance(env.DB, ports, minute)],
    ["list", () => watchList(env.DB, ports, minute)],
    ["retention", () => moveOld(env, ports, minute)],
    ["history", () => learnHistory(env.DB, ports, minute)],
  ];
  await Promise.all(
    parts.map(([part, work]) => work().catch((error: unknown) => ports.log({ event: "watch.failed", part, error: String(error) }))),
  );
}
