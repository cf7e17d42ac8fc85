/**
 * What a service's past orders teach: how they ended, and how long they took until they started and until they ended. Kept
 * by UTC day as counts by steps of time, so that a few rows hold any number of orders. Pure.
 */
import { MINUTE_MS } from "./time.ts";
import { type FinalStatus, isFinal, type Status } from "./status.ts";

/** The upper bound of each step in minutes, each one half as long again as the one before; the last step has no end. */
export const STEPS = [
  1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450, 675, 1000, 1500, 2250, 3400, 5100, 7600, 11_400, 17_000,
] as const;

/** Days that are kept: a quarter, and the one before it to compare with. */
export const KEPT_DAYS = 190;
/** What is learned is of so many days, and of so many orders at least. */
const LEARNED_DAYS = 30;
const ENOUGH = 20;
/** From one step to the next is half as much again: a window is no finer than that, and never shorter than this. */
const SHORTEST_WINDOW_MINUTES = 15;
/** Orders of two days that ended badly: so many of so many are no accident. */
const BAD_DAYS = 2;
const BAD_ORDERS = 10;
const BAD_SHARE = 0.4;

/** Orders by step: how many took so long, by the step's index. */
type Counts = Readonly<Record<string, number>>;

/** One day of a service: orders that ended, by how; and how long it took them. */
export type ServiceDay = {
  readonly completed: number;
  readonly partial: number;
  readonly canceled: number;
  readonly starts: Counts;
  readonly ends: Counts;
};

/** By UTC day since the epoch. */
export type ServiceDays = Readonly<Record<string, ServiceDay>>;

/** A step that an order has made, as the feed tells it. Times in epoch ms. */
export type StatusStep = { readonly was: Status; readonly status: Status; readonly placedAt: number; readonly at: number };

const NO_DAY: ServiceDay = { completed: 0, partial: 0, canceled: 0, starts: {}, ends: {} };

/**
 * The days with some more steps. An order starts when it is first in progress, and ends with its first final status; what a
 * provider corrects later changes nothing here.
 */
export function withSteps(days: ServiceDays, steps: readonly StatusStep[], dayOf: (at: number) => number): ServiceDays {
  const next: Record<string, ServiceDay> = { ...days };
  for (const step of steps) {
    const day = String(dayOf(step.at));
    next[day] = withStep(next[day] ?? NO_DAY, step);
  }
  const newest = Math.max(...Object.keys(next).map(Number));
  return Object.fromEntries(Object.entries(next).filter(([day]) => Number(day) > newest - KEPT_DAYS));
}

/** How an order ended with this step, if it did: with its first final status. */
export function endOf({ was, status }: Pick<StatusStep, "was" | "status">): FinalStatus | null {
  return isFinal(status) && !isFinal(was) ? status : null;
}

function withStep(day: ServiceDay, { was, status, placedAt, at }: StatusStep): ServiceDay {
  const step = stepOf(Math.max(0, at - placedAt) / MINUTE_MS);
  if (status === "in_progress" && (was === "pending" || was === "processing")) return { ...day, starts: counted(day.starts, step) };
  const end = endOf({ was, status });
  if (end === null) return day;
  const outcome = end === "refunded" ? "canceled" : end;
  return { ...day, [outcome]: day[outcome] + 1, ends: counted(day.ends, step) };
}

function stepOf(minutes: number): number {
  const step = STEPS.findIndex((bound) => minutes <= bound);
  return step === -1 ? STEPS.length : step;
}

function counted(counts: Counts, step: number): Counts {
  return { ...counts, [step]: (counts[step] ?? 0) + 1 };
}

export type Spread = { readonly medianMinutes: number; readonly p90Minutes: number };

/** How a service did in some days. Spreads are upper bounds of steps; null where no order tells, or where it took over 17,000 minutes. */
export type ServiceFigures = {
  readonly orders: number;
  readonly partial: number;
  readonly canceled: number;
  readonly start: Spread | null;
  readonly end: Spread | null;
};

/** The figures of the days from `from` until before `to`, of all panels' histories together. */
export function figuresOf(histories: readonly ServiceDays[], from: number, to: number): ServiceFigures {
  const days = histories.flatMap((history) =>
    Object.entries(history).flatMap(([day, figures]) => (Number(day) >= from && Number(day) < to ? [figures] : [])),
  );
  const sum = (of: (day: ServiceDay) => number): number => days.reduce((all, day) => all + of(day), 0);
  return {
    orders: sum(({ completed, partial, canceled }) => completed + partial + canceled),
    partial: sum(({ partial }) => partial),
    canceled: sum(({ canceled }) => canceled),
    start: spreadOf(days.map(({ starts }) => starts)),
    end: spreadOf(days.map(({ ends }) => ends)),
  };
}

function spreadOf(all: readonly Counts[]): Spread | null {
  const [medianMinutes, p90Minutes] = [percentileOf(all, 0.5), percentileOf(all, 0.9)];
  return medianMinutes === null || p90Minutes === null ? null : { medianMinutes, p90Minutes };
}

function countOf(all: readonly Counts[]): number {
  return all.reduce((sum, counts) => sum + Object.values(counts).reduce((a, b) => a + b, 0), 0);
}

/** The bound of the step in which so many of the orders are reached; null for none, and for the step without an end. */
function percentileOf(all: readonly Counts[], share: number): number | null {
  const wanted = Math.ceil(countOf(all) * share);
  if (wanted === 0) return null;
  let reached = 0;
  for (const [step, bound] of STEPS.entries()) {
    for (const counts of all) reached += counts[step] ?? 0;
    if (reached >= wanted) return bound;
  }
  return null;
}

/** What new orders may take, in ms; null where too few orders have told. */
export type LearnedWindows = { readonly startMs: number | null; readonly durationMs: number | null };

/** Nine of ten orders of the last thirty days started, and ended, in so long. The duration counts from the latest start. */
export function learnedWindows(days: ServiceDays, today: number): LearnedWindows {
  const recent = recentDays(days, today, LEARNED_DAYS);
  const [starts, ends] = [recent.map((day) => day.starts), recent.map((day) => day.ends)];
  const start = countOf(starts) < ENOUGH ? null : percentileOf(starts, 0.9);
  const end = countOf(ends) < ENOUGH ? null : percentileOf(ends, 0.9);
  const startMinutes = start === null ? null : Math.max(start, SHORTEST_WINDOW_MINUTES);
  const duration = end === null ? null : Math.max(end - (startMinutes ?? 0), SHORTEST_WINDOW_MINUTES);
  return { startMs: startMinutes === null ? null : startMinutes * MINUTE_MS, durationMs: duration === null ? null : duration * MINUTE_MS };
}

/** Where too many orders of the last two days ended partial or canceled: how many, and of how many; else null. */
export function qualityOf(days: ServiceDays, today: number): { readonly bad: number; readonly of: number } | null {
  const recent = recentDays(days, today, BAD_DAYS);
  const bad = recent.reduce((sum, { partial, canceled }) => sum + partial + canceled, 0);
  const of = recent.reduce((sum, { completed, partial, canceled }) => sum + completed + partial + canceled, 0);
  return of >= BAD_ORDERS && bad >= of * BAD_SHARE ? { bad, of } : null;
}

function recentDays(days: ServiceDays, today: number, count: number): ServiceDay[] {
  return Object.entries(days).flatMap(([day, figures]) => (Number(day) > today - count && Number(day) <= today ? [figures] : []));
}
