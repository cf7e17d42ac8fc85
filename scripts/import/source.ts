/** A file as rows of cells, whatever its format. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { isProviderOrderId } from "../../src/domain/order-ids.ts";
import { quoted } from "./cells.ts";
import { findSeparator, readCsv, SEPARATORS, type Separator } from "./csv.ts";
import { RefusedError } from "./failures.ts";
import { fingerprint } from "./fingerprint.ts";
import { isKnownColumn } from "./mapping.ts";
import { type JsonLine, readFieldNames, readJsonLines } from "./ndjson.ts";
import { readSqlRows } from "./sql.ts";
import { isUtf8, type ReadBytes, readText } from "./text.ts";

export const FORMATS = ["csv", "ndjson", "sql"] as const;
export type Format = (typeof FORMATS)[number];

export type SourceSettings = {
  readonly path: string;
  readonly format: Format;
  readonly encoding: string;
  /** Null: found by itself. */
  readonly separator: Separator | null;
  /** Of a dump. */
  readonly table: string;
  /** A file of one column may be bare ids without a header. */
  readonly mayBeBare: boolean;
};

/** `original`: what goes to the rejects. `problem`: why its cells cannot be read. */
export type SourceRow = {
  readonly cells: readonly string[];
  readonly original: readonly string[] | string;
  readonly problem: string | null;
};

export type Source = {
  readonly columns: readonly string[];
  readonly rows: AsyncGenerator<SourceRow>;
  /** What its rejects are written as, and whether the file itself is UTF-8. */
  readonly rejects: ({ readonly kind: "csv"; readonly separator: Separator } | { readonly kind: "ndjson" }) & { readonly isUtf8: boolean };
  readonly read: ReadBytes;
  readonly totalBytes: number;
  /** In words, for the person who confirms. */
  readonly description: string;
};

/** A source with its first row read, which is among its rows all the same. `fingerprint`: the file as it was before that. */
export type OpenSource = Source & { readonly first: SourceRow; readonly fingerprint: string };

/** The format by a file's name; null where that does not say it. */
export function formatOf(path: string): Format | null {
  const [, ending = ""] = /\.([a-z]+)$/i.exec(path) ?? [];
  if (/^(?:csv|tsv|txt)$/i.test(ending)) return "csv";
  if (/^(?:ndjson|jsonl)$/i.test(ending)) return "ndjson";
  return /^sql$/i.test(ending) ? "sql" : null;
}

/** Opens a file, and reads as much of it as tells its columns and its first row. Throws for a file without a row. */
export async function openSource(settings: SourceSettings): Promise<OpenSource> {
  const read: ReadBytes = { bytes: 0 };
  const totalBytes = sizeOf(settings.path);
  const mark = fingerprint(settings.path);
  const text = readText(settings.path, settings.encoding, read);
  const source = await openFormat({ text, read, totalBytes }, settings);
  const { taken, all } = await peek(source.rows, (rows) => rows.length > 0);
  const [first] = taken;
  if (first === undefined) throw new RefusedError("The file has a header and no rows.");
  return { ...source, rows: all, first, fingerprint: mark };
}

function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return found.size;
  // npm runs its scripts in the folder of the clone, wherever they are asked for.
  throw new RefusedError(`There is no file ${resolve(path)}.`);
}

function openFormat(opened: Opened, settings: SourceSettings): Promise<Source> {
  if (settings.format === "csv") return openCsv(opened, settings);
  return settings.format === "ndjson" ? openJsonLines(opened, settings) : openSql(opened, settings);
}

type Opened = Pick<Source, "read" | "totalBytes"> & { readonly text: AsyncGenerator<string> };

/** The first line is looked for in so much text. */
const MAX_HEADER_CHARACTERS = 256 * 1024;

async function openCsv({ text, read, totalBytes }: Opened, { separator, mayBeBare, encoding }: SourceSettings): Promise<Source> {
  const { taken: start, all } = await peek(text, (pieces) => pieces.join("").length >= MAX_HEADER_CHARACTERS);
  const found = separator ?? findSeparator(start.join(""));
  if (found === null)
    throw new RefusedError("The first line has two separators equally often. Say which it is: --delimiter ',' or ';' or tab.");
  const rows = readCsv(all, found);
  const { done, value: header } = await rows.next();
  if (done) throw new RefusedError("The file is empty.");
  const isBare = mayBeBare && isBareId(header);
  const columns = isBare ? ["provider_order_id"] : header.map((name) => name.trim());
  return {
    columns,
    rows: csvRows(isBare ? chain([header], rows) : rows, columns.length),
    rejects: { kind: "csv", separator: found, isUtf8: isUtf8(encoding) },
    read,
    totalBytes,
    description: isBare
      ? "ids without a header"
      : `CSV, ${columns.length} columns${columns.length === 1 ? "" : ` separated by ${found === "\t" ? "tabs" : quoted(found)}`}`,
  };
}

/** Whether the first line of a file of one column is an id already: a number, or a text with a digit that is no known column. */
function isBareId(header: readonly string[]): boolean {
  const [only = ""] = header;
  return header.length === 1 && /\d/.test(only) && !isKnownColumn(only) && isProviderOrderId(only.trim(), { textIds: true });
}

async function* csvRows(rows: AsyncIterable<readonly string[]>, width: number): AsyncGenerator<SourceRow> {
  for await (const cells of rows) {
    const problem = cells.length === width ? null : `the row has ${cells.length} cells, and the header ${width}`;
    yield { cells, original: cells, problem };
  }
}

async function openJsonLines({ text, read, totalBytes }: Opened, { path, encoding }: SourceSettings): Promise<Source> {
  const columns = await readFieldNames(readText(path, encoding, { bytes: 0 }));
  if (columns.length === 0) throw new RefusedError("The file has no object: NDJSON is one JSON object a line.");
  const rejects = { kind: "ndjson", isUtf8: isUtf8(encoding) } as const;
  return { columns, rows: jsonRows(readJsonLines(text), columns), rejects, read, totalBytes, description: "NDJSON" };
}

async function* jsonRows(lines: AsyncIterable<JsonLine>, columns: readonly string[]): AsyncGenerator<SourceRow> {
  for await (const { line, values } of lines) {
    const problem = values === null ? "the line is not a JSON object" : null;
    yield { cells: columns.map((name) => values?.get(name) ?? ""), original: line, problem };
  }
}

async function openSql({ text, read, totalBytes }: Opened, { table, encoding }: SourceSettings): Promise<Source> {
  const { taken, all } = await peek(readSqlRows(text, table), (rows) => rows.length > 0);
  const [first] = taken;
  if (first === undefined) throw new RefusedError(`The dump has no rows of a table ${quoted(table)}. Name the right one by --table.`);
  const { columns } = first;
  return {
    columns,
    rows: sqlRows(all, columns),
    rejects: { kind: "csv", separator: ",", isUtf8: isUtf8(encoding) },
    read,
    totalBytes,
    description: `MySQL dump, table ${quoted(table)}, ${columns.length} columns`,
  };
}

async function* sqlRows(
  rows: AsyncIterable<{ readonly columns: readonly string[]; readonly cells: readonly string[] }>,
  columns: readonly string[],
): AsyncGenerator<SourceRow> {
  for await (const { columns: own, cells } of rows) {
    if (own.join("\n") !== columns.join("\n")) throw new RefusedError("The dump has rows of the table with other columns than its first.");
    yield { cells, original: cells, problem: null };
  }
}

/** Reads until enough is there, and gives it with everything, itself included. */
async function peek<T>(
  items: AsyncGenerator<T>,
  isEnough: (taken: readonly T[]) => boolean,
): Promise<{ taken: readonly T[]; all: AsyncGenerator<T> }> {
  const taken: T[] = [];
  while (!isEnough(taken)) {
    const next = await items.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return { taken, all: chain([...taken], items) };
}

async function* chain<T>(first: T[], rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first.splice(0);
  yield* rest;
}

/** How a separator is named in a command line; null for none. */
export function separatorOf(name: string): Separator | null {
  const separator = /^(?:tab|\\t)$/i.test(name) ? "\t" : name;
  return SEPARATORS.find((known) => known === separator) ?? null;
}
