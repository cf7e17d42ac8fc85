/** The rows that were not taken, each with its reason, in a file that can be mended and imported. */
import { closeSync, ftruncateSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { csvLine } from "./csv.ts";
import type { Source, SourceRow } from "./source.ts";

export type Rejects = {
  readonly path: string;
  /** How long the file is. */
  bytes(): number;
  add(row: SourceRow, error: string): void;
  /** A file without a row is not left behind. */
  close(): void;
};

/** A free name beside the input; rejects of earlier imports may have been worked on. */
export function rejectsPathOf(input: string, { rejects }: Pick<Source, "rejects">): string {
  for (let n = 1; ; n++) {
    const path = `${input}.rejects${n === 1 ? "" : `-${n}`}.${rejects.kind}`;
    if (isFree(path)) return path;
  }
}

function isFree(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
}

/** Opens the file. What stands in it after `keepBytes` belongs to rows that are read again, and is cut off. */
export function openRejects(path: string, source: Pick<Source, "columns" | "rejects">, keepBytes: number): Rejects {
  const file = openSync(path, keepBytes === 0 ? "w" : "r+", 0o600);
  let bytes = keepBytes;
  ftruncateSync(file, keepBytes);
  const write = (text: string): void => {
    bytes += writeSync(file, text, bytes);
  };
  const { columns, rejects } = source;
  return {
    path,
    bytes: () => bytes,
    add({ original }, error) {
      if (rejects.kind === "ndjson") return write(`${jsonLine(String(original), error)}\n`);
      if (bytes === 0) write(csvLine([...columns, "error"], rejects.separator));
      const cells = typeof original === "string" ? [original] : original;
      write(csvLine([...cells, ...columns.slice(cells.length).map(() => ""), error], rejects.separator));
    },
    close() {
      closeSync(file);
      if (bytes === 0) rmSync(path, { force: true });
    },
  };
}

/** The object as it is written, with the reason added; numbers keep their digits, since nothing is parsed anew. */
function jsonLine(line: string, error: string): string {
  const reason = `"error":${JSON.stringify(error)}`;
  const object = /^\{([^]*)\}$/.exec(line);
  if (object === null || !isJson(line)) return `{"line":${JSON.stringify(line)},${reason}}`;
  const [, inner = ""] = object;
  return inner.trim() === "" ? `{${reason}}` : `{${inner},${reason}}`;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
