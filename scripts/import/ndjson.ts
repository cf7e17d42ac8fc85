/** NDJSON: an object a line. */
import { RefusedError } from "./failures.ts";

/** `values` are the fields as text; null for a line that is no object. */
export type JsonLine = { readonly line: string; readonly values: ReadonlyMap<string, string> | null };

const MAX_LINE_CHARACTERS = 1024 * 1024;

export async function* readJsonLines(text: AsyncIterable<string>): AsyncGenerator<JsonLine> {
  let rest = "";
  for await (const chunk of text) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_CHARACTERS)
      throw new RefusedError("The file has a line of more than a million characters: is it NDJSON, one object a line?");
    for (const line of lines) if (line.trim() !== "") yield parseLine(line);
  }
  if (rest.trim() !== "") yield parseLine(rest);
}

function parseLine(raw: string): JsonLine {
  const line = raw.trim();
  let value: unknown;
  try {
    value = parseWithNumbersAsWritten(line);
  } catch {
    return { line, values: null };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { line, values: null };
  return { line, values: new Map(Object.entries(value).map(([name, inner]) => [name, textOf(inner)])) };
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
