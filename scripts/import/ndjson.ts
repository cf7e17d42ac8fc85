/** NDJSON: an object a line. */
import { RefusedError } from "./failures.ts";

/** `values` are the fields as text; null for a line that is no object. */
export type JsonLine = { readonly line: string; readonly values: ReadonlyMap<string, string> | null };

const MAX_LINE_CHARACTERS = 1024 * 1024;

export async function* readJsonLines(text: AsyncIterable<string>): AsyncGenerator<JsonLine> {
  for await (const line of linesOf(text)) yield parseLine(line);
}

/** Lines that are not empty, without what is around them. */
async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of text) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_CHARACTERS)
      throw new RefusedError("The file has a line of more than a million characters: is it NDJSON, one object a line?");
    for (const line of lines) if (line.trim() !== "") yield line.trim();
  }
  if (rest.trim() !== "") yield rest.trim();
}

/** More are not those of an order: names may be ids, and a column would be made of each. */
const MAX_FIELDS = 1000;

/**
 * The names of all fields that any line has. An export without its empty fields has some of them late, and one that was not
 * known then would be left out of every order: its currency, for example.
 */
export async function readFieldNames(text: AsyncIterable<string>): Promise<readonly string[]> {
  const names = new Set<string>();
  for await (const line of linesOf(text)) {
    for (const name of Object.keys(objectIn(line, JSON.parse) ?? {})) names.add(name);
    if (names.size > MAX_FIELDS) throw new RefusedError("The file's objects have more than 1,000 different fields: is each an order?");
  }
  return [...names];
}

function parseLine(line: string): JsonLine {
  const object = objectIn(line, parseWithNumbersAsWritten);
  return { line, values: object === null ? null : new Map(Object.entries(object).map(([name, inner]) => [name, textOf(inner)])) };
}

/** The object that a line is; null for a line that is none. */
function objectIn(line: string, parse: (text: string) => unknown): object | null {
  try {
    const value = parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A double keeps 15 digits of any number; of more, some may be lost when it is read. */
const SAFE_DIGITS = 15;

/** Numbers become the text that stands in the file, so that no amount passes through a float. */
function parseWithNumbersAsWritten(line: string): unknown {
  return JSON.parse(line, numberAsWritten as Parameters<typeof JSON.parse>[1]);
}

function numberAsWritten(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number") return value;
  if (context?.source !== undefined) return context.source;
  // An older Node does not tell the source.
  const text = String(value);
  return text.replace(/\D/g, "").length <= SAFE_DIGITS ? text : "a number with too many digits";
}
