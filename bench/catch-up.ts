/**
 * How long it takes until thousands of orders that have all ended at their provider are shown as they ended, and what
 * that, and a round of polls that brings nothing, costs.
 */
import type { Totals } from "../scripts/demo/events.ts";
import { decimalOf, microsOf } from "../scripts/demo/money.ts";
import { refundDue } from "../scripts/demo/truth.ts";
import { chunksOf } from "../src/domain/chunks.ts";
import { OPEN_CALLS } from "../src/sync/limits.ts";
import { type Spread, spreadOf } from "./figures.ts";
import type { Minute, Product } from "./product.ts";
import type { Step } from "./progress.ts";
import type { Providers, Truth } from "./simulator.ts";

/** A minute in which all orders are due: how long it took, and what it cost. */
export type Round = {
  readonly news: "changed" | "unchanged";
  readonly orders: number;
  readonly latency_ms: number;
  /** From the tick to the last order. */
  readonly ms: Spread;
  /** The calls alone, over as many connections as an invocation has open. */
  readonly least_possible_ms: number;
  readonly to_least_possible: Spread;
  /** Medians from here on. */
  readonly polls: number;
  readonly calls: number;
  readonly messages: number;
  /** Per 1,000 orders. */
  readonly d1_calls: number;
  readonly d1_statements: number;
  readonly rows_read: number;
  readonly rows_written: number;
};

export type CatchUp = { readonly rounds: readonly Round[]; readonly orderIds: readonly string[] };

const LATENCY_MS = 100;
const IDS_A_CALL = 100;
const REGISTERED_AT_ONCE = 1000;
const CHARGE_MICROS_A_UNIT = 900n;
/** First answers, nothing new, everything new. */
export const MINUTES_A_REPETITION = 3;
/** How much of the progress one of the steps below is. */
const STEP_WEIGHT = 20;

export function catchUpSteps(repetitions: number): number {
  return repetitions * 4 * STEP_WEIGHT;
}

type Repetition = { readonly unchanged: Measured; readonly changed: Measured; readonly ids: readonly string[] };
/** The two sides that are measured, and where the progress is told. */
type Stage = { readonly product: Product; readonly providers: Providers; readonly step: Step };
type Measured = Minute & { readonly calls: number };

/** Follows `count` orders from placing to end, `repetitions` times, each time at another provider. */
export async function measureCatchUp(
  product: Product,
  providers: Providers,
  { repetitions, count }: { readonly repetitions: number; readonly count: number },
  step: Step,
): Promise<CatchUp> {
  const done: Repetition[] = [];
  for (let i = 1; i <= repetitions; i++) {
    done.push(await follow({ product, providers, step }, `p${i}`, count));
    // What has ended is still looked at once an hour.
    await product.admin.call("PUT", `/v1/providers/p${i}`, { enabled: false });
  }
  const roundWith = (news: Round["news"]): Round => {
    const minutes = done.map((each) => each[news]);
    return roundOf(news, count, minutes);
  };
  return { rounds: [roundWith("unchanged"), roundWith("changed")], orderIds: done.at(-1)?.ids ?? [] };
}

async function follow({ product, providers, step }: Stage, name: string, count: number): Promise<Repetition> {
  step(`placing ${count} orders and registering them`, STEP_WEIGHT);
  const { url, key } = await providers.add(name, LATENCY_MS);
  // Ten thousand orders that all end badly at once would rightly make the brake engage.
  await product.admin.call("PUT", `/v1/providers/${name}`, { url, key, brake: null });
  const placed = await providers.place(name, count);
  await register(product, name, placed);
  const play = async (label: string): Promise<Measured> => {
    step(label, STEP_WEIGHT);
    const before = await providers.calls(name);
    const minute = await product.playMinute();
    // Some that end are asked again in the same minute: their new lane is read later than their old one.
    if (minute.totals.polls < count) throw new Error(`${minute.totals.polls} of ${count} orders were answered`);
    return { ...minute, calls: (await providers.calls(name)) - before };
  };
  await play("their first answers");
  const unchanged = await play("polling them while nothing changes");
  await providers.endAll();
  const changed = await play("polling them once all have ended");
  await requireAgreement(product, name, placed);
  return { unchanged, changed, ids: placed.map(({ id }) => ownId(name, id)) };
}

function ownId(provider: string, id: string): string {
  return `${provider}-${id}`;
}

function chargeOf({ quantity }: Truth): bigint {
  return BigInt(quantity) * CHARGE_MICROS_A_UNIT;
}

async function register({ panel }: Product, provider: string, placed: readonly Truth[]): Promise<void> {
  for (const some of chunksOf(placed, REGISTERED_AT_ONCE)) {
    const orders = some.map((order) => ({
      id: ownId(provider, order.id),
      provider,
      provider_order_id: order.id,
      quantity: order.quantity,
      charge: decimalOf(chargeOf(order)),
      placed_at: new Date(order.placed_at).toISOString(),
    }));
    const { results } = await panel.call<{ results: readonly { result: string }[] }>("POST", "/v1/orders", orders);
    const refused = results.find(({ result }) => result !== "created");
    if (refused !== undefined) throw new Error(`an order was not registered: ${JSON.stringify(refused)}`);
  }
}

type Shown = { readonly id: string; readonly status: string; readonly refunded: string };

/** Every order is shown with the status and the refund that the simulator's truth asks for. */
async function requireAgreement({ panel }: Product, provider: string, placed: readonly Truth[]): Promise<void> {
  for (const some of chunksOf(placed, IDS_A_CALL)) {
    const ids = some.map(({ id }) => ownId(provider, id));
    const { orders } = await panel.call<{ orders: readonly Shown[] }>("GET", `/v1/orders?ids=${ids.join(",")}`);
    const shown = new Map(orders.map((order) => [order.id, order]));
    for (const order of some) {
      const here = shown.get(ownId(provider, order.id));
      const facts = { quantity: order.quantity, chargeMicros: chargeOf(order), grantedMicros: null };
      const due = refundDue(facts, order.status, order.remains);
      if (here?.status !== order.status || microsOf(here.refunded) !== due)
        throw new Error(`order ${order.id} ended as ${order.status}, and is shown as ${JSON.stringify(here)}`);
    }
  }
}

function roundOf(news: Round["news"], orders: number, minutes: readonly Measured[]): Round {
  const least = Math.ceil(Math.ceil(orders / IDS_A_CALL) / OPEN_CALLS) * LATENCY_MS;
  const ms = minutes.map((minute) => minute.ms);
  const median = (figureOf: (minute: Measured) => number): number => spreadOf(minutes.map(figureOf)).median;
  const perThousand = (figureOf: (totals: Totals) => number): number => (median(({ totals }) => figureOf(totals)) * 1000) / orders;
  return {
    news,
    orders,
    latency_ms: LATENCY_MS,
    ms: spreadOf(ms),
    least_possible_ms: least,
    to_least_possible: spreadOf(ms.map((each) => each / least)),
    polls: median(({ totals }) => totals.polls),
    calls: median(({ calls }) => calls),
    messages: median(({ totals }) => totals.messages),
    d1_calls: perThousand(({ d1Calls }) => d1Calls),
    d1_statements: perThousand(({ d1Statements }) => d1Statements),
    rows_read: perThousand(({ rowsRead }) => rowsRead),
    rows_written: perThousand(({ rowsWritten }) => rowsWritten),
  };
}
