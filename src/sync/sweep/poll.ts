/**
 * Asking the providers of a message, all at once, over the few connections an invocation has.
 */
import { idsPerCall } from "../../domain/provider.ts";
import pLimit from "p-limit";
import type { Order } from "../../domain/order.ts";
import type { PartFacts } from "../../domain/refund-rules.ts";
import type { Report } from "../../domain/order-report.ts";
import { type FateGroups, groupByFate, isHeardOf } from "../../domain/shared-fate.ts";
import { answersOthers, askedBy, type GateContext, noteFailure, openToPanel } from "../../gate/gate.ts";
import type { Quota } from "../../gate/quota.ts";
import type { Capability, PollResult, UnreadAnswer } from "../../provider/client.ts";
import { clientFor } from "../../provider/client-for.ts";
import { mayBeOfTheIds, type ProviderFailure } from "../../provider/failure.ts";
import { readTroubledPanels } from "../../store/panels/troubles.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { OPEN_CALLS } from "../limits.ts";
import { askRefillWords } from "../refills-cancels.ts";
import { isSuspect, type Selection, wasUnread } from "./select.ts";

/** What is to be asked of one provider in one message. */
export type PollRequest = {
  readonly provider: Provider;
  readonly orders: readonly Order[];
  readonly quota: Quota;
  /** When the orders were read, epoch ms. */
  readonly readAt: number;
  /** So many orders are written by this message; what else is news is left to checks. */
  readonly mostWrites: number;
  /** 1 for the one poll of a message that counts it, where no tick has sent it. */
  readonly messages: 0 | 1;
  /** How many times further apart than usual progress is written. */
  readonly progressStretch: number;
  /** Null for a check of named orders. */
  readonly selection: Selection | null;
  /** Panels whose refunds wait because their ledger did not add up. */
  readonly frozen: ReadonlySet<string>;
};

/** What a provider said of an order, and when it was asked, in epoch ms; and its word for the order's refill, if any. */
export type OrderAnswer = {
  readonly order: Order;
  readonly report: Report;
  readonly refillWord: string | null;
  readonly askedAt: number;
};

/** A request, and what came of it. */
export type PollRun = PollRequest & {
  readonly answers: readonly OrderAnswer[];
  readonly poll: PollResult;
  /** Orders that were asked about and of which nothing readable was heard, and what came instead. */
  readonly unread: Unread;
  /** Orders that no call was made about, since only their panel has named them and its calls are held back. */
  readonly heldBack: readonly Order[];
  /** How the parts of orders of several parts stand, where an end of the whole is said. */
  readonly parts: ReadonlyMap<Order, readonly PartFacts[]>;
  /** Orders that somebody else has changed since they were read: nothing is written of them, nor counted. */
  readonly overtaken: ReadonlySet<Order>;
  /** What the provider was taken to be able to do; what `poll` says beyond that was learned. */
  readonly assumed: Capability;
  readonly tookMs: number;
};

/** `isAlone`: the provider works, and others were answered or would be. Else the call failed, and its panel is slowed for that. */
export type Unread = ReadonlyMap<Order, UnreadAnswer & { readonly isAlone: boolean }>;

/**
 * Asks each provider about its orders, and hands on what each said as soon as it has: a slow one delays no other, nor
 * does it get more than its share of the connections. Never throws for what a provider does: that is in `poll`.
 */
export async function runPolls<T>(
  requests: readonly PollRequest[],
  context: GateContext,
  then: (run: PollRun) => Promise<T>,
): Promise<T[]> {
  const connections = Math.max(1, Math.floor(OPEN_CALLS / Math.max(1, requests.length)));
  return Promise.all(
    requests.map(async (request) => {
      const slot = pLimit(connections);
      return then(await runPoll(request, context, (task) => slot(task)));
    }),
  );
}

type Slot = <T>(task: () => Promise<T>) => Promise<T>;

async function runPoll(request: PollRequest, context: GateContext, slot: Slot): Promise<PollRun> {
  const { provider, orders, quota } = request;
  const { ports } = context;
  const { many } = provider.state;
  const assumed: Capability = { many, batchSize: many === "no" ? provider.state.learnedBatchSize : idsPerCall(provider) };
  const { now } = ports;
  const startedAt = now();
  const ask: AskStatuses = (asked, capability = assumed) => {
    // Two panels may follow one order of a provider: it is asked once.
    const ids = new Map(asked.flatMap((order) => (order.providerOrderId === null ? [] : [[order.providerOrderId, order]])));
    const polled = [...ids].map(([id, order]) => ({ id, suspect: isSuspect(order), unread: wasUnread(provider, order) }));
    const port = { slot, takeCall: quota, inTrouble: provider.state.failures > 0 };
    return clientFor(ports, provider.settings).poll(port, capability, polled);
  };
  const { poll: statuses, heldBack, failed } = await askByFate(request, context, ask);
  // Statuses come first, and a provider in trouble is left alone.
  const refillable = statuses.failure === null ? orders : [];
  const { words, calls } = await slot(() => askRefillWords(ports, provider, refillable, quota));
  const poll = { ...statuses, calls: statuses.calls + calls };
  const answers = orders.flatMap((order): OrderAnswer[] => {
    const answer = poll.answers.get(order.providerOrderId ?? "");
    return answer === undefined ? [] : [{ order, ...answer, refillWord: words.get(order.state.refill?.id ?? "") ?? null }];
  });
  return {
    ...request,
    answers,
    poll,
    unread: unreadIn(orders, poll, failed),
    heldBack,
    parts: new Map(),
    overtaken: NONE_OVERTAKEN,
    assumed,
    tookMs: now() - startedAt,
  };
}

const NONE_OVERTAKEN: ReadonlySet<Order> = new Set();

/** Orders that no answer has told of, though they were asked about; not those that a person sees as `not_found` already. */
function unreadIn(orders: readonly Order[], poll: PollResult, failed: Failed): Unread {
  const all = orders.flatMap((order) => {
    const id = order.providerOrderId ?? "";
    const [alone, ofPanel] = [poll.unread.get(id), failed.get(order)];
    const came = alone ?? ofPanel;
    if (came === undefined || poll.answers.has(id) || isSuspect(order)) return [];
    return [[order, { ...came, isAlone: alone !== undefined && poll.failure === null }] as const];
  });
  return new Map(all);
}

/** Orders that were in calls that failed, where that is their panel's. */
type Failed = ReadonlyMap<Order, UnreadAnswer>;
type Polled = Pick<PollRun, "poll" | "heldBack"> & { readonly failed: Failed };
type AskStatuses = (orders: readonly Order[], capability?: Capability) => Promise<PollResult>;

/** So many panels' ids are asked about apart in one poll; those of others wait for the next. */
const MAX_APART = 4;

/**
 * Asks about all together, but for the ids that only a panel has named and whose calls failed of late. Where a call fails
 * that such ids were in, what the provider has told of is asked by itself, and then each of those panels' ids: what fails
 * then is the panel's, as at the doors. Rules [O50] and [O51].
 */
async function askByFate({ provider, orders }: PollRequest, context: GateContext, ask: AskStatuses): Promise<Polled> {
  const namers = [...new Set(orders.filter((order) => !isHeardOf(order)).map(({ panel }) => panel))];
  if (namers.length === 0) return { poll: await ask(orders), heldBack: [], failed: new Map() };
  const troubled = await readTroubledPanels(context.db, provider.id, namers);
  const first = groupByFate(orders, (panel) => troubled.has(panel));
  const poll = await ask(first.together);
  const { failure } = poll;
  const mixed = first.together.filter((order) => !isHeardOf(order));
  const isOfIds = failure !== null && mixed.length > 0 && (await isPerhapsOfTheIds(context, provider, failure));
  if (failure === null || !isOfIds) return askApart({ provider, poll, apart: first.apart, failed: new Map() }, context, ask);
  const left = first.together.filter((order) => isHeardOf(order) && !isAnswered(poll, order));
  const second = withMore(poll, left.length === 0 ? NOTHING_ASKED : await ask(left, poll.capability));
  // Until they are asked about apart, this is all that came of them; there may be no call left for that.
  const failed: Failed = new Map(mixed.map((order) => [order, { failure, words: null, askedAt: context.ports.now() }]));
  const [only, ...others] = new Set(mixed.map(({ panel }) => panel));
  if (second.failure !== null || only === undefined || others.length > 0)
    return askApart({ provider, poll: second, apart: groupByFate(orders, () => true).apart, failed }, context, ask);
  await noteFailure(context, provider, failure, askedBy(only));
  return askApart({ provider, poll: second, apart: first.apart, failed }, context, ask);
}

function isAnswered({ answers }: Pick<PollResult, "answers">, { providerOrderId }: Order): boolean {
  return answers.has(providerOrderId ?? "");
}

/** What was asked about so far, and the ids that each panel alone has named, which are still to be asked about. */
type Apart = Pick<PollRequest, "provider"> & Omit<Polled, "heldBack"> & { readonly apart: FateGroups["apart"] };

/** Asks about each panel's own ids in calls of their own: what fails of these is the panel's. */
async function askApart({ provider, poll: before, apart, failed: known }: Apart, context: GateContext, ask: AskStatuses): Promise<Polled> {
  let poll = before;
  const failed = new Map(before.failure === null ? known : []);
  const heldBack: Order[] = [];
  for (const [i, [panel, named]] of [...apart].entries()) {
    if (poll.failure !== null || i >= MAX_APART || !(await openToPanel(context, [provider], panel)).has(provider)) {
      heldBack.push(...named);
      continue;
    }
    const own = await ask(named, poll.capability);
    const { failure } = own;
    const isPanels = failure !== null && (await isPerhapsOfTheIds(context, provider, failure));
    if (own.calls > 0) for (const order of named) failed.delete(order);
    if (isPanels) {
      for (const order of named) failed.set(order, { failure, words: null, askedAt: context.ports.now() });
      await noteFailure(context, provider, failure, askedBy(panel));
    }
    poll = withMore(poll, {
      ...own,
      capability: poll.capability,
      ...(isPanels ? { failure: null, failedCalls: 0 } : {}),
    });
  }
  return { poll, heldBack, failed };
}

/** One that asks for patience may be a firewall's answer to an id. Before anything more is asked, the balance tells. */
async function isPerhapsOfTheIds(context: GateContext, provider: Provider, failure: ProviderFailure): Promise<boolean> {
  return mayBeOfTheIds(failure) || (failure.code === "rate_limited" && (await answersOthers(context, provider, failure)));
}

const NOTHING_ASKED = { answers: new Map(), unread: new Map(), calls: 0, failedCalls: 0, failure: null } as const;

/** What was asked after it, whose failure it is that counts. The calls that failed because of an id say nothing of the batches' size. */
function withMore(poll: PollResult, more: Omit<PollResult, "capability"> & { readonly capability?: Capability }): PollResult {
  return {
    answers: new Map([...poll.answers, ...more.answers]),
    unread: new Map([...(poll.failure === null ? poll.unread : []), ...more.unread]),
    capability: more.capability ?? poll.capability,
    calls: poll.calls + more.calls,
    failedCalls: (poll.failure === null ? poll.failedCalls : 0) + more.failedCalls,
    failure: more.failure,
  };
}
