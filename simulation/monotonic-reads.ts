/**
 * Monotonic reads: what is shown of an order was true of it at its provider at some time, and each time not before the one
 * shown earlier (docs/guarantees.md, R12).
 */
import type { Step } from "../simulator/course.ts";
import type { Life } from "../simulator/life.ts";
import type { Row } from "./steps.ts";

/** In these no number is shown but the one that came with the word. */
const FINAL: ReadonlySet<unknown> = new Set(["completed", "partial", "canceled", "refunded"]);

/** A span of time, in epoch ms. */
type Span = { readonly seen: number; readonly now: number };

/** The first moment since `seen` at which what is shown now can have been true; null when it was not, up to `now`. `bent`: its provider tells other numbers. */
export function trueSince(life: Life, shown: Row, { seen, now }: Span, bent: boolean): number | null {
  // One answer that lies is part of such a life.
  if (life.flaps.length > 0 || shown["status"] === "unknown") return seen;
  for (const [i, step] of life.steps.entries()) {
    if (step.status !== shown["status"]) continue;
    if (!bent && FINAL.has(step.status) && shown["remains"] !== null && shown["remains"] !== step.remains) continue;
    const { from, until } = whenTrue(step, life.steps[i + 1]?.at ?? Infinity, shown["remains"]);
    if (from <= now && until > seen) return Math.max(seen, from);
  }
  return null;
}

/** When so much remained, of a stretch of a life in which it falls; all of the stretch where that is not told. */
function whenTrue(step: Step, end: number, remains: unknown): { readonly from: number; readonly until: number } {
  const { at, remains: first, remainsAtEnd: last } = step;
  if (first === null || last === undefined || first === last || end === Infinity || typeof remains !== "number" || remains > first)
    return { from: at, until: end };
  const unitMs = (end - at) / (first - last);
  // A moment more at both ends: the share that has passed is rounded.
  return {
    from: at + (first - remains) * unitMs - 1,
    until: Math.max(at + (first - remains + 1) * unitMs, remains === last ? end : 0) + 1,
  };
}
