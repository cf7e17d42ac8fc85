/** What a sweep holds in its hands when the provider has answered: read orders, and a report on each. */
import { type Report } from "../src/domain/order-report.ts";
import { PHASES } from "../src/domain/poll-pacing.ts";
import type { Order } from "../src/domain/order.ts";
import { readNamed } from "../src/store/orders/due.ts";
import type { PollRun } from "../src/sync/sweep/poll.ts";
import { CADENCE, NOW, PANEL, PROVIDER } from "./scene.ts";

/** Closed with a quarter missing, which is refunded; or nothing new. */
export type News = "changed" | "unchanged";

const SAID = { startCount: 10, charge: "0.5", currency: "USD", multi: false, parts: null } as const;
const REPORTS: Readonly<Record<News, Report>> = {
  changed: { kind: "status", providerStatus: "Partial", remains: 250, ...SAID },
  unchanged: { kind: "status", providerStatus: "In progress", remains: 600, ...SAID },
};

/** Reads orders first..first+count-1 with their provider, and lets it have answered about each of them. */
export async function pollRunOf(db: D1Database, news: News, first: number, count: number): Promise<PollRun> {
  const keys = Array.from({ length: count }, (_, i) => [PANEL, first + i] as const);
  const { providers, due, frozen } = await readNamed(db, keys);
  const provider = providers.get(PROVIDER);
  const orders = due[0] ?? [];
  if (provider === undefined || orders.length !== count) throw new Error(`${orders.length} of ${count} orders from ${first} on were found`);
  const answerTo = (order: Order) => ({ order, report: REPORTS[news], refillWord: null, askedAt: NOW });
  const bucket = { cadence: CADENCE, after: [0, "", 0], to: PHASES, complete: true } as const;
  return {
    provider,
    orders,
    answers: orders.map(answerTo),
    poll: {
      answers: new Map(),
      unread: new Map(),
      capability: { many: "yes", batchSize: 100 },
      calls: Math.ceil(count / 100),
      failedCalls: 0,
      failure: null,
    },
    assumed: { many: "yes", batchSize: 100 },
    unread: new Map(),
    heldBack: [],
    parts: new Map(),
    overtaken: new Set(),
    tookMs: 100,
    quota: () => Promise.resolve(false),
    readAt: NOW,
    mostWrites: count,
    messages: 0,
    selection: { orders, unpolled: [], buckets: [bucket], rest: null, clockSeen: provider.state.clock, clock: null },
    progressStretch: 1,
    frozen,
  };
}
