/**
 * How long it takes until thousands of orders that have all ended at their provider are shown as they ended, and what
 * that, and a round of polls that brings nothing, costs. Beside it, pollers as one would write them without the product.
 */
import type { Totals } from "../scripts/demo/events.ts";
import { decimalOf, microsOf } from "../scripts/demo/money.ts";
import { refundDue } from "../scripts/demo/truth.ts";
import { chunksOf } from "../src/domain/chunks.ts";
import { OPEN_CALLS } from "../src/sync/limits.ts";
import { barsOf } from "./chart.ts";
import { type Spread, spreadOf } from "./figures.ts";
import { startInside } from "./inside.ts";
import { figureText, spreadText, tableOf } from "./markdown.ts";
import { type Minute, type Product, startProduct } from "./product.ts";
import type { Step } from "./progress.ts";
import { atLeast, atMost, type Row } from "./row.ts";
import { NOW } from "./scene.ts";
import { type Providers, startProviders, type Truth } from "./simulator.ts";
import type { Baseline } from "./worker-baseline.ts";

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

/** A poller without the product: of how many orders, how long one takes, and how many times as long as the product's. */
type Compared = { readonly way: Baseline["way"]; readonly orders: number; readonly ms_an_order: number; readonly to_product: number };
type Figures = { readonly rounds: readonly Round[]; readonly compared: readonly Compared[] };

const LATENCY_MS = 100;
const IDS_A_CALL = 100;
const REGISTERED_AT_ONCE = 1000;
const CHARGE_MICROS_A_UNIT = 900n;
/** First answers, nothing new, everything new. */
const MINUTES_A_REPETITION = 3;
/** Their first answers take one each where not all come at once, and are asked again until then. */
const MINUTES_OF_MANY = 8;
/** Following thousands of orders takes long, and its waits are the same each time. */
const MOST_REPETITIONS = 2;
const ORDERS = 10_000;
const MANY_ORDERS = 100_000;
/** A minute takes up to 40,000 orders of one provider, and a panel registers 20,000. */
const PROVIDERS_OF_MANY = 5;
/** So many of each poller's; both take each order as long as the one before. */
const COMPARED_ORDERS = { "one by one": 100, batches: 2000 } as const;

export const catchUpRow: Row<Figures> = {
  name: "catch-up",
  title: "Thousands of orders that have all ended",
  seconds: 180,
  steps: (repetitions) => 4 * Math.min(repetitions, MOST_REPETITIONS) + 12 + 2,
  async run({ root, repetitions, step, opened }) {
    const times = Math.min(repetitions, MOST_REPETITIONS);
    const providers = await opened(startProviders());
    const product = await opened(startProduct(root, times * MINUTES_A_REPETITION + MINUTES_OF_MANY));
    const stage = { product, providers, step };
    const rounds = await measureCatchUp(stage, times);
    const many = await followMany(stage);
    const inside = await opened(startInside(root));
    const [, changed] = rounds;
    const compared: Compared[] = [];
    for (const way of ["one by one", "batches"] as const) {
      step(`a poller without the product, ${way}`);
      const orders = COMPARED_ORDERS[way];
      const baseline = await placeBaseline(providers, way, orders);
      await inside.addOrders(BASELINE_FROM[way], orders);
      const ms_an_order = (await inside.ask<number>({ baseline })) / orders;
      compared.push({ way, orders, ms_an_order, to_product: ms_an_order / ((changed?.ms.median ?? NaN) / ORDERS) });
    }
    return { rounds: [...rounds, many], compared };
  },
  targets({ rounds, compared }) {
    const toLeast = (orders: number): number | null =>
      rounds.find((round) => round.orders === orders && round.news === "changed")?.to_least_possible.median ?? null;
    const toProduct = (way: Baseline["way"]): number | null => compared.find((each) => each.way === way)?.to_product ?? null;
    return [
      atMost("10,000 changed orders, 100 ms a call, to the least possible", toLeast(ORDERS), 1.3),
      atMost("100,000 changed orders, 100 ms a call, to the least possible", toLeast(MANY_ORDERS), 1.3),
      atLeast("one request and one update an order, to the product", toProduct("one by one"), 100, " ×"),
      atLeast("batches, an update an order, a stored next poll, to the product", toProduct("batches"), 5, " ×"),
    ];
  },
  chapter: ({ rounds, compared }) => ({
    text: `A simulator in a process of its own answers each call ${LATENCY_MS} ms late. All orders end there at once. Then a tick is fired, and the time
runs until the last sweep has committed. The production bundle runs on the paid plan. After that every order's status and refund is
compared with the simulator's truth: one that differs ends the bench.

${tableOf(
  ["orders polled", "tick to last order, s", "least possible, s", "ratio", "polls", "calls", "messages"],
  rounds.map(({ news, orders, ms, least_possible_ms, to_least_possible, polls, calls, messages }) => [
    `${figureText(orders)} ${news}`,
    spreadText(secondsOf(ms)),
    figureText(least_possible_ms / 1000),
    spreadText(to_least_possible),
    ...[polls, calls, messages].map((figure) => figureText(figure)),
  ]),
)}

_Least possible_ is the calls alone: orders ÷ ${IDS_A_CALL} ids a call × ${LATENCY_MS} ms ÷ ${OPEN_CALLS} open connections. The embedded queue delivers one
message at a time; Cloudflare's delivers several. 100,000 orders are at ${PROVIDERS_OF_MANY} providers, and are followed once.

**Why not nearer.** A message asks about 2,000 orders in four rounds of calls, which take 400 ms. Before them it reads the orders, and after
them it writes what is new; during both no call is under way. On Cloudflare the next message's calls are, since messages run side by side;
the embedded queue begins the next message only then. To be five times as fast as _batches_ takes the
same: about 1.2 times the least possible. _A plan_: to write the first half of a message while the second is asked. The provider's state, which
holds the brake's counts, the clock and what was covered, is written once a message from all its answers. Two writes would be a row more a
message and a second place where the brake can engage. For less than a second in 10,000 orders that was not done.

What 1,000 polled orders cost, by the product's own log:

${tableOf(
  ["1,000 orders polled", "rows read", "rows written", "D1 calls", "D1 statements"],
  rounds.map(({ orders, news, rows_read, rows_written, d1_calls, d1_statements }) => [
    `${news}, of ${figureText(orders)}`,
    ...[rows_read, rows_written, d1_calls, d1_statements].map((figure) => figureText(figure)),
  ]),
)}

**Without the product**, inside workerd on the same database, against the same simulator: the same rows of the order, its refund and the
feed, a transaction an order, and a stored time of the next poll. _One by one_ sends a request an order. _Batches_ sends ${IDS_A_CALL} ids a
request, ${OPEN_CALLS} requests at a time.

${tableOf(
  ["poller", "orders", "ms an order", "to the product"],
  compared.map(({ way, orders, ms_an_order, to_product }) => [
    way,
    figureText(orders),
    figureText(ms_an_order, 2),
    `${figureText(to_product)} ×`,
  ]),
)}`,
    charts: [
      {
        file: "catch-up.svg",
        alt: "Seconds until 10,000 ended orders are on record: the least possible, the product, and pollers without it",
        svg: barsOf({
          title: "Until 10,000 changed orders are on record",
          categories: ["least possible", "panelsync", ...compared.map(({ way }) => `without it, ${way}`)],
          series: [{ name: "seconds", values: secondsOfAll(rounds, compared) }],
          unit: "seconds (logarithmic)",
          isLogarithmic: true,
        }),
      },
    ],
  }),
};

function secondsOfAll(rounds: readonly Round[], compared: readonly Compared[]): number[] {
  const changed = rounds.find(({ news }) => news === "changed");
  if (changed === undefined) return [];
  return [changed.least_possible_ms / 1000, changed.ms.median / 1000, ...compared.map(({ ms_an_order }) => (ms_an_order * ORDERS) / 1000)];
}

function secondsOf({ median, least, most }: Spread): Spread {
  return { median: median / 1000, least: least / 1000, most: most / 1000 };
}

const BASELINE_FROM = { "one by one": 2_000_001, batches: 3_000_001 } as const;

/** Orders that have ended at a provider of their own, with the numbers of those in the bench's Worker. */
async function placeBaseline(providers: Providers, way: Baseline["way"], count: number): Promise<Baseline> {
  const name = way === "one by one" ? "single" : "lists";
  const { url, key } = await providers.add(name, LATENCY_MS);
  const placed = await providers.place(name, count, UNITS);
  await providers.endAll();
  return { way, url, key, now: NOW, orders: placed.map(({ id }, i) => [BASELINE_FROM[way] + i, id] as const) };
}

/** As the bench's Worker has its orders. */
const UNITS = 1000;

type Repetition = { readonly unchanged: Measured; readonly changed: Measured };
/** The two sides that are measured, and where the progress is told. */
type Stage = { readonly product: Product; readonly providers: Providers; readonly step: Step };
type Measured = Minute & { readonly calls: number };

/** Follows orders from placing to end, `repetitions` times, each time at another provider. */
async function measureCatchUp(stage: Stage, repetitions: number): Promise<readonly [Round, Round]> {
  const done: Repetition[] = [];
  for (let i = 1; i <= repetitions; i++) {
    done.push(await follow(stage, `p${i}`, ORDERS));
    // What has ended is still looked at once an hour.
    await stage.product.admin.call("PUT", `/v1/providers/p${i}`, { enabled: false });
  }
  const roundWith = (news: Round["news"]): Round =>
    roundOf(
      news,
      ORDERS,
      done.map((each) => each[news]),
    );
  return [roundWith("unchanged"), roundWith("changed")];
}

/** The same of many orders at several providers, once: their first answers, and then the end of all. */
async function followMany({ product, providers, step }: Stage): Promise<Round> {
  const names = Array.from({ length: PROVIDERS_OF_MANY }, (_, i) => `m${i + 1}`);
  const each = MANY_ORDERS / PROVIDERS_OF_MANY;
  const placed = new Map<string, readonly Truth[]>();
  for (const name of names) {
    step(`placing ${figureText(each)} of ${figureText(MANY_ORDERS)} orders and registering them`);
    placed.set(name, await placeAndRegister({ product, providers }, name, each));
  }
  const callsSoFar = async (): Promise<number> =>
    (await Promise.all(names.map((name) => providers.calls(name)))).reduce((sum, calls) => sum + calls, 0);
  for (let left = MANY_ORDERS; left > 0;) {
    step("their first answers");
    left -= (await product.playMinute()).totals.polls;
  }
  await providers.endAll();
  step("polling 100,000 once all have ended");
  const before = await callsSoFar();
  const minute = await product.playMinute();
  if (minute.totals.polls < MANY_ORDERS) throw new Error(`${minute.totals.polls} of ${MANY_ORDERS} orders were answered`);
  const calls = (await callsSoFar()) - before;
  step("comparing them with the truth", 4);
  for (const [name, orders] of placed) await requireAgreement(product, name, orders);
  return roundOf("changed", MANY_ORDERS, [{ ...minute, calls }]);
}

/** A new provider with orders under way, all of them registered. */
export async function placeAndRegister(
  { product, providers }: Omit<Stage, "step">,
  name: string,
  count: number,
): Promise<readonly Truth[]> {
  const { url, key } = await providers.add(name, LATENCY_MS);
  // Ten thousand orders that all end badly at once would rightly make the brake engage.
  await product.admin.call("PUT", `/v1/providers/${name}`, { url, key, brake: null });
  const placed = await providers.place(name, count);
  await register(product, name, placed);
  return placed;
}

async function follow({ product, providers, step }: Stage, name: string, count: number): Promise<Repetition> {
  step(`placing ${count} orders and registering them`);
  const placed = await placeAndRegister({ product, providers }, name, count);
  const play = async (label: string): Promise<Measured> => {
    step(label);
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
  return { unchanged, changed };
}

function ownId(provider: string, id: string): string {
  return `${provider}-${id}`;
}

function chargeOf({ quantity }: Truth): bigint {
  return BigInt(quantity) * CHARGE_MICROS_A_UNIT;
}

async function register(product: Product, provider: string, placed: readonly Truth[]): Promise<void> {
  const panel = await product.panelOf(provider);
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
async function requireAgreement(product: Product, provider: string, placed: readonly Truth[]): Promise<void> {
  const panel = await product.panelOf(provider);
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
