/**
 * Orders of which a poll has heard nothing readable while the provider works: what it means for them, and what stands in the
 * provider's row of them. Rules [S35], [S38] and [O52]. Pure.
 */
import type { Order } from "../../domain/order.ts";
import { slowedCadence } from "../../domain/poll-cadence.ts";
import type { ProviderState } from "../../domain/provider.ts";
import { type NamedOrder, type Reading, refusedIn, unreadAfter, unreadSince, unreadText } from "../../domain/unread-orders.ts";
import { failureMessage } from "../../provider/failure-message.ts";
import type { OrderWrite } from "../../store/orders/apply.ts";
import { moveWrite } from "../../store/orders/moves.ts";
import type { OrderAnswer, PollRun } from "./poll.ts";

/** The run with the refusals that have turned out to be about their orders among its answers. */
export function withRefused(run: PollRun, at: number): PollRun {
  if (run.unread.size === 0) return run;
  const refused = new Set(refusedIn(run.provider.state.unreadOrders, readingOf(run), at).map(({ id }) => id));
  if (refused.size === 0) return run;
  const isRefused = (order: Order): boolean => refused.has(order.providerOrderId ?? "");
  const answers = [...run.unread].flatMap(([order, { failure, askedAt }]): OrderAnswer[] => {
    const message = "message" in failure ? (failure.message ?? "") : "";
    return isRefused(order) ? [{ order, report: { kind: "refused", message }, refillWord: null, askedAt }] : [];
  });
  return { ...run, answers: [...run.answers, ...answers], unread: new Map([...run.unread].filter(([order]) => !isRefused(order))) };
}

function readingOf({ answers, unread }: PollRun): Reading {
  return {
    unread: [...unread].flatMap(([order, { failure, words }]) =>
      namedOf(order).map((named) => ({ ...named, words, said: { code: failure.code, message: failureMessage(failure) } })),
    ),
    settled: answers.flatMap(({ order }) => namedOf(order)),
  };
}

/** Orders in their turn of which nothing readable is heard while the provider works: they are looked at less often from now on. */
export function slowedWrites({ provider: { state }, unread, selection, overtaken }: PollRun, at: number): OrderWrite[] {
  if (selection === null) return [];
  return [...unread].flatMap(([order, { isAlone }]) => {
    const since = namedOf(order).map((named) => unreadSince(state.unreadOrders, named))[0] ?? null;
    const cadence = slowedCadence(order.state, since === null ? null : at - since);
    if (!isAlone || overtaken.has(order) || cadence === null) return [];
    return [moveWrite(order, { next: { ...order.state, cadence }, refunds: [] }, state, Math.max(at, order.updatedAt))];
  });
}

/** Whose orders nothing readable is heard of. It is no failure that others' calls wait for, and stands in the provider's health. */
export function withUnread(state: ProviderState, run: PollRun, at: number): ProviderState {
  // So it is with nearly all polls.
  if (run.unread.size === 0 && Object.keys(run.provider.state.unreadOrders).length === 0) return state;
  const reading = readingOf(run);
  const unreadOrders = unreadAfter(run.provider.state.unreadOrders, reading, at);
  const [last] = reading.unread.slice(-1);
  if (last === undefined || state.failures > 0 || state.retryAt !== null) return { ...state, unreadOrders };
  const orders = reading.unread.filter(({ panel }) => panel === last.panel).length;
  const whose = unreadText({ panel: last.panel, orders, atLeast: false });
  const lastFailure = { code: last.said.code, message: `No readable answer about ${whose}. ${last.said.message}` };
  return { ...state, unreadOrders, lastFailure, lastFailureAt: at };
}

function namedOf({ panel, providerOrderId }: Order): NamedOrder[] {
  return providerOrderId === null ? [] : [{ panel, id: providerOrderId }];
}
