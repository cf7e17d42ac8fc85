import { chunksOf } from "../domain/chunks.ts";
import type { Order } from "../domain/order.ts";
import { leftUnknown, PLACING_MS, reusedUnanswered } from "../domain/order-placement.ts";
import { dayOf, MINUTE_MS, minuteOf } from "../domain/time.ts";
import { type HintPlan, planWaiting } from "../domain/hint.ts";
import { planOf } from "../domain/plan-limits.ts";
import { type DayLoad, progressStretchOf } from "../domain/progress-pace.ts";
import { circuitOf, DEFAULT_CALLS_PER_MINUTE, idsPerCall } from "../domain/provider.ts";
import {
  type AddResendMessage,
  type CheckMessage,
  type LedgerCheckMessage,
  type Message,
  MESSAGE_VERSION,
  type OrderKey,
} from "../domain/message.ts";
import { fetchMarked } from "../outbound/loop.ts";
import type { Ports } from "../ports.ts";
import { applyDecisions } from "../store/orders/apply.ts";
import type { Provider } from "../store/rows/provider.ts";
import { usedUpBy } from "../store/operations/day-limit.ts";
import { metered, type Usage } from "../store/operations/metered.ts";
import { moveWrite } from "../store/orders/moves.ts";
import { reuseStatement } from "../store/placement/placement.ts";
import { rememberHints, type WaitingHints } from "../store/providers/hooks.ts";
import { readTickView, rememberTick, touchTick } from "../store/ticks/ticks.ts";
import { callCrons, cronsCost } from "./crons.ts";
import { limitsOf } from "./limits.ts";
import { resealSecrets, sealsOf } from "./secrets.ts";
import { minutesToCover, planMessages } from "./sweep/plan.ts";
import { watch, watchCost } from "./watch/watch.ts";
import { sendWebhooks, type Spent } from "./webhooks/webhooks.ts";

/** Queues take at most this many messages at once. */
const MESSAGES_PER_SEND = 100;

/**
 * Decides what is due in the minute of `scheduledTime` (epoch ms) and sends it to the queue. A minute already
 * covered does nothing; missed ones are made up. Where the day's share of something is used up, it says so and sends
 * nothing: what was due is made up after midnight.
 */
export async function tick(env: Env, ports: Ports, scheduledTime: number): Promise<void> {
  let isGood = false;
  let dueCrons = 0;
  let minutesSince = 0;
  try {
    const minute = minuteOf(scheduledTime);
    const sent = await sendDue(env, ports, minute);
    isGood = true;
    dueCrons = sent?.dueCrons ?? 0;
    minutesSince = sent?.minutesSince ?? 0;
    if (sent?.anyWebhook === true) await sendFromTick(env, ports, minute, sent.spent);
  } catch (error) {
    const usedUp = usedUpBy(error);
    if (usedUp === null) throw error;
    ports.log({ event: "tick.day_used_up", minute: minuteOf(scheduledTime), used_up: usedUp });
  } finally {
    // Whatever became of the tick: that it fails is what alerts are for.
    const minute = minuteOf(scheduledTime);
    await watch(env, ports, { minute, isGood, minutesSince });
    if (dueCrons > 0) await callCrons(env, ports, minute);
  }
}

/**
 * The minute is remembered only once its messages were sent: a tick that dies in between is made up by the next, and its
 * orders are asked twice rather than not at all. So a tick that finds the one before it not remembered writes first:
 * while nothing can be written, nothing must be sent minute after minute.
 * Null for a tick that finds its minute covered.
 */
async function sendDue(env: Env, ports: Ports, minute: number): Promise<SentDue | null> {
  const { db, usage } = metered(env.DB);
  const {
    tick: last,
    providers,
    leftBehind,
    resends,
    hints,
    overdueChecks,
    staleSecrets,
    anyWebhook,
    dueCrons,
    rowsOfShares,
  } = await readTickView(db, ports.now() - PLACING_MS, { now: ports.now(), minute }, ports.secrets.newest);
  const { first, ignored } = minutesToCover(last.minute, minute);
  await flagLeftBehind(db, leftBehind, ports);
  if (ignored !== null) ports.log({ event: "tick.clock_was_ahead", minute, remembered: ignored });
  if (first === null) {
    ports.log({ event: "tick.repeated", minute, remembered: last.minute, ...usage() });
    return null;
  }
  if (last.minute !== minute - 1) await touchTick(db);
  const now = Math.max(ports.now(), minute * MINUTE_MS);
  const day = dayOf(minute);
  const progressStretch = progressStretchOf(env.PLAN, loadOf(providers, day, rowsOfShares));
  const sweeps = planMessages(providers, { first, minute, now, progressStretch }, limitsOf(env.PLAN));
  const checks = ledgerCheckMessages(last.ledgerCheckDay, day);
  const hinted = hints.map((waiting) => ({ waiting, plan: planWaitingHints(waiting, now) }));
  const hintChecks = hinted.flatMap(({ plan }) => checkMessages(plan.poll));
  const seals = staleSecrets === null ? last.seals : sealsOf(staleSecrets, ports.secrets.newest);
  const messages = [
    ...sweeps,
    ...checks,
    ...resendMessages(resends),
    ...hintChecks,
    ...overdueCheckMessages(overdueChecks, providers, now),
  ];
  const remembered = { minute, at: now, ignoredMinute: ignored ?? last.ignoredMinute, ledgerCheckDay: day, seals };
  // planted: sent-before-remembered
  await send(env.SWEEPS, messages);
  await rememberTick(db, remembered, messages.length);
  const taken = hinted.filter(({ waiting, plan }) => plan.memory.waiting.length < waiting.memory.waiting.length);
  for (const { waiting, plan } of taken) await rememberHints(db, waiting, plan.memory);
  await resealSecrets(db, ports, staleSecrets ?? []);
  const { d1_calls, d1_statements, ...rows } = usage();
  const counts = { providers: providers.length, messages: sweeps.length, books: checks.length };
  ports.log({ event: "tick", minute, minutes: minute - first + 1, ...counts, d1_calls, d1_statements, ...rows });
  const spent = spentOf({ d1_calls, d1_statements }, env.PLAN, minute, dueCrons);
  return { spent, anyWebhook, dueCrons, minutesSince: last.minute === 0 ? 0 : Math.max(0, minute - last.minute) };
}

/** What a tick has spent, with what the watch and the crons after it may need. */
function spentOf(
  { d1_calls, d1_statements }: Pick<Usage, "d1_calls" | "d1_statements">,
  plan: string,
  minute: number,
  dueCrons: number,
): Spent {
  // An invocation of the paid plan may make far more than both take together.
  const kept = planOf(plan) === "paid" ? { subrequests: 0, statements: 0 } : watchCost(minute);
  const crons = cronsCost(dueCrons, plan);
  return {
    subrequests: d1_calls + SENDS + kept.subrequests + crons.subrequests,
    statements: d1_statements + kept.statements + crons.statements,
  };
}

/** What is known of the day so far. */
function loadOf(providers: readonly Provider[], day: number, rowsOfShares: number): DayLoad {
  const sum = (of: (provider: Provider) => number): number => providers.reduce((total, provider) => total + of(provider), 0);
  const rowsOfSweeps = sum(({ state }) => (state.callsDay === day ? state.rowsToday : 0));
  return { followed: sum(({ activeOrders }) => activeOrders), rowsToday: rowsOfShares + rowsOfSweeps };
}

/**
 * What a tick has spent once its messages are sent, with what the watch and the crons after it may need; whether any webhook may
 * have something to send, how many crons are due, and how long the tick before is back (0 where there was none).
 */
type SentDue = { readonly spent: Spent; readonly anyWebhook: boolean; readonly dueCrons: number; readonly minutesSince: number };

/** Two sends to the queue take two hundred messages. */
const SENDS = 2;

/** Webhooks come last: a receiver that is slow keeps nothing waiting that is polled. */
async function sendFromTick(env: Env, ports: Ports, minute: number, spent: Spent): Promise<void> {
  const now = (): number => Math.max(ports.now(), minute * MINUTE_MS);
  const marked = { ...ports, fetch: fetchMarked(ports.fetch, null) };
  const { ofOnePanel, tick: of } = limitsOf(env.PLAN).webhooks;
  await sendWebhooks(env, marked, now, { ...of, ofOnePanel, spent, onlyQuick: false });
}

/** Orders whose placement cannot be confirmed are for a person, whatever state the provider is in. */
async function flagLeftBehind(db: D1Database, orders: readonly Order[], ports: Ports): Promise<void> {
  if (orders.length === 0) return;
  const now = ports.now();
  const writes = orders.map((order) => {
    return moveWrite(order, { next: leftUnknown(order.state), refunds: [] }, null, Math.max(now, order.updatedAt));
  });
  // The scripts got no answer. A person may resolve an order before its script has asked again.
  const flagged = await applyDecisions(db, writes, [reuseStatement(db, orders, reusedUnanswered(now))]);
  ports.log({ event: "placing.left_behind", orders: orders.length, flagged });
}

/** The ledger check begins, or goes on, with a day's first tick; also when the clock was set back by days. */
function ledgerCheckMessages(lastDay: number, day: number): LedgerCheckMessage[] {
  return lastDay === day ? [] : [{ v: MESSAGE_VERSION, kind: "books", day, page: 0 }];
}

/** A resend takes fourteen subrequests at most, of 50 that an invocation may make on the free plan. */
const RESENDS_PER_MESSAGE = 3;

function resendMessages(orders: readonly OrderKey[]): AddResendMessage[] {
  return chunksOf(orders, RESENDS_PER_MESSAGE).map((some) => ({ v: MESSAGE_VERSION, kind: "add", orders: some }));
}

/** What hints have named and could not be polled at once: as many of them as the provider's share of calls for hints allows. */
function planWaitingHints({ provider, memory, orders }: WaitingHints, now: number): HintPlan {
  const pace = { callsPerMinute: provider.maxCallsPerMinute ?? DEFAULT_CALLS_PER_MINUTE, idsPerCall: idsPerCall(provider) };
  return planWaiting(memory, orders, pace, now);
}

/** Wanted checks whose message was lost. Of a provider that is left alone, nothing is asked yet. */
function overdueCheckMessages(wanted: readonly string[], providers: readonly Provider[], now: number): CheckMessage[] {
  const open = new Set(providers.filter(({ state }) => circuitOf(state, now) === "closed").map(({ id }) => id));
  // planted: lost-checks-taken-up
  return wanted.filter((id) => open.has(id)).map((id) => ({ v: MESSAGE_VERSION, kind: "check", orders: [], wanted: id }));
}

/** A message of 500 is about 20 KB. */
const CHECKS_PER_MESSAGE = 500;

function checkMessages(orders: readonly OrderKey[]): CheckMessage[] {
  return chunksOf(orders, CHECKS_PER_MESSAGE).map((some) => ({ v: MESSAGE_VERSION, kind: "check", orders: some }));
}

async function send(queue: Queue, messages: readonly Message[]): Promise<void> {
  for (const some of chunksOf(messages, MESSAGES_PER_SEND)) {
    await queue.sendBatch(some.map((body) => ({ body, contentType: "json" })));
  }
}
