/** The import itself: row by row, batch by batch, with its place kept after each batch. */
import { plainText, quoted } from "./cells.ts";
import { type Counts, countResult, countSkip } from "./counts.ts";
import { RefusedError } from "./failures.ts";
import type { OrderItem, RowOutcome, RowReader } from "./rows.ts";
import type { Source, SourceRow } from "./source.ts";
import type { ItemResult, Send } from "./target.ts";

export type Job<T extends OrderItem | string> = {
  readonly rows: Source["rows"];
  readonly read: RowReader<T>;
  readonly send: Send<T>;
  /** Items in a request. */
  readonly batchSize: number;
  /** So many rows are done already: what an earlier run came to is in `counts`. */
  readonly rowsDone: number;
  readonly counts: Counts;
  readonly reject: (row: SourceRow, error: string) => void;
  /** Is told after each batch that all rows up to this one are done. */
  readonly keep: (rows: number) => void;
};

/** A body holds 1 MiB; what is sent beside the orders is little. */
const MAX_BATCH_BYTES = 900 * 1024;
/** All fields of an order at their longest are below it. */
const MAX_ITEM_BYTES = 64 * 1024;
/** Rows that are left out wait for a batch too, so that one place says what is done. */
const MAX_WAITING_ROWS = 5000;
const MAX_WAITING_CHARACTERS = 8 * 1024 * 1024;
/** From so many on, one reason for all of a first batch is a mistake in the command and not in the rows. */
const TELLING_BATCH = 20;
const MAX_SHOWN_PROVIDERS = 5;

type Waiting<T> = { readonly row: SourceRow; readonly outcome: RowOutcome<T> };

/** Goes through all rows. What it throws leaves the place of the last batch that was answered. */
export async function runImport<T extends OrderItem | string>(job: Job<T>): Promise<void> {
  let number = 0;
  let waiting: Waiting<T>[] = [];
  let [items, bytes, characters] = [0, 0, 0];
  const flush = async (): Promise<void> => {
    await settle(job, waiting);
    job.counts.rows = number;
    job.keep(number);
    [waiting, items, bytes, characters] = [[], 0, 0, 0];
  };
  for await (const row of job.rows) {
    if (number < job.rowsDone) {
      number += 1;
      continue;
    }
    const { outcome, size } = readRow(job, row);
    if (bytes + size > MAX_BATCH_BYTES) await flush();
    number += 1;
    waiting.push({ row, outcome });
    bytes += size;
    characters += row.cells.reduce((sum, cell) => sum + cell.length, 0);
    if (outcome.kind === "send") items += 1;
    if (items >= job.batchSize || waiting.length >= MAX_WAITING_ROWS || characters >= MAX_WAITING_CHARACTERS) await flush();
  }
  if (waiting.length > 0) await flush();
}

function readRow<T extends OrderItem | string>({ read }: Job<T>, { cells, problem }: SourceRow): { outcome: RowOutcome<T>; size: number } {
  const outcome: RowOutcome<T> = problem === null ? read(cells) : { kind: "reject", error: problem };
  if (outcome.kind !== "send") return { outcome, size: 0 };
  const size = Buffer.byteLength(JSON.stringify(outcome.item));
  return size <= MAX_ITEM_BYTES ? { outcome, size } : { outcome: { kind: "reject", error: "the order is longer than 64 KiB" }, size: 0 };
}

/** Sends what is to be sent, and counts everything once the answer is there. */
async function settle<T extends OrderItem | string>({ send, counts, reject }: Job<T>, waiting: readonly Waiting<T>[]): Promise<void> {
  const items = waiting.flatMap(({ outcome }) => (outcome.kind === "send" ? [outcome.item] : []));
  const results = items.length === 0 ? [] : await send(items);
  const isFirst = counts.created + counts.exists === 0;
  if (isFirst) refuseSameMistake(results, items);
  let at = 0;
  for (const { row, outcome } of waiting) {
    if (outcome.kind === "skip") countSkip(counts, outcome.why, outcome.word);
    const result = outcome.kind === "send" ? results[at++] : undefined;
    if (outcome.kind === "send" && result !== undefined) countResult(counts, outcome.item, result);
    const error = outcome.kind === "reject" ? outcome.error : errorOf(result, outcome.kind === "send" ? outcome.item : undefined);
    if (error === null) continue;
    counts.rejected += 1;
    reject(row, error);
  }
}

function errorOf(result: ItemResult | undefined, item: OrderItem | string | undefined): string | null {
  if (result === undefined || result.result === "created" || result.result === "exists") return null;
  return withAdvice(result.error ?? "was refused", item === undefined ? [] : [item]);
}

/** A provider that does not exist would send every row to the rejects. */
function refuseSameMistake(results: readonly ItemResult[], items: readonly (OrderItem | string)[]): void {
  const [first] = results;
  if (first === undefined || results.length < TELLING_BATCH) return;
  if (results.every(({ result, error }) => result === "invalid" && error === first.error)) {
    const reason = withAdvice(first.error ?? "none was given", items);
    throw new RefusedError(`All of the first ${results.length} orders were refused for one reason: ${reason}. Nothing was registered.`);
  }
}

/** A panel's export has the panel's own names of providers, mostly numbers; the refusal alone does not say what was sent. */
function withAdvice(error: string, items: readonly (OrderItem | string)[]): string {
  const names = [...new Set(items.flatMap((item) => (typeof item === "string" ? [] : String(item.provider ?? ""))))];
  const [first] = names;
  if (first === undefined || !error.startsWith("provider ")) return error;
  const shown = names.slice(0, MAX_SHOWN_PROVIDERS).map(quoted).join(", ");
  const others = names.length > MAX_SHOWN_PROVIDERS ? " and others" : "";
  return `${error}; it was sent as ${shown}${others}: say what that is called here by --providers ${plainText(first, 40)}=ID`;
}
