/**
 * The work of one message: read what is due, hand on what does not fit, ask the providers, apply what they say.
 */
import { chunksOf } from "../../domain/chunks.ts";
import { idsPerCall } from "../../domain/provider.ts";
import { type CheckMessage, type DueProvider, MESSAGE_VERSION, type OrderKey, type SweepMessage } from "../../domain/message.ts";
import type { Order } from "../../domain/order.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { gateOf } from "../../gate/gate.ts";
import { claimQuotas, type QuotaRequest } from "../../gate/quota.ts";
import type { Ports } from "../../ports.ts";
import { metered, type Usage } from "../../store/operations/metered.ts";
import { MESSAGES } from "../../store/providers/budget.ts";
import { markSlow } from "../../store/providers/circuit.ts";
import { type Page, readNamed, readPage } from "../../store/orders/due.ts";
import { dropWantedChecks, readWantedChecks } from "../../store/orders/wanted-checks.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { LAST_CALL_AFTER_MS, type Limits, limitsOf, triesLeft } from "../limits.ts";
import type { Spent } from "../webhooks/webhooks.ts";
import { leftQueuedMessages, refillCallsFor } from "../refills-cancels.ts";
import { type Applied, type AppliedCounts, applyPollRun, totalOf } from "./apply.ts";
import { ordersIn } from "./plan.ts";
import { type PollRequest, runPolls } from "./poll.ts";
import { callsFor, selectionOf } from "./select.ts";

/**
 * Sends the providers of a message that came to nothing one by one: the answers of one of them may have taken the whole
 * invocation down (the free plan kills it for its CPU), before anything was noted of the others. Until a poll of it is
 * written, each also gets a message of its own from the ticks. A row written a provider.
 */
async function sendApart(message: SweepMessage, env: Env, ports: Ports): Promise<void> {
  const { minute, providers } = message;
  await markSlow(
    env.DB,
    providers.map(({ id }) => id),
  );
  const bodies = providers.map((due): SweepMessage => ({ ...message, providers: [due], again: true }));
  await env.SWEEPS.sendBatch(bodies.map((body) => ({ body, contentType: "json" })));
  ports.log({ event: "sweep.apart", minute, providers: providers.length });
}

/**
 * Sweeps one page. Only a first delivery hands on the rest of what is due: if redeliveries did, a chain of failing
 * messages would multiply. Throws when the database or the queue fails; the message is then delivered again, and
 * everything in it can be done twice.
 */
export async function sweep(message: SweepMessage, isFirstDelivery: boolean, env: Env, ports: Ports): Promise<SweepOutcome> {
  if (!isFirstDelivery && message.providers.length > 1) {
    await sendApart(message, env, ports);
    return { kind: "done", news: NO_NEWS };
  }
  const firstDelivery = isFirstDelivery && message.again !== true;
  const { db, usage } = metered(env.DB);
  const limits = limitsOf(env.PLAN);
  // Accelerated runs tick ahead of the clock; there the minute of the tick is the time.
  const now = () => Math.max(ports.now(), message.minute * MINUTE_MS);
  const readAt = now();
  const page = await readPage(db, message.providers);
  const due = message.providers.flatMap((named, i) => dueOf(page, named, i, readAt));
  const quotas = await claimQuotas(
    db,
    due.map(({ provider, orders, due: { limit } }) => ({
      ...quotaRequestFor(provider, orders.slice(0, limit)),
      share: Math.ceil(limit / idsPerCall(provider)),
    })),
    { ...limits, lastCallAfterMs: LAST_CALL_AFTER_MS },
    now,
  );
  const mayHandOn = message.round + 1 < limits.rounds;
  const selected = due.map((one) => {
    const probing = gateOf(one.provider, readAt) === "one_look";
    return { ...one, selection: selectionOf({ ...one, message, limits, mayHandOn, probing, grant: quotas.grantOf(one.provider) }) };
  });
  const rest = selected.flatMap(({ selection }) => selection.rest ?? []);
  // planted: hand-on
  if (rest.length > 0 && firstDelivery) await handOn(env.SWEEPS, message, rest);
  const requests = firstDelivery ? selected.flatMap(({ selection }) => leftQueuedMessages(selection.orders, readAt)) : [];
  if (requests.length > 0) await env.SWEEPS.sendBatch(requests.map((body) => ({ body, contentType: "json" })));
  const asked = selected.reduce((sum, { selection }) => sum + selection.orders.length, 0);
  const isTicks = message.round === 0 && message.again !== true;
  const polls = selected.map(({ provider, selection }, i): PollRequest => {
    const { orders } = selection;
    // Each provider has its share, by how many orders it is asked about.
    const mostWrites = Math.ceil((limits.writesPerMessage * orders.length) / Math.max(asked, 1));
    const { progressStretch = 1 } = message;
    return {
      provider,
      orders,
      quota: quotas.of(provider),
      readAt,
      mostWrites,
      messages: isTicks || i > 0 ? 0 : 1,
      progressStretch,
      selection,
      frozen: page.frozen,
    };
  });
  const applied = await runPolls(polls, { db, ports: { ...ports, now } }, (run) =>
    applyPollRun(db, run, { limits, now, triesLeft: triesOf(usage, limits, polls) }),
  );
  const counts = await sendAgain(applied, env, ports);
  ports.log({
    event: "sweep",
    minute: message.minute,
    round: message.round,
    handed_on: firstDelivery ? rest.length : 0,
    requests: requests.length,
    ...totalOf(counts),
    ...usage(),
  });
  // Where rows are short, what has changed in a minute is told by the next tick, in one message.
  const tellsNow = page.anyWebhook && (message.progressStretch ?? 1) === 1;
  return { kind: "done", news: { ...newsOf(tellsNow, counts, usage()), notBefore: message.minute * MINUTE_MS } };
}

/** How many more writes a message can afford for each provider that it polls. */
function triesOf(usage: () => Usage, limits: Limits, polls: readonly PollRequest[]): () => number {
  return () => {
    const { d1_calls, d1_statements } = usage();
    return triesLeft(limits, { calls: d1_calls, statements: d1_statements }, polls.length);
  };
}

/** What a message may tell receivers of webhooks: orders that moved, and how much of the invocation is left for it. */
export type News = {
  readonly moved: number;
  readonly spent: Spent;
  /** What the clock says at least: ticks may run ahead of it. Epoch ms. */
  readonly notBefore: number;
};

/** Messages sent on, of orders to be polled again, and for refills: three sends at most. */
const SENDS = 3;

const NO_NEWS: News = { moved: 0, spent: { subrequests: 0, statements: 0 }, notBefore: 0 };

function newsOf(anyWebhook: boolean, counts: readonly AppliedCounts[], { d1_calls, d1_statements }: Usage): Omit<News, "notBefore"> {
  const { moved, calls } = totalOf(counts);
  return { moved: anyWebhook ? moved : 0, spent: { subrequests: calls + d1_calls + SENDS, statements: d1_statements } };
}

type Due = { readonly provider: Provider; readonly orders: readonly Order[]; readonly due: DueProvider };

/** What is due of one provider, unless it was switched off, or has to be left alone, since the message was sent. */
function dueOf(page: Page, due: DueProvider, i: number, now: number): Due[] {
  const provider = page.providers.get(due.id);
  if (provider === undefined || gateOf(provider, now) === "shut") return [];
  return [{ provider, orders: page.due[i] ?? [], due }];
}

/** The calls that asking about these orders takes, with those for their refills. */
function quotaRequestFor(provider: Provider, orders: readonly Order[]): QuotaRequest {
  return { provider, calls: callsFor(provider, orders), refillCalls: refillCallsFor(orders) };
}

/** Sends the rest of what is due, each provider alone, before this page's own calls: pages run side by side. */
async function handOn(queue: Queue, message: SweepMessage, rest: readonly DueProvider[]): Promise<void> {
  const bodies = rest.map((due): SweepMessage => ({ ...message, round: message.round + 1, providers: [due] }));
  await queue.sendBatch(bodies.map((body) => ({ body, contentType: "json" })));
}

/**
 * Has polled again what the database refused and the message could not afford to write in parts, by one check a provider;
 * and what was put off, by checks of no more than a message writes. Answers what the rest came to. Such an order has not
 * changed: should its check be lost, it is polled at its next turn.
 */
async function sendAgain(applied: readonly Applied[], env: Env, ports: Ports): Promise<readonly AppliedCounts[]> {
  const left = applied.flatMap(({ again }) => (again.length > 0 ? [again] : []));
  const putOff = applied.flatMap((one) => one.putOff);
  const refused = applied.reduce((sum, one) => sum + one.refused, 0);
  if (refused > 0) ports.log({ event: "apply.refused", orders: refused, left: left.flat().length });
  if (putOff.length > 0) ports.log({ event: "apply.put_off", orders: putOff.length });
  const again = [...left, ...chunksOf(putOff, limitsOf(env.PLAN).writesPerMessage)];
  if (again.length > 0) {
    const bodies = again.map((orders): CheckMessage => ({
      v: MESSAGE_VERSION,
      kind: "check",
      orders: orders.map(({ panel, number }) => [panel, number]),
    }));
    await env.SWEEPS.sendBatch(bodies.map((body) => ({ body, contentType: "json" })));
  }
  return applied.map(({ counts }) => counts);
}

/** Checks of one order in quick succession are one: a panel must not be able to hammer a provider with them. */
const JUST_POLLED_MS = 10_000;

/** What has no id at its provider cannot be asked after there. */
function canBeAsked({ providerOrderId }: Order): boolean {
  return providerOrderId !== null;
}

function isJustPolled({ state }: Order, now: number): boolean {
  return state.polledAt !== null && now >= state.polledAt && now - state.polledAt < JUST_POLLED_MS;
}

function isLeftAlone(provider: Provider | undefined, now: number): boolean {
  return provider?.enabled === true && gateOf(provider, now) === "shut";
}

/** Orders as their keys stand: what is cut off is not always the same panel's. */
function inTurnOf(keys: readonly OrderKey[], orders: readonly Order[]): Order[] {
  const byKey = new Map(orders.map((order) => [keyText(order), order]));
  const named = keys.flatMap(([panel, number]) => byKey.get(keyText({ panel, number })) ?? []);
  return [...new Set(named)];
}

function keyText({ panel, number }: Pick<Order, "panel" | "number">): string {
  return `${panel} ${number}`;
}

/** `later`: some of a check has to wait for its provider's next minute. */
export type SweepOutcome = { readonly kind: "done" | "later"; readonly news: News };

/**
 * Polls named orders now, whatever their cadence. Each order that is answered is written, also when nothing is new:
 * somebody asked, and older answers still under way must not count any more.
 */
export async function check(message: CheckMessage, env: Env, ports: Ports): Promise<SweepOutcome> {
  const { db, usage } = metered(env.DB);
  const limits = limitsOf(env.PLAN);
  const readAt = ports.now();
  const keys = [...message.orders, ...(message.wanted === undefined ? [] : await readWantedChecks(db, message.wanted))];
  const { providers, due, frozen, anyWebhook } = await readNamed(db, keys);
  const inTurn = inTurnOf(keys, due[0] ?? []);
  const wanted = [...providers.values()].flatMap((provider) => {
    if (gateOf(provider, readAt) === "shut") return [];
    const named = inTurn.filter((order) => order.provider === provider.id && canBeAsked(order) && !isJustPolled(order, readAt));
    return [{ provider, named, orders: named.slice(0, ordersIn(provider, limits.callsPerMessage)) }];
  });
  const quotas = await claimQuotas(
    db,
    wanted.map(({ provider, orders }) => ({ ...quotaRequestFor(provider, orders), party: MESSAGES })),
    { ...limits, lastCallAfterMs: LAST_CALL_AFTER_MS },
    ports.now,
  );
  const isShort = wanted.some(({ provider, orders }) => quotas.grantOf(provider).granted < callsFor(provider, orders));
  const polls = wanted.map(({ provider, orders }, i): PollRequest => {
    // What is wanted and cannot be asked now stays on the list.
    const most = message.wanted === undefined ? orders.length : quotas.grantOf(provider).granted * idsPerCall(provider);
    const some = orders.slice(0, most);
    return {
      provider,
      orders: some,
      quota: quotas.of(provider),
      readAt,
      mostWrites: some.length,
      messages: i > 0 ? 0 : 1,
      progressStretch: 1,
      selection: null,
      frozen,
    };
  });
  const heldBack = new Set<Order>();
  const applied = await runPolls(polls, { db, ports }, (run) => {
    for (const order of run.heldBack) heldBack.add(order);
    return applyPollRun(db, run, { limits, now: ports.now, triesLeft: triesOf(usage, limits, polls) });
  });
  const counts = await sendAgain(applied, env, ports);
  const left = new Set(wanted.flatMap(({ named }) => named.map(keyText)));
  // A provider that is left alone for now is asked once it is open again.
  for (const order of inTurn) if (isLeftAlone(providers.get(order.provider), readAt) && canBeAsked(order)) left.add(keyText(order));
  for (const { orders } of polls) for (const order of orders) if (!heldBack.has(order)) left.delete(keyText(order));
  if (message.wanted !== undefined) {
    const taken = keys.filter(([panel, number]) => !left.has(keyText({ panel, number })));
    await dropWantedChecks(db, message.wanted, taken, { readAt });
  }
  ports.log({ event: "check", orders: keys.length, ...totalOf(counts), ...usage() });
  const isLeft = isShort || (message.wanted !== undefined && left.size > 0);
  return { kind: isLeft ? "later" : "done", news: { ...newsOf(anyWebhook, counts, usage()), notBefore: 0 } };
}
