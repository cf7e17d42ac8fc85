/**
 * What a provider's JSON says about orders. Total: any JSON gives a reading, and what cannot be read for certain
 * is an error, a missing report or a null, never a status.
 */
import type { Balance, JsonObject } from "../../client.ts";
import { foldWord, isSubscriptionWord } from "../../../domain/status.ts";
import {
  PART_FIELDS,
  type PartField,
  type MissingReport,
  type PartFigure,
  type Parts,
  type RefusedReport,
  type Report,
  type StatusReport,
} from "../../../domain/order-report.ts";
import { type ApiError, errorIn, errorOfLayers, knownError, messageIn } from "./api-error.ts";
import { isAboutId, isOfCall, saysNoSuchOrder, subjectOf } from "./subject.ts";
import { entriesFor, namesAnother, ORDER_NAMES } from "./entries.ts";
import { currencyBeside, readCount, readCurrency, readDecimal, readRemains, type WritingOf, writingIn } from "./figures.ts";
import { DISPUTED, type Fields, fieldsIn, fieldsOf, idText, isObject, layersOf, saysNoId, scalarText } from "./fields.ts";
import type { AnswerText } from "./final-answer.ts";
import { plainReports } from "./plain-answer.ts";
import { cleanText } from "./wording.ts";

/** A value, an error the provider answers with, or an answer that makes no sense here. */
export type Reading<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "error"; readonly error: ApiError }
  | { readonly kind: "unreadable"; readonly message: string };

/**
 * What reading JSON takes besides: the HTTP code, for the few answers that mean another thing under another code, the
 * provider's key, which is kept out of every text, the body as it came, and further JSON in it.
 */
export type ReadingContext = {
  readonly status: number;
  readonly key: string;
  readonly text?: string;
  readonly further?: readonly unknown[];
};

export type ManyAnswer = {
  /** One report for each id asked; `missing` for those the answer leaves out or says nothing readable of. */
  readonly reports: ReadonlyMap<string, Report>;
  /** True when the answer names its orders. A single order's object is taken only for a list of one, and names none. */
  readonly byId: boolean;
};

/** Longest status word (and other short text) and error text kept; they go into a row each. */
export const MAX_WORD_CHARS = 64;
export const MAX_MESSAGE_CHARS = 200;

/** Most ids of parts kept of an order. Drip-feeds run some dozens of times, subscriptions some hundreds; a row has room for these. */
export const MAX_PART_ORDERS = 1000;

const MISSING: MissingReport = { kind: "missing" };

/** For readers that keep no text of the answer. */
const KEEPS_NONE: AnswerText = () => null;

/**
 * The answer to `orders`. Orders that were not asked for are ignored. `key` is kept out of every text. `answerText` finds what
 * is kept word for word.
 */
export function readMany(json: unknown, ids: readonly string[], key: string, answerText: AnswerText = KEEPS_NONE): Reading<ManyAnswer> {
  const layers = layersOf(json, (object) => ids.some((id) => Object.hasOwn(object, id)) || isOrder(fieldsOf(object)));
  const inner = layers.at(-1);
  const writing = writingWithin(inner);
  const inside = { key, writing, answerText };
  const named = plainReports(inner, ids, inside) ?? reportsFor(inner, ids, inside);
  if (named !== null && named.size > 0) return read({ reports: withMissing(named, ids), byId: true });

  const error = firstError(layers);
  if (error !== null) return { kind: "error", error };
  if (named !== null) return read({ reports: withMissing(named, ids), byId: true });

  const [id] = ids;
  const alone = id !== undefined && ids.length === 1 ? unnamedReport(layers, id, inside) : null;
  if (id !== undefined && alone !== null) return read({ reports: new Map([[id, alone]]), byId: false });
  return { kind: "unreadable", message: `no order's answer in ${describeShape(inner)}` };
}

/**
 * The answer to `order`. `refused` is reported only for a text that may be about the order, or stands under its id. Any other
 * error may be about the whole provider, and is an error here.
 */
export function readOne(json: unknown, id: string, key: string, answerText: AnswerText = KEEPS_NONE): Reading<Report> {
  const reading = readMany(json, [id], key, answerText);
  if (reading.kind === "error" && isAboutId(reading.error, id)) return read(refused(reading.error, key));
  if (reading.kind !== "read") return reading;
  const report = reading.value.reports.get(id) ?? MISSING;
  if (report.kind === "refused") {
    const error: ApiError = { texts: [report.message] };
    const subject = subjectOf(error);
    return isOfCall(subject) || subject === "crash" ? { kind: "error", error } : read(report);
  }
  if (report.kind === "missing") return { kind: "unreadable", message: "the answer says nothing readable of the order asked" };
  return read(report);
}

/** A balance is shown, and nothing is decided by it: what nothing else tells of `12.345` is what most programs mean by it. */
const AS_PROGRAMS_WRITE: WritingOf = () => writingIn([], ["0.5"]);

/** The answer to `balance`. `usual`: the provider's currency as far as it is set; it tells how a number is written, and is not told. */
export function readBalance(json: unknown, usual: string | null = null): Reading<Balance> {
  const layers = layersOf(json, (object) => fieldsOf(object).has("balance"));
  const error = firstError(layers);
  if (error !== null) return { kind: "error", error };
  const inner = layers.at(-1);
  const fields = fieldsIn(inner);
  const [told, currency] = [fields.get("balance"), fields.get("currency")];
  const writtenIn = scalarText(currency) ?? usual;
  const balance = readMoney(told, writtenIn).amount ?? readMoney(told, writtenIn, AS_PROGRAMS_WRITE).amount;
  if (balance === null) return { kind: "unreadable", message: `no balance in ${describeShape(inner)}` };
  return read({ balance, currency: readMoney(told, currency).currency });
}

/** A value that was read. */
export function read<T>(value: T): Reading<T> {
  return { kind: "read", value };
}

/** Reports by order id; null when the answer names no order. An entry that says nothing readable is a missing one, and said to be unread. */
function reportsFor(answer: unknown, ids: readonly string[], inside: Inside): ReadonlyMap<string, Report> | null {
  const entries = entriesFor(answer, ids, ORDER_NAMES);
  return entries === null
    ? null
    : new Map([...entries].map(([id, entry]) => [id, withAnswer(entryReport(entry, inside), { id, entry }, inside) ?? withoutWord(entry)]));
}

/** Nothing at all in an order's place leaves it out; anything else was to say something. */
function withoutWord(entry: unknown): MissingReport {
  const isNothing = scalarText(entry) === null && (typeof entry !== "object" || entry === null || Object.keys(entry).length === 0);
  return isNothing ? MISSING : { kind: "missing", unread: true };
}

/** A report of an order's status with the text that is kept of it, where there is one. */
function withAnswer(report: Report | null, { id, entry }: { readonly id: string | null; readonly entry: unknown }, { answerText }: Inside) {
  const answer = report?.kind === "status" ? answerText(id, entry, report) : null;
  return answer === null ? report : ({ ...report, answer } as StatusReport);
}

/**
 * What reading an order's object takes besides: the key that is kept out of texts, how the answer writes numbers, and what of
 * its text is kept.
 */
type Inside = { readonly key: string; readonly writing: WritingOf; readonly answerText: AnswerText };

/** How the numbers of an answer are written: all its orders together show it. */
function writingWithin(answer: unknown): WritingOf {
  let found: ReturnType<WritingOf> | null = null;
  return () => (found ??= writingOfOrders([answer, ...(isObject(answer) || Array.isArray(answer) ? Object.values(answer) : [])]));
}

function writingOfOrders(entries: readonly unknown[]): ReturnType<WritingOf> {
  const orders = entries.map(fieldsIn);
  const counts = orders.flatMap((fields) => [fields.get("remains"), fields.get("startcount")]);
  return writingIn(
    counts,
    orders.map((fields) => amountIn(fields.get("charge"))),
  );
}

function amountIn(value: unknown): unknown {
  const fields = fieldsIn(value);
  return isObject(value) ? (fields.get("value") ?? fields.get("amount")) : value;
}

function withMissing(found: ReadonlyMap<string, Report>, ids: readonly string[]): ReadonlyMap<string, Report> {
  if (found.size === ids.length) return found;
  return new Map(ids.map((id) => [id, /* planted: left-out-is-missing */ found.get(id) ?? MISSING]));
}

function firstError(layers: readonly unknown[]): ApiError | null {
  return errorOfLayers(layers, (fields) => hasAny(fields, FIGURES));
}

/** What an entry under an order's id says. A plain text there is an error, even one that looks like a status. */
// planted: entry-report
function entryReport(entry: unknown, inside: Inside): Report | null {
  const { key } = inside;
  if (typeof entry === "string") return entry.trim() === "" ? null : refused({ texts: [entry] }, key);
  const fields = fieldsIn(entry);
  const error = errorIn(fields, hasAny(fields, FIGURES) || isMulti(fields)) ?? errorIn(fieldsIn(fields.get("status")), false);
  return error === null ? statusReport(fields, inside) : refused(error, key);
}

/**
 * The report of an answer that names no order: the innermost layer that is an order's object, or a list of just one. What
 * has an error in it is no report, in a list as anywhere.
 */
function unnamedReport(layers: readonly unknown[], id: string, inside: Inside): Report | null {
  for (const layer of layers.toReversed()) {
    const object: unknown = Array.isArray(layer) && layer.length === 1 ? layer[0] : layer;
    const isWrong = namesAnother(object, id, ORDER_NAMES) || firstError([object]) !== null;
    const report = isWrong ? null : statusReport(fieldsIn(object), inside);
    if (report !== null) return withAnswer(report, { id: null, entry: object }, inside);
  }
  return null;
}

/** Whether an order was refused by a text or a code that says to the letter that there is no such order. */
export function isUnknownOrder({ message, byCode }: RefusedReport): boolean {
  return byCode === true || saysNoSuchOrder({ texts: [message] });
}

function refused(error: ApiError, key: string): RefusedReport {
  const message = cleanText(error.texts[0], MAX_MESSAGE_CHARS, key);
  const isByCode = !saysNoSuchOrder({ texts: [error.texts[0]] }) && saysNoSuchOrder(error);
  return { kind: "refused", message, ...(isByCode ? { byCode: true } : {}) };
}

/**
 * Words that servers put into `status` to say how the call went. For an order they count only next to its figures;
 * so do numbers, since `104` is an error code at one server and `4` an order's status at another.
 */
const CALL_WORDS: ReadonlySet<string> = new Set(["success", "successful", "ok", "true", "error", "fail", "failed", "false"]);

function isCallWord(folded: string): boolean {
  return CALL_WORDS.has(folded) || /^[\d\s_.+-]+$/.test(folded);
}

/** `order_status`, `state` and the like, where `status` is the call's. What a refill, a cancel or a payment is at is another thing's. */
const OWN_STATUS = /^(?:(?:order|current|delivery|progress)?stat(?:us|e)|status(?:name|text))$/;

/** An order's word, as far as it is one: `status`, unless that is the call's and a field beside it has the order's. */
function wordOf(fields: Fields): string | null {
  const said = scalarText(fields.get("status"));
  if (said !== null && !isCallWord(foldWord(said))) return said;
  const others = [...fields].filter(([name, value]) => name !== "status" && OWN_STATUS.test(name) && scalarText(value) !== null);
  const words = new Set(others.map(([, value]) => scalarText(value) ?? "").filter((word) => !CALL_WORDS.has(foldWord(word))));
  const [own] = words;
  if (words.size > 1 || (own === undefined && holdsStatus(fields))) return null;
  return own ?? said;
}

/** Whether something inside has a status of its own, so that the one outside is the call's. Parts of an order have theirs. */
function holdsStatus(fields: Fields): boolean {
  return [...fields].some(([name, value]) => name !== "orders" && insidesOf(value).some((inner) => fieldsOf(inner).has("status")));
}

/** An object, or what is in it or in a list. */
function insidesOf(value: unknown): readonly JsonObject[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value)].filter(isObject);
}

/** The fields only an order has. */
const FIGURES = ["remains", "charge", "startcount", "startcounter"] as const;

function hasAny(fields: Fields, names: readonly string[]): boolean {
  return names.some((name) => fields.has(name));
}

function isOrder(fields: Fields): boolean {
  return hasAny(fields, FIGURES) && fields.has("status") && wordOf(fields) !== null;
}

/** Some servers send the fields for every order, and leave them empty for plain ones; one run is a plain order, too. */
function isMulti(fields: Fields): boolean {
  return saysParts(fields.get("runs"), 1) || saysParts(fields.get("posts"), 0) || saysOrders(fields.get("orders"));
}

/** Whether a field for parts says something: a number above `none`, or a date. Words such as `null`, `N/A` and `-` say nothing. */
function saysParts(value: unknown, none: number): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some((part) => saysParts(part, 0));
  const count = readCount(value);
  if (count !== null) return count > none;
  return (scalarText(value)?.match(/\p{Nd}+/gu) ?? []).some((digits) => (readCount(digits) ?? Infinity) > none);
}

/**
 * Whether the orders of an answer are any: a count of them, a list with an id in it, bare or in an object, or an object in
 * which an id is the name of something.
 */
function saysOrders(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return saysParts(value, 0);
  if (!Array.isArray(value) && Object.entries(value).some(([name, part]) => /^\d+$/.test(name) && saysSomething(part))) return true;
  // An id has a digit, or is so long that chance has made it.
  return Object.values(value).some((part) => saysOrders(part) || (/[\w-]{16}/.test(scalarText(part) ?? "") && !saysNoId(part)));
}

/** Words for none are shorter than all others. */
function saysSomething(part: unknown): boolean {
  if (typeof part === "object" && part !== null) return Object.values(part).some(saysSomething);
  return /.{4}/.test(scalarText(part) ?? "") && !saysNoId(part);
}

/** The parts of an order that has any. */
function partsOf(fields: Fields, word: string, key: string): Parts | null {
  const subscription = isSubscription(fields, word);
  if (!isMulti(fields) && !subscription) return null;
  const listed = fields.get("orders");
  const named = listOfParts(listed).map((entry) => (isObject(entry) ? idNamedBy(entry) : entry));
  const ids = named.map(idText).filter((id) => id !== null);
  return {
    runs: partFigure(fields.get("runs"), key),
    posts: partFigure(fields.get("posts"), key),
    expiry: partFigure(fields.get("expiry"), key),
    orders: ids.slice(0, MAX_PART_ORDERS),
    form: {
      had: [...fields.keys()].filter((name) => isPartField(name)),
      numericOrders: named.length > 0 && named.every((id) => typeof id === "number"),
      subscription,
      ...(listed === null ? { nullOrders: true as const } : {}),
    },
  };
}

/**
 * The entries of a list of parts: ids, or objects that name theirs. PHP writes a list with a gap as an object by index, and
 * some servers one by other keys, whose values are objects that name their ids. Only these have ids in them: a number or
 * a text by the name of `orders` is a count, "1,234" too, and so may be the values by ids. Following one as an id would follow
 * a stranger's order.
 */
function listOfParts(listed: unknown): readonly unknown[] {
  if (Array.isArray(listed)) return listed;
  if (!isObject(listed)) return [];
  const entries = Object.values(listed);
  const isList = isByIndex(Object.keys(listed)) || entries.every((entry) => isObject(entry) && idText(idNamedBy(entry)) !== null);
  return isList ? entries : [];
}

/** Whether an object's keys are those of a list with gaps. No order has the id 0, so that they are no ids. */
function isByIndex(keys: readonly string[]): boolean {
  return keys.includes("0") && keys.every((key) => /^(?:0|[1-9]\d{0,2})$/.test(key));
}

/** The names of a part's id; of several the first counts. */
const PART_ID_FIELDS = ["order", "orderid", "id"] as const;

function idNamedBy(part: JsonObject): unknown {
  const fields = fieldsOf(part);
  const name = PART_ID_FIELDS.find((each) => fields.has(each));
  return name === undefined ? undefined : fields.get(name);
}

function isPartField(name: string): name is PartField {
  return (PART_FIELDS as readonly string[]).includes(name);
}

/** The fields that are a subscription's; a plain order's answer may have them, too, and leave them empty. */
const SUBSCRIPTION_FIELDS = ["posts", "expiry"] as const;

/**
 * Whether an order's object is a subscription's: it has posts or an expiry, and is no drip-feed. A new one has neither,
 * but a word of its own, and no count of units.
 */
function isSubscription(fields: Fields, word: string): boolean {
  if (says(fields, "runs")) return false;
  const isNew = isSubscriptionWord(word) && !fields.has("remains") && hasAny(fields, [...SUBSCRIPTION_FIELDS, "orders"]);
  return isNew || (isMulti(fields) && SUBSCRIPTION_FIELDS.some((name) => says(fields, name)));
}

/** Whether a field says something: not nothing, and not none. */
function says(fields: Fields, name: string): boolean {
  return saysParts(fields.get(name), 0);
}

/** A figure of an order of several parts, in the JSON type that it came in; null for what is no number and no text. */
function partFigure(value: unknown, key: string): PartFigure | null {
  if (typeof value === "number") return value;
  return typeof value === "string" ? cleanText(value, MAX_WORD_CHARS, key) : null;
}

/** Whether a text beside the word says to the letter that the call was turned away: `rejected` is the call's then. */
function saysTurnedAway(fields: Fields): boolean {
  const known = knownError([messageIn(fields) ?? ""]);
  return known === "key" || known === "rate";
}

/** An order's own fields as a report, or null when there is no word for the order. */
function statusReport(fields: Fields, { key, writing }: Inside): StatusReport | null {
  const said = wordOf(fields);
  if (said === null || (!hasAny(fields, FIGURES) && (isCallWord(foldWord(said)) || saysTurnedAway(fields)))) return null;
  const word = cleanText(said, MAX_WORD_CHARS, key);
  if (word === "") return null;
  const charge = readMoney(fields.get("charge"), fields.get("currency"), writing);
  const remains = readRemains(fields.get("remains"), writing);
  const parts = partsOf(fields, word, key);
  return {
    kind: "status",
    providerStatus: word,
    remains,
    ...(remains === null && saysFigure(fields.get("remains")) ? { remainsUnreadable: true as const } : {}),
    // `start_counter` is the second dialect's.
    startCount: readCount(fields.get("startcount") ?? fields.get("startcounter"), writing),
    charge: charge.amount?.startsWith("-") === true ? null : charge.amount,
    currency: charge.currency,
    ...(charge.isUnknown ? { currencyUnknown: true as const } : {}),
    multi: parts !== null,
    parts,
  };
}

/** `isUnknown`: a currency is named, and nobody knows which. */
type Money = { readonly amount: string | null; readonly currency: string | null; readonly isUnknown: boolean };

/**
 * An amount that is a number, a text, or an object with `value` and `currency_code`. Of currencies the innermost that can be
 * read counts: in the object, then beside the amount in its text, then the one given.
 */
function readMoney(value: unknown, currency: unknown, writing?: WritingOf): Money {
  const fields = fieldsIn(value);
  const named = [fields.get("currencycode"), fields.get("currency"), currencyBeside(amountIn(value)), currency];
  const code = named.map(readCurrency).find((each) => each !== null) ?? null;
  const isUnknown = code === null && named.some((said) => said === DISPUTED || scalarText(said) !== null);
  return { amount: readDecimal(amountIn(value), writing, code), currency: code, isUnknown };
}

/** Whether a value that cannot be read says a number all the same. `Unknown` and `-` say none. */
function saysFigure(value: unknown): boolean {
  if (value === DISPUTED) return true;
  return /\p{Nd}/u.test(typeof value === "object" ? JSON.stringify(value) : (scalarText(value) ?? ""));
}

/** An unreadable value in a few words that hold nothing of its content. */
export function describeShape(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return `an object of ${Object.keys(value).length} fields`;
  return value === null ? "null" : `a ${typeof value}`;
}
