/**
 * Coverage: when an order was last looked at, without a write an order. A polled range says "the orders of this cadence
 * between these keys were polled at t". Others say what was polled, and ask about an order; ranges are this module's alone.
 */
import type { Cadence } from "./poll-pacing.ts";
import { MINUTE_MS } from "./time.ts";

/** An order's place in its cadence bucket (all orders of a provider with one cadence): phase first, then panel and number. `[p, "", 0]` lies before all orders of phase p. */
export type BucketKey = readonly [phase: number, panel: string, n: number];

export function bucketKeyOf({
  phase,
  panel,
  number,
}: {
  readonly phase: number;
  readonly panel: string;
  readonly number: number;
}): BucketKey {
  return [phase, panel, number];
}

/**
 * Every order of a cadence whose key lies in (after, upTo] was asked about. `readAt` is when the list of them was
 * read, so that an order that joined the bucket later does not count as asked; `askedAt` is when the latest of the
 * calls was sent, so that an answer to an older call is known as late. Both in epoch ms.
 */
export type PolledRange = {
  readonly cadence: Cadence;
  readonly after: BucketKey;
  readonly upTo: BucketKey;
  readonly readAt: number;
  readonly askedAt: number;
};

/** All that is known of a provider's polling: by cadence and place, and no two ranges of a cadence overlap. */
export type Coverage = readonly PolledRange[];

/** One slot of each cadence minute makes 441; the rest is room for pages that were cut. About 40 bytes each. */
const MAX_RANGES = 600;

export function compareKeys(a: BucketKey, b: BucketKey): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] - b[2];
}

/** The range that covers an order; null when its part of the bucket has not been polled. */
export function rangeOf(coverage: readonly PolledRange[], cadence: Cadence, key: BucketKey): PolledRange | null {
  // The last range that begins before the order.
  let [from, to] = [0, coverage.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const range = coverage[middle] as PolledRange;
    if (range.cadence < cadence || (range.cadence === cadence && compareKeys(range.after, key) < 0)) from = middle + 1;
    else to = middle;
  }
  const range = coverage[from - 1];
  return range !== undefined && range.cadence === cadence && compareKeys(key, range.upTo) <= 0 ? range : null;
}

/** An order as far as its coverage goes. */
export type CoveredOrder = { readonly cadence: Cadence | null; readonly key: BucketKey };

/**
 * A write's time is taken before it is committed; a list read in between does not have the order where the write
 * put it. So a range counts for an order only if it is later than the order's last write by more than a commit takes.
 */
const COMMIT_MARGIN_MS = 30_000;

/**
 * When an order was last known to be checked, in epoch ms; null when never. Never later than the truth: where no range
 * surely covers the order, the last answer that was written for it counts.
 */
export function checkedAt(
  order: CoveredOrder & { readonly polledAt: number | null; readonly updatedAt: number; readonly found: boolean },
  coverage: Coverage,
): number | null {
  const range = order.cadence === null ? null : rangeOf(coverage, order.cadence, order.key);
  const covered = range !== null && order.found && range.readAt > order.updatedAt + COMMIT_MARGIN_MS;
  return covered ? range.readAt : order.polledAt;
}

/** How far the clocks of two invocations may lie apart. */
const CLOCK_SKEW_MS = 5000;

/**
 * Whether an answer that was asked for at `askedAt` comes after a later poll of the order that is known at `now`. (A later
 * write to the order itself is kept out by its version.)
 */
export function isOvertaken({ cadence, key }: CoveredOrder, askedAt: number, coverage: Coverage, now: number): boolean {
  const range = cadence === null ? null : rangeOf(coverage, cadence, key);
  // A range from later than now comes from a clock that was set back since; it says nothing of what is late.
  return range !== null && range.askedAt > askedAt && range.askedAt <= now + CLOCK_SKEW_MS;
}

/**
 * By how much the latest look at one of these orders, read at `readAt`, came after its cadence, in ms; null where none tells:
 * of an order that somebody has written since its last look, nobody knows when that was.
 */
export function latenessOf(
  orders: readonly (CoveredOrder & { readonly polledAt: number | null; readonly updatedAt: number })[],
  coverage: Coverage,
  readAt: number,
): number | null {
  let latest: number | null = null;
  for (const { cadence, key, polledAt, updatedAt } of orders) {
    if (cadence === null) continue;
    const range = rangeOf(coverage, cadence, key);
    const isCovered = range !== null && range.readAt > updatedAt + COMMIT_MARGIN_MS;
    const lookedAt = isCovered ? range.readAt : polledAt === updatedAt ? polledAt : null;
    if (lookedAt !== null) latest = Math.max(latest ?? 0, readAt - lookedAt - cadence * MINUTE_MS);
  }
  return latest;
}

/** A part of a bucket that a page was read from: keys above `after`, phases below `to`. `complete`: all of it is on the page. */
export type ReadPart = { readonly cadence: Cadence; readonly after: BucketKey; readonly to: number; readonly complete: boolean };

/** An order that was read; `askedAt` is null for one that was not answered in time. */
export type ReadOrder = CoveredOrder & { readonly askedAt: number | null };

/** Ranges further ahead than this come from a clock that was set back since, and are dropped. */
const MAX_RANGE_AHEAD_MS = 15 * MINUTE_MS;

/** The parts and orders that a poll run has read, and when. */
export type ReadRun = { readonly parts: readonly ReadPart[]; readonly orders: readonly ReadOrder[]; readonly readAt: number };

/** The coverage with what a poll run has added to it: in each part the unbroken runs of orders that were answered. */
export function withPolled(coverage: Coverage, { parts, orders, readAt }: ReadRun, now: number): Coverage {
  const believed = coverage.filter((range) => range.readAt <= now + MAX_RANGE_AHEAD_MS);
  return parts.flatMap((part) => runsOf(part, orders, readAt)).reduce<Coverage>(withRange, believed);
}

export function isInPart({ cadence, after, to }: Omit<ReadPart, "complete">, order: CoveredOrder): boolean {
  return order.cadence === cadence && compareKeys(after, order.key) < 0 && order.key[0] < to;
}

function runsOf(part: ReadPart, read: readonly ReadOrder[], readAt: number): PolledRange[] {
  const { cadence, after, to, complete } = part;
  const orders = read.filter((order) => isInPart(part, order)).toSorted((a, b) => compareKeys(a.key, b.key));
  const runs: PolledRange[] = [];
  let run = null as { cadence: Cadence; after: BucketKey; upTo: BucketKey; readAt: number; askedAt: number } | null;
  let start = after;
  for (const { key, askedAt } of orders) {
    // planted: unanswered-ends-run
    if (askedAt === null) {
      if (run !== null) runs.push(run);
      run = null;
      start = key;
    } else if (run === null) {
      run = { cadence, after: start, upTo: key, readAt, askedAt };
    } else {
      run.upTo = key;
      run.askedAt = Math.max(askedAt, run.askedAt);
    }
  }
  if (run !== null) runs.push(complete ? { ...run, upTo: [to, "", 0] } : run);
  return runs;
}

/** The coverage with a range laid over it. Where two overlap the later one counts, whichever came first. */
export function withRange(coverage: Coverage, laid: PolledRange): PolledRange[] {
  let news: PolledRange[] = [laid];
  const kept: PolledRange[] = [];
  for (const range of coverage) {
    if (range.cadence !== laid.cadence) kept.push(range);
    else if (range.readAt > laid.readAt) {
      kept.push(range);
      news = news.flatMap((piece) => without(piece, range));
    } else kept.push(...without(range, laid));
  }
  return coarsened(joined([...kept, ...news].toSorted(byPlace)));
}

/** What is left of a range's stretch when another's is taken out of it. */
function without(range: PolledRange, taken: PolledRange): PolledRange[] {
  if (compareKeys(taken.upTo, range.after) <= 0 || compareKeys(range.upTo, taken.after) <= 0) return [range];
  const pieces: PolledRange[] = [];
  if (compareKeys(range.after, taken.after) < 0) pieces.push({ ...range, upTo: taken.after });
  if (compareKeys(taken.upTo, range.upTo) < 0) pieces.push({ ...range, after: taken.upTo });
  return pieces;
}

function byPlace(a: PolledRange, b: PolledRange): number {
  return a.cadence - b.cadence || compareKeys(a.after, b.after);
}

/** Neighbours of one time become one. */
function joined(sorted: readonly PolledRange[]): PolledRange[] {
  const result: PolledRange[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last !== undefined && touches(last, range) && last.readAt === range.readAt) {
      result[result.length - 1] = merged(last, range);
    } else result.push(range);
  }
  return result;
}

/** Over the limit, the neighbours closest in time become one, at the earlier time: never fresher than the truth. */
function coarsened(sorted: PolledRange[]): PolledRange[] {
  const result = sorted;
  while (result.length > MAX_RANGES) {
    let best = -1;
    let gap = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < result.length; i++) {
      const [a, b] = [result[i] as PolledRange, result[i + 1] as PolledRange];
      if (touches(a, b) && Math.abs(a.readAt - b.readAt) < gap) [best, gap] = [i, Math.abs(a.readAt - b.readAt)];
    }
    if (best === -1)
      return result
        .toSorted((a, b) => b.readAt - a.readAt)
        .slice(0, MAX_RANGES)
        .toSorted(byPlace);
    result.splice(best, 2, merged(result[best] as PolledRange, result[best + 1] as PolledRange));
  }
  return result;
}

function touches(a: PolledRange, b: PolledRange): boolean {
  return a.cadence === b.cadence && compareKeys(a.upTo, b.after) === 0;
}

function merged(a: PolledRange, b: PolledRange): PolledRange {
  return {
    cadence: a.cadence,
    after: a.after,
    upTo: b.upTo,
    readAt: Math.min(a.readAt, b.readAt),
    askedAt: Math.max(a.askedAt, b.askedAt),
  };
}
