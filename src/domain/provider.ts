/**
 * A provider's state: what was learned of it, how it is doing, and its clock.
 */
import type { BrakedPanels, BrakeEvidence, Endings } from "./provider-brake.ts";
import type { Coverage } from "./poll-coverage.ts";
import type { ProviderClock } from "./poll-pacing.ts";
import { type ProviderHours, withPolledCalls } from "./provider-hours.ts";
import { MINUTE_MS } from "./time.ts";
import type { UnreadOrders } from "./unread-orders.ts";

/** What a call's failure is remembered as: a code of the provider client's, a sentence, and when. */
export type LastFailure = { readonly code: string; readonly message: string };

export type ProviderState = {
  /** Off: the operator has switched it off, and nothing is asked of it. */
  readonly enabled: boolean;
  readonly many: "unknown" | "yes" | "no";
  /** Ids a call that the provider was found to answer, 1 to 100. */
  readonly learnedBatchSize: number;
  /**
   * How many times its batches are halved for now: polls in a row ran out of calls before it was found out what was
   * wrong with a batch. Unlike what was learned, it goes back by itself.
   */
  readonly batchHalvings: number;
  /** How long its last poll took, in ms. */
  readonly lastPollMs: number;
  /** Polls in a row that brought nothing. */
  readonly failures: number;
  /** The circuit is open while this is set: one probe call once it has passed, nothing else. Epoch ms. */
  readonly retryAt: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
  readonly lastFailure: LastFailure | null;
  /** The UTC day (since the epoch) of `callsToday`. */
  readonly callsDay: number;
  readonly callsToday: number;
  /** Rows that polling it has written on `callsDay`, about. */
  readonly rowsToday: number;
  /** Messages that its polls came by on `callsDay`, but for those that a tick has sent. */
  readonly messagesToday: number;
  /** Its calls of late, hour by hour. */
  readonly hours: ProviderHours;
  readonly unknownWords: UnknownWords;
  /** Orders that it was asked about of late and said nothing readable of. */
  readonly unreadOrders: UnreadOrders;
  /** Its virtual clock; null until the provider's pace was ever changed. */
  readonly clock: ProviderClock;
  readonly coverage: Coverage;
  /** How its orders ended of late, and since when its refunds wait for that; epoch ms. */
  readonly endings: Endings;
  readonly brakeEngagedAt: number | null;
  /** Panels whose own orders ended so that their refunds alone wait, and since when. */
  readonly brakedPanels: BrakedPanels;
  readonly brakeEvidence: BrakeEvidence | null;
};

/** An order whose answer had an unknown word, for the operator to look at. */
export type ExampleOrder = { readonly panel: string; readonly id: string };

/** Unknown words with how many orders came to have each, and the first of them; null where an older release counted it. */
export type UnknownWords = Readonly<Record<string, { readonly count: number; readonly example: ExampleOrder | null }>>;

/** What one poll of a provider came to. */
export type PollOutcome = {
  readonly calls: number;
  readonly answered: boolean;
  readonly failure: (LastFailure & { readonly retryAfterSeconds: number | null }) | null;
  /** Unknown words, one entry an order. */
  readonly unknownWords: readonly { readonly word: string; readonly order: ExampleOrder }[];
  readonly failedCalls: number;
  /** Rows that its orders are written with. */
  readonly rows: number;
  /** 1 where it counts the message that it came by. */
  readonly messages: 0 | 1;
  /** Orders that were to be asked about and were not answered. */
  readonly unanswered: number;
  readonly tookMs: number;
  /** By how much the latest look at an order came after its cadence, in ms; null where no order told. */
  readonly lateMs: number | null;
};

/** So many polls in a row must fail before the circuit opens: one bad minute is not an outage. */
const FAILURES_TO_OPEN = 3;
/** Failures that every further call makes worse (bans) open it at once, and wait longer each time. */
const SEVERE: ReadonlySet<string> = new Set(["blocked", "rejected_key", "rate_limited"]);
const LONGEST_WAIT_MINUTES = 30;
/** How many different unknown words are counted; a provider that makes up words must not fill the row. */
const MAX_UNKNOWN_WORDS = 50;

/** The poll's own row. */
const ROWS_A_POLL = 1;

const DAY_MINUTES = 24 * 60;

/** The state after a poll: health, circuit and counts. `now` in epoch ms. */
export function afterPoll(state: ProviderState, outcome: PollOutcome, now: number): ProviderState {
  const day = Math.floor(now / (DAY_MINUTES * MINUTE_MS));
  const counted = {
    ...state,
    batchHalvings: batchHalvingsAfter(state.batchHalvings, outcome),
    lastPollMs: outcome.tookMs,
    callsDay: day,
    callsToday: (day === state.callsDay ? state.callsToday : 0) + outcome.calls,
    rowsToday: (day === state.callsDay ? state.rowsToday : 0) + ROWS_A_POLL + outcome.rows,
    messagesToday: (day === state.callsDay ? state.messagesToday : 0) + outcome.messages,
    hours: withPolledCalls(state.hours, outcome, now),
    unknownWords: countWords(state.unknownWords, outcome.unknownWords),
  };
  const healthy = outcome.answered ? { ...counted, lastSuccessAt: now } : counted;
  if (outcome.failure === null) return outcome.answered ? { ...healthy, failures: 0, retryAt: null } : healthy;
  const failed = { ...healthy, ...afterFailedCall(state, outcome.failure, now) };
  // Some calls of the poll brought answers: trouble, but the provider is there.
  return outcome.answered && !SEVERE.has(outcome.failure.code) ? { ...failed, failures: 0, retryAt: null } : failed;
}

type Failed = NonNullable<PollOutcome["failure"]>;

/** The circuit after calls that brought nothing. */
export function afterFailedCall(
  state: Pick<ProviderState, "failures">,
  { code, message, retryAfterSeconds }: Failed,
  now: number,
): Pick<ProviderState, "failures" | "retryAt" | "lastFailureAt" | "lastFailure"> {
  const failures = state.failures + 1;
  const waitMs = waitAfter(code, failures, retryAfterSeconds);
  return { failures, retryAt: waitMs === null ? null : now + waitMs, lastFailureAt: now, lastFailure: { code, message } };
}

/** A hundred ids halved so often are asked one by one. */
const MAX_BATCH_HALVINGS = 7;

function batchHalvingsAfter(halvings: number, { unanswered, failedCalls, failure }: PollOutcome): number {
  if (unanswered === 0 || failedCalls === 0) return Math.max(0, halvings - 1);
  // A provider in trouble answers nothing, whatever the size of its batches.
  return failure === null || failure.code === "refused" ? Math.min(MAX_BATCH_HALVINGS, halvings + 1) : halvings;
}

/**
 * A provider that takes longer than this gets a message of its own, so that others do not wait for it. Of one whose
 * message came to nothing it is noted that it took this long, until a poll of it is written.
 */
const SLOW_MS = 5000;
export const TOO_SLOW_MS = SLOW_MS + 1;

/** In trouble, or slow: to be polled apart from others. */
export function isTroubled({ failures, lastPollMs }: Pick<ProviderState, "failures" | "lastPollMs">): boolean {
  return failures > 0 || lastPollMs > SLOW_MS;
}

/** How long to leave the provider alone, in ms; null when the circuit stays closed. */
function waitAfter(code: string, failures: number, retryAfterSeconds: number | null): number | null {
  const longest = LONGEST_WAIT_MINUTES * MINUTE_MS;
  if (code === "rate_limited") return Math.min(longest, (retryAfterSeconds ?? 60) * 1000);
  if (SEVERE.has(code)) return Math.min(longest, 2 ** Math.min(failures, 10) * MINUTE_MS);
  // One probe a tick: the next tick may try again.
  return failures >= FAILURES_TO_OPEN ? 0 : null;
}

/** What a provider without a limit of calls is taken to bear, where a share of them is to be worked out. */
export const DEFAULT_CALLS_PER_MINUTE = 60;

/** Ids that may go into one call to a provider; `batchSize` is what the operator allows. */
export function idsPerCall({ batchSize, state }: { readonly batchSize: number; readonly state: BatchState }): number {
  return state.many === "no" ? 1 : Math.max(1, Math.min(batchSize, state.learnedBatchSize) >> state.batchHalvings);
}

type BatchState = Pick<ProviderState, "many" | "learnedBatchSize" | "batchHalvings">;

export type Circuit = "closed" | "waiting" | "probing";

/** `waiting`: no call until `retryAt`. `probing`: one call, to see whether it is back. */
export function circuitOf(state: Pick<ProviderState, "retryAt">, now: number): Circuit {
  if (state.retryAt === null) return "closed";
  // A longer wait than any that is set comes from a clock that was ahead.
  const waits = state.retryAt > now && state.retryAt <= now + LONGEST_WAIT_MINUTES * MINUTE_MS;
  return waits ? "waiting" : "probing";
}

/** Down for its customers: no answers are to be had. A provider that only asks for patience is not. */
export function isDown(state: Pick<ProviderState, "retryAt" | "lastFailure">): boolean {
  return state.retryAt !== null && state.lastFailure?.code !== "rate_limited";
}

function countWords(counts: UnknownWords, words: PollOutcome["unknownWords"]): UnknownWords {
  if (words.length === 0) return counts;
  const next = new Map(Object.entries(counts));
  for (const { word, order } of words) {
    const known = next.get(word);
    if (known !== undefined || next.size < MAX_UNKNOWN_WORDS)
      next.set(word, { count: (known?.count ?? 0) + 1, example: known === undefined ? order : known.example });
  }
  return Object.fromEntries(next);
}
