/** `npm start`: panelsync at work in accelerated time, on simulated providers. Nothing to set up, nothing left behind. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import { findDifferences } from "./demo/check.ts";
import { type Demo, openDemo } from "./demo/demo.ts";
import { playLive, playUntilSettled } from "./demo/play.ts";
import { PANEL } from "./demo/scene.ts";
import { openStorefront, type Storefront } from "./demo/storefront.ts";
import { summaryOf, verdictOf } from "./demo/summary.ts";
import { type View, viewOn } from "./demo/view.ts";
import { watchForEnd } from "./ending.ts";
import { MAX_PORT, requireFreePort } from "./ports.ts";
import { readArguments, UsageError, wholeNumber } from "./usage.ts";

const USAGE = `npm start -- [options]
  --until-settled  tick as fast as possible, compare every order with the simulator's truth, and end
  --orders N       how many orders to follow (default 1000)
  --seed N         decides every order's life (default 1)
  --port N         where the API listens (default: any free port)
  --help           this text`;

const ROOT = join(import.meta.dirname, "..");
const MAX_ORDERS = 100_000;
/** Closing takes well under a second; a runtime that hangs is killed with the process. */
const CLOSE_TIMEOUT_MS = 5000;
const SIGNAL_MARGIN_MS = 200;

type Options = { readonly untilSettled: boolean; readonly orders: number; readonly seed: number; readonly port: number | null };

const ending = watchForEnd();
// Not left to run out: whatever still holds the process must not hold the terminal.
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options !== null) return await run(options);
    console.log(USAGE);
    return 0;
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error);
    return 1;
  }
}

/** Null when help was asked for. */
function readOptions(args: string[]): Options | null {
  const { values } = readArguments({
    args,
    options: {
      "until-settled": { type: "boolean", default: false },
      orders: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      port: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  return {
    untilSettled: values["until-settled"],
    orders: wholeNumber("--orders", values.orders, 1, MAX_ORDERS),
    seed: wholeNumber("--seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
    port: values.port === undefined ? null : wholeNumber("--port", values.port, 1, MAX_PORT),
  };
}

async function run(options: Options): Promise<number> {
  if (options.port !== null) await requireFreePort(options.port);
  const view = viewOn(process.stdout);
  console.log(styleText("dim", "Starting the Worker on embedded D1 and Queue, and the provider simulator"));
  const demo = await unlessEnded(openDemo({ root: ROOT, ...options, note: (line) => view.note(line), tell: (text) => view.tell(text) }));
  // Cut short: the runtime dies with this process.
  if (demo === null) return ending.code();
  ending.claimSignals();
  try {
    announce(demo);
    return await (options.untilSettled ? settle(demo, view) : live(demo, view));
  } finally {
    view.end();
    await Promise.race([demo.close(), sleep(CLOSE_TIMEOUT_MS)]);
  }
}

/** Being told to end is how this is meant to end: no failure. */
async function live(demo: Demo, view: View): Promise<number> {
  const storefront = await unlessEnded(openStorefront(demo));
  if (storefront === null) return 0;
  announcePages(demo, storefront);
  await unlessEnded(playLive(demo, storefront, view));
  return 0;
}

async function settle(demo: Demo, view: View): Promise<number> {
  const { orders, panel, simulator } = demo;
  const finished = await unlessEnded(playUntilSettled(demo, view));
  if (finished === null) return ending.code();
  view.end();
  const differences = await findDifferences(panel, simulator.world, orders);
  console.log(summaryOf(finished, performance.now()));
  console.log(verdictOf(orders.length, differences));
  return differences.length === 0 ? 0 : 1;
}

/** What comes of some work; null as soon as the command is to end, whatever becomes of the work then. */
async function unlessEnded<T>(work: Promise<T>): Promise<T | null> {
  const ended = ending.ended.then(() => null);
  try {
    return await Promise.race([work, ended]);
  } catch (error) {
    // Ctrl-C reaches workerd too, and a request that dies with it may be noticed before the signal is.
    await Promise.race([ended, sleep(SIGNAL_MARGIN_MS)]);
    if (ending.signal.aborted) return null;
    throw error;
  }
}

/** Where to look, with requests to try. */
function announce({ url, panelKey, adminToken, orders, cases }: Demo): void {
  const id = orders[0]?.id ?? "1001";
  console.log(`
${styleText("bold", "API")}        ${url}
${styleText("bold", "panel")}      ${PANEL}
${styleText("bold", "panel key")}  ${panelKey}
${styleText("bold", "operator's key")}  ${adminToken}

  curl -H 'Authorization: Bearer ${panelKey}' ${url}/v1/orders/${id}
  curl -H 'Authorization: Bearer ${panelKey}' '${url}/v1/changes?limit=5'
  curl -d 'key=${panelKey}&action=status&order=${id}' ${url}/api/v2
`);
  if (cases.length > 0)
    console.log(styleText("dim", `Orders that will wait for a person: ${cases.length}. Each is told and settled below.\n`));
}

/** Live only: the page's orders are not among those that are compared in the end. */
function announcePages({ consoleLink }: Demo, { link }: Storefront): void {
  console.log(`${styleText("bold", "a customer's page")}  ${link}`);
  console.log(`${styleText("bold", "the console")}        ${consoleLink}\n`);
  const facts = [
    "A minute passes here every second: times in answers run ahead of your clock.",
    "The page's orders are of a panel of their own, storefront.",
  ];
  console.log(styleText("dim", `${facts.join("\n")}\n`));
}
