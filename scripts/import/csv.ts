/** CSV: read with its separator found, and written. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { RefusedError } from "./failures.ts";

export const SEPARATORS = [",", ";", "\t"] as const;
export type Separator = (typeof SEPARATORS)[number];

/** A quote that is never closed would take the rest of the file for one cell. */
const MAX_ROW_CHARACTERS = 1024 * 1024;

/** All rows of a file, the header included. */
export async function* readCsv(text: AsyncIterable<string>, separator: Separator): AsyncGenerator<readonly string[]> {
  const parser = parse({
    delimiter: separator,
    bom: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_CHARACTERS,
  });
  // What goes wrong here destroys the parser with it, and is thrown below.
  pipeline(Readable.from(text), parser).catch(() => undefined);
  let row = 0;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      row += 1;
      yield cells;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new RefusedError(
      `The file is no CSV after its row ${row} (the header is row 1): ${describe(error)} Mend it there; then run the same command again.`,
    );
  }
}

function describe({ code, message }: CsvError): string {
  if (code === "CSV_QUOTE_NOT_CLOSED" || code === "CSV_MAX_RECORD_SIZE") return "a quote is not closed.";
  return `${message.slice(0, 200)}.`;
}

/**
 * The separator of a file, by its first line: the one of `,` `;` and tab that stands there most often outside quotes. Null
 * where two do equally often; a comma for a file of one column.
 */
export function findSeparator(start: string): Separator | null {
  const line = firstLine(start).replace(/"(?:[^"]|"")*"/g, "");
  const counts = SEPARATORS.map((separator) => ({ separator, count: line.split(separator).length - 1 }));
  const [most, next] = counts.toSorted((a, b) => b.count - a.count);
  if (most === undefined || next === undefined || most.count === 0) return ",";
  return most.count === next.count ? null : most.separator;
}

/** Up to the first line end outside quotes. */
function firstLine(start: string): string {
  let isQuoted = false;
  for (let at = 0; at < start.length; at++) {
    if (start[at] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (start[at] === "\n" || start[at] === "\r")) return start.slice(0, at);
  }
  return start;
}

/** Cells as one line. */
export function csvLine(cells: readonly string[], separator: Separator): string {
  return `${cells.map((cell) => (/[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(separator)}\n`;
}
