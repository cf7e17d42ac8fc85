/** Two ways to look at the same orders, at the same number of looks. Pure. */
import type { Service } from "./lives.ts";
import { type Policy, type Seen, seenAtIntervals } from "./policies.ts";

/** Minutes from an end at the provider until it is seen. */
export type Delay = { readonly looks: number; readonly mean: number; readonly p95: number };
export type Compared = {
  readonly orders: number;
  readonly policy: Delay;
  /** The most writes of an order's cadence alone. */
  readonly writes: number;
  readonly interval: number;
  readonly fixed: Delay;
  readonly mean_ratio: number;
  readonly p95_ratio: number;
};

export function compared(services: readonly Service[], policyOf: Policy): Compared {
  const seen = services.flatMap((service) => service.orders.map(policyOf(service)));
  const policy = delayOf(seen);
  const interval = intervalFor(services, policy.looks);
  const fixed = delayOf(atIntervals(services, interval));
  return {
    orders: seen.length,
    policy,
    writes: seen.reduce((most, { writes }) => Math.max(most, writes), 0),
    interval,
    fixed,
    mean_ratio: policy.mean / fixed.mean,
    p95_ratio: policy.p95 / fixed.p95,
  };
}

const HALVINGS = 50;
const LONGEST_INTERVAL = 10_000;

/** The longest interval, in minutes, that makes so many looks at least: the doubt is the interval's. */
function intervalFor(services: readonly Service[], looks: number): number {
  let [low, high] = [1 / 60, LONGEST_INTERVAL];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = Math.sqrt(low * high);
    if (delayOf(atIntervals(services, middle)).looks >= looks) low = middle;
    else high = middle;
  }
  return low;
}

function atIntervals(services: readonly Service[], interval: number): Seen[] {
  return services.flatMap(({ orders }) => orders.map((order) => seenAtIntervals(order, interval)));
}

function delayOf(seen: readonly Seen[]): Delay {
  const delays = Float64Array.from(seen, ({ delay }) => delay).toSorted();
  return {
    looks: seen.reduce((sum, { looks }) => sum + looks, 0),
    mean: delays.reduce((sum, delay) => sum + delay, 0) / delays.length,
    p95: delays[Math.floor(delays.length * 0.95)] ?? 0,
  };
}
