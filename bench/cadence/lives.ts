/** Services as slow and as quick as they come, their past orders, and new ones to be followed. All of it from one seed. */
import { dayOf, MINUTE_MS, minuteOf } from "../../src/domain/time.ts";
import { phaseOf, PHASES } from "../../src/domain/poll-pacing.ts";
import { type ServiceDays, type StatusStep, withSteps } from "../../src/domain/service-history.ts";
import { isFinal } from "../../src/domain/status.ts";
import { type Draws, drawsOf } from "../../simulator/draws.ts";
import { type Life, lifeOf } from "../../simulator/life.ts";

/** Services' median times lie log-normally about `medianMinutes`, and the orders of one service about its own median. */
export type Mix = {
  readonly name: string;
  readonly medianMinutes: number;
  readonly betweenServices: number;
  readonly withinService: number;
};

export type Followed = {
  readonly placedAt: number;
  /** When it first has a final status at its provider. */
  readonly endedAt: number;
  readonly life: Life;
  readonly phase: number;
};

/** A service: what its past orders have taught until `TODAY`, and its orders of that day. */
export type Service = { readonly days: ServiceDays; readonly orders: readonly Followed[] };

const SEED = 10;
/** Days since the epoch. */
export const TODAY = 20_500;
const DAY_MS = 24 * 60 * MINUTE_MS;
const PAST_DAYS = 60;
const PAST_ORDERS = 120;
const QUANTITY = 1000;

export function servicesOf(mix: Mix, services: number, ordersEach: number): readonly Service[] {
  return Array.from({ length: services }, (_, at): Service => {
    // One service at each of so many even shares, so that no draw makes the whole slow or quick.
    const share = (at + 0.5) / services;
    const median = mix.medianMinutes * Math.exp(mix.betweenServices * normalAt(share));
    const orderOf = (kind: string, n: number, from: number): Followed => {
      const draws = drawsOf(SEED, mix.name, at, kind, n);
      const days = from < TODAY ? PAST_DAYS : 1;
      const placedAt = from * DAY_MS + Math.floor(draws.unit() * days * DAY_MS);
      const minutes = Math.max(1, median * Math.exp(mix.withinService * normalOf(draws)));
      return followed({ placedAt, minutes, id: `${at} ${kind} ${n}`, phase: phaseOf(draws.between(1, PHASES)) });
    };
    const past = Array.from({ length: PAST_ORDERS }, (_none, n) => orderOf("past", n, TODAY - PAST_DAYS));
    const steps = past.flatMap(stepsOf).filter((step) => step.at < TODAY * DAY_MS);
    return {
      days: withSteps({}, steps, (time) => dayOf(minuteOf(time))),
      orders: Array.from({ length: ordersEach }, (_none, n) => orderOf("new", n, TODAY)),
    };
  });
}

type Plan = { readonly placedAt: number; readonly minutes: number; readonly id: string; readonly phase: number };

/** A life of the simulator, as much slower or quicker as its service is. */
function followed({ placedAt, minutes, id, phase }: Plan): Followed {
  const life = lifeOf(SEED, { provider: "acme", id, quantity: QUANTITY, placedAt });
  const end = life.steps.find(({ status }) => isFinal(status)) ?? life.steps[0];
  const factor = (minutes * MINUTE_MS) / (end.at - placedAt);
  const [first, ...rest] = life.steps.map((step) => ({ ...step, at: placedAt + Math.round((step.at - placedAt) * factor) }));
  if (first === undefined) throw new RangeError("a life has a step at least");
  return { placedAt, endedAt: placedAt + Math.round(minutes * MINUTE_MS), life: { ...life, steps: [first, ...rest] }, phase };
}

/** The steps of a life until its first end. */
function stepsOf({ life, placedAt, endedAt }: Followed): StatusStep[] {
  return life.steps.flatMap((step, i): StatusStep[] => {
    const was = life.steps[i - 1]?.status ?? "pending";
    return step.at > endedAt ? [] : [{ was, status: step.status, placedAt, at: step.at }];
  });
}

function normalOf(draws: Draws): number {
  return Math.sqrt(-2 * Math.log(1 - draws.unit())) * Math.cos(2 * Math.PI * draws.unit());
}

/** The normal deviate below which such a share lies, found by halving. */
function normalAt(share: number): number {
  let [low, high] = [-6, 6];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (shareBelow(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const HALVINGS = 40;

/** The share of a normal distribution below a deviate, within 10^-7 (Abramowitz and Stegun 26.2.17). */
function shareBelow(deviate: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(deviate));
  const terms = [0.319_381_53, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
  const above = (Math.exp((-deviate * deviate) / 2) / Math.sqrt(2 * Math.PI)) * terms.reduceRight((sum, term) => (sum + term) * t, 0);
  return deviate > 0 ? 1 - above : above;
}
