/**
 * Asking the providers of a message, all at once, over the few connections an invocation has.
 */
import pLimit from "p-limit";
import type { Order } from "../../domain/order.ts";
import type { Report } from "../../domain/order-report.ts";
import type { Ports } from "../../ports.ts";
import { pollStatuses } from "../../provider/api-v2/poll/poll.ts";
import type { Capability, PollResult } from "../../provider/client.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { askRefillWords } from "../refills-cancels.ts";
import type { Quota } from "../../gate/quota.ts";
import { OPEN_CALLS } from "../limits.ts";
import { idsPerCall } from "./plan.ts";
import { isSuspect } from "./select.ts";

export type PollRequest = { readonly provider: Provider; readonly orders: readonly Order[]; readonly allowance: Quota };

/** What a provider said of an order, and when it was asked, in epoch ms; and its word for the order's refill, if any. */
export type OrderAnswer = {
  readonly order: Order;
  readonly report: Report;
  readonly refillWord: string | null;
  readonly askedAt: number;
};

export type PollRun = {
  readonly provider: Provider;
  readonly orders: readonly Order[];
  readonly answers: readonly OrderAnswer[];
  readonly poll: PollResult;
  /** What the provider was taken to be able to do; what `poll` says beyond that was learned. */
  readonly assumed: Capability;
  readonly tookMs: number;
};

/**
 * Asks each provider about its orders, and hands on what each said as soon as it has: a slow one delays no other, nor
 * does it get more than its share of the connections. Never throws for what a provider does: that is in `poll`.
 */
export async function runPolls<T>(
  questions: readonly PollRequest[],
  ports: Pick<Ports, "fetch" | "now">,
  then: (asked: PollRun, i: number) => Promise<T>,
): Promise<T[]> {
  const connections = Math.max(1, Math.floor(OPEN_CALLS / Math.max(1, questions.length)));
  return Promise.all(
    questions.map(async (question, i) => {
      const slot = pLimit(connections);
      return then(await runPoll(question, ports, (task) => slot(task)), i);
    }),
  );
}

async function runPoll(
  { provider, orders, allowance }: PollRequest,
  { fetch, now }: Pick<Ports, "fetch" | "now">,
  slot: <T>(task: () => Promise<T>) => Promise<T>,
): Promise<PollRun> {
  const { many } = provider.state;
  const assumed: Capability = { many, batchSize: many === "no" ? provider.state.learnedBatchSize : idsPerCall(provider) };
  // Two panels may follow one order of a provider: it is asked once.
  const ids = new Map(orders.flatMap((order) => (order.providerOrderId === null ? [] : [[order.providerOrderId, isSuspect(order)]])));
  const asked = [...ids].map(([id, suspect]) => ({ id, suspect }));
  const startedAt = now();
  const statuses = await pollStatuses({ fetch, now, slot, takeCall: allowance }, provider.settings, assumed, asked);
  // Statuses come first, and a provider in trouble is left alone.
  const { words, calls } = await slot(() => askRefillWords({ fetch, now }, provider, statuses.failure === null ? orders : [], allowance));
  const poll = { ...statuses, calls: statuses.calls + calls };
  const answers = orders.flatMap((order): OrderAnswer[] => {
    const answer = poll.answers.get(order.providerOrderId ?? "");
    return answer === undefined ? [] : [{ order, ...answer, refillWord: words.get(order.state.refill?.id ?? "") ?? null }];
  });
  return { provider, orders, answers, poll, assumed, tookMs: now() - startedAt };
}
