/**
 * What a provider's JSON says about orders. Total: any JSON gives a reading, and what cannot be read for certain
 * is an error, a missing report or a null, never a status.
 */
import type { Balance } from "../../client.ts";
import { foldWord } from "../../../domain/status.ts";
import type { Parts, RefusedReport, Report, StatusReport } from "../../../domain/order-report.ts";
import { type ApiError, errorIn, errorOfLayers, knownError } from "./api-error.ts";
import { entriesFor, namesAnother, ORDER_NAMES } from "./entries.ts";
import { readCount, readCurrency, readDecimal } from "./figures.ts";
import { type Fields, fieldsIn, fieldsOf, idText, isObject, layersOf, scalarText } from "./fields.ts";
import { cleanText } from "./wording.ts";

/** A value, an error the provider answers with, or an answer that makes no sense here. */
export type Reading<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "error"; readonly error: ApiError }
  | { readonly kind: "unreadable"; readonly message: string };

/**
 * What reading JSON takes besides: the HTTP code, for the few answers that mean another thing under another code, and the
 * provider's key, which is kept out of every text.
 */
export type ReadingContext = { readonly status: number; readonly key: string };

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

const MISSING: Report = { kind: "missing" };

/**
 * The answer to `orders`. Orders that were not asked for are ignored. `key` is kept out of every text.
 */
export function readMany(json: unknown, ids: readonly string[], key: string): Reading<ManyAnswer> {
  const layers = layersOf(json, (object) => ids.some((id) => Object.hasOwn(object, id)) || isOrder(fieldsOf(object)));
  const inner = layers.at(-1);
  const named = reportsFor(inner, ids, key);
  if (named !== null && named.size > 0) return read({ reports: withMissing(named, ids), byId: true });

  const error = firstError(layers);
  if (error !== null) return { kind: "error", error };
  if (named !== null) return read({ reports: withMissing(named, ids), byId: true });

  const [id] = ids;
  const alone = id !== undefined && ids.length === 1 ? unnamedReport(layers, id, key) : null;
  if (id !== undefined && alone !== null) return read({ reports: new Map([[id, alone]]), byId: false });
  return { kind: "unreadable", message: `no order's answer in ${describeShape(inner)}` };
}

/**
 * The answer to `order`. `refused` is reported only for a text that is known to be about the order;
 * any other error may be about the whole provider, and is an error here.
 */
export function readOne(json: unknown, id: string, key: string): Reading<Report> {
  const reading = readMany(json, [id], key);
  if (reading.kind === "error" && knownError(reading.error.texts) === "order") return read(refused(reading.error, key));
  if (reading.kind !== "read") return reading;
  const report = reading.value.reports.get(id) ?? MISSING;
  if (report.kind === "missing") return { kind: "unreadable", message: "the answer says nothing readable of the order asked" };
  return read(report);
}

/** The answer to `balance`. */
export function readBalance(json: unknown): Reading<Balance> {
  const layers = layersOf(json, (object) => fieldsOf(object).has("balance"));
  const error = firstError(layers);
  if (error !== null) return { kind: "error", error };
  const inner = layers.at(-1);
  const fields = fieldsIn(inner);
  const { amount, currency } = readMoney(fields.get("balance"), fields.get("currency"));
  if (amount === null) return { kind: "unreadable", message: `no balance in ${describeShape(inner)}` };
  return read({ balance: amount, currency });
}

/** A value that was read. */
export function read<T>(value: T): Reading<T> {
  return { kind: "read", value };
}

/** Reports by order id; null when the answer names no order. An entry that says nothing readable is a missing one. */
function reportsFor(answer: unknown, ids: readonly string[], key: string): ReadonlyMap<string, Report> | null {
  const entries = entriesFor(answer, ids, ORDER_NAMES);
  return entries === null ? null : new Map([...entries].map(([id, entry]) => [id, entryReport(entry, key) ?? MISSING]));
}

function withMissing(found: ReadonlyMap<string, Report>, ids: readonly string[]): ReadonlyMap<string, Report> {
  return new Map(ids.map((id) => [id, /* planted: left-out-is-missing */ found.get(id) ?? MISSING]));
}

function firstError(layers: readonly unknown[]): ApiError | null {
  return errorOfLayers(layers, (fields) => hasAny(fields, FIGURES));
}

/** What an entry under an order's id says. A plain text there is an error, even one that looks like a status. */
// planted: entry-report
function entryReport(entry: unknown, key: string): Report | null {
  if (typeof entry === "string") return entry.trim() === "" ? null : refused({ texts: [entry] }, key);
  const fields = fieldsIn(entry);
  const error = errorIn(fields, hasAny(fields, FIGURES) || isMulti(fields)) ?? errorIn(fieldsIn(fields.get("status")), false);
  return error === null ? statusReport(fields, key) : refused(error, key);
}

/**
 * The report of an answer that names no order: the innermost layer that is an order's object, or a list of just one. What
 * has an error in it is no report, in a list as anywhere.
 */
function unnamedReport(layers: readonly unknown[], id: string, key: string): Report | null {
  for (const layer of layers.toReversed()) {
    const object: unknown = Array.isArray(layer) && layer.length === 1 ? layer[0] : layer;
    const isWrong = namesAnother(object, id, ORDER_NAMES) || firstError([object]) !== null;
    const report = isWrong ? null : statusReport(fieldsIn(object), key);
    if (report !== null) return report;
  }
  return null;
}

function refused(error: ApiError, key: string): RefusedReport {
  return { kind: "refused", message: cleanText(error.texts[0], MAX_MESSAGE_CHARS, key) };
}

/**
 * Words that servers put into `status` to say how the call went. For an order they count only next to its figures;
 * so do numbers, since `104` is an error code at one server and `4` an order's status at another.
 */
const CALL_WORDS: ReadonlySet<string> = new Set(["success", "successful", "ok", "true", "error", "fail", "failed", "false"]);

/** The fields only an order has. */
const FIGURES = ["remains", "charge", "startcount", "startcounter"] as const;
/** The fields that only orders of several parts have: drip-feeds and subscriptions. */
const PART_FIELDS = ["runs", "posts", "orders"] as const;

function hasAny(fields: Fields, names: readonly string[]): boolean {
  return names.some((name) => fields.has(name));
}

function isOrder(fields: Fields): boolean {
  return fields.has("status") && hasAny(fields, FIGURES);
}

/** Some servers send the fields for every order, and leave them empty for plain ones. */
function isMulti(fields: Fields): boolean {
  return PART_FIELDS.some((name) => {
    const value = fields.get(name) ?? false;
    return value !== false && value !== "" && !(name === "runs" && readCount(value) === 0);
  });
}

/**
 * The parts of an order that has any. Only a list has ids in it, bare or in objects that name theirs: a number or a text
 * by the name of `orders` is a count, "1,234" too, and following it as an id would follow a stranger's order.
 */
function partsOf(fields: Fields, key: string): Parts | null {
  if (!isMulti(fields)) return null;
  const listed = fields.get("orders");
  const list: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const ids = list.map((entry) => idText(isObject(entry) ? fieldsOf(entry).get("order") : entry)).filter((id) => id !== null);
  return {
    runs: partText(fields.get("runs"), key),
    posts: partText(fields.get("posts"), key),
    expiry: partText(fields.get("expiry"), key),
    orders: ids.slice(0, MAX_PART_ORDERS),
  };
}

function partText(value: unknown, key: string): string | null {
  const text = cleanText(scalarText(value) ?? "", MAX_WORD_CHARS, key);
  return text === "" ? null : text;
}

/** An order's own fields as a report, or null when there is no word for the order. */
function statusReport(fields: Fields, key: string): StatusReport | null {
  const said = scalarText(fields.get("status"));
  if (said === null) return null;
  const folded = foldWord(said);
  const needsFigures = CALL_WORDS.has(folded) || /^[\d.+-]+$/.test(folded);
  if (needsFigures && !hasAny(fields, FIGURES)) return null;
  const word = cleanText(said, MAX_WORD_CHARS, key);
  if (word === "") return null;
  const charge = readMoney(fields.get("charge"), fields.get("currency"));
  const parts = partsOf(fields, key);
  return {
    kind: "status",
    providerStatus: word,
    remains: readCount(fields.get("remains")),
    // `start_counter` is the second dialect's.
    startCount: readCount(fields.get("startcount") ?? fields.get("startcounter")),
    charge: charge.amount?.startsWith("-") === true ? null : charge.amount,
    currency: charge.currency,
    multi: parts !== null,
    parts,
  };
}

/** An amount that is a number, a text, or an object with `value` and `currency_code`; a currency inside goes first. */
function readMoney(value: unknown, currency: unknown): { readonly amount: string | null; readonly currency: string | null } {
  if (!isObject(value)) return { amount: readDecimal(value), currency: readCurrency(currency) };
  const fields = fieldsOf(value);
  const inside = readCurrency(fields.get("currencycode")) ?? readCurrency(fields.get("currency"));
  return { amount: readDecimal(fields.get("value") ?? fields.get("amount")), currency: inside ?? readCurrency(currency) };
}

/** An unreadable value in a few words that hold nothing of its content. */
export function describeShape(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return `an object of ${Object.keys(value).length} fields`;
  return value === null ? "null" : `a ${typeof value}`;
}
