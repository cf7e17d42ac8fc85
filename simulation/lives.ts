/**
 * Lives that a provider's orders seldom have and money depends on: a final status that is really taken back and comes
 * again, or gives way to one that owes less; an error that lasts for hours, or comes after the end. They last long enough
 * for an order that is looked at every hour.
 */
import type { Step } from "../simulator/course.ts";
import { type Life, stateAt } from "../simulator/life.ts";
import type { Draws } from "./draws.ts";
import { MINUTE_MS } from "./system.ts";

type Status = Step["status"];
/** So many minutes after what came before it, the order is so; `remains` as a share of the quantity. */
type Turn = { readonly after: readonly [least: number, most: number]; readonly status: Status; readonly remains: number };

const SOON = [2, 40] as const;
/** Longer than the hour between two looks at an ended order. */
const FOR_GOOD = [65, 90] as const;
const LATER = [15, 40] as const;

const TURNS: Readonly<Record<string, (draws: Draws) => readonly Turn[]>> = {
  /** Ended, under way again, and ended for good. */
  bounced: (draws) => [
    { after: SOON, ...end(draws, ["canceled", "partial", "refunded"]) },
    { after: LATER, status: "in_progress", remains: 0.9 },
    { after: FOR_GOOD, ...end(draws, ["canceled", "canceled", "partial"]) },
  ],
  /** One end gives way to another that owes less, and in the end to one that owes more. */
  overruled: (draws) => [
    { after: SOON, ...end(draws, ["canceled", "partial"]) },
    { after: FOR_GOOD, status: "partial", remains: draws.between(1, 9) / 10 },
    { after: FOR_GOOD, ...end(draws, ["canceled", "partial", "completed"]) },
  ],
  /** Ended, then in error, then under way after all. */
  faulted: (draws) => [
    { after: SOON, ...end(draws, ["canceled", "partial"]) },
    { after: LATER, status: "error", remains: 0.9 },
    { after: [130, 140], status: "in_progress", remains: 0.9 },
    { after: FOR_GOOD, ...end(draws, ["completed", "canceled"]) },
  ],
  /** In error for hours before it ends. */
  stuck: (draws) => [
    { after: SOON, status: "error", remains: 0.9 },
    { after: [150, 260], ...end(draws, ["canceled", "completed", "partial"]) },
  ],
};

/** These keep their first final status, so a script that acts on it is right. */
const LASTING = ["stuck"] as const;

function end(draws: Draws, statuses: readonly Status[]): Pick<Turn, "status" | "remains"> {
  const status = draws.pick(statuses);
  return { status, remains: status === "canceled" ? 1 : status === "completed" ? 0 : draws.between(1, 9) / 10 };
}

/** Another life of the same order: as it was until now, and then one of these. `isLasting`: its first end stays. */
export function turnedLife(life: Life, now: number, isLasting: boolean, draws: Draws): Life {
  const turns = TURNS[draws.pick(isLasting ? LASTING : Object.keys(TURNS))]?.(draws) ?? [];
  const { status, remains } = stateAt(life, now);
  const [first, ...later] = life.steps;
  const begun = [first, ...later.filter((step) => step.at <= now)];
  const present = begun.at(-1) ?? first;
  let at = Math.max(now, first.at);
  const steps = turns.map((turn): Step => {
    at += draws.between(...turn.after) * MINUTE_MS;
    const isWhole = turn.remains === 0 || turn.remains === 1;
    const part = Math.min(life.quantity - 1, Math.max(1, Math.floor(life.quantity * turn.remains)));
    return {
      at,
      status: life.quantity === 1 && turn.status === "partial" ? "canceled" : turn.status,
      remains: isWhole ? life.quantity * turn.remains : Math.max(part, 1),
    };
  });
  const current: Step = { at: present.at, status, remains };
  const past: Life["steps"] = present === first ? [current] : [first, ...begun.slice(1, -1), current];
  return { ...life, kind: "scripted", flaps: [], steps: [...past, ...steps] };
}
