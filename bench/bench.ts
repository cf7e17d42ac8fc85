/** `npm run bench`: what the product costs and how fast it is, from one run on this machine. */
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { watchForEnd } from "../scripts/ending.ts";
import { readArguments, UsageError, wholeNumber } from "../scripts/usage.ts";
import { readResults, type Results, targetsOf, writeDocument, writeResults } from "./document.ts";
import { figureText, tableOf } from "./markdown.ts";
import { progressOn, type Step } from "./progress.ts";
import type { Context, Row } from "./row.ts";
import { ROWS } from "./rows.ts";

const USAGE = `npm run bench -- [options]
  --only ROWS      rows with commas between: ${ROWS.map(({ name }) => name).join(", ")}
  --repetitions N  how often each figure of time is taken (default 5)
  --document       measure nothing, and write docs/performance.md anew from bench/results.json
  --json           print the results as JSON
  --help           this text`;

const SHORT_ROWS = ROWS.filter(({ isLong }) => isLong !== true);

const ROOT = join(import.meta.dirname, "..");
const MAX_REPETITIONS = 100;
const CLOSE_TIMEOUT_MS = 5000;

type Options = {
  readonly rows: readonly (typeof ROWS)[number][];
  readonly repetitions: number;
  readonly documentOnly: boolean;
  readonly json: boolean;
};

const ending = watchForEnd();
type Closing = () => Promise<unknown>;
const closers: Closing[] = [];
/** Rows that this run could not measure: what an earlier run has of them stays. */
const failed: string[] = [];
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
      only: { type: "string" },
      repetitions: { type: "string", default: "5" },
      document: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  return {
    rows: values.only === undefined ? SHORT_ROWS : values.only.split(",").map(rowNamed),
    repetitions: wholeNumber("--repetitions", values.repetitions, 1, MAX_REPETITIONS),
    documentOnly: values.document,
    json: values.json,
  };
}

function rowNamed(name: string): (typeof ROWS)[number] {
  const row = ROWS.find((each) => each.name === name.trim());
  if (row === undefined) throw new UsageError(`there is no row ${JSON.stringify(name)}`);
  return row;
}

async function run(options: Options): Promise<number> {
  const before = readResults(ROOT);
  const results = options.documentOnly ? remade(before) : await measured(options, before);
  if (results === null) return ending.code();
  writeResults(ROOT, results);
  writeDocument(ROOT, results);
  console.log(options.json ? JSON.stringify(results, null, 2) : summaryOf(results));
  if (failed.length === 0) return 0;
  console.error(`not measured, or as an earlier run has it: ${failed.join(", ")}`);
  return 1;
}

function remade(before: Results | null): Results {
  if (before === null) throw new UsageError("there is no bench/results.json to write of");
  return { ...before, targets: targetsOf(before.rows) };
}

/** Null where the run was ended. A run of some rows leaves the others as an earlier run has them. */
async function measured({ rows, repetitions }: Options, before: Results | null): Promise<Results | null> {
  const startedAt = performance.now();
  const machine = machineText();
  const whole = rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const progress = progressOn(process.stderr, whole);
  const done: Record<string, unknown> = {};
  const took = new Map<string, number>();
  const measure = async (row: Row<unknown>): Promise<void> => {
    const own: Closing[] = [];
    const begunAt = performance.now();
    try {
      done[row.name] = await row.run({ root: ROOT, repetitions, step: stepsOf(row, repetitions, progress.step), opened: openedFor(own) });
    } catch (error) {
      // The others are measured all the same.
      failed.push(row.name);
      if (!ending.signal.aborted) console.error(`\n${row.name} failed:`, error);
    }
    await Promise.all(own.map((close) => close()));
    took.set(row.name, (performance.now() - begunAt) / 1000);
  };
  const work = async (): Promise<typeof done> => {
    // What only counts runs side by side; what takes times runs alone.
    await Promise.all(rows.filter(({ isExact }) => isExact === true).map(measure));
    for (const row of rows) if (row.isExact !== true) await measure(row);
    return done;
  };
  const figures = await Promise.race([work(), ending.ended.then(() => null)]).finally(() => progress.end());
  if (figures === null) return null;
  const left = ROWS.filter(({ isLong, name }) => isLong === true && !rows.some((row) => row.name === name));
  for (const { name } of left) console.error(`${name} takes long, and was not measured in this run: npm run bench -- --only "${name}"`);
  console.error([...took].map(([name, s]) => `${name} ${figureText(s, 0)} s`).join(", "));
  const isWhole = rows.length >= SHORT_ROWS.length && failed.length === 0;
  const all = { ...before?.rows, ...figures };
  const seconds = isWhole ? (performance.now() - startedAt) / 1000 : (before?.seconds ?? 0);
  return { machine: isWhole || before === null ? machine : before.machine, seconds, rows: all, targets: targetsOf(all) };
}

/** A row's steps are shares of the time that it takes. */
function stepsOf(row: Row<unknown>, repetitions: number, step: Step): Step {
  const each = row.seconds / Math.max(1, row.steps(repetitions));
  return (label, weight = 1) => step(`${row.title}: ${label}`, weight * each);
}

function summaryOf({ machine, seconds, targets }: Results): string {
  const missed = targets.filter(({ met }) => met === false);
  const open = targets.filter(({ met }) => met === null);
  const rows = targets.map(({ name, value, target, met }) => [
    name,
    value === null ? "not measured" : figureText(value, 3),
    target,
    met === null ? "" : met ? "yes" : "NO",
  ]);
  return `${machine}; ${figureText(seconds / 60)} minutes\n\n${tableOf(["what", "figure", "target", "met"], rows)}\n
${targets.length - missed.length - open.length} targets met, ${missed.length} missed, ${open.length} not measured. Tables and charts: docs/performance.md`;
}

function machineText(): string {
  const [load = 0] = loadavg();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${memoryGb} GB, load ${load.toFixed(1)} before; Node ${process.version}, ${process.platform}`;
}

/** What was started is closed again once, however this ends; `own` has what its row closes when it is done. */
function openedFor(own: Closing[]): Context["opened"] {
  return async (starting) => {
    const started = await starting;
    ending.claimSignals();
    let closed: Promise<unknown> | null = null;
    const close = (): Promise<unknown> => (closed ??= started.close().catch(() => undefined));
    own.push(close);
    closers.push(close);
    return started;
  };
}

async function closeAll(): Promise<void> {
  const all = closers.splice(0).map((close) => close());
  await Promise.race([Promise.all(all), sleep(CLOSE_TIMEOUT_MS)]);
}
