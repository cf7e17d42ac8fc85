/**
 * Which of the due orders are asked about now: pure, from the page that was read and the calls that were granted.
 */
import { FLAGS, type Order } from "../../domain/order.ts";
import type { DueBucket, DueProvider, SweepMessage } from "../../domain/message.ts";
import { compareKeys, type BucketKey } from "../../domain/poll-coverage.ts";
import { type VirtualClock, clockAt, fittingSlowdown, positionAt, atPace, stepsAhead } from "../../domain/poll-pacing.ts";
import type { QuotaGrant } from "../../store/providers/budget.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Limits } from "../limits.ts";
import { idsPerCall, ordersIn } from "./plan.ts";

/** `complete`: every order up to the lane's end is served; else only those up to the last one served. */
export type SelectedBucket = DueBucket & { readonly complete: boolean };

export type Selection = {
  readonly provider: Provider;
  /** The orders to ask about. */
  readonly orders: readonly Order[];
  /** Those that were read with them, and wait for the next minute: anywhere between them. */
  readonly unpolled: readonly Order[];
  /** The stretches of lanes that these orders are all of; marks are laid within them. */
  readonly buckets: readonly SelectedBucket[];
  /** What is due beyond this page, for the next message; null when there is nothing or no room for one. */
  readonly rest: DueProvider | null;
  /** The provider's clock as it should be from the next minute on; null to leave it. */
  readonly clock: VirtualClock | null;
  /** Where the walk of this minute began, for orders whose calls fail; null when it is not taken up again for them. */
  readonly rewindPoint: RewindPoint | null;
};

type RewindPoint = { readonly nextMinute: number; readonly from: number; readonly stretchPercent: number };

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

/** Calls needed to ask about these orders. */
export function callsFor(provider: Provider, orders: readonly Order[]): number {
  const size = idsPerCall(provider);
  const suspects = orders.filter(isSuspect).length;
  return Math.ceil(suspects / size) + Math.ceil((orders.length - suspects) / size);
}

/** Splits what is due into what is asked now, what is handed on, and what the provider's clock must come back to. */
export function selectionOf(page: SelectionInput): Selection {
  const { provider, due, grant, limits } = page;
  const more = page.orders.length > due.limit;
  const read = page.orders.slice(0, due.limit);
  const needed = callsFor(provider, read);
  const last = read.at(-1);
  // What suspects take beside that is what spare calls are for.
  const isGranted = grant.granted >= Math.ceil(read.length / idsPerCall(provider));
  const callsLeft = provider.maxCallsPerMinute === null || grant.used < provider.maxCallsPerMinute;
  if (more && isGranted && callsLeft && page.mayHandOn && !page.probing && last !== undefined) {
    const { before, after } = splitBuckets(due.lanes, last);
    return {
      provider,
      orders: read,
      unpolled: [],
      buckets: before,
      rest: { ...due, lanes: after, limit: ordersIn(provider, limits.callsPerMessage) },
      clock: null,
      rewindPoint: rewindPointOf(page),
    };
  }
  const walk = walkOf(page.message, clockOf(provider));
  const inTurn =
    grant.granted >= needed ? read : read.toSorted((a, b) => walk.stepsTo(a) - walk.stepsTo(b) || compareKeys(keyOf(a), keyOf(b)));
  const served = grant.granted >= needed ? read.length : grant.granted * idsPerCall(provider);
  const [orders, left] = [inTurn.slice(0, served), inTurn.slice(served)];
  const [unserved] = left;
  const exceeded = more || unserved !== undefined;
  return {
    provider,
    orders,
    unpolled: left,
    buckets: due.lanes.map((lane) => ({ ...lane, complete: !exceeded })),
    rest: null,
    rewindPoint: exceeded ? null : rewindPointOf(page),
    clock: page.probing
      ? null
      : nextClock(page, {
          exceeded,
          more,
          wanted: wantedCalls(page, needed),
          unserved: unserved === undefined || more ? 0 : walk.stepsTo(unserved),
        }),
  };
}

/** A minute is taken up again once: a provider that always fails in part would otherwise stand still for ever. */
function rewindPointOf({ provider, message, probing }: SelectionInput): RewindPoint | null {
  const clock = clockOf(provider);
  if (probing || message.minutes > 1 || clock.minute === message.minute) return null;
  return { nextMinute: message.minute + 1, from: positionAt(clock, message.minute), stretchPercent: clock.stretchPercent };
}

/** The clock put back to the first of these orders, so that the next minute asks about them again; null to leave it. */
export function rewound({ rewindPoint: walked }: Selection, unanswered: readonly Order[]): VirtualClock | null {
  if (walked === null || unanswered.length === 0) return null;
  const steps = unanswered.map(({ state, phase }) => (state.cadence === null ? 0 : stepsAhead(walked.from, state.cadence, phase)));
  return { minute: walked.nextMinute, position: walked.from + Math.min(...steps), stretchPercent: walked.stretchPercent };
}

type Met = { readonly exceeded: boolean; readonly more: boolean; readonly wanted: number; readonly unserved: number };

/**
 * A provider that could not be asked about all that was due takes it up again where it stopped: its clock is put
 * back to the first order that was left out, and walks on at a pace that fits. Nobody loses a turn.
 */
function nextClock({ provider, message, limits }: SelectionInput, { exceeded, more, wanted, unserved }: Met): VirtualClock | null {
  const clock = clockOf(provider);
  const budget = provider.maxCallsPerMinute ?? limits.callsPerMessage * limits.rounds;
  const stretchPercent = fittingSlowdown(clock.stretchPercent, { minutes: message.minutes, wanted, budget, exceeded, more });
  const next = message.minute + 1;
  if (exceeded) return { minute: next, position: positionAt(clock, message.minute - message.minutes + 1) + unserved, stretchPercent };
  return stretchPercent === clock.stretchPercent ? null : atPace(clock, next, stretchPercent);
}

function wantedCalls({ provider, grant, message, limits }: SelectionInput, needed: number): number {
  if (provider.maxCallsPerMinute === null) return message.round * limits.callsPerMessage + needed;
  return grant.used + needed - grant.granted;
}

function clockOf(provider: Provider): VirtualClock {
  return provider.state.clock ?? clockAt(0);
}

/** How far an order lies from where the message's walk began, in thousandths of a minute. */
function walkOf(message: SweepMessage, clock: VirtualClock): { stepsTo: (order: Order) => number } {
  const start = positionAt(clock, message.minute - message.minutes + 1);
  return { stepsTo: ({ state, phase }) => (state.cadence === null ? 0 : stepsAhead(start, state.cadence, phase)) };
}

export function keyOf({ phase, panel, number: n }: Order): BucketKey {
  return [phase, panel, n];
}

export function isInBucket({ cadence, after, to }: DueBucket, order: Order): boolean {
  return order.state.cadence === cadence && compareKeys(after, keyOf(order)) < 0 && order.phase < to;
}

/** Lanes come in order, and each by key: everything up to `last` was read, the rest was not. */
function splitBuckets(lanes: readonly DueBucket[], last: Order): { before: SelectedBucket[]; after: DueBucket[] } {
  const at = lanes.findIndex((lane) => isInBucket(lane, last));
  const before = lanes.slice(0, at + 1).map((lane, i) => ({ ...lane, complete: i < at }));
  const after = lanes.slice(at).map((lane, i) => (i === 0 ? { ...lane, after: keyOf(last) } : lane));
  return { before, after };
}
