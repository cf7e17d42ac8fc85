/**
 * Errors as providers write them into an answer. Their texts come in every language, so that they are told by shape;
 * only a few codes and texts that most servers share are known by heart.
 */
import { foldWord } from "../domain/status.ts";
import { type Fields, fieldsOf, isObject, scalarText } from "./fields.ts";

/** What was said, in the provider's words: the text for people first, codes after it. Not redacted yet. */
export type ApiError = { readonly texts: readonly [string, ...string[]] };

/** Texts and codes with one meaning at most servers, folded by `foldText`. */
const KNOWN_TEXTS = {
  key: [
    "invalid api key",
    "incorrect api key",
    "wrong api key",
    "bad api key",
    "unknown api key",
    "api key is invalid",
    "api key not found",
    "invalid key",
    "incorrect key",
    "wrong key",
    "invalid api token",
    "incorrect api token",
    "invalid token",
    "unauthorized",
    "unauthenticated",
  ],
  rate: ["too many requests", "too many attempts", "rate limit exceeded", "rate limited"],
  order: ["incorrect order id", "invalid order id", "wrong order id", "order not found"],
} as const;

export type KnownError = keyof typeof KNOWN_TEXTS;

const KNOWN: ReadonlyMap<string, KnownError> = new Map(
  Object.entries(KNOWN_TEXTS).flatMap(([kind, texts]) => texts.map((text) => [text, kind as KnownError])),
);

/** `Invalid API key!`, `error.invalid_api_key` and `INVALID_API_KEY` alike become `invalid api key`. */
function foldText(text: string): string {
  return text
    .slice(0, 200)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .replace(/^(?:neworder )?error /, "");
}

/** What the first known one of the texts means, or null when all are unknown. */
export function knownError(texts: readonly string[]): KnownError | null {
  for (const text of texts) {
    const kind = KNOWN.get(foldText(text));
    if (kind !== undefined) return kind;
  }
  return null;
}

/** Words of `status` that say the call failed. They are words for orders, too: next to an order's figures they mean the order. */
const FAILURE_WORDS: ReadonlySet<string> = new Set(["error", "fail", "failed", "failure", "false", "ko", "nok"]);
/** Numbers that scripts put into `status` when all is well. */
const SUCCESS_NUMBERS: ReadonlySet<string> = new Set(["1", "100", "200"]);
/** What a field for errors holds when there is none. */
const NO_ERROR: ReadonlySet<string> = new Set(["", "0", "false", "no", "none", "null", "ok"]);
/** What a field for errors holds when the text is elsewhere. */
const BARE_ERROR: ReadonlySet<string> = new Set(["1", "true", "yes"]);

/** How deep texts are looked for in an error that is itself an object or a list, as `{"errors":{"key":["…"]}}`. */
const MAX_TEXT_DEPTH = 3;

/**
 * The error an object says of itself, or null: by `error` or `errors`, or by a failing `status`, `success` or `ok`.
 * A filled `error` counts whatever stands beside it: a person can look at an order, but a refund cannot be called back.
 * In an order's own object a failing `status` is the order's, and no error.
 */
export function errorIn(fields: Fields, isOrder: boolean): ApiError | null {
  const told = fields.get("error") ?? fields.get("errors");
  const explicit = textIn(told, MAX_TEXT_DEPTH);
  if (explicit === null && !saysError(told) && (isOrder || !saysFailure(fields))) return null;
  const code = isObject(told) ? fieldsOf(told).get("code") : undefined;
  const codes = [code, fields.get("code"), fields.get("errorcode"), fields.get("status")].map(scalarText);
  const [first = "error", ...rest] = [explicit, messageIn(fields), ...codes].filter((text) => text !== null);
  return { texts: [first, ...rest] };
}

/** The text an object has for people besides an error: `message` or `msg`. */
export function messageIn(fields: Fields): string | null {
  return textIn(fields.get("message"), 1) ?? textIn(fields.get("msg"), 1);
}

/** `true` and `1` say that there is an error, and nothing else. */
function saysError(told: unknown): boolean {
  return told === true || (scalarText(told) !== null && BARE_ERROR.has(foldWord(String(told))));
}

/** `{"status":"error"}`, `{"success":false}`, and `{"status":"104","msg":"…"}`, where the number is a code of the server's. */
function saysFailure(fields: Fields): boolean {
  if (fields.get("success") === false || fields.get("ok") === false || fields.get("status") === false) return true;
  const status = foldWord(scalarText(fields.get("status")) ?? "");
  if (FAILURE_WORDS.has(status)) return true;
  const hasMessage = fields.has("message") || fields.has("msg");
  return hasMessage && /^\d+$/.test(status) && !SUCCESS_NUMBERS.has(status);
}

/** The first text in a value, at most `depth` levels down; those for people before any other. */
function textIn(value: unknown, depth: number): string | null {
  const text = scalarText(value);
  if (text !== null) {
    const folded = foldWord(text);
    return NO_ERROR.has(folded) || BARE_ERROR.has(folded) ? null : text;
  }
  if (depth === 0 || typeof value !== "object" || value === null) return null;
  const parts = isObject(value) ? textParts(fieldsOf(value)) : (value as readonly unknown[]).slice(0, MAX_TEXT_PARTS);
  for (const part of parts) {
    const found = textIn(part, depth - 1);
    if (found !== null) return found;
  }
  return null;
}

/** How many parts of an error are looked at: a validator lists a handful of fields. */
const MAX_TEXT_PARTS = 10;

function textParts(fields: Fields): readonly unknown[] {
  const forPeople = ["message", "msg", "error", "text"].map((name) => fields.get(name));
  return [...forPeople, ...[...fields.values()].slice(0, MAX_TEXT_PARTS)];
}
