/**
 * `npm run import`: brings a panel's orders from a file over the public API. Nothing is done twice: what is registered
 * already counts as done, and the place in the file is kept after each batch.
 */
import { createInterface } from "node:readline/promises";
import { watchForEnd } from "./ending.ts";
import { openClient } from "./import/client.ts";
import { plainText, quoted } from "./import/cells.ts";
import { noCounts } from "./import/counts.ts";
import { RefusedError, StoppedError } from "./import/failures.ts";
import { ADOPTION_FIELDS, type Field, FIELD_NAMES, REQUIRED_FIELDS } from "./import/fields.ts";
import { fingerprint } from "./import/fingerprint.ts";
import { type Guess, guessMapping, type Mapping } from "./import/mapping.ts";
import { type Options, readOptions, USAGE } from "./import/options.ts";
import { startProgress } from "./import/progress.ts";
import { freePathOf, openRejects, type Rejects } from "./import/rejects.ts";
import { adoptionReader, type OrderItem, orderReader, type RowReader } from "./import/rows.ts";
import { type Job, runImport } from "./import/run.ts";
import { type OpenSource, openSource } from "./import/source.ts";
import { loadPlace, lockImport, type Place, type Purpose, removePlace, savePlace, statePathOf } from "./import/state.ts";
import { adoptBy, identify, registerBy, type ItemResult } from "./import/target.ts";
import { mappingText, questionText, shown, summaryText } from "./import/wording.ts";
import { UsageError } from "./usage.ts";

/** Exit codes: all is done; some rows were rejected; it cannot be done like this; stopped before the end. */
const [DONE, REJECTED, REFUSED, STOPPED] = [0, 1, 2, 3];

/** So many rejects a dry run shows one by one. */
const SHOWN_REJECTS = 20;

const ending = watchForEnd();
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args, process.env);
    if (options !== null) return await importFile(options);
    console.log(USAGE);
    return DONE;
  } catch (error) {
    if (ending.signal.aborted) return ending.code();
    // What the disk refuses says itself what it is about.
    const isExpected = error instanceof RefusedError || error instanceof StoppedError || (error instanceof Error && "syscall" in error);
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : isExpected ? error.message : error);
    return error instanceof StoppedError ? STOPPED : REFUSED;
  }
}

async function importFile(options: Options): Promise<number> {
  if (options.isKeyOnCommandLine)
    console.error("Others on this machine can see a key in a command line; PANELSYNC_KEY keeps it from them.");
  const source = await openSource({ ...options, mayBeBare: options.adopt !== null });
  const { mapping, unsure } = chooseColumns(source, options);
  let note = console.error;
  const client = openClient({ ...options, signal: ending.signal, note: (text) => note(text) });
  const { panel, description } = await identify(client, options.panel);
  const aim = options.adopt === null ? "register orders" : `adopt orders at ${options.adopt}`;
  console.log(`${plainText(options.name, 80)}: ${source.description}\n${options.url}: ${aim} for panel ${panel}, ${description}\n`);
  const task: Task = { source, options, mapping, unsure, panel, listen: (listener) => (note = listener) };
  return options.adopt === null
    ? work(task, { read: orderReader({ ...options, mapping }), send: registerBy(client, options.isDry) })
    : work(task, { read: adoptionReader({ ...options, mapping }), send: options.isDry ? adoptNothing : adoptBy(client, options.adopt) });
}

type Task = Guess & {
  readonly source: OpenSource;
  readonly options: Options;
  readonly panel: string;
  /** Says where news of the requests go from now on. */
  readonly listen: (listener: (text: string) => void) => void;
};

/** There is no dry run of an adoption to ask for: what could be sent is counted. */
function adoptNothing(ids: readonly string[]): Promise<readonly ItemResult[]> {
  return Promise.resolve(ids.map(() => ({ result: "created", error: null, refund: null })));
}

/** The columns by what was said and by their names. Throws where the file lacks what an order needs. */
function chooseColumns({ columns }: OpenSource, { wishes, adopt, provider, providers, allOpen }: Options): Guess {
  const guess = guessMapping(columns, wishes, adopt === null ? FIELD_NAMES : ADOPTION_FIELDS);
  if (!guess.ok) throw new RefusedError(guess.failure);
  const { mapping } = guess.value;
  const has = (field: Field): boolean => mapping.has(field);
  const required = adopt === null ? REQUIRED_FIELDS : (["provider_order_id"] as const);
  const missing = required.filter((field) => !has(field));
  if (missing.length > 0) {
    throw new RefusedError(
      `No column is known to be ${missing.join(", ")}. Name it by --map ${missing[0]}=COLUMN. The columns are ${columns.map(quoted).join(", ")}.`,
    );
  }
  if (adopt !== null) return guess.value;
  if (!has("provider") && provider === null) throw new RefusedError("No column says the provider. Name one for all rows by --provider.");
  if (has("provider") && provider !== null) {
    throw new RefusedError(
      `The column ${quoted(columns[mapping.get("provider") ?? 0] ?? "")} says each order's provider: name them by --providers 3=${provider}, or say --map provider= if it is something else.`,
    );
  }
  if (!has("provider") && providers !== null)
    throw new RefusedError("--providers is for a column with providers: name it by --map provider=COLUMN.");
  if (!has("status") && !has("refunded") && !allOpen) {
    throw new RefusedError(
      "No column says the status. Without it an order that has ended, and was paid back, would be paid back again. Name it by --map status=COLUMN; or say --all-open if the file has open orders only.",
    );
  }
  return guess.value;
}

/** Shows which field comes from where, and asks whether that is right where there is somebody to ask. */
async function isConfirmed<T extends OrderItem | string>({ source, mapping, unsure, options }: Task, read: RowReader<T>): Promise<boolean> {
  console.log(`${mappingText(source, mapping, read(source.first.cells), options)}\n`);
  const questions = unsure.map(({ field, columns }) => questionText(field, columns));
  if (questions.length > 0) console.log(`${questions.join("\n")}\n`);
  if (options.isSure) return true;
  if (process.stdin.isTTY && process.stdout.isTTY) return options.isDry || (await ask("Are these the right columns? [y/N] "));
  if (questions.length > 0)
    throw new RefusedError("Without a terminal nobody can be asked. Name the columns by --map, or say --yes to take the first of each.");
  return true;
}

/** A Ctrl-C, which the terminal gives to the question as a key, ends the command as ever; the end of the input is a no. */
async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  terminal.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return /^y(?:es)?$/i.test((await terminal.question(question, { signal: ending.signal })).trim());
  } catch (error) {
    if (ending.signal.aborted || (error as Error).name !== "AbortError") throw error;
    return false;
  } finally {
    terminal.close();
  }
}

/** Imports all rows, from where an earlier run of the same import stopped. */
async function work<T extends OrderItem | string>(task: Task, { read, send }: Pick<Job<T>, "read" | "send">): Promise<number> {
  const { source, options } = task;
  if (!(await isConfirmed(task, read))) return REFUSED;
  const keeper = keepPlace(task);
  const { counts, rows: rowsDone } = keeper.place;
  const progress = startProgress(source, process.stderr);
  task.listen((text) => progress.note(text));
  const job = { rows: source.rows, read, send, batchSize: options.batchSize, rowsDone, counts, reject: keeper.reject };
  const keep = (rows: number): void => {
    keeper.keep(rows);
    progress.show(counts);
  };
  let isComplete = false;
  try {
    await runImport({ ...job, keep });
    isComplete = true;
  } finally {
    progress.stop();
    const rejects = keeper.close(isComplete);
    if (isComplete || counts.rows > 0) console.log(summaryText(options, { counts, rejects, panel: task.panel, isComplete }));
    if (!isComplete && counts.rows > 0 && !options.isDry) console.log(`The same command goes on after row ${shown(counts.rows)}.`);
  }
  if (fingerprint(options.path) !== source.fingerprint)
    throw new StoppedError("The file has changed while it was read. Run the same command again: it begins at the first row.");
  return counts.rejected === 0 ? DONE : REJECTED;
}

type Keeper = Pick<Job<string>, "reject" | "keep"> & {
  readonly place: Pick<Place, "rows" | "counts">;
  /** Ends the keeping; answers the path of the rejects, if there are any. */
  close(isComplete: boolean): string | null;
};

/** The place in the file and the rejects, on disk. A dry run keeps neither, but for rejects where a file was named for them. */
function keepPlace({ source, options, panel, mapping }: Task): Keeper {
  const statePath = statePathOf(options.path);
  const purpose: Purpose = { file: source.fingerprint, ...aimOf(options, panel, mapping) };
  if (!options.isDry) process.once("exit", lockImport(statePath));
  const found = options.isDry ? null : loadPlace(statePath, purpose);
  if (found === "another")
    console.log(
      "An earlier import of this file had another aim, or its rejects or the file has changed since: it begins at the first row.\n",
    );
  const before = found === "another" ? null : found;
  if (before !== null) console.log(`It goes on after row ${shown(before.rows)}, where it stopped.\n`);
  const path = before?.rejects.path ?? freePathOf(options.rejects ?? `${options.path}.rejects.${source.rejects.kind}`);
  const rejects: Rejects | null = options.isDry && options.rejects === null ? null : openRejects(path, source, before?.rejects.bytes ?? 0);
  const place = { rows: before?.rows ?? 0, counts: before?.counts ?? noCounts() };
  return {
    place,
    reject(row, error) {
      if (rejects !== null) rejects.add(row, error);
      else if (place.counts.rejected <= SHOWN_REJECTS)
        console.log(`rejected: ${quoted([row.original].flat().join(" "))}: ${plainText(error, 500)}`);
    },
    keep(rows) {
      if (!options.isDry && rejects !== null)
        savePlace(statePath, purpose, { rows, counts: place.counts, rejects: { path, ...rejects.mark() } });
    },
    close(isComplete) {
      if (isComplete && !options.isDry) removePlace(statePath);
      const hasAny = (rejects?.mark().bytes ?? 0) > 0;
      rejects?.close();
      return hasAny ? path : null;
    },
  };
}

function aimOf(options: Options, panel: string, mapping: Mapping): Omit<Purpose, "file"> {
  const { url, format, encoding, separator, table, timezone, adopt, provider, providers, statuses, allOpen, decimalComma } = options;
  const columns = [...mapping];
  const names = providers === null ? null : [...providers];
  const reading = [format, encoding, separator, table, timezone, adopt, provider, names, statuses, allOpen, decimalComma, columns];
  return { target: `${url} ${panel}`, reading: JSON.stringify(reading) };
}
