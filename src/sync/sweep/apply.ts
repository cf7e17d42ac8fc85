/**
 * Writing down what a provider said: fenced, tried again, and halved where the database refuses it.
 */
import type { Order } from "../../domain/order.ts";
import { applySweep, type OrderWrite, type RefundWrite, type StateWrite } from "../../store/orders/apply.ts";
import { readProviders } from "../../store/orders/due.ts";
import { adoptParts } from "../../store/orders/parts.ts";
import { type Finding, parkedWrite, writesOf } from "./write.ts";
import type { Limits } from "../limits.ts";

export type AppliedCounts = {
  readonly asked: number;
  readonly answered: number;
  readonly calls: number;
  readonly failed_calls: number;
  readonly moved: number;
  readonly progressed: number;
  readonly posted: number;
  readonly held: number;
};

/** Sweeps of one provider side by side seldom finish in the same moment, and hardly ever five times in a row. */
const MAX_TRIES = 5;

/** What became of a finding: what was written, and orders to be taken up again in smaller parts. */
export type Applied = { readonly applied: AppliedCounts; readonly again: readonly (readonly Order[])[] };

/**
 * Applies what a provider said. It is written only if the provider's state is still the one that was read; otherwise
 * the state is read again, answers that have become late are dropped, and it is tried again. What the database refuses
 * is halved, by further messages, until the order that it refuses stands alone and is parked: one poisoned order must
 * not hold up its page for ever. Throws when the database fails, or when it never came to pass.
 */
export async function applyPollRun(db: D1Database, finding: Finding, limits: Limits, now: () => number): Promise<Applied> {
  if (finding.poll.calls === 0 && (finding.selection === null || finding.selection.clock === null)) return done(finding, []);
  const wholes = finding.answers.flatMap(({ order, report }) => (report.kind === "status" ? [{ order, report }] : []));
  await adoptParts(db, wholes, finding.provider.state, now());
  let present: Finding | null = finding;
  for (let tries = 1; present !== null && tries <= MAX_TRIES; tries++) {
    const { orders, state } = writesOf(present, limits, now());
    const result = await applySweep(db, orders, state);
    if (result === "written") return done(finding, orders);
    if (result === "refused") return halve(db, present, orders, state, now());
    present = await withFreshState(db, present);
  }
  if (present === null) return done(finding, []);
  throw new Error(`the state of provider ${finding.provider.id} kept changing; nothing was written`);
}

function done(finding: Finding, orders: readonly OrderWrite[]): Applied {
  return { applied: summaryOf(finding, orders), again: [] };
}

/** The database refused a batch: two halves of it are polled again by themselves, one order alone is parked. */
async function halve(db: D1Database, finding: Finding, orders: readonly OrderWrite[], state: StateWrite, at: number): Promise<Applied> {
  const [only, ...others] = orders;
  if (only === undefined) throw new Error(`the database refuses the state of provider ${finding.provider.id}`);
  if (others.length === 0) {
    await applySweep(db, [parkedWrite(only.order, finding.provider, at)], state);
    return done(finding, []);
  }
  await applySweep(db, [], state);
  const middle = Math.ceil(orders.length / 2);
  const halves = [orders.slice(0, middle), orders.slice(middle)].map((half) => half.map(({ order }) => order));
  return { applied: summaryOf(finding, []), again: halves };
}

/** The same finding on the provider's present state; null when its settings were changed meanwhile. */
async function withFreshState(db: D1Database, finding: Finding): Promise<Finding | null> {
  const provider = (await readProviders(db, [finding.provider.id])).get(finding.provider.id);
  return provider === undefined || provider.settingsVersion !== finding.provider.settingsVersion ? null : { ...finding, provider };
}

function summaryOf({ orders, answers, poll }: Finding, written: readonly OrderWrite[]): AppliedCounts {
  const refunds = (status: RefundWrite["status"]): number =>
    written.reduce((sum, write) => sum + write.refunds.filter((refund) => refund.status === status).length, 0);
  return {
    asked: orders.length,
    answered: answers.length,
    calls: poll.calls,
    failed_calls: poll.failedCalls,
    moved: written.filter(({ write }) => write === "move").length,
    progressed: written.filter(({ write }) => write === "progress").length,
    posted: refunds("posted"),
    held: refunds("held"),
  };
}

const NOTHING: AppliedCounts = { asked: 0, answered: 0, calls: 0, failed_calls: 0, moved: 0, progressed: 0, posted: 0, held: 0 };

/** What a message's providers came to, taken together. */
export function totalOf(all: readonly AppliedCounts[]): AppliedCounts {
  return all.reduce((total, applied) => {
    const sums = Object.entries(total).map(([name, count]) => [name, count + applied[name as keyof AppliedCounts]]);
    return Object.fromEntries(sums) as AppliedCounts;
  }, NOTHING);
}
