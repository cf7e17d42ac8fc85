/** How many orders a second are taken from a provider's answers, as parsed, to "nothing to write": on one core, no database. */
import type { Report } from "../src/domain/order-report.ts";
import { readMany } from "../src/provider/api-v2/reading/answer.ts";
import { limitsOf } from "../src/sync/limits.ts";
import type { OrderAnswer, PollRun } from "../src/sync/sweep/poll.ts";
import { writesOf } from "../src/sync/sweep/write.ts";
import { type Spread, spreadOf } from "./figures.ts";
import { figureText, spreadText } from "./markdown.ts";
import { pollRunOf } from "./poll-run.ts";
import type { Step } from "./progress.ts";
import { atLeast, type Row } from "./row.ts";
import { addOrders, addScene, NOW, PANEL_KEY } from "./scene.ts";
import { productEngine } from "./sqlite.ts";

/** A full message of the paid plan: twenty calls of a hundred orders. */
const CALLS = 20;
const ORDERS_A_CALL = 100;
/** Rounds a measurement: some tens of milliseconds. */
const ROUNDS = 20;
const LIMITS = limitsOf("paid");

type Unchanged = { readonly orders_per_second: Spread };

/** The first repetitions do not count: the code is not compiled yet. */
const WARM_UPS = 3;

export const unchangedRow: Row<Unchanged> = {
  name: "unchanged",
  title: "Unchanged orders",
  seconds: 5,
  steps: unchangedSteps,
  run: ({ root, repetitions, step }) => measureUnchanged(root, repetitions, step),
  targets: ({ orders_per_second }) => [
    atLeast("unchanged orders taken from answers a second, one core", orders_per_second.median, 500_000),
  ],
  chapter: ({ orders_per_second }) => ({
    text: `From parsed answers to "nothing to write": ${figureText(CALLS)} answers of ${figureText(ORDERS_A_CALL)} orders are read, checked and held against the orders, and the
rules are asked. It runs in Node, whose engine is workerd's, warm; the clock is the CPU of the one thread. Parsing JSON, the call
and the database are not in it. The run fails if a row of an order is to be written; the provider's one row a message is in the table above.

${spreadText(orders_per_second)} orders a second.`,
  }),
};

export function unchangedSteps(repetitions: number): number {
  return repetitions + WARM_UPS;
}

/** Measures it `repetitions` times. Throws when anything was to be written after all. */
export async function measureUnchanged(root: string, repetitions: number, step: Step): Promise<Unchanged> {
  const { db } = productEngine(root);
  await addScene(db);
  await addOrders(db, 1, CALLS * ORDERS_A_CALL);
  const run = await pollRunOf(db, "unchanged", 1, CALLS * ORDERS_A_CALL);
  const said = Array.from({ length: CALLS }, (_, call) => answerTo(run, call));
  const rates: number[] = [];
  for (let repetition = 0; repetition < repetitions + WARM_UPS; repetition++) {
    step("unchanged: from answers to nothing to write");
    const startedAt = cpuSeconds();
    for (let round = 0; round < ROUNDS; round++) requireNothingToWrite(run, said);
    const rate = (ROUNDS * run.orders.length) / (cpuSeconds() - startedAt);
    if (repetition >= WARM_UPS) rates.push(rate);
  }
  return { orders_per_second: spreadOf(rates) };
}

/** The time that a core has spent on this thread, whatever else the machine does. */
function cpuSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

type Said = { readonly ids: readonly string[]; readonly json: unknown };

function answerTo({ orders }: PollRun, call: number): Said {
  const ids = orders.slice(call * ORDERS_A_CALL, (call + 1) * ORDERS_A_CALL).map(({ providerOrderId }) => providerOrderId ?? "");
  const entry = { charge: "0.5", start_count: "10", status: "In progress", remains: "600", currency: "USD" };
  return { ids, json: JSON.parse(JSON.stringify(Object.fromEntries(ids.map((id) => [id, entry])))) as unknown };
}

function requireNothingToWrite(run: PollRun, said: readonly Said[]): void {
  const reports = new Map<string, Report>();
  for (const { ids, json } of said) {
    const reading = readMany(json, ids, PANEL_KEY);
    if (reading.kind === "read") for (const [id, report] of reading.value.reports) reports.set(id, report);
  }
  const answers = run.orders.flatMap((order): OrderAnswer[] => {
    const report = reports.get(order.providerOrderId ?? "");
    return report === undefined ? [] : [{ order, report, refillWord: null, askedAt: NOW }];
  });
  const { orders } = writesOf({ ...run, answers }, LIMITS, NOW);
  if (answers.length !== run.orders.length || orders.length > 0)
    throw new Error(`${orders.length} of ${answers.length} orders were to be written`);
}
