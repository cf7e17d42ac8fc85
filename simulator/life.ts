/**
 * The life of an order, decided when it is placed. Pure: the same seed, provider, order id, quantity and
 * time of placing give the same life, and the life and a moment give what a provider would say then.
 */
import { drawsOf } from "./draws.ts";
import type { Flap, Literal, Status, Step } from "./course.ts";
import { courseOf, DEMO_MIX, kindFor, type LifeKind, type Mix } from "./kinds.ts";

export interface Life {
  readonly kind: LifeKind | "scripted" | "multi";
  readonly quantity: number;
  readonly startCount: number;
  readonly steps: readonly [Step, ...Step[]];
  readonly flaps: readonly Flap[];
}

export interface State {
  readonly status: Status | "unknown";
  readonly remains: number | null;
  readonly start_count: number | null;
  readonly literal?: Literal;
}

/** An order as it was placed; `placedAt` in epoch ms. */
export interface PlacedOrder {
  readonly provider: string;
  readonly id: number | string;
  readonly quantity: number;
  readonly placedAt: number;
}

export function lifeOf(seed: number, { provider, id, quantity, placedAt }: PlacedOrder, mix: Mix = DEMO_MIX): Life {
  const draws = drawsOf(seed, provider, id, "life");
  const kind = kindFor(draws.weighted(mix), quantity);
  const startCount = draws.between(0, 60_000);
  const course = courseOf(kind, { draws, quantity, placedAt });
  return { kind, quantity, startCount, steps: course.steps, flaps: course.flaps ?? [] };
}

/** What is true of the order at `nowMs`, flaps left out. Before its first step an order is as in its first step. */
export function stateAt(life: Life, nowMs: number): State {
  const index = Math.max(
    0,
    life.steps.findLastIndex((step) => step.at <= nowMs),
  );
  const step = life.steps[index] ?? life.steps[0];
  return {
    status: step.status,
    remains: remainsIn(step, life.steps[index + 1], nowMs),
    start_count: startCountIn(step, life),
    ...(step.literal && { literal: step.literal }),
  };
}

/** The moment after which nothing about the order changes any more, in epoch milliseconds. */
export function settledAt(life: Life): number {
  return (life.steps.at(-1) ?? life.steps[0]).at;
}

/** What the order ends as. */
export function finalState(life: Life): State {
  return stateAt(life, settledAt(life));
}

/** What the provider says in its nth answer since the order settled (0: not settled yet), flaps included. */
export function toldState(life: Life, nowMs: number, answersSinceSettled: number): State {
  const state = stateAt(life, nowMs);
  const flap = life.flaps.find(({ answer }) => answer === answersSinceSettled);
  return flap ? { ...state, status: flap.status, remains: flap.remains } : state;
}

/** The life of an order whose cancel was granted: as told so far, then canceled with what remained. */
export function canceledLife(life: Life, nowMs: number, canceledAt: number): Life {
  const { remains } = stateAt(life, nowMs);
  const [first, ...rest] = life.steps;
  return {
    ...life,
    steps: [first, ...rest.filter((step) => step.at <= nowMs), { at: canceledAt, status: "canceled", remains }],
    flaps: [],
  };
}

function remainsIn(step: Step, next: Step | undefined, nowMs: number): number | null {
  if (step.remains === null || step.remainsAtEnd === undefined || !next) return step.remains;
  const passed = Math.min(1, Math.max(0, (nowMs - step.at) / (next.at - step.at)));
  return step.remains - Math.floor((step.remains - step.remainsAtEnd) * passed);
}

function startCountIn(step: Step, life: Life): number | null {
  if (step.startCount !== undefined) return step.startCount;
  return step.status === "pending" ? 0 : life.startCount;
}
