/**
 * Errors as providers write them into an answer. Their texts come in every language, so that they are told by shape;
 * only a few codes and texts that most servers share are known by heart.
 */
import type { KnownRefusal } from "../../client.ts";
import { foldWord } from "../../../domain/status.ts";
import { isWordOfFailing } from "./no-reason.ts";
import { type Fields, fieldsIn, fieldsOf, isObject, scalarText } from "./fields.ts";

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
  refill: ["incorrect refill id", "invalid refill id", "wrong refill id", "refill not found"],
} as const;

export type KnownError = keyof typeof KNOWN_TEXTS;

/** Why an order is not taken, likewise. Limits that stand at the end of a text do not count. */
const KNOWN_REFUSALS = {
  funds: [
    "not enough funds",
    "not enough funds on balance",
    "not enough balance",
    "insufficient funds",
    "insufficient balance",
    "insufficient funds on balance",
  ],
  service: [
    "incorrect service id",
    "invalid service id",
    "wrong service id",
    "incorrect service",
    "invalid service",
    "service not found",
    "service inactive",
  ],
  link_duplicate: [
    "link duplicate",
    "you have active order with this link",
    "you have active order with this link please wait until order being completed",
  ],
  link: ["link", "bad link", "incorrect link", "invalid link", "wrong link", "link not found"],
  quantity: [
    "quantity",
    "min",
    "max",
    "min quantity",
    "max quantity",
    "incorrect quantity",
    "invalid quantity",
    "quantity less than minimal",
    "quantity more than maximum",
    "quantity must to be greater than or equal to minimum amount",
    "quantity must to be less than or equal to maximum amount",
  ],
} as const satisfies Readonly<Record<KnownRefusal, readonly string[]>>;

/**
 * What frameworks and gateways answer when the script behind them has died. It may have died after its work was done,
 * so that such an error says nothing of the order.
 */
const CRASH_TEXTS = [
  "server error",
  "internal server error",
  "bad gateway",
  "service unavailable",
  "gateway timeout",
  "gateway time out",
] as const;

const KNOWN = byText<KnownError>(KNOWN_TEXTS);
const REFUSALS = byText<KnownRefusal>(KNOWN_REFUSALS);
const CRASHES: ReadonlySet<string> = new Set(CRASH_TEXTS);

function byText<K extends string>(table: Readonly<Record<K, readonly string[]>>): ReadonlyMap<string, K> {
  return new Map(Object.entries<readonly string[]>(table).flatMap(([kind, texts]) => texts.map((text) => [text, kind as K])));
}

/**
 * `Invalid API key!`, `error.invalid_api_key` and `INVALID_API_KEY` alike become `invalid api key`. A sign in quotation
 * marks is what the text is about: `Invalid token '<'` is none of a key's.
 */
function foldText(text: string): string {
  return text
    .slice(0, 200)
    .toLowerCase()
    .replace(/(["'`])[^\p{L}\p{N}\s]+\1/gu, " sign ")
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

/** What the first known one of the texts says of an order that is not taken, or null when all are unknown. */
export function knownRefusal(texts: readonly string[]): KnownRefusal | null {
  for (const text of texts) {
    const kind = REFUSALS.get(foldText(text).replace(/(?: \d+)+$/, ""));
    if (kind !== undefined) return kind;
  }
  return null;
}

/** True for an error that is no word of the provider's own, but of a script that died. */
export function saysCrash(error: ApiError): boolean {
  return CRASHES.has(foldText(error.texts[0]));
}

/** Words of `status` that say the call failed. They are words for orders, too: next to an order's figures they mean the order. */
const FAILURE_WORDS: ReadonlySet<string> = new Set(["error", "fail", "failed", "failure", "false", "ko", "nok"]);
/** Words and numbers that scripts put into `status` when all is well. */
const SUCCESS_WORDS: ReadonlySet<string> = new Set(["success", "successful", "ok", "true"]);
const SUCCESS_NUMBERS: ReadonlySet<string> = new Set(["1", "100", "200", "201", "202"]);
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
  // A server that has both may leave the first of them empty.
  const [error, errors] = [fields.get("error"), fields.get("errors")];
  const explicit = textIn(error, MAX_TEXT_DEPTH) ?? textIn(errors, MAX_TEXT_DEPTH);
  if (explicit === null && !saysError(error) && !saysError(errors) && (isOrder || !saysFailure(fields))) return null;
  const code = fieldsIn(error).get("code") ?? fieldsIn(errors).get("code");
  const codes = [code, fields.get("code"), fields.get("errorcode"), fields.get("status")].map(scalarText);
  const said = explicit ?? messageIn(fields) ?? anyTextIn(fields);
  const [first = "error", ...rest] = [said, messageIn(fields), ...codes].filter((text) => text !== null);
  return { texts: [first, ...rest] };
}

/** The error of an answer's outermost layer that has one: it is about the most. `isOrder` as for `errorIn`. */
export function errorOfLayers(layers: readonly unknown[], isOrder: (fields: Fields) => boolean): ApiError | null {
  for (const layer of layers) {
    const fields = fieldsIn(layer);
    const error = errorIn(fields, isOrder(fields));
    if (error !== null) return error;
  }
  return null;
}

/** The fields in which servers say how a call went, besides `status`. */
const CALL_FIELDS = ["success", "ok", "result"] as const;

/** True when the object says that the call went well. It says nothing of what the call was for. */
export function saysSuccess(fields: Fields): boolean {
  return wordsOfCall(fields).some(
    (value) => value === true || SUCCESS_NUMBERS.has(scalarText(value) ?? "") || SUCCESS_WORDS.has(wordIn(value)),
  );
}

function wordsOfCall(fields: Fields): readonly unknown[] {
  return ["status", ...CALL_FIELDS].map((name) => fields.get(name));
}

function wordIn(value: unknown): string {
  return foldWord(scalarText(value) ?? "");
}

/**
 * What an answer without an error in it says to people: its message, or the bare text that it is. Under a failing code
 * any text of it is one.
 */
export function messageOf(json: unknown, status: number): string | null {
  if (typeof json === "string") return scalarText(json);
  const fields = fieldsIn(json);
  return messageIn(fields) ?? (status >= 400 ? anyTextIn(fields) : null);
}

/** The text an object has for people besides an error. */
export function messageIn(fields: Fields): string | null {
  for (const name of ["message", "msg", "reason", "detail"]) {
    const text = textIn(fields.get(name), 1);
    if (text !== null) return text;
  }
  return null;
}

/** Words by which a call is turned down, besides those of errors. At an order or a refill they are how it stands. */
const TURNED_DOWN_WORDS: ReadonlySet<string> = new Set(["rejected", "declined", "denied", "refused", "invalid", "no"]);

/** Whether an object that has no error in it says by a code or a word that the call was turned down. */
export function turnsDown(fields: Fields): boolean {
  const isFailing = codesIn(fields).some((code) => Number(code) !== 0 && !SUCCESS_NUMBERS.has(code));
  return isFailing || ["status", "state", "type", ...CALL_FIELDS].some((name) => isTurnedDownWord(wordIn(fields.get(name))));
}

/** Where an object may say how the call went. */
const WORD_OF_CALL = /^(?:status|state|type|code|errorcode|success|ok|result|response)$/;

/**
 * Whether an object says no in a form that by itself is none of an error's: `false` in any field, a zero where a call's word
 * stands (which may be a pending order's status, or a code for "well"), a word for failing in any language. A text of the
 * object that gives a reason makes it one.
 */
export function saysNoSomehow(fields: Fields): boolean {
  return [...fields].some(([name, value]) => {
    if (typeof value === "string" && isWordOfFailing(value)) return true;
    return value === false || (WORD_OF_CALL.test(name) && wordIn(value) === "0");
  });
}

/** Fields of an order, or of what was asked for. The texts beside them may be names, as of a service. */
const OF_AN_ORDER = [
  "charge",
  "remains",
  "startcount",
  "service",
  "servicename",
  "serviceid",
  "package",
  "category",
  "quantity",
  "link",
  "price",
  "rate",
];

/** The texts in which an object may say why its call failed, those for people first: in any field, unless it has an order's. */
export function reasonsIn(fields: Fields): readonly string[] {
  const isOrder = OF_AN_ORDER.some((name) => fields.has(name));
  return [...textsOfCall(fields), ...(isOrder ? [] : anyTextsIn(fields))];
}

/** Whether an object has a number below zero where the call's code stands. At no server that is a yes. */
export function saysNegative(fields: Fields): boolean {
  return codesIn(fields).some((code) => Number(code) < 0);
}

function codesIn(fields: Fields): readonly string[] {
  const codes = ["status", "code", "errorcode"].map((name) => scalarText(fields.get(name)) ?? "");
  return codes.filter((code) => NUMBER.test(code));
}

function isTurnedDownWord(word: string): boolean {
  return TURNED_DOWN_WORDS.has(word) || FAILURE_WORDS.has(word);
}

/** Names of fields that hold a text for people, or a code, about the call. */
const SAYING = /^(?:err|msg|message|reason|detail|desc|info|text)/;

/** The texts in which an object says how its call went, those for people first; words for "yes" and "no" among them. */
export function textsOfCall(fields: Fields): readonly string[] {
  const names = [...fields.keys()].filter((name) => SAYING.test(name)).slice(0, MAX_TEXT_PARTS);
  const texts = [...names, ...CALL_FIELDS, "status"].map((name) => fields.get(name)).map(scalarText);
  return texts.filter((text) => text !== null && /\p{L}/u.test(text) && !isTurnedDownWord(foldWord(text))) as string[];
}

const NUMBER = /^-?\d+$/;

const WORDS_OF_CALLS: ReadonlySet<string> = new Set(["status", "code", "errorcode", ...CALL_FIELDS]);
const WRAPPING: readonly string[] = ["data", "result", "response"];

/** The first text of an object that failed, whatever its field is called. */
function anyTextIn(fields: Fields): string | null {
  return anyTextsIn(fields)[0] ?? null;
}

/** The texts of an object, whatever their fields are called: those of the part it wraps before others. */
function anyTextsIn(fields: Fields): readonly string[] {
  const wrapped = WRAPPING.map((name) => fields.get(name)).filter((value) => typeof value === "object" || typeof value === "string");
  const others = [...fields].filter(([name]) => !WORDS_OF_CALLS.has(name)).map(([, value]) => value);
  const texts = [...wrapped, ...others.slice(0, MAX_TEXT_PARTS)].map((value) => textIn(value, MAX_TEXT_DEPTH));
  // A figure is no reason, nor is a word that only repeats that the call failed.
  return texts.filter((text) => text !== null && /\p{L}/u.test(text) && !FAILURE_WORDS.has(foldWord(text))) as string[];
}

/** `true`, `1` and `-1` say that there is an error, and nothing else. */
function saysError(told: unknown): boolean {
  return told === true || isBareError(wordIn(told));
}

/** That there is an error, and no text of it. */
function isBareError(folded: string): boolean {
  return BARE_ERROR.has(folded) || isBelowZero(folded);
}

/**
 * `{"status":"error"}`, `{"success":"false"}`, `{"status":-1}`, and `{"status":"104","msg":"…"}`, where the number is a code of
 * the server's.
 */
function saysFailure(fields: Fields): boolean {
  if (wordsOfCall(fields).some((value) => value === false || isFailureWord(wordIn(value)))) return true;
  if (["success", "ok"].some((name) => isNo(wordIn(fields.get(name))))) return true;
  const hasMessage = fields.has("message") || fields.has("msg");
  const status = scalarText(fields.get("status")) ?? "";
  return hasMessage && NUMBER.test(status) && !SUCCESS_NUMBERS.has(status);
}

/** What `success` and `ok` hold where the call was turned down. */
function isNo(folded: string): boolean {
  return folded === "0" || TURNED_DOWN_WORDS.has(folded);
}

function isFailureWord(folded: string): boolean {
  return FAILURE_WORDS.has(folded) || isBelowZero(folded);
}

/** A number below zero says that something failed, wherever a call's word stands. */
function isBelowZero(folded: string): boolean {
  return folded.startsWith("-") && /^-\d*[1-9]/.test(folded);
}

/** The first text in a value, at most `depth` levels down; those for people before any other. */
function textIn(value: unknown, depth: number): string | null {
  const text = scalarText(value);
  if (text !== null) {
    const folded = foldWord(text);
    return NO_ERROR.has(folded) || isBareError(folded) ? null : text;
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
