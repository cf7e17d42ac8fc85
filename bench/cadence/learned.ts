/** What a service's history says of where its orders end, and when to look, given that. Pure. */
import { CADENCES, type Cadence } from "../../src/domain/poll-pacing.ts";
import { type ServiceDays, STEPS } from "../../src/domain/service-history.ts";
import { TODAY } from "./lives.ts";

/** A stretch of an order's age, in minutes, in which an end is equally likely in each minute. */
export type Stretch = {
  readonly until: number;
  /** The share of those still under way that end in a minute. */
  readonly hazard: number;
  /** Of all orders: how many end in it, and the minutes that they spend in it. */
  readonly ends: number;
  readonly minutes: number;
};

const LEARNED_DAYS = 30;
/** Ages at which today's cadence changes. */
const AGES = [30, 360, 1440];
/** So that a step in which nothing has ended yet is not taken for one in which nothing can end. */
const DOUBT = 0.3;

export function stretchesOf(days: ServiceDays): readonly Stretch[] {
  const recent = Object.entries(days).flatMap(([day, { ends }]) => (Number(day) > TODAY - LEARNED_DAYS ? [ends] : []));
  const counts = [...STEPS, Infinity].map((_, step) => recent.reduce((sum, ends) => sum + (ends[step] ?? 0), 0));
  let left = counts.reduce((sum, count) => sum + count, 0);
  let [from, alive] = [0, 1];
  return counts.flatMap((count, step) => {
    const until = STEPS[step] ?? Infinity;
    // The last step has no end; it is taken as long as the one before it would be next.
    const width = Number.isFinite(until) ? until - (STEPS[step - 1] ?? 0) : (STEPS.at(-1) ?? 0) / 2;
    const hazard = (count + DOUBT) / ((left - count / 2 + 2 * DOUBT) * width);
    left -= count;
    return [...AGES.filter((age) => age > from && age < until), until].map((to): Stretch => {
      const ends = alive * (1 - Math.exp(-hazard * (to - from)));
      [from, alive] = [to, alive - ends];
      return { until: to, hazard, ends, minutes: ends / hazard };
    });
  });
}

export type Schedule = readonly { readonly until: number; readonly cadence: Cadence }[];
/** No look may come later than this allows at such an age, in minutes. */
export type Bound = (age: number) => number;

/** An order's cadence is written by itself at most so often. The first one comes with its first answer, which is written anyway. */
export const MOST_WRITES = 4;

type Way = { readonly cost: number; readonly cadences: readonly Cadence[] };

/** The cheapest schedule of the product's cadences: minutes of delay, and `price` minutes for each look. By dynamic programming. */
export function scheduleOf(stretches: readonly Stretch[], price: number, bound: Bound): Schedule {
  let ways = new Map<string, Way>([["0", { cost: 0, cadences: [] }]]);
  let from = 0;
  for (const { until, ends, minutes } of stretches) {
    const allowed = CADENCES.filter((cadence) => cadence <= bound(from));
    const next = new Map<string, Way>();
    for (const [key, way] of ways) {
      for (const cadence of allowed) {
        const writes = Number(key.split(" ")[0]) + (way.cadences.length > 0 && way.cadences.at(-1) !== cadence ? 1 : 0);
        const cost = way.cost + (ends * cadence) / 2 + (price * minutes) / cadence;
        const nextKey = `${writes} ${cadence}`;
        if (writes <= MOST_WRITES && cost < (next.get(nextKey)?.cost ?? Infinity)) {
          next.set(nextKey, { cost, cadences: [...way.cadences, cadence] });
        }
      }
    }
    [ways, from] = [next, until];
  }
  const [best] = [...ways.values()].toSorted((a, b) => a.cost - b.cost);
  return stretches.map(({ until }, i) => ({ until, cadence: best?.cadences[i] ?? 1 }));
}
