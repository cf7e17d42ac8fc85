/**
 * JSON out of a body that may hold more than JSON: byte-order marks, PHP warnings, HTML notices, a comment at the end.
 */

/**
 * Real answers nest five deep. The bound is there for memory: a body of a million brackets would become a million
 * arrays, and several such answers at once fill a Worker's 128 MB.
 */
export const MAX_JSON_DEPTH = 32;

/** A bare text or null is never longer in earnest. */
const MAX_SCALAR_CHARS = 1000;

/** `isAll`: the body is this value, from end to end. */
export type FoundJson =
  | { readonly kind: "found"; readonly value: unknown; readonly isAll: boolean }
  | { readonly kind: "none" }
  | { readonly kind: "too_deep" };

const NONE: FoundJson = { kind: "none" };
const TOO_DEEP: FoundJson = { kind: "too_deep" };

/** Pieces in noise that are tried as an answer. A failed try costs 4 µs; warnings hold one or two. */
const MAX_TRIES = 50;

/** Where an answer may begin behind noise: an object with a key, or a list of objects. `[2026-01-01]` of a log line is neither. */
const ANSWER_START = /\{\s{0,64}"|\[\s{0,64}\{/g;
const PAGE_START = /^<(?:!doctype|html|head|body)\b/i;

/**
 * The first JSON value of a body, by these rules:
 * - a body that is JSON from end to end is that value, be it only `null`;
 * - a web page holds no answer, though its scripts hold JSON;
 * - a value that is not closed is an answer cut off, and ends the search: an inner part of it could be
 *   another order's object and must not pass for the whole;
 * - so does a value that stands behind a name or before a comma or a closing bracket: it is a part of an answer
 *   whose beginning was lost.
 * Every character is looked at three times at most, whatever the body: 5 ms for the worst of 1 MiB, before it is parsed.
 */
export function findJson(text: string): FoundJson {
  const body = text.trim();
  if (body === "") return NONE;
  if (body[0] !== "{" && body[0] !== "[") {
    const scalar = body.length <= MAX_SCALAR_CHARS ? parse(body) : NONE;
    if (scalar.kind === "found") return scalar;
    if (PAGE_START.test(body)) return NONE;
    return searchAnswer(body);
  }
  const end = endOfValue(body, 0);
  if (end === "too_deep") return TOO_DEEP;
  if (end === "unclosed") return NONE;
  const whole = end === body.length ? parse(body) : NONE;
  return whole.kind === "found" ? whole : searchAnswer(body);
}

/**
 * Whether a body has another value behind its first one, or the beginning of one. Which of them is the answer cannot be
 * told then. A body that is JSON from end to end, as nearly all are, has one.
 */
export function holdsSeveral(text: string): boolean {
  const body = text.trim();
  let from = 0;
  let found = 0;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    ANSWER_START.lastIndex = from;
    const start = ANSWER_START.exec(body)?.index;
    if (start === undefined) return false;
    const end = endOfValue(body, start);
    if (typeof end === "string") return found > 0;
    if (start === 0 && end === body.length) return false;
    if (parse(body.slice(start, end)).kind === "found") found += 1;
    if (found > 1) return true;
    from = end;
  }
  return found > 0;
}

/** The values of a body behind its first one, those that are closed: what a server may have said as well. */
export function furtherValues(text: string): readonly unknown[] {
  const values: unknown[] = [];
  let from = 0;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    ANSWER_START.lastIndex = from;
    const start = ANSWER_START.exec(text)?.index;
    const end = start === undefined ? "unclosed" : endOfValue(text, start);
    if (start === undefined || typeof end === "string") break;
    const value = parse(text.slice(start, end));
    if (value.kind === "found") values.push(value.value);
    from = end;
  }
  return values.slice(1);
}

function searchAnswer(body: string): FoundJson {
  let from = 0;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    ANSWER_START.lastIndex = from;
    const start = ANSWER_START.exec(body)?.index;
    if (start === undefined) break;
    const end = endOfValue(body, start);
    if (end === "too_deep") return TOO_DEEP;
    if (end === "unclosed") return NONE;
    const value = parse(body.slice(start, end));
    if (value.kind === "found") return isPart(body, start, end) ? NONE : { ...value, isAll: false };
    from = end;
  }
  return NONE;
}

/** Space between a value and what it belongs to is looked through that far. */
const MAX_SPACE_CHARS = 64;

/** Whether the value from `start` to `end` is inside another one, going by what is next to it. */
function isPart(body: string, start: number, end: number): boolean {
  const before = body.slice(Math.max(0, start - MAX_SPACE_CHARS), start).trimEnd();
  const after = body.slice(end, end + MAX_SPACE_CHARS).trimStart();
  return /"\s*:$/.test(before) || /^[,}\]]/.test(after);
}

function parse(text: string): FoundJson {
  try {
    return { kind: "found", value: parseJson(text), isAll: true };
  } catch {
    return NONE; // the parser has no other way to say so
  }
}

/**
 * JSON in which a number that a double cannot hold is the text that it was written as: rounded, it would be another order's id.
 * Throws as `JSON.parse` does. Asking for what was written takes six times as long, and only a text with so long a number is read so.
 */
export function parseJson(text: string): unknown {
  return hasLongNumber(text) ? (JSON.parse(text, asWritten) as unknown) : (JSON.parse(text) as unknown);
}

/** 2^53 has sixteen digits. */
const LONG_DIGITS = 16;

/**
 * Whether so many digits stand in a row, behind anything but the quote of a name or text. One of them stands at a multiple of
 * their number, so that no other place is looked at: a look at each takes six times as long.
 */
function hasLongNumber(text: string): boolean {
  for (let at = LONG_DIGITS - 1; at < text.length; at += LONG_DIGITS) {
    if (!isDigitAt(text, at)) continue;
    let [start, end] = [at, at + 1];
    while (start > 0 && isDigitAt(text, start - 1)) start -= 1;
    while (end < text.length && isDigitAt(text, end)) end += 1;
    if (end - start >= LONG_DIGITS && text.charCodeAt(start - 1) !== QUOTE) return true;
    at += Math.floor((end - at) / LONG_DIGITS) * LONG_DIGITS;
  }
  return false;
}

const ZERO = 0x30;
const NINE = 0x39;

function isDigitAt(text: string, at: number): boolean {
  const char = text.charCodeAt(at);
  return char >= ZERO && char <= NINE;
}

function asWritten(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER ? (context?.source ?? value) : value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The index just behind the value that opens at `start`, counting brackets outside of strings. */
export function endOfValue(text: string, start: number): number | "unclosed" | "too_deep" {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = endOfString(text, at);
    } else if (char < OPEN_LIST) {
      continue; // digits, commas and colons: nearly all that stands outside of strings
    } else if (char === OPEN_OBJECT || char === OPEN_LIST) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return "too_deep";
    } else if (char === CLOSE_OBJECT || char === CLOSE_LIST) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return "unclosed";
}

/**
 * The index of the quote that closes the string opened at `quote`, or the end of the text. Searched for as a character: looking at
 * each takes half as long again.
 */
function endOfString(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at !== -1; at = text.indexOf('"', at + 1)) if (!isEscaped(text, at)) return at;
  return text.length;
}

/** Whether an odd number of backslashes stands before a character. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
