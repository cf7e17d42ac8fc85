/**
 * From what a provider said to what is to be written: late news dropped, the rules asked, the provider's state and
 * marks brought up to date. Pure.
 */
import { isUnusual, withEndings } from "../../domain/provider-brake.ts";
import { DEFAULT_CORRECTION_WINDOW_MS } from "../../domain/poll-cadence.ts";
import { compareKeys, rangeOf, type PolledRange, withRange } from "../../domain/poll-coverage.ts";
import { FLAGS, type Order } from "../../domain/order.ts";
import { policyFor } from "../../domain/refund-policy.ts";
import { afterPoll, type PollOutcome, type ProviderState } from "../../domain/provider.ts";
import { type Decision, reconcile } from "../../domain/reconcile.ts";
import { withSweptRefillCancel } from "../../domain/order-refill-cancel.ts";
import type { Cadence, VirtualClock } from "../../domain/poll-pacing.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { failureMessage } from "../../provider/failure-message.ts";
import type { OrderWrite, StateWrite } from "../../store/orders/apply.ts";
import { moveWrite } from "../../store/orders/moves.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { OrderAnswer, PollRun } from "./poll.ts";
import type { Limits } from "../limits.ts";
import { isInBucket, keyOf, type SelectedBucket, type Selection, rewound } from "./select.ts";

/** What one provider said in one message. `serving` is null for a check of named orders. */
export type Finding = PollRun & {
  /** When the orders were read, epoch ms. */
  readonly readAt: number;
  readonly selection: Selection | null;
  /** Panels whose refunds wait because their books did not add up. */
  readonly frozen: ReadonlySet<string>;
};

/** An answer that took longer than this to be applied is dropped: the next round asks again. */
const MAX_ANSWER_AGE_MS = 60_000;
/** A parked order is tried again some times a day: what was wrong may have been mended. */
const PARKED_CADENCE: Cadence = 360;
/** How far the clocks of two invocations may lie apart. */
const CLOCK_SKEW_MS = 5000;
/** Marks further ahead than this come from a clock that was put back since, and are dropped. */
const MAX_RANGE_AHEAD_MS = 15 * MINUTE_MS;
/** What is to be written of a finding. */
export type Writes = { readonly orders: readonly OrderWrite[]; readonly state: StateWrite };

/** What follows from a finding: its orders' rows, each order once, and the provider's state. */
export function writesOf(finding: Finding, limits: Limits, at: number): Writes {
  const { state, brake } = finding.provider;
  const orders = orderWrites(finding, limits, at, state.brakeEngagedAt !== null);
  const endings = withEndings(
    state.endings,
    orders.flatMap(({ order, next }) => (next.status === order.state.status ? [] : [next.status])),
    at,
  );
  // planted: brake-engages
  const engages = state.brakeEngagedAt === null && brake !== null && isUnusual(endings, brake);
  const stateAfter = stateWrite(finding, orders, at, { endings, brakeEngagedAt: engages ? at : state.brakeEngagedAt });
  // The orders that made it engage are the first whose refunds wait.
  return { orders: engages ? orderWrites(finding, limits, at, true) : orders, state: stateAfter };
}

function orderWrites(finding: Finding, limits: Limits, at: number, braked: boolean): OrderWrite[] {
  const { provider, answers, selection: serving, frozen } = finding;
  return answers.flatMap((answer) => {
    if (isLate(answer, provider.state.coverage, at)) return [];
    const { order, report, refillWord } = answer;
    const now = Math.max(at, order.updatedAt);
    const policy = {
      statusWords: provider.settings.statusWords,
      progressPercent: limits.progressPercent,
      startWindowMs: order.startWindowMs,
      correctionWindowMs: DEFAULT_CORRECTION_WINDOW_MS,
      refunds: policyFor(order, provider.policies),
      holdAll: braked ? ("brake" as const) : frozen.has(order.panel) ? ("frozen" as const) : null,
    };
    const decision = withSweptRefillCancel(order, reconcile(order.state, report, policy, now), refillWord, now);
    const written = serving === null ? evenIfNothingNew(decision, order, now) : decision;
    return written.write === "none" ? [] : [writeOf(order, written.write, written, provider, now)];
  });
}

/**
 * Late: asked for before another poll of the same stretch of the lane that is already known, or too long ago.
 * (A later write to the order itself is kept out by its version.)
 */
function isLate({ order, askedAt }: OrderAnswer, marks: readonly PolledRange[], at: number): boolean {
  if (at - askedAt > MAX_ANSWER_AGE_MS) return true;
  const mark = order.state.cadence === null ? null : rangeOf(marks, order.state.cadence, keyOf(order));
  // A mark from later than now comes from a clock that was put back since; it says nothing of what is late.
  return mark !== null && mark.askedAt > askedAt && mark.askedAt <= at + CLOCK_SKEW_MS;
}

function evenIfNothingNew(decision: Decision, { state }: Order, now: number): Decision {
  return decision.write === "none" ? { write: "progress", next: { ...state, polledAt: now }, refunds: [] } : decision;
}

/** What is written of an order that was decided about, with its events. */
export function writeOf(
  order: Order,
  write: OrderWrite["write"],
  { next, refunds }: Decision,
  { state }: Pick<Provider, "state">,
  now: number,
): OrderWrite {
  if (write === "progress") return { order, next, write, refunds: [], events: [], now };
  return moveWrite(order, next, refunds, state, now);
}

type BrakeState = Pick<ProviderState, "endings" | "brakeEngagedAt">;

function stateWrite(finding: Finding, orders: readonly OrderWrite[], at: number, brake: BrakeState): StateWrite {
  const { provider } = finding;
  const polled = afterPoll(provider.state, outcomeOf(finding, orders), at);
  const learned = withLearned(polled, finding);
  const believed = learned.coverage.filter(({ readAt }) => readAt <= at + MAX_RANGE_AHEAD_MS);
  const marks = rangesOf(finding, at).reduce(withRange, believed);
  return {
    provider: provider.id,
    seen: provider.stateVersion,
    state: { ...learned, ...brake, coverage: marks, clock: clockAfter(finding, provider.state.clock) },
  };
}

/** Only what this poll taught goes into the state: another one may have learned more since, and the operator's cap is not learned. */
function withLearned(state: ProviderState, { poll: { capability }, assumed }: Finding): ProviderState {
  return {
    ...state,
    many: capability.many === assumed.many ? state.many : capability.many,
    learnedBatchSize:
      capability.batchSize < assumed.batchSize ? Math.min(capability.batchSize, state.learnedBatchSize) : state.learnedBatchSize,
  };
}

/** The clock this message came to, unless another one has set it since the page was read. */
function clockAfter({ selection: serving, orders, answers }: Finding, present: VirtualClock | null): VirtualClock | null {
  if (serving === null) return present;
  const seen = serving.provider.state.clock;
  if (seen?.minute !== present?.minute || seen?.position !== present?.position) return present;
  const answered = new Set(answers.map(({ order }) => order));
  return (
    rewound(
      serving,
      orders.filter((order) => !answered.has(order)),
    ) ??
    serving.clock ??
    present
  );
}

function outcomeOf({ poll, answers, orders: asked, tookMs }: Finding, orders: readonly OrderWrite[]): PollOutcome {
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
    unanswered: asked.length - answers.length,
    tookMs,
    unknownWords: orders.filter(turnsUnknown).map(({ next }) => next.providerStatus ?? ""),
  };
}

function turnsUnknown({ order, next }: OrderWrite): boolean {
  return (next.flags & ~order.state.flags & FLAGS.unknown_status) !== 0;
}

/** What is now known to have been polled: in each lane the unbroken runs of orders that were answered, in time to count. */
function rangesOf({ selection: serving, orders, answers, readAt }: Finding, at: number): PolledRange[] {
  if (serving === null) return [];
  const inTime = answers.filter((answer) => at - answer.askedAt <= MAX_ANSWER_AGE_MS);
  const askedAt = new Map(inTime.map((answer) => [answer.order, answer.askedAt]));
  const read = [...orders, ...serving.unpolled];
  return serving.buckets.flatMap((lane) => {
    const inLane = read.filter((order) => isInBucket(lane, order)).toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)));
    return inLane.some((order) => askedAt.has(order)) ? runsOf(lane, inLane, askedAt, readAt) : [];
  });
}

function runsOf(
  { cadence, after, to, complete }: SelectedBucket,
  orders: readonly Order[],
  askedAt: ReadonlyMap<Order, number>,
  readAt: number,
): PolledRange[] {
  const marks: PolledRange[] = [];
  let run = null as PolledRange | null;
  let start = after;
  for (const order of orders) {
    const asked = askedAt.get(order);
    // planted: unanswered-ends-run
    if (asked === undefined) {
      if (run !== null) marks.push(run);
      run = null;
      start = keyOf(order);
    } else run = { cadence, after: start, upTo: keyOf(order), readAt, askedAt: Math.max(asked, run?.askedAt ?? 0) };
  }
  if (run !== null) marks.push(complete ? { ...run, upTo: [to, "", 0] } : run);
  return marks;
}

/** The order as it was, flagged and out of the way; what it lacks is for the operator to find out. */
export function parkedWrite(order: Order, { state }: Provider, now: number): OrderWrite {
  const next = { ...order.state, flags: order.state.flags | FLAGS.parked, cadence: PARKED_CADENCE };
  return writeOf(order, "move", { write: "move", next, refunds: [] }, { state }, Math.max(now, order.updatedAt));
}
