/**
 * The fields of a call in the protocol that panel scripts speak, in whichever form they come.
 */
import { readBytes } from "../kit/body.ts";
import { collect, type Collected, formPairs, type Pair, utf8Text, withoutMark } from "./form.ts";

/** A call's fields by name, without those that say nothing. */
export type CallFields = {
  readonly fields: ReadonlyMap<string, string>;
  /** Whether all of its text is UTF-8. What is not is left out of `fields`: it would be altered on its way. */
  readonly isText: boolean;
  /** Names of fields that came as lists of several values. */
  readonly lists: ReadonlySet<string>;
};

/**
 * What is read before anybody's key is known: 128 KiB of body hold an order with thousands of comments, and a list of a
 * thousand ids; 1 MiB took up to 225 ms of CPU, as often as anybody liked. A list's entries are one field.
 */
const MAX_BODY_BYTES = 128 * 1024;
const MAX_FIELDS = 200;
/** Entries of lists counted one by one: a thousand ids, and as much again. */
const MAX_ENTRIES = 2000;

type Call = { readonly request: Request; readonly url: URL };

/**
 * The call's fields, from the query and from a body in any of the usual encodings; null when that is too much. The key of a
 * POST is taken from its body alone: a query stays in the logs of whatever it comes by.
 */
export async function readFields({ request, url }: Call): Promise<CallFields | null> {
  const queryPairs = formPairs(new TextEncoder().encode(url.search.slice(1)), MAX_ENTRIES);
  const query = boundedFields(queryPairs);
  if (request.method !== "POST") return query && callFields([query]);
  const bytes = await readBytes(request, MAX_BODY_BYTES);
  if (!bytes.ok) return null;
  const type = request.headers.get("Content-Type") ?? "";
  const pairs = type.toLowerCase().includes("multipart/form-data") ? await multipartPairs(bytes.value, type) : bodyPairs(bytes.value);
  const body = boundedFields(pairs);
  return query && body && callFields([new Map([...query].filter(([name]) => name !== "key")), body]);
}

function boundedFields(pairs: readonly Pair[]): Collected | null {
  if (pairs.length > MAX_ENTRIES) return null;
  const collected = collect(pairs, isIdList);
  return collected.size > MAX_FIELDS ? null : collected;
}

/** Later ones go before earlier ones. */
function callFields(sources: readonly Collected[]): CallFields {
  const fields = new Map<string, string>();
  const lists = new Set<string>();
  let isText = true;
  for (const [name, entries] of sources.flatMap((source) => [...source])) {
    const texts = entries.filter((entry) => entry !== null && entry.isWellFormed());
    const isWhole = texts.length === entries.length && name.isWellFormed();
    if (!isWhole) isText = false;
    if (entries.length > 1) lists.add(name);
    else lists.delete(name);
    const text = isWhole || ID_FIELDS.has(name) ? saying(name, texts.join(ID_FIELDS.has(name) ? "," : "\n")) : null;
    if (text === null) fields.delete(name);
    else fields.set(name, text);
  }
  return { fields, isText, lists };
}

/** A file is no field. A body that is not what its type says is a call without fields, which is answered as one. */
async function multipartPairs(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Pair[]> {
  // The platform would put a sign of its own in the place of what is not UTF-8.
  if (utf8Text(bytes) === null) return [["", null], ...(await asciiPairs(bytes, type))];
  return readMultipart(bytes, type);
}

async function readMultipart(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Pair[]> {
  try {
    const form = await new Response(bytes, { headers: { "Content-Type": type } }).formData();
    return [...form].flatMap(([name, value]): Pair[] => (typeof value === "string" ? [[name, value]] : []));
  } catch {
    return [];
  }
}

/** The fields that are plain letters, of a body that also has bytes in another encoding: its key and its action. */
async function asciiPairs(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Pair[]> {
  const pairs = await readMultipart(bytes, type);
  return pairs.filter(([name, value]) => !name.includes("\uFFFD") && value?.includes("\uFFFD") === false);
}

/** JSON when it looks like an object, else a form: the type that is sent along is often wrong. */
function bodyPairs(bytes: Uint8Array): Pair[] {
  const body = withoutMark(bytes);
  const first = body.find((byte) => byte > SPACE);
  if (first !== OPENING_BRACE) return formPairs(body, MAX_ENTRIES);
  const text = utf8Text(body);
  // Not UTF-8: what it says may still be told from the letters around it, to answer its action.
  return text === null ? [["", null], ...jsonPairs(new TextDecoder().decode(body)).filter(isPlain)] : jsonPairs(text);
}

const SPACE = 0x20;
const OPENING_BRACE = 0x7b;

function isPlain([name, value]: Pair): boolean {
  return !`${name}${value ?? ""}`.includes("\uFFFD");
}

function jsonPairs(text: string): Pair[] {
  try {
    return Object.entries(JSON.parse(text, asWritten) as Record<string, unknown>).flatMap(([name, value]) => valuePairs(name, value));
  } catch {
    // Cut off or malformed: a call without fields.
    return [];
  }
}

/** A number that a double cannot hold stays as it is written: rounded, it would be another order's id. */
function asWritten(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) ? (context?.source ?? String(value)) : value;
}

/** Values come as texts, numbers or a list of either; PHP writes a list with gaps as an object. */
function valuePairs(name: string, value: unknown): Pair[] {
  const text = scalarText(value);
  if (text !== null) return [[name, text]];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((entry): Pair[] => [[`${name}[]`, scalarText(entry) ?? ""]]);
}

function scalarText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  return value === true ? "true" : null;
}

/** Fields of ids: a list has commas between them. Other lists have lines (comments, user names). */
const ID_FIELDS: ReadonlySet<string> = new Set(["order", "orders", "refill", "refills"]);
const ID_LISTS: ReadonlySet<string> = new Set(["orders", "refills"]);
/** What may be left out of an `add`, and is a number or a date where it is there. */
const OPTIONAL_FIGURES: ReadonlySet<string> = new Set(["runs", "interval", "posts", "old_posts", "expiry"]);

function isIdList(name: string): boolean {
  return ID_LISTS.has(name);
}

/** What libraries write in place of a field that was left out. */
const NOTHING: ReadonlySet<string> = new Set(["", "undefined", "null"]);
/** And where a number was to stand, or an id: none is 0. */
const NO_FIGURE: ReadonlySet<string> = new Set([...NOTHING, "0", "nan", "none", "nil", "false"]);

/** A field's text; null where it says nothing. */
function saying(name: string, text: string): string | null {
  const said = text.trim().toLowerCase();
  const isFigure = ID_FIELDS.has(name) || OPTIONAL_FIGURES.has(name);
  return (isFigure ? NO_FIGURE.has(said) || /^0+$/.test(said) : NOTHING.has(said)) ? null : text;
}
