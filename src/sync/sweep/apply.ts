/**
 * Writing down what a provider said: fenced, tried again, and in parts where the database refuses it.
 */
import { chunksOf } from "../../domain/chunks.ts";
import { FLAGS, type Order } from "../../domain/order.ts";
import { showsTextIds } from "../../domain/order-ids.ts";
import type { StatusReport } from "../../domain/order-report.ts";
import { CONFLICT, retryOnConflict } from "../../domain/retry.ts";
import { isFinal, statusFor } from "../../domain/status.ts";
import { applySweep, type OrderWrite, type RefundWrite } from "../../store/orders/apply.ts";
import { readFresh } from "../../store/orders/due.ts";
import { adoptParts, partsPutOff, readParts, type Whole, withoutParts } from "../../store/orders/parts.ts";
import { keepTextIds } from "../../store/providers/provider-settings.ts";
import { parkedAlone, partOf, pollAlone, type Writes, writesOf } from "./write.ts";
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
 * What became of a poll run: what was written; how many orders the database refused together, and those of them that this
 * message did not come to, to be polled again; and orders with news that this message leaves to others.
 */
export type Applied = {
  readonly counts: AppliedCounts;
  readonly refused: number;
  readonly again: readonly Order[];
  readonly putOff: readonly Order[];
};

/** `triesLeft`: how many more writes the message can afford for this provider. */
export type ApplyContext = { readonly limits: Limits; readonly now: () => number; readonly triesLeft: () => number };

/**
 * Applies what a provider said. It is written only if the provider's state is still the one that was read; otherwise
 * the state is read again, answers that have become late are dropped, and it is tried again. What the database refuses
 * is written in parts. Throws when the database fails, or when it never came to pass.
 */
export async function applyPollRun(db: D1Database, run: PollRun, context: ApplyContext): Promise<Applied> {
  const { limits, now } = context;
  if (run.poll.calls === 0 && (run.selection?.clock ?? null) === null) return done(run, []);
  const { result, present, writes } = await writeFenced(db, await withPartsAdopted(db, run, now()), (known) =>
    writesOf(known, limits, now()),
  );
  if (result === "refused") return applyInParts(db, present, writes, context);
  if (result === "void") return done(run, []);
  if (answersByText(present)) await keepTextIds(db, present.provider);
  return { ...done(run, writes.orders), putOff: writes.putOff };
}

/**
 * What came of a write, and the run on the provider's state as it is then. `void`: the provider's settings were changed
 * meanwhile, or the database was put back to an earlier time, and nothing of the run counts any more.
 */
type Written = { readonly result: "written" | "refused" | "void"; readonly present: PollRun; readonly writes: Writes };

/** Writes what `workOut` makes of a run, on whichever state of the provider it meets. */
async function writeFenced(db: D1Database, run: PollRun, workOut: (known: PollRun) => Writes): Promise<Written> {
  let present = run;
  const attempt = async (): Promise<Written | typeof CONFLICT> => {
    const writes = workOut(present);
    const result = await applySweep(db, writes.orders, writes.state);
    if (result === "written") return { result, present: withWritten(present, writes), writes };
    if (result === "refused") return { result, present, writes };
    const fresh = await withFreshState(db, present, writes.orders);
    if (fresh === null) return { result: "void", present, writes };
    present = fresh;
    return CONFLICT;
  };
  return retryOnConflict(MAX_TRIES, attempt, () => {
    throw new Error(`the state of provider ${run.provider.id} kept changing; nothing was written`);
  });
}

/** The run after a write: on the state that was written, and with nothing more to write of these orders. */
function withWritten(run: PollRun, { orders, state: { state, seen } }: Writes): PollRun {
  const provider = { ...run.provider, state, stateVersion: seen + 1 };
  return { ...run, provider, overtaken: new Set([...run.overtaken, ...orders.map(({ order }) => order)]) };
}

/**
 * Writes in parts what the database refuses as a whole, from the answers at hand: one poisoned order must not hold up the
 * others. A part that is refused, too, is divided; an order that is refused alone is parked. The poll itself is noted last:
 * its coverage would make these very answers late. Orders that the message cannot afford are polled again by one more, but for
 * those that are parked already, which have another turn. Such messages come to an end, since each settles an order: the last
 * try of one that has settled none is of one order alone.
 */
async function applyInParts(db: D1Database, run: PollRun, refused: Writes, context: ApplyContext): Promise<Applied> {
  const { limits, now, triesLeft } = context;
  const whole = refused.orders.map(({ order }) => order);
  if (whole.length === 0) throw new Error(`the database refuses the state of provider ${run.provider.id}`);
  const settled: OrderWrite[] = [];
  let present = run;
  let left = withDivided({ panels: [], pieces: [] }, whole);
  for (let tries = triesLeft(); tries > 0 && ordersIn(left).length > 0; tries = triesLeft()) {
    const { part, rest } = nextPart(left, tries === 1 && settled.length === 0);
    let tried = await writeFenced(db, present, (known) => partOf(known, writesOf(known, limits, now()), part, now()));
    left = tried.result === "refused" && part.length > 1 ? withDivided(rest, part) : rest;
    if (tried.result === "refused" && part.length > 1) continue;
    if (tried.result === "refused") tried = await writeFenced(db, tried.present, (known) => parkedAlone(known, part, now()));
    if (tried.result === "refused") throw new Error(`the database refuses to park an order of provider ${run.provider.id}`);
    if (tried.result === "void") return { ...done(run, settled), refused: whole.length };
    settled.push(...tried.writes.orders);
    present = tried.present;
  }
  await writeFenced(db, present, (known) => pollAlone(known, settled, now()));
  return {
    counts: countsOf(run, settled),
    refused: whole.length,
    again: ordersIn(left).filter((order) => !isParked(order)),
    putOff: refused.putOff,
  };
}

type Part = readonly Order[];

/** What is left to be tried: first what may be of several panels, or all of one, so that none waits for another's; then pieces of one's. */
type Left = { readonly panels: readonly Part[]; readonly pieces: readonly Part[] };

function ordersIn({ panels, pieces }: Left): Part {
  return [...panels, ...pieces].flat();
}

/** The part whose turn it is, or one order of it alone, and what is left without it. */
function nextPart({ panels, pieces }: Left, isAlone: boolean): { readonly part: Part; readonly rest: Left } {
  const [first = [], ...others] = panels.length > 0 ? panels : pieces;
  const part = isAlone ? first.slice(0, 1) : first;
  const rest = part.length < first.length ? [first.slice(part.length), ...others] : others;
  return { part, rest: panels.length > 0 ? { panels: rest, pieces } : { panels, pieces: rest } };
}

/**
 * What is left with the orders of a part that was refused. Each panel's are set apart from the others', so that what one of them
 * has caused is its own; and what is parked already comes last, since it is likely to be refused again. Of these, those that
 * were tried longest ago are the first.
 */
function withDivided({ panels, pieces }: Left, part: Part): Left {
  const inTurn = part.toSorted((a, b) =>
    isParked(a) && isParked(b) ? a.updatedAt - b.updatedAt : Number(isParked(a)) - Number(isParked(b)),
  );
  const groups = [...Map.groupBy(inTurn, (order) => `${isParked(order)} ${order.panel}`).values()];
  if (groups.length > 1) return { panels: [...panels, ...smaller(groups)], pieces };
  return { panels, pieces: [...smaller(inTurn.map((order) => [order])), ...pieces] };
}

function isParked({ state }: Order): boolean {
  return (state.flags & FLAGS.parked) !== 0;
}

/** A part is divided into so many: with ten of them two refusals find an order among a hundred. */
const DIVISIONS = 10;

function smaller(parts: readonly Part[]): Part[] {
  return chunksOf(parts, Math.ceil(parts.length / DIVISIONS)).map((some) => some.flat());
}

/** The run with the parts of orders on record: what they are named in, and how they stand. */
async function withPartsAdopted(db: D1Database, run: PollRun, now: number): Promise<PollRun> {
  const named = wholesIn(run);
  const putOff = await partsPutOff(db, run.provider.id, named, now);
  const answers = run.answers.map((answer) =>
    answer.report.kind === "status" ? { ...answer, report: withoutParts(answer.report, putOff) } : answer,
  );
  await adoptParts(db, wholesIn({ answers }), run.provider.state, now);
  const ended = named.filter(({ report }) => saysFinal(report, run.provider));
  return { ...run, answers, parts: await readParts(db, ended, putOff) };
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
  return { counts: countsOf(run, orders), refused: 0, again: [], putOff: [] };
}

/**
 * The same run on the provider's present state; null when its settings were changed meanwhile, or when that state is an earlier
 * one: the database was put back, and these orders are not as they were read. What another sweep has written of the same orders
 * has been counted, by the brake too, and is not counted again.
 */
async function withFreshState(db: D1Database, run: PollRun, writes: readonly OrderWrite[]): Promise<PollRun | null> {
  const orders = writes.map(({ order }) => order);
  const { provider, changed } = await readFresh(db, run.provider.id, orders);
  if (provider === undefined || provider.settingsVersion !== run.provider.settingsVersion) return null;
  if (provider.stateVersion < run.provider.stateVersion) return null;
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
