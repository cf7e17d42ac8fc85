/**
 * From what a provider said to what is to be written: late news dropped, the rules asked, the provider's state and
 * coverage brought up to date. Pure.
 */
import {
  type Braked,
  brakeAfter,
  type BrakeState,
  type Endings,
  endingOf,
  isBraked,
  withCounted,
  withEndings,
} from "../../domain/provider-brake.ts";
import { correctionWindowOf } from "../../domain/poll-cadence.ts";
import { bucketKeyOf, type Coverage, type CoveredOrder, isOvertaken, latenessOf, withPolled } from "../../domain/poll-coverage.ts";
import { FLAGS, type Order } from "../../domain/order.ts";
import { policyFor, type RefundPolicy } from "../../domain/refund-policy.ts";
import type { PartFacts } from "../../domain/refund-rules.ts";
import { afterPoll, type PollOutcome, type ProviderState } from "../../domain/provider.ts";
import { type Decision, reconcile, surelyMoves } from "../../domain/reconcile.ts";
import { withSweptRefillCancel } from "../../domain/order-refill-cancel.ts";
import { type Cadence, isSameClock, type ProviderClock } from "../../domain/poll-pacing.ts";
import { failureMessage } from "../../provider/failure-message.ts";
import { isFinal } from "../../domain/status.ts";
import { type OrderWrite, rowsWritten, type StateWrite } from "../../store/orders/apply.ts";
import { moveWrite } from "../../store/orders/moves.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { OrderAnswer, PollRun } from "./poll.ts";
import type { Limits } from "../limits.ts";
import { slowedWrites, withRefused, withUnread } from "./unread.ts";

/** An answer that took longer than this to be applied is dropped: the next round asks again. */
const MAX_ANSWER_AGE_MS = 60_000;
/** A parked order is tried again some times a day: what was wrong may have been mended. */
const PARKED_CADENCE: Cadence = 360;
/** What is to be written of a poll run; and orders with news that are to be polled again, since there are too many. */
export type Writes = { readonly orders: readonly OrderWrite[]; readonly putOff: readonly Order[]; readonly state: StateWrite };
type OrderWrites = Omit<Writes, "state">;

/** What follows from a poll run: its orders' rows, each order once, and the provider's state. */
export function writesOf(polled: PollRun, limits: Limits, at: number): Writes {
  const run = withRefused(polled, at);
  const { state, brake } = run.provider;
  const first = orderWrites(run, limits, at, state);
  const { orders } = first;
  const endings = endingsAfter(state, orders, at);
  // planted: brake-engages
  const braked = brake === null ? state : brakeAfter(endings, brake, state, at);
  const { brakeEngagedAt, brakedPanels, brakeEvidence } = braked;
  const engages = brakeEngagedAt !== state.brakeEngagedAt || brakedPanels !== state.brakedPanels;
  const stateAfter = stateWrite(run, orders, at, { endings, brakeEngagedAt, brakedPanels, brakeEvidence });
  // The orders that made it engage are the first whose refunds wait.
  return { ...(engages ? orderWrites(run, limits, at, braked) : first), state: stateAfter };
}

/** How the provider's orders ended of late, with these. */
function endingsAfter({ endings }: ProviderState, orders: readonly OrderWrite[], at: number): Endings {
  return [...Map.groupBy(orders, ({ order }) => order.panel)].reduce((known, [panel, ended]) => {
    const added = ended.map(({ order, next }) => endingOf(order.state, next, at));
    return withEndings(known, panel, added, at);
  }, endings);
}

/**
 * Of what follows from a run the writes of some orders, with how they ended; of the poll itself nothing. Whether the brake
 * engages is judged by all that were answered: to write less at once lets nothing through that would wait otherwise.
 */
export function partOf(run: PollRun, { orders, state: { state: after } }: Writes, part: readonly Order[], at: number): Writes {
  const some = new Set(part);
  const own = orders.filter(({ order }) => some.has(order));
  const { brakeEngagedAt, brakedPanels, brakeEvidence } = after;
  return only(run, own, { endings: endingsAfter(run.provider.state, own, at), brakeEngagedAt, brakedPanels, brakeEvidence });
}

/** What follows from a run for the provider's state alone, where `orders` are what was written of it before. */
export function pollAlone(run: PollRun, orders: readonly OrderWrite[], at: number): Writes {
  return { orders: [], putOff: [], state: stateWrite(withRefused(run, at), orders, at, run.provider.state) };
}

/** The orders as they were, flagged and out of the way; what they lack is for the operator to find out. */
export function parkedAlone(run: PollRun, orders: readonly Order[], at: number): Writes {
  const parked = orders.map((order) => {
    const next = { ...order.state, flags: order.state.flags | FLAGS.parked, cadence: PARKED_CADENCE };
    return moveWrite(order, { next, refunds: [] }, run.provider.state, Math.max(at, order.updatedAt));
  });
  return only(run, parked, {});
}

/** Writes of orders, with this changed in the provider's state. */
function only({ provider }: PollRun, orders: readonly OrderWrite[], changed: Partial<BrakeAfter>): Writes {
  return { orders, putOff: [], state: { provider: provider.id, seen: provider.stateVersion, state: { ...provider.state, ...changed } } };
}

function orderWrites(run: PollRun, limits: Limits, at: number, braked: Braked): OrderWrites {
  const { provider, answers, selection, frozen, parts, overtaken, mostWrites, progressStretch } = run;
  const { statusWords } = provider.settings;
  const { progressPercent } = limits;
  const correctionWindowMs = correctionWindowOf(provider.settleHours);
  const refundPolicyFor = policiesOf(provider);
  const orders: OrderWrite[] = [];
  const putOff: Order[] = [];
  for (const answer of answers) {
    const { order, report, refillWord } = answer;
    if (overtaken.has(order) || isLate(answer, provider.state.coverage, at)) continue;
    if (orders.length >= mostWrites && surelyMoves(order.state, report, { statusWords })) {
      putOff.push(order);
      continue;
    }
    const now = Math.max(at, order.updatedAt);
    const policy = {
      statusWords,
      progressPercent,
      progressStretch,
      asksMany: provider.state.many === "yes",
      startWindowMs: order.startWindowMs,
      durationMs: order.durationMs,
      isLinkShared: order.isLinkShared,
      correctionWindowMs,
      refunds: refundPolicyFor(order),
      holdAll: isBraked(braked, order.panel) ? ("brake" as const) : frozen.has(order.panel) ? ("frozen" as const) : null,
      parts: parts.get(order) ?? NO_PARTS,
    };
    const reconciled = withCounted(reconcile(order.state, report, policy, now), order.state, at);
    const decision = withSweptRefillCancel(order, reconciled, refillWord, now);
    const written = selection === null ? evenIfNothingNew(decision, order, now) : decision;
    if (written.write !== "none" && orders.length >= mostWrites) {
      putOff.push(order);
      continue;
    }
    const write = writeOf(order, written, provider, now);
    if (write !== null) orders.push(write);
  }
  return { orders: [...orders, ...slowedWrites(run, at).slice(0, Math.max(0, mostWrites - orders.length))], putOff };
}

const NO_PARTS: readonly PartFacts[] = [];

/** The refund policies of a provider's orders, each worked out once. */
function policiesOf({ policies }: Provider): (order: Order) => RefundPolicy {
  const known = new Map<string | null, RefundPolicy>();
  return (order) => {
    const service = order.providerService ?? order.service;
    const policy = known.get(service) ?? policyFor(order, policies);
    known.set(service, policy);
    return policy;
  };
}

/** Asked for too long ago, or before another poll of the order that is already known. */
function isLate({ order, askedAt }: OrderAnswer, coverage: Coverage, at: number): boolean {
  return at - askedAt > MAX_ANSWER_AGE_MS || isOvertaken(coveredOrder(order), askedAt, coverage, at);
}

function coveredOrder(order: Order): CoveredOrder {
  return { cadence: order.state.cadence, key: bucketKeyOf(order) };
}

function evenIfNothingNew(decision: Decision, { state }: Order, now: number): Decision {
  if (decision.write !== "none") return decision;
  // An order that was registered as ended is polled once its end is confirmed.
  return { write: "progress", next: { ...state, polledAt: state.polledAt === null ? null : now }, refunds: [] };
}

/** What is written of an order that was decided about, with its events; null for nothing. */
export function writeOf(order: Order, decision: Decision, { state }: Pick<Provider, "state">, now: number): OrderWrite | null {
  const { write, next } = decision;
  switch (write) {
    case "none":
      return null;
    case "progress":
      return { order, next, write, refunds: [], events: [], now };
    case "move":
      return moveWrite(order, decision, state, now);
  }
}

type BrakeAfter = Pick<ProviderState, "endings" | keyof BrakeState>;

function stateWrite(run: PollRun, orders: readonly OrderWrite[], at: number, brake: BrakeAfter): StateWrite {
  const { provider } = run;
  const learned = withLearned(afterPoll(provider.state, outcomeOf(run, orders), at), run);
  const state = { ...withUnread(learned, run, at), ...brake, coverage: coverageAfter(run, at), clock: clockOf(run) };
  return { provider: provider.id, seen: provider.stateVersion, state };
}

/** What is now known to have been polled: only what was answered in time counts, and nothing of a check. */
function coverageAfter({ provider, selection, orders, answers, readAt }: PollRun, at: number): Coverage {
  const inTime = answers.filter((answer) => at - answer.askedAt <= MAX_ANSWER_AGE_MS);
  const askedAt = new Map(inTime.map((answer) => [answer.order, answer.askedAt]));
  const read = [...orders, ...(selection?.unpolled ?? [])].map((order) => ({
    ...coveredOrder(order),
    askedAt: askedAt.get(order) ?? null,
  }));
  return withPolled(provider.state.coverage, { parts: selection?.buckets ?? [], orders: read, readAt }, at);
}

/** Only what this poll taught goes into the state: another one may have learned more since, and the operator's cap is not learned. */
function withLearned(state: ProviderState, { poll: { capability }, assumed }: PollRun): ProviderState {
  return {
    ...state,
    many: capability.many === assumed.many ? state.many : capability.many,
    learnedBatchSize:
      capability.batchSize < assumed.batchSize ? Math.min(capability.batchSize, state.learnedBatchSize) : state.learnedBatchSize,
  };
}

/**
 * The clock this message came to, unless another one has set it since the page was read. An order whose call failed keeps
 * its place: it is asked again at its next turn.
 */
function clockOf({ provider, selection }: PollRun): ProviderClock {
  const present = provider.state.clock;
  return selection !== null && isSameClock(selection.clockSeen, present) ? (selection.clock ?? present) : present;
}

function outcomeOf(run: PollRun, orders: readonly OrderWrite[]): PollOutcome {
  const { poll, answers, unread, orders: asked, tookMs, messages } = run;
  const { failure } = poll;
  return {
    calls: poll.calls,
    answered: answers.length > 0,
    failure:
      failure === null
        ? null
        : {
            code: failure.code,
            message: failureMessage(failure),
            retryAfterSeconds: failure.code === "rate_limited" ? failure.retryAfterSeconds : null,
          },
    failedCalls: poll.failedCalls,
    rows: rowsOf(orders),
    messages,
    // What nothing readable was heard of was found out about, too.
    unanswered: asked.length - answers.length - unread.size,
    tookMs,
    lateMs: latenessIn(run),
    unknownWords: orders
      .filter(turnsUnknown)
      .map(({ order, next }) => ({ word: next.providerStatus ?? "", order: { panel: order.panel, id: order.id } })),
  };
}

/** How late a sweep's orders were looked at, as far as they were answered. A check is nobody's turn. */
function latenessIn({ provider, answers, selection, readAt }: PollRun): number | null {
  if (selection === null) return null;
  const looked = answers.map(({ order }) => ({ ...coveredOrder(order), polledAt: order.state.polledAt, updatedAt: order.updatedAt }));
  return latenessOf(looked, provider.state.coverage, readAt);
}

/** What a webhook, if there is one, writes for a batch that it tells of: about, since several batches are often one message. */
const ROWS_A_NEWS = 1;

/** What writing the orders comes to in rows, and telling of them: an end is told to a script and recorded, too. */
function rowsOf(orders: readonly OrderWrite[]): number {
  const isNews = orders.some(({ events }) => events.length > 0);
  const told = orders.filter(({ order, next }) => order.channel !== null && isFinal(next.status) && !isFinal(order.state.status)).length;
  return orders.reduce((sum, write) => sum + rowsWritten(write), 0) + told + (isNews ? ROWS_A_NEWS : 0);
}

/** It has an unknown word that it had not before. */
function turnsUnknown({ order: { state }, next }: OrderWrite): boolean {
  const isUnknown = (next.flags & FLAGS.unknown_status) !== 0;
  return isUnknown && ((state.flags & FLAGS.unknown_status) === 0 || next.providerStatus !== state.providerStatus);
}
