/** `npm run bench`: what the product costs and how fast it is, from one run on this machine. */
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { watchForEnd } from "../scripts/ending.ts";
import { readArguments, UsageError, wholeNumber } from "../scripts/usage.ts";
import { applySteps, measureApply } from "./apply.ts";
import { catchUpSteps, measureCatchUp, MINUTES_A_REPETITION } from "./catch-up.ts";
import { startInside } from "./inside.ts";
import { startProduct } from "./product.ts";
import { progressOn, type Step } from "./progress.ts";
import { startProviders } from "./simulator.ts";
import { measureStatusCost, measureStatusRate, STATUS_COST_STEPS, statusRateSteps } from "./status.ts";
import { type Figures, tablesOf } from "./tables.ts";

const USAGE = `npm run bench -- [options]
  --json           print the figures as JSON
  --repetitions N  how often each figure is taken (default 5)
  --orders N       how many orders end at once at their provider (default 10000)
  --help           this text`;

const ROOT = join(import.meta.dirname, "..");
const MAX_REPETITIONS = 100;
/** What `status` is asked of; and what the paid plan takes up in one minute. */
const MIN_ORDERS = 100;
const MAX_ORDERS = 40_000;
/** Following thousands of orders takes the longest by far, and its waits are the same each time. */
const MAX_CATCH_UPS = 3;
const CLOSE_TIMEOUT_MS = 5000;

type Options = { readonly json: boolean; readonly repetitions: number; readonly orders: number };

const ending = watchForEnd();
const closers: (() => Promise<unknown>)[] = [];
// Not left to run out: whatever still holds the process must not hold the terminal.
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options !== null) return await run(options);
    console.log(USAGE);
    return 0;
  } catch (error) {
    if (ending.signal.aborted) return ending.code();
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error);
    return 1;
  } finally {
    await closeAll();
  }
}

/** Null when help was asked for. */
function readOptions(args: string[]): Options | null {
  const { values } = readArguments({
    args,
    options: {
      json: { type: "boolean", default: false },
      repetitions: { type: "string", default: "5" },
      orders: { type: "string", default: "10000" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  return {
    json: values.json,
    repetitions: wholeNumber("--repetitions", values.repetitions, 1, MAX_REPETITIONS),
    orders: wholeNumber("--orders", values.orders, MIN_ORDERS, MAX_ORDERS),
  };
}

async function run(options: Options): Promise<number> {
  const { repetitions, json } = options;
  const whole = applySteps(repetitions) + STATUS_COST_STEPS + catchUpSteps(catchUps(options)) + statusRateSteps(repetitions);
  const progress = progressOn(process.stderr, whole);
  const figures = await Promise.race([measure(options, progress.step), ending.ended.then(() => null)]).finally(() => progress.end());
  if (figures === null) return ending.code();
  console.log(json ? JSON.stringify(figures, null, 2) : tablesOf(figures));
  return 0;
}

function catchUps({ repetitions }: Options): number {
  return Math.min(repetitions, MAX_CATCH_UPS);
}

async function measure(options: Options, step: Step): Promise<Figures> {
  const machine = machineText();
  const { repetitions, orders: count } = options;
  step("starting", 0);
  const inside = await opened(startInside(ROOT));
  const apply = await measureApply(inside, ROOT, repetitions, step);
  const status_cost = await measureStatusCost(inside, step);
  await closeAll();
  const providers = await opened(startProviders());
  const product = await opened(startProduct(ROOT, catchUps(options) * MINUTES_A_REPETITION));
  const { rounds, orderIds } = await measureCatchUp(product, providers, { repetitions: catchUps(options), count }, step);
  const status_rate = await measureStatusRate(product, orderIds, repetitions, step);
  return { machine, apply, rounds, status_cost, status_rate };
}

function machineText(): string {
  const [load = 0] = loadavg();
  return `${availableParallelism()} cores, load ${load.toFixed(1)} before; Node ${process.version}`;
}

/** What was started is closed again, however this ends. */
async function opened<T extends { close(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  ending.claimSignals();
  closers.push(() => started.close());
  return started;
}

async function closeAll(): Promise<void> {
  const all = closers.splice(0).map((close) => close().catch(() => undefined));
  await Promise.race([Promise.all(all), sleep(CLOSE_TIMEOUT_MS)]);
}
