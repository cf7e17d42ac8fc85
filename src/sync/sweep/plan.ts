/**
 * What a tick sends: pure, from the last minute covered and the providers' states.
 */
import type { DueProvider, SweepMessage } from "../../domain/message.ts";
import { circuitOf, idsPerCall, isTroubled } from "../../domain/provider.ts";
import { MAX_MADE_UP_MINUTES, phaseRangesDue } from "../../domain/poll-pacing.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Limits } from "../limits.ts";

export type Minutes = {
  /** The first minute to cover, or null when this one is covered already. */
  readonly first: number | null;
  /** A remembered minute too far ahead to be believed: the clock was set back. */
  readonly ignored: number | null;
};

/** Minutes to cover at `minute`, given the last one covered (0: none yet). Missed ones are made up, 15 at most. */
export function minutesToCover(lastMinute: number, minute: number): Minutes {
  // planted: minute-ahead-ignored
  if (lastMinute > minute + MAX_MADE_UP_MINUTES) return { first: minute, ignored: lastMinute };
  if (lastMinute >= minute) return { first: null, ignored: null };
  return {
    first: /* planted: missed-minutes */ lastMinute === 0 ? minute : Math.max(lastMinute + 1, minute - MAX_MADE_UP_MINUTES + 1),
    ignored: null,
  };
}

/** The minutes that a tick covers, first..minute; `now` is its time, in epoch ms; `progressStretch`: how far apart progress is written. */
export type Covered = { readonly first: number; readonly minute: number; readonly now: number; readonly progressStretch?: number };

/** The messages for the minutes that a tick covers. A provider in trouble gets one of its own; one to be left alone, none. */
export function planMessages(providers: readonly Provider[], covered: Covered, limits: Limits): SweepMessage[] {
  const { first, minute, now, progressStretch = 1 } = covered;
  const due = providers.filter(({ state }) => circuitOf(state, now) !== "waiting");
  const troubled = due.filter(({ state }) => isTroubled(state));
  const sound = due.filter(({ state }) => !isTroubled(state));
  const groups = [...troubled.map((provider) => [provider]), ...groupsOf(sound, limits.providersPerMessage)];
  return groups.map((group) => ({
    v: 1,
    kind: "sweep",
    minute,
    minutes: minute - first + 1,
    round: 0,
    ...(progressStretch === 1 ? {} : { progressStretch }),
    providers: sharesOf(group, limits.callsPerMessage).map(([provider, calls]) => dueOf(provider, covered, calls)),
  }));
}

/**
 * A message's calls by how many orders each of its providers has to follow, one at least. In equal shares the largest provider
 * would need a second message in each minute, and that is a row written and three operations of the queue.
 */
function sharesOf(group: readonly Provider[], calls: number): (readonly [Provider, calls: number])[] {
  const shares = group.map((provider) => ({ provider, calls: 1 }));
  for (let left = calls - group.length; left > 0; left--) {
    const next = shares.reduce((a, b) => (weight(b) > weight(a) ? b : a));
    next.calls += 1;
  }
  return shares.map((share) => [share.provider, share.calls]);
}

/** Orders for each call; those that wait for their first poll are not counted, so none has nothing. */
function weight({ provider, calls }: { readonly provider: Provider; readonly calls: number }): number {
  return (provider.activeOrders + 1) / calls;
}

function dueOf(provider: Provider, { first, minute, now }: Covered, calls: number): DueProvider {
  const ranges = phaseRangesDue(provider.state.clock, first, minute);
  // The buckets take turns at being first, so that a page that is cut does not always cut the same ones.
  const turn = minute % Math.max(1, ranges.length);
  return {
    id: provider.id,
    limit: ordersIn(provider, circuitOf(provider.state, now) === "probing" ? 1 : calls),
    lanes: [...ranges.slice(turn), ...ranges.slice(0, turn)].map(({ cadence, from, to }) => ({ cadence, after: [from, "", 0], to })),
  };
}

/** Orders that some calls to a provider can ask about, within its budget of a minute. */
export function ordersIn(provider: Provider, calls: number): number {
  return Math.min(calls, provider.maxCallsPerMinute ?? calls) * idsPerCall(provider);
}

/** Evenly filled groups of at most `size`. */
function groupsOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.filter((_item, j) => j % count === i));
}
