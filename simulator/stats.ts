/** What a provider noticed of its clients: enough to say whether one behaves. */
import type { JsonObject } from "./json.ts";
import type { ModeName } from "./modes.ts";

/** Reasons for which a call did not get as far as its action. */
export type Turned = "method" | "encoding" | "user_agent" | "rate_limit" | "banned" | "bad_key" | "mode";

export interface Stats {
  calls: number;
  readonly byAction: Map<string, number>;
  readonly byMinute: Map<number, number>;
  readonly turned: Map<Turned, number>;
  /** Calls in which a mode was in force, whether or not it showed. */
  readonly byMode: Map<ModeName, number>;
  manyCalls: number;
  largestMany: number;
  idsAsked: number;
  idsAnswered: number;
  readonly ids: Map<string, { asked: number; lastAskedAt: number }>;
  readonly redirects: { sent: number; followed: number; followedWithKey: number };
}

const MINUTE_MS = 60_000;

export function newStats(): Stats {
  return {
    calls: 0,
    byAction: new Map(),
    byMinute: new Map(),
    turned: new Map(),
    byMode: new Map(),
    manyCalls: 0,
    largestMany: 0,
    idsAsked: 0,
    idsAnswered: 0,
    ids: new Map(),
    redirects: { sent: 0, followed: 0, followedWithKey: 0 },
  };
}

export function countUp<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function noteCall(stats: Stats, now: number, modes: Iterable<ModeName>): void {
  stats.calls += 1;
  countUp(stats.byMinute, Math.floor(now / MINUTE_MS) * MINUTE_MS);
  for (const mode of modes) countUp(stats.byMode, mode);
}

export function noteStatusAsked(stats: Stats, ids: readonly string[], now: number, many: boolean): void {
  if (many) {
    stats.manyCalls += 1;
    stats.largestMany = Math.max(stats.largestMany, ids.length);
  }
  stats.idsAsked += ids.length;
  for (const id of ids) {
    stats.ids.set(id, { asked: (stats.ids.get(id)?.asked ?? 0) + 1, lastAskedAt: now });
  }
}

/** A long run has too many minutes to be spread over the arguments of Math.max. */
function busiest({ byMinute }: Stats): number {
  let most = 0;
  for (const calls of byMinute.values()) most = Math.max(most, calls);
  return most;
}

export function statsJson(stats: Stats): JsonObject {
  return {
    calls: stats.calls,
    calls_by_action: Object.fromEntries(stats.byAction),
    calls_by_minute: Object.fromEntries(stats.byMinute),
    busiest_minute: busiest(stats),
    many_calls: stats.manyCalls,
    largest_many: stats.largestMany,
    ids_asked: stats.idsAsked,
    ids_answered: stats.idsAnswered,
    bad_keys: stats.turned.get("bad_key") ?? 0,
    turned_away: Object.fromEntries(stats.turned),
    calls_by_mode: Object.fromEntries(stats.byMode),
    redirects: {
      sent: stats.redirects.sent,
      followed: stats.redirects.followed,
      followed_with_key: stats.redirects.followedWithKey,
    },
    ids: Object.fromEntries([...stats.ids].map(([id, { asked, lastAskedAt }]) => [id, { asked, last_asked_at: lastAskedAt }])),
  };
}
