/**
 * What a panel's customers may see of how its orders are followed: no word of providers, and no figure of the shop's. Pure.
 */
import { MINUTE_MS } from "./time.ts";

/** The panel's newest orders that are under way, by service and provider. Times in epoch ms. */
export type ServiceFacts = {
  /** Null where the order names none. */
  readonly service: string | null;
  readonly orders: number;
  /** Of these, those that have not started in time, or stand still. */
  readonly late: number;
  /** Whether their provider is asked at all, and whether it answers. */
  readonly isOff: boolean;
  readonly isDown: boolean;
  /** When it last answered. */
  readonly answeredAt: number | null;
};

/** `lastTickAt`: when orders were last followed; null for never. */
export type StatusFacts = { readonly lastTickAt: number | null; readonly services: readonly ServiceFacts[] };

export const PUBLIC_STATUSES = ["ok", "delayed", "stopped"] as const;
export type PublicStatus = (typeof PUBLIC_STATUSES)[number];

/** `waiting`: nothing can be asked about its orders now. `slow`: many of them start or move later than they should. */
export const SERVICE_STATES = ["waiting", "slow"] as const;

/** A service with trouble. `since`: when its orders were last asked about, where they wait. */
export type TroubledService = {
  readonly service: string;
  readonly state: (typeof SERVICE_STATES)[number];
  readonly since: number | null;
};

export type StatusView = {
  readonly status: PublicStatus;
  readonly isFollowing: boolean;
  /** How long ago orders should have been followed, and were not. */
  readonly lateMs: number;
  readonly services: readonly TroubledService[];
};

/** Cron fires each minute, and may be late or skip one. */
const LATE_AFTER_MS = 2 * MINUTE_MS;
const STOPPED_AFTER_MS = 5 * MINUTE_MS;
/** So many late orders of a service, and such a share of those under way, is no accident. */
const LATE_ORDERS = 2;
const LATE_SHARE = 0.2;
/** A page is read by people. */
export const MAX_SHOWN = 50;

export function publicStatus({ lastTickAt, services }: StatusFacts, now: number): StatusView {
  const age = lastTickAt === null ? null : Math.max(0, now - lastTickAt);
  const isFollowing = age !== null && age <= STOPPED_AFTER_MS;
  const lateMs = age === null || age <= LATE_AFTER_MS ? 0 : age - MINUTE_MS;
  const troubled = [...Map.groupBy(services, ({ service }) => service)].flatMap(([service, facts]) => troubleOf(service, facts) ?? []);
  const shown = troubled.toSorted((a, b) => (a.service < b.service ? -1 : 1)).slice(0, MAX_SHOWN);
  const status = !isFollowing ? "stopped" : lateMs > 0 || hasTrouble(services) ? "delayed" : "ok";
  return { status, isFollowing, lateMs, services: shown };
}

/** Those of orders that name no service count, too. */
function hasTrouble(services: readonly ServiceFacts[]): boolean {
  return [...Map.groupBy(services, ({ service }) => service).values()].some((facts) => troubleOf("", facts) !== null);
}

function troubleOf(service: string | null, facts: readonly ServiceFacts[]): TroubledService | null {
  if (service === null) return null;
  const waiting = facts.filter(({ isOff, isDown }) => isOff || isDown);
  if (waiting.length > 0) {
    const since = waiting.map(({ answeredAt }) => answeredAt).filter((at) => at !== null);
    return { service, state: "waiting", since: since.length === 0 ? null : Math.min(...since) };
  }
  const sum = (count: (fact: ServiceFacts) => number): number => facts.reduce((total, fact) => total + count(fact), 0);
  const late = sum((fact) => fact.late);
  return late >= LATE_ORDERS && late >= LATE_SHARE * sum(({ orders }) => orders) ? { service, state: "slow", since: null } : null;
}
