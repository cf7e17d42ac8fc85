/** Ways to look at an order until its end is seen, and what each costs and misses. Pure. */
import { cadenceOf } from "../../src/domain/poll-cadence.ts";
import { type Cadence, nextMinuteDue, PHASES } from "../../src/domain/poll-pacing.ts";
import { learnedWindows } from "../../src/domain/service-history.ts";
import type { Status } from "../../src/domain/status.ts";
import { MINUTE_MS, minuteOf } from "../../src/domain/time.ts";
import type { OrderState } from "../../src/domain/order.ts";
import { stateAt } from "../../simulator/life.ts";
import { type Bound, type Schedule, scheduleOf, type Stretch, stretchesOf } from "./learned.ts";
import { freshState } from "./fresh.ts";
import { type Followed, type Service, TODAY } from "./lives.ts";

/** Of one order: looks until its end was seen, the minutes since that end, and writes of a cadence that nothing else was written with. */
export type Seen = { readonly looks: number; readonly delay: number; readonly writes: number };
export type Policy = (service: Service) => (order: Followed) => Seen;

/** Looks as often as the square root of the hazard says, at any moment: the least mean delay for a number of looks. */
export function freePolicy(price: number): Policy {
  return ({ days }) => {
    const stretches = stretchesOf(days);
    return (order) => seenFreely(order, stretches, price);
  };
}

function seenFreely({ placedAt, endedAt, phase }: Followed, stretches: readonly Stretch[], price: number): Seen {
  const ended = (endedAt - placedAt) / MINUTE_MS;
  let [age, looks, toNext] = [0, 0, 1 - phase / PHASES];
  for (const { until, hazard } of stretches) {
    const rate = Math.sqrt(hazard / (2 * price));
    while (age + toNext / rate <= until) {
      age += toNext / rate;
      [looks, toNext] = [looks + 1, 1];
      if (age >= ended) return { looks, delay: age - ended, writes: 0 };
    }
    toNext -= (until - age) * rate;
    age = until;
  }
  throw new RangeError("the last stretch has no end");
}

/** The product's five cadences, chosen by what was learned; `bound` says how seldom at most. */
export function schedulePolicy(price: number, bound: Bound): Policy {
  return ({ days }) => {
    const schedule = scheduleOf(stretchesOf(days), price, bound);
    return (order) => seen(order, (_, age) => cadenceIn(schedule, age));
  };
}

function cadenceIn(schedule: Schedule, age: number): Cadence {
  return schedule.find(({ until }) => age < until)?.cadence ?? 1;
}

/** The product as it is: `cadenceOf`, with the start window that its history has taught. */
export function productPolicy({ learns }: { readonly learns: boolean }): Policy {
  return ({ days }) => {
    const startWindowMs = learns ? learnedWindows(days, TODAY).startMs : null;
    return (order) => {
      const fresh = freshState(order.placedAt);
      return seen(order, (status, age) => todayCadence({ ...fresh, status, polledAt: order.placedAt }, age, startWindowMs));
    };
  };
}

function todayCadence(state: OrderState, age: number, startWindowMs: number | null): Cadence {
  return cadenceOf(state, { startWindowMs, correctionWindowMs: 0, asksMany: false }, state.placedAt + age * MINUTE_MS) ?? 1;
}

/** How seldom the product looks at an order under way of such an age. */
export const TODAYS_BOUND: Bound = (age) => todayCadence({ ...freshState(0), status: "in_progress", polledAt: 0 }, age, null);

const RELAXED_MINUTES = 15;

/** Today's, but that a young order of a known service may wait as long as one of six hours does. */
export const RELAXED_BOUND: Bound = (age) => Math.max(RELAXED_MINUTES, TODAYS_BOUND(age));

/** The product's ticks and phases: a look at whole minutes, and the next cadence by what it tells. */
function seen({ life, placedAt, endedAt, phase }: Followed, cadenceAt: (status: Status, age: number) => Cadence): Seen {
  let [looks, writes, cadence, minute]: [number, number, Cadence, number] = [0, 0, 1, minuteOf(placedAt) + 1];
  let was: Status | null = null;
  for (;;) {
    minute = nextMinuteDue(null, cadence, phase, minute);
    const at = minute * MINUTE_MS;
    looks += 1;
    if (at >= endedAt) return { looks, delay: (at - endedAt) / MINUTE_MS, writes };
    const { status } = stateAt(life, at);
    const next = cadenceAt(status, (at - placedAt) / MINUTE_MS);
    if (next !== cadence && status === was) writes += 1;
    [was, cadence, minute] = [status, next, minute + 1];
  }
}

/** One interval for all orders whatever they are, each at a phase of its own. */
export function seenAtIntervals({ placedAt, endedAt, phase }: Followed, interval: number): Seen {
  const ended = (endedAt - placedAt) / MINUTE_MS;
  const first = phase / PHASES;
  const before = Math.max(0, Math.ceil(ended / interval - first));
  return { looks: before + 1, delay: (before + first) * interval - ended, writes: 0 };
}
