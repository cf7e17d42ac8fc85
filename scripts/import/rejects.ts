/** The rows that were not taken, each with its reason, in a file that can be mended and imported. */
import { createHash, type Hash } from "node:crypto";
import { closeSync, ftruncateSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { parse } from "node:path";
import { csvLine } from "./csv.ts";
import type { Source, SourceRow } from "./source.ts";

/** The file so far: how long it is, and a digest of what is in it, which tells whether somebody has changed it since. */
export type RejectsMark = { readonly bytes: number; readonly digest: string };

export type Rejects = {
  readonly path: string;
  mark(): RejectsMark;
  add(row: SourceRow, error: string): void;
  /** A file without a row is not left behind. */
  close(): void;
};

/** The name that is wanted, or the next that is free: what has rows may be the input, or rejects that somebody is mending. */
export function freePathOf(wanted: string): string {
  const { name, ext } = parse(wanted);
  const stem = wanted.slice(0, wanted.length - (name + ext).length) + name;
  for (let n = 1; ; n++) {
    const path = n === 1 ? wanted : `${stem}-${n}${ext}`;
    if (!hasRows(path)) return path;
  }
}

function hasRows(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size > 0;
}

/** Whether a file still begins with what had been written there. Without the rejects of rows that are done, those are read again. */
export function isAsWritten(path: string, { bytes, digest }: RejectsMark): boolean {
  if (bytes === 0) return true;
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < bytes) return false;
  return hashOf(path, bytes).digest("hex") === digest;
}

const PIECE_BYTES = 1024 * 1024;

/** The hash of a file's beginning, to go on with. */
function hashOf(path: string, bytes: number): Hash {
  const hash = createHash("sha256");
  if (bytes === 0) return hash;
  const file = openSync(path, "r");
  try {
    const piece = Buffer.alloc(Math.min(bytes, PIECE_BYTES));
    for (let at = 0; at < bytes;) {
      const length = readSync(file, piece, 0, Math.min(piece.length, bytes - at), at);
      if (length === 0) break;
      hash.update(piece.subarray(0, length));
      at += length;
    }
  } finally {
    closeSync(file);
  }
  return hash;
}

/** Opens the file. What stands in it after `keepBytes` belongs to rows that are read again, and is cut off. */
export function openRejects(path: string, source: Pick<Source, "columns" | "rejects">, keepBytes: number): Rejects {
  const hash = hashOf(path, keepBytes);
  const file = openSync(path, keepBytes === 0 ? "w" : "r+", 0o600);
  let bytes = keepBytes;
  if (keepBytes > 0) ftruncateSync(file, keepBytes);
  const write = (text: string): void => {
    hash.update(text);
    bytes += writeSync(file, text, bytes);
  };
  const { columns, rejects } = source;
  return {
    path,
    mark: () => ({ bytes, digest: hash.copy().digest("hex") }),
    add({ original }, error) {
      if (bytes === 0) write(headOf(source));
      if (rejects.kind === "ndjson") return write(`${jsonLine(String(original), error)}\n`);
      const cells = typeof original === "string" ? [original] : original;
      write(csvLine([...cells, ...columns.slice(cells.length).map(() => ""), error], rejects.separator));
    },
    close() {
      closeSync(file);
      if (bytes === 0 && statSync(path, { throwIfNoEntry: false })?.isFile() === true) rmSync(path);
    },
  };
}

/** They are UTF-8, and say so where the input is not: they are imported with its options, `--encoding` among them. */
function headOf({ columns, rejects }: Pick<Source, "columns" | "rejects">): string {
  const mark = rejects.isUtf8 ? "" : "\uFEFF";
  return rejects.kind === "ndjson" ? mark : mark + csvLine([...columns, "error"], rejects.separator);
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
