/**
 * Late news: what is shown of an order was true of it at its provider at some time, and each time later than the one
 * before (checks.md, R12).
 */
import type { Life } from "../simulator/life.ts";
import type { Row } from "./steps.ts";

/** The first moment at which what is shown now can have been true; null when it was not, since `seen`. */
export function trueSince(life: Life, before: Row, after: Row, seen: number, now: number): number | null {
  const status = after["status"];
  // One answer that lies is part of such a life, and so is one that is believed at the second time.
  if (life.flaps.length > 0 || status === "unknown") return seen;
  if (before["status"] === status) return grew(before, after) ? null : seen;
  const stretches = life.steps.map((step, i) => ({ step, until: life.steps[i + 1]?.at ?? Infinity }));
  const stretch = stretches.find(({ step, until }) => step.status === status && until > seen && step.at <= now);
  return stretch === undefined ? null : Math.max(seen, stretch.step.at);
}

/** What is left of an order under way never grows. */
function grew(before: Row, after: Row): boolean {
  const [was, is, all] = [before["remains"], after["remains"], after["quantity"]];
  return (
    after["status"] === "in_progress" && typeof was === "number" && typeof is === "number" && is > was && is <= Number(all ?? Infinity)
  );
}
