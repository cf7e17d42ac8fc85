/**
 * `npm run simulate`: one seed, or a swarm of them. Ends with 1 when anything was wrong, and says how to see it again.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openBackend, type BackendName } from "./backends.ts";
import { crashesIn, differencesFrom, crashAt, parseCrash, undisturbed } from "./crashes.ts";
import { type RunResult, run, FAULTS } from "./scenario.ts";
import { type Move, MOVES } from "./operator.ts";
import { shrink } from "./shrink.ts";
import { type Job, type Summary, swarm } from "./swarm.ts";

type Size = Omit<Job, "seed">;

const USUAL: Size = { ticks: 40, orders: 30 };
const BACKENDS: readonly BackendName[] = ["sqlite", "d1"];

/** A scenario for a crash at each of its steps. */
const SMALL: Size = { ticks: 20, orders: 20 };
/** How many of a run's wrongs are shown; the first ones say most. */
const SHOWN_WRONGS = 10;
/** In so many runs everything that can go wrong has to. */
const ENOUGH_RUNS = 200;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    fresh: { type: "string" },
    corpus: { type: "boolean", default: false },
    crashes: { type: "boolean", default: false },
    crash: { type: "string" },
    ticks: { type: "string" },
    orders: { type: "string" },
    backend: { type: "string", default: "sqlite" },
    trace: { type: "boolean", default: false },
    moves: { type: "string" },
    terse: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const HELP = `npm run simulate -- --seed N [--ticks T] [--orders K] [--trace] [--backend sqlite|d1|both]
npm run simulate -- --seeds A..B      a swarm, with a summary
npm run simulate -- --corpus          the seeds that once found something
npm run simulate -- --fresh N         so many seeds that nobody has tried with this code
npm run simulate -- --moves a,b        the operator does only this: ${MOVES.join(", ")}
npm run simulate -- --crashes          a crash at every step of a small scenario`;

function wholeNumber(name: string, text: string | undefined): number {
  if (text === undefined || !/^\d{1,10}$/.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

async function main(): Promise<number> {
  if (values.help) return say(HELP);
  const size = sizeOr(values.crashes || values.crash !== undefined ? SMALL : USUAL);
  const backends = values.backend === "both" ? BACKENDS : [values.backend as BackendName];
  if (values.crashes) return everyCrash({ seed: wholeNumber("seed", values.seed ?? "1"), ...size });
  if (values.seeds === undefined && values.fresh === undefined && !values.corpus)
    return one(wholeNumber("seed", values.seed ?? "1"), size, backends);
  return many([...(values.corpus ? corpus() : []), ...range(size), ...fresh(size)]);
}

function sizeOr({ ticks, orders }: Size): Size {
  return {
    ...(values.moves === undefined ? {} : { moves: movesIn(values.moves) }),
    ticks: values.ticks === undefined ? ticks : wholeNumber("ticks", values.ticks),
    orders: values.orders === undefined ? orders : wholeNumber("orders", values.orders),
  };
}

function movesIn(text: string): readonly Move[] {
  const moves = text.split(",").filter((word) => word !== "");
  const unknown = moves.find((word) => !MOVES.some((move) => move === word));
  if (unknown !== undefined) throw new RangeError(`--moves takes some of ${MOVES.join(",")}, not ${JSON.stringify(unknown)}`);
  return MOVES.filter((move) => moves.includes(move));
}

function say(text: string): number {
  console.log(text);
  return 0;
}

/** One run, on each of the backends named; on several it must come to the same state. */
async function one(seed: number, size: Size, names: readonly BackendName[]): Promise<number> {
  const digests = new Set<string>();
  let wrongs: readonly string[] = [];
  for (const name of names) {
    const result = await on(name, seed, size);
    digests.add(result.digest);
    wrongs = [...wrongs, ...result.wrongs];
  }
  if (digests.size > 1) wrongs = [...wrongs, `the state is ${[...digests].join(" on one database and ")} on another`];
  if (wrongs.length === 0) return say("Everything is as it must be.");
  printWrongs(wrongs);
  return 1;
}

async function on(name: BackendName, seed: number, size: Size): Promise<RunResult> {
  const backend = await openBackend(name);
  const startedAt = performance.now();
  const crash = crashAt(values.crash === undefined ? undefined : parseCrash(values.crash));
  const result = await run({ seed, ...size, backend, ...crash, ...(values.trace ? { trace: (line: string) => console.log(line) } : {}) });
  await backend.close();
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `seed ${seed}, ${name}: ${result.minutes} minutes of ${size.orders} orders in ${seconds.toFixed(1)} s, state ${result.digest}`,
  );
  console.log(
    Object.entries(result.stats)
      .map(([what, count]) => `${what} ${count}`)
      .join(", "),
  );
  return result;
}

function printWrongs(wrongs: readonly string[]): void {
  for (const wrong of wrongs.slice(0, SHOWN_WRONGS)) console.log(`  ${wrong}`);
  if (wrongs.length > SHOWN_WRONGS) console.log(`  and ${wrongs.length - SHOWN_WRONGS} more`);
}

function corpus(): Job[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, "corpus.json"), "utf8")) as Job[];
}

function range(size: Size): Job[] {
  if (values.seeds === undefined) return [];
  const [from, to] = values.seeds.split("..").map((text) => wholeNumber("seeds", text));
  if (from === undefined || to === undefined || to < from)
    throw new RangeError(`--seeds must be like 1..200, not ${JSON.stringify(values.seeds)}`);
  return Array.from({ length: to - from + 1 }, (_, i) => ({ seed: from + i, ...size }));
}

/** Seeds that nobody has tried with this very code: they follow from it, so that what is red stays red until something changes. */
function fresh(size: Size): Job[] {
  if (values.fresh === undefined) return [];
  const hash = createHash("sha256");
  for (const folder of CODE) {
    const paths = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).toSorted((a, b) => (a < b ? -1 : 1));
    for (const path of paths) if (/\.(?:ts|sql)$/.test(path)) hash.update(readFileSync(join(ROOT, folder, path)));
  }
  const from = Number.parseInt(hash.digest("hex").slice(0, 8), 16);
  return Array.from({ length: wholeNumber("fresh", values.fresh) }, (_, i) => ({ seed: (from + i) % 2 ** 31, ...size }));
}

const ROOT = join(import.meta.dirname, "..");
/** What a run depends on. */
const CODE = ["src", "simulation", "simulator", "migrations", "scripts", "test/panels"];

async function many(jobs: readonly Job[]): Promise<number> {
  return printSummary(jobs, await swarm(jobs, () => [], sayAtOnce()));
}

/** A long run on a terminal has a bar to look at; elsewhere, what goes wrong is worth a line before the end. */
function sayAtOnce(): ((line: string) => void) | undefined {
  return values.terse || process.stdout.isTTY ? undefined : (line) => console.log(line);
}

async function everyCrash(size: Job): Promise<number> {
  const { steps, outcomes, wrongs } = await undisturbed(size);
  if (wrongs.length > 0) return (printWrongs(wrongs), 1);
  const jobs = crashesIn(size, steps);
  console.log(`${steps} steps, ${jobs.length} crashes`);
  return printSummary(jobs, await swarm(jobs, (result) => differencesFrom(outcomes, result.outcomes)));
}

async function printSummary(jobs: readonly Job[], { failed, minutes, seconds, catchUp, behind, met }: Summary): Promise<number> {
  if (values.terse) {
    const first = failed.map(({ job }) => job.seed).toSorted((a, b) => a - b)[0];
    if (first !== undefined) console.log(`first wrong: ${first}`);
    return first === undefined ? 0 : 1;
  }
  console.log(
    `${jobs.length} runs, ${minutes} simulated minutes in ${seconds.toFixed(0)} s: ${failed.length === 0 ? "all passed" : `${failed.length} failed`}`,
  );
  console.log(`caught up ${Math.round(catchUp)} minutes after the faults at most; no order was behind for more than ${Math.round(behind)}`);
  const missed = jobs.length < ENOUGH_RUNS || jobs.some(({ crash }) => crash !== undefined) ? [] : printMet(met);
  for (const { job, wrongs } of failed.slice(0, SHOWN_WRONGS)) {
    const { seed, ticks, orders, crash } = await shrink(job);
    const crashing = crash === undefined ? "" : ` --crash ${crash.step}:${crash.when}`;
    console.log(`npm run simulate -- --seed ${seed} --ticks ${ticks} --orders ${orders}${crashing} --trace`);
    printWrongs(wrongs);
  }
  return failed.length === 0 && missed.length === 0 ? 0 : 1;
}

/** Says how often everything that can go wrong did; and what never did, which then was not tried. */
function printMet(met: ReadonlyMap<string, number>): readonly string[] {
  const missed = FAULTS.filter((fault) => !met.has(fault));
  const [rarest] = [...met].toSorted(([, a], [, b]) => a - b);
  if (missed.length > 0) console.log(`never went wrong: ${missed.join(", ")}`);
  else if (rarest !== undefined) console.log(`${FAULTS.length} things went wrong, the rarest (${rarest[0]}) in ${rarest[1]} runs`);
  return missed;
}

process.exitCode = await main();
