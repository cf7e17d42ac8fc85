/**
 * Writing down what a provider said: fenced, tried again, and halved where the database refuses it.
 */
import type { Order } from "../../domain/order.ts";
import { showsTextIds } from "../../domain/order-ids.ts";
import type { StatusReport } from "../../domain/order-report.ts";
import { CONFLICT, retryOnConflict } from "../../domain/retry.ts";
import { isFinal, statusFor } from "../../domain/status.ts";
import { applySweep, type OrderWrite, type RefundWrite } from "../../store/orders/apply.ts";
import { readFresh } from "../../store/orders/due.ts";
import { adoptParts, partsPutOff, readParts, type Whole, withoutParts } from "../../store/orders/parts.ts";
import { keepTextIds } from "../../store/providers/provider-settings.ts";
import { parkedWrite, type Writes, writesOf } from "./write.ts";
import type { PollRun } from "./poll.ts";
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

/**
 * What became of a poll run: what was written; orders that the database refused, to be polled again in smaller parts; and
 * orders with news that this message leaves to others.
 */
export type Applied = { readonly counts: AppliedCounts; readonly again: readonly (readonly Order[])[]; readonly putOff: readonly Order[] };

/**
 * Applies what a provider said. It is written only if the provider's state is still the one that was read; otherwise
 * the state is read again, answers that have become late are dropped, and it is tried again. What the database refuses
 * is halved, by further messages, until the order that it refuses stands alone and is parked: one poisoned order must
 * not hold up its page for ever. Throws when the database fails, or when it never came to pass.
 */
export async function applyPollRun(db: D1Database, run: PollRun, limits: Limits, now: () => number): Promise<Applied> {
  if (run.poll.calls === 0 && (run.selection?.clock ?? null) === null) return done(run, []);
  let present = await withPartsAdopted(db, run, now());
  const attempt = async (): Promise<Applied | typeof CONFLICT> => {
    const writes = writesOf(present, limits, now());
    const result = await applySweep(db, writes.orders, writes.state);
    if (result === "written") {
      if (answersByText(present)) await keepTextIds(db, present.provider);
      return { ...done(run, writes.orders), putOff: writes.putOff };
    }
    if (result === "refused") return halve(db, present, writes, now());
    const fresh = await withFreshState(db, present, writes.orders);
    if (fresh === null) return done(run, []);
    present = fresh;
    return CONFLICT;
  };
  return retryOnConflict(MAX_TRIES, attempt, () => {
    throw new Error(`the state of provider ${run.provider.id} kept changing; nothing was written`);
  });
}

/** The run with the parts of orders on record: what they are named in, and how they stand. */
async function withPartsAdopted(db: D1Database, run: PollRun, now: number): Promise<PollRun> {
  const putOff = await partsPutOff(db, run.provider.id, wholesIn(run), now);
  const answers = run.answers.map((answer) =>
    answer.report.kind === "status" ? { ...answer, report: withoutParts(answer.report, putOff) } : answer,
  );
  const wholes = wholesIn({ answers });
  await adoptParts(db, wholes, run.provider.state, now);
  const ended = wholes.filter(({ report }) => saysFinal(report, run.provider));
  return { ...run, answers, parts: await readParts(db, ended) };
}

function wholesIn({ answers }: Pick<PollRun, "answers">): Whole[] {
  return answers.flatMap(({ order, report }) => (report.kind === "status" ? [{ order, report }] : []));
}

/** Only the end of an order of several parts asks how its parts ended. */
function saysFinal({ providerStatus }: StatusReport, { settings }: PollRun["provider"]): boolean {
  const said = statusFor(providerStatus, settings.statusWords, true);
  return said !== null && isFinal(said);
}

/** Whether it has answered about an order by a text; a provider does so with each answer, and it is kept once. */
function answersByText({ answers }: PollRun): boolean {
  return answers.some(({ order, report }) => report.kind === "status" && showsTextIds(order.providerOrderId ?? "", "answered"));
}

function done(run: PollRun, orders: readonly OrderWrite[]): Applied {
  return { counts: countsOf(run, orders), again: [], putOff: [] };
}

/** The database refused a batch: two halves of it are polled again by themselves, one order alone is parked. */
async function halve(db: D1Database, run: PollRun, { orders, putOff, state }: Writes, at: number): Promise<Applied> {
  const [only, ...others] = orders;
  if (only === undefined) throw new Error(`the database refuses the state of provider ${run.provider.id}`);
  if (others.length === 0) {
    await applySweep(db, [parkedWrite(only.order, run.provider, at)], state);
    return { ...done(run, []), putOff };
  }
  await applySweep(db, [], state);
  const middle = Math.ceil(orders.length / 2);
  const halves = [orders.slice(0, middle), orders.slice(middle)].map((half) => half.map(({ order }) => order));
  return { counts: countsOf(run, []), again: halves, putOff };
}

/**
 * The same run on the provider's present state; null when its settings were changed meanwhile. What another sweep has written
 * of the same orders has been counted, by the brake too, and is not counted again.
 */
async function withFreshState(db: D1Database, run: PollRun, writes: readonly OrderWrite[]): Promise<PollRun | null> {
  const orders = writes.map(({ order }) => order);
  const { provider, changed } = await readFresh(db, run.provider.id, orders);
  if (provider === undefined || provider.settingsVersion !== run.provider.settingsVersion) return null;
  return { ...run, provider, overtaken: new Set([...run.overtaken, ...changed]) };
}

function countsOf({ orders, answers, poll }: PollRun, written: readonly OrderWrite[]): AppliedCounts {
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
