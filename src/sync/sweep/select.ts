/**
 * Which of the due orders are asked about now: pure, from the page that was read and the calls that were granted.
 */
import { idsPerCall } from "../../domain/provider.ts";
import { FLAGS, type Order } from "../../domain/order.ts";
import type { DueBucket, DueProvider, SweepMessage } from "../../domain/message.ts";
import { bucketKeyOf, compareKeys, isInPart } from "../../domain/poll-coverage.ts";
import { clockAfter, type Load, type ProviderClock, type Turn, turnAfter } from "../../domain/poll-pacing.ts";
import { unreadSince } from "../../domain/unread-orders.ts";
import type { QuotaGrant } from "../../store/providers/budget.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Limits } from "../limits.ts";
import { ordersIn } from "./plan.ts";

/** `complete`: every order up to the bucket's end is polled; else only those up to the last one polled. */
export type SelectedBucket = DueBucket & { readonly complete: boolean };

export type Selection = {
  /** The orders to poll. */
  readonly orders: readonly Order[];
  /** Orders read with these that must wait for the next minute; their keys may lie anywhere between. */
  readonly unpolled: readonly Order[];
  /** The parts of buckets that all these orders were read from. */
  readonly buckets: readonly SelectedBucket[];
  /** What is due beyond this page, for the next message; null when there is nothing or no room for one. */
  readonly rest: DueProvider | null;
  /** The provider's clock as it was read; null where it has none of its own. */
  readonly clockSeen: ProviderClock;
  /** The clock from the next minute on; null to leave it. */
  readonly clock: ProviderClock;
};

export type SelectionInput = {
  readonly provider: Provider;
  readonly due: DueProvider;
  /** As read: one more than the limit if there are more. */
  readonly orders: readonly Order[];
  readonly grant: QuotaGrant;
  readonly message: SweepMessage;
  readonly mayHandOn: boolean;
  /** One call, to see whether the provider is back: no measure of its load. */
  readonly probing: boolean;
  readonly limits: Limits;
};

/** Suspects are asked apart, so that an id the provider does not know spoils no healthy batch. */
export function isSuspect({ state }: Order): boolean {
  return (state.flags & FLAGS.not_found) !== 0;
}

/** Whether nothing readable was heard of it when it was asked about last: it is asked about apart, too. */
export function wasUnread({ state }: Provider, { panel, providerOrderId }: Order): boolean {
  return providerOrderId !== null && unreadSince(state.unreadOrders, { panel, id: providerOrderId }) !== null;
}

/** Calls needed to ask about these orders. */
export function callsFor(provider: Provider, orders: readonly Order[]): number {
  const size = idsPerCall(provider);
  const suspects = orders.filter(isSuspect).length;
  const unread = orders.filter((order) => !isSuspect(order) && wasUnread(provider, order)).length;
  return [suspects, unread, orders.length - suspects - unread].reduce((calls, count) => calls + Math.ceil(count / size), 0);
}

/** Splits what is due into what is polled now, what is handed on, and what the provider's clock must come back to. */
export function selectionOf(input: SelectionInput): Selection {
  const read = input.orders.slice(0, input.due.limit);
  return handsOn(input, read) ?? pollsThisMinute(input, read);
}

/** A full page is polled whole, and what lies behind it goes to the next message; null where that cannot be. */
function handsOn({ provider, due, orders, grant, mayHandOn, probing, limits }: SelectionInput, read: readonly Order[]): Selection | null {
  const last = read.at(-1);
  // What suspects take beside that is what spare calls are for.
  const isGranted = grant.granted >= Math.ceil(read.length / idsPerCall(provider));
  const callsLeft = provider.maxCallsPerMinute === null || grant.used < provider.maxCallsPerMinute;
  const hasMore = orders.length > due.limit;
  if (!hasMore || !isGranted || !callsLeft || !mayHandOn || probing || last === undefined) return null;
  const { before, after } = splitBuckets(due.lanes, last);
  const { clock } = provider.state;
  return {
    orders: read,
    unpolled: [],
    buckets: before,
    rest: { ...due, lanes: after, limit: ordersIn(provider, limits.callsPerMessage) },
    clockSeen: clock,
    clock: null,
  };
}

/** As many as calls were granted for, in the order of their turns; the others' turns come again. */
function pollsThisMinute(input: SelectionInput, read: readonly Order[]): Selection {
  const { provider, due, grant, message, probing, limits } = input;
  const { clock } = provider.state;
  const needed = callsFor(provider, read);
  const isEnough = grant.granted >= needed;
  const inTurn = isEnough ? read : byTurn(read, clock, message.minute - message.minutes + 1);
  const count = isEnough ? read.length : grant.granted * idsPerCall(provider);
  const [orders, unpolled] = [inTurn.slice(0, count), inTurn.slice(count)];
  const more = input.orders.length > due.limit;
  const [first] = unpolled;
  const exceeded = more || first !== undefined;
  const load: Load = {
    minutes: message.minutes,
    wanted: wantedCalls(input, needed),
    budget: provider.maxCallsPerMinute ?? limits.callsPerMessage * limits.rounds,
    exceeded,
    more,
  };
  return {
    orders,
    unpolled,
    buckets: due.lanes.map((bucket) => ({ ...bucket, complete: !exceeded })),
    rest: null,
    clockSeen: clock,
    clock: probing ? null : clockAfter(clock, message.minute, load, first === undefined || more ? null : turnOf(first)),
  };
}

function byTurn(orders: readonly Order[], clock: ProviderClock, minute: number): Order[] {
  const turns = new Map(orders.map((order) => [order, turnAfter(clock, minute, turnOf(order))]));
  return orders.toSorted((a, b) => (turns.get(a) ?? 0) - (turns.get(b) ?? 0) || compareKeys(bucketKeyOf(a), bucketKeyOf(b)));
}

function wantedCalls({ provider, grant, message, limits }: SelectionInput, needed: number): number {
  if (provider.maxCallsPerMinute === null) return message.round * limits.callsPerMessage + needed;
  return grant.used + needed - grant.granted;
}

function turnOf({ state, phase }: Order): Turn {
  return { cadence: state.cadence, phase };
}

/** Buckets come in order, and each by key: everything up to `last` was read, the rest was not. */
function splitBuckets(buckets: readonly DueBucket[], last: Order): { before: SelectedBucket[]; after: DueBucket[] } {
  const at = buckets.findIndex((bucket) => isInPart(bucket, { cadence: last.state.cadence, key: bucketKeyOf(last) }));
  const before = buckets.slice(0, at + 1).map((bucket, i) => ({ ...bucket, complete: i < at }));
  const after = buckets.slice(at).map((bucket, i) => (i === 0 ? { ...bucket, after: bucketKeyOf(last) } : bucket));
  return { before, after };
}
