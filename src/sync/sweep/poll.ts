/**
 * Asking the providers of a message, all at once, over the few connections an invocation has.
 */
import pLimit from "p-limit";
import type { Order } from "../../domain/order.ts";
import type { PartFacts } from "../../domain/refund-rules.ts";
import type { Report } from "../../domain/order-report.ts";
import type { Quota } from "../../gate/quota.ts";
import type { Capability, PollResult, ProviderPort } from "../../provider/client.ts";
import { clientFor } from "../../provider/client-for.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { OPEN_CALLS } from "../limits.ts";
import { askRefillWords } from "../refills-cancels.ts";
import { idsPerCall } from "./plan.ts";
import { isSuspect, type Selection } from "./select.ts";

/** What is to be asked of one provider in one message. */
export type PollRequest = {
  readonly provider: Provider;
  readonly orders: readonly Order[];
  readonly quota: Quota;
  /** When the orders were read, epoch ms. */
  readonly readAt: number;
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
  /** How the parts of orders of several parts stand, where an end of the whole is said. */
  readonly parts: ReadonlyMap<Order, readonly PartFacts[]>;
  /** What the provider was taken to be able to do; what `poll` says beyond that was learned. */
  readonly assumed: Capability;
  readonly tookMs: number;
};

/**
 * Asks each provider about its orders, and hands on what each said as soon as it has: a slow one delays no other, nor
 * does it get more than its share of the connections. Never throws for what a provider does: that is in `poll`.
 */
export async function runPolls<T>(requests: readonly PollRequest[], ports: ProviderPort, then: (run: PollRun) => Promise<T>): Promise<T[]> {
  const connections = Math.max(1, Math.floor(OPEN_CALLS / Math.max(1, requests.length)));
  return Promise.all(
    requests.map(async (request) => {
      const slot = pLimit(connections);
      return then(await runPoll(request, ports, (task) => slot(task)));
    }),
  );
}

async function runPoll(request: PollRequest, ports: ProviderPort, slot: <T>(task: () => Promise<T>) => Promise<T>): Promise<PollRun> {
  const { provider, orders, quota } = request;
  const { many } = provider.state;
  const assumed: Capability = { many, batchSize: many === "no" ? provider.state.learnedBatchSize : idsPerCall(provider) };
  // Two panels may follow one order of a provider: it is asked once.
  const ids = new Map(orders.flatMap((order) => (order.providerOrderId === null ? [] : [[order.providerOrderId, isSuspect(order)]])));
  const polled = [...ids].map(([id, suspect]) => ({ id, suspect }));
  const { now } = ports;
  const startedAt = now();
  const statuses = await clientFor(ports, provider.settings).poll(
    { slot, takeCall: quota, inTrouble: provider.state.failures > 0 },
    assumed,
    polled,
  );
  // Statuses come first, and a provider in trouble is left alone.
  const refillable = statuses.failure === null ? orders : [];
  const { words, calls } = await slot(() => askRefillWords(ports, provider, refillable, quota));
  const poll = { ...statuses, calls: statuses.calls + calls };
  const answers = orders.flatMap((order): OrderAnswer[] => {
    const answer = poll.answers.get(order.providerOrderId ?? "");
    return answer === undefined ? [] : [{ order, ...answer, refillWord: words.get(order.state.refill?.id ?? "") ?? null }];
  });
  return { ...request, answers, poll, parts: new Map(), assumed, tookMs: now() - startedAt };
}
