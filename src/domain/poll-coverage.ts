/**
 * When an order was last looked at, without a write an order: marks say "this stretch of this lane was polled at t".
 */
import type { Cadence } from "./poll-pacing.ts";

/** An order's place in its lane: phase first, then panel and number. `[p, "", 0]` lies before all orders of phase p. */
export type BucketKey = readonly [phase: number, panel: string, n: number];

/**
 * Every order of a cadence whose key lies in (after, upTo] was asked about. `readAt` is when the list of them was
 * read, so that an order that joined the lane later does not count as asked; `askedAt` is when the latest of the
 * calls was sent, so that an answer to an older call is known as late. Both in epoch ms.
 */
export type PolledRange = {
  readonly cadence: Cadence;
  readonly after: BucketKey;
  readonly upTo: BucketKey;
  readonly readAt: number;
  readonly askedAt: number;
};

/** One slot of each cadence minute makes 441; the rest is room for pages that were cut. About 40 bytes each. */
const MAX_RANGES = 600;

export function compareKeys(a: BucketKey, b: BucketKey): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] - b[2];
}

/** The mark that covers an order, or null when its stretch of the lane has not been polled. */
export function rangeOf(marks: readonly PolledRange[], cadence: Cadence, key: BucketKey): PolledRange | null {
  return marks.find((mark) => mark.cadence === cadence && compareKeys(mark.after, key) < 0 && compareKeys(key, mark.upTo) <= 0) ?? null;
}

/**
 * A write's time is taken before it is committed; a list read in between does not have the order where the write
 * put it. So a mark counts for an order only if it is later than the order's last write by more than a commit takes.
 */
const COMMIT_MARGIN_MS = 30_000;

/**
 * When an order was last known to be checked, in epoch ms; null when never. Never later than the truth: where the
 * mark does not surely cover the order, the last answer that was written for it counts.
 */
export function checkedAt(
  order: { readonly polledAt: number | null; readonly updatedAt: number; readonly found: boolean },
  mark: PolledRange | null,
): number | null {
  const covered = mark !== null && order.found && mark.readAt > order.updatedAt + COMMIT_MARGIN_MS;
  return covered ? mark.readAt : order.polledAt;
}

/** Marks with a new one laid over them. Where two overlap the later one counts, whichever came first. */
export function withRange(marks: readonly PolledRange[], laid: PolledRange): PolledRange[] {
  let news: PolledRange[] = [laid];
  const kept: PolledRange[] = [];
  for (const mark of marks) {
    if (mark.cadence !== laid.cadence) kept.push(mark);
    else if (mark.readAt > laid.readAt) {
      kept.push(mark);
      news = news.flatMap((piece) => without(piece, mark));
    } else kept.push(...without(mark, laid));
  }
  return coarsened(joined([...kept, ...news].toSorted(byPlace)));
}

/** What is left of a mark's stretch when another's is taken out of it. */
function without(mark: PolledRange, taken: PolledRange): PolledRange[] {
  if (compareKeys(taken.upTo, mark.after) <= 0 || compareKeys(mark.upTo, taken.after) <= 0) return [mark];
  const pieces: PolledRange[] = [];
  if (compareKeys(mark.after, taken.after) < 0) pieces.push({ ...mark, upTo: taken.after });
  if (compareKeys(taken.upTo, mark.upTo) < 0) pieces.push({ ...mark, after: taken.upTo });
  return pieces;
}

function byPlace(a: PolledRange, b: PolledRange): number {
  return a.cadence - b.cadence || compareKeys(a.after, b.after);
}

/** Neighbours of one time become one. */
function joined(sorted: readonly PolledRange[]): PolledRange[] {
  const result: PolledRange[] = [];
  for (const mark of sorted) {
    const last = result.at(-1);
    if (last !== undefined && touches(last, mark) && last.readAt === mark.readAt) {
      result[result.length - 1] = merged(last, mark);
    } else result.push(mark);
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
