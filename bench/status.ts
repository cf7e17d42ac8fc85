/** What `status` of a hundred orders costs at the door that panel scripts use. */
import type { Usage } from "../src/store/operations/metered.ts";
import { ratioOf, type Spread, spreadOf } from "./figures.ts";
import type { Inside } from "./inside.ts";
import type { Product } from "./product.ts";
import type { Step } from "./progress.ts";

export type StatusCost = {
  /** The first time that the ended orders among them are told, and any other time. */
  readonly first: Usage;
  readonly again: Usage;
};

export type StatusRate = {
  readonly requests_per_second: Spread;
  /** To the same for an answer that asks no database, from the same Worker. */
  readonly to_no_database: Spread;
};

const IDS = 100;
const REQUESTS = 50;
/** Orders that nothing else here uses. */
const FIRST_ORDER = 1_000_001;

export const STATUS_COST_STEPS = 1;

/** Rows and calls, inside the bench's Worker: the product counts them in its sweeps only. All orders have ended. */
export async function measureStatusCost(inside: Inside, step: Step): Promise<StatusCost> {
  step("what status costs");
  await inside.addOrders(FIRST_ORDER, IDS);
  await inside.time({ way: "product", news: "changed", first: FIRST_ORDER, batch: IDS, batches: 1 });
  const ids = Array.from({ length: IDS }, (_, i) => String(FIRST_ORDER + i));
  return { first: await inside.statusCost(ids), again: await inside.statusCost(ids) };
}

const STEP_WEIGHT = 3;

export function statusRateSteps(repetitions: number): number {
  return (repetitions + 1) * STEP_WEIGHT;
}

/** Requests one after the other, by turns with ones that need no database. The first repetition does not count. */
export async function measureStatusRate(
  { url, panelKey }: Product,
  orderIds: readonly string[],
  repetitions: number,
  step: Step,
): Promise<StatusRate> {
  const fields = new URLSearchParams({ key: panelKey, action: "status", orders: orderIds.slice(0, IDS).join(",") });
  const [status, nothing] = [[] as number[], [] as number[]];
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    step("status, request by request", STEP_WEIGHT);
    const [rate, bare] = [await rateOf(`${url}/api/v2?${fields.toString()}`, '"Partial"'), await rateOf(`${url}/v1/statuses`, '"partial"')];
    if (repetition === 0) continue;
    status.push(rate);
    nothing.push(bare);
  }
  return { requests_per_second: spreadOf(status), to_no_database: ratioOf(status, nothing) };
}

/** Requests per second. Throws when an answer is not a good one, which has `word` in it. */
async function rateOf(url: string, word: string): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < REQUESTS; i++) {
    const response = await fetch(url);
    const text = await response.text();
    if (!response.ok || !text.includes(word)) throw new Error(`${response.status}: ${text.slice(0, 200)}`);
  }
  return (REQUESTS / (performance.now() - startedAt)) * 1000;
}
