/**
 * What a provider's JSON says about orders. Total: any JSON gives a reading, and what cannot be read for certain
 * is an error, a missing report or a null, never a status.
 */
import { foldWord } from "../domain/status.ts";
import type { RefusedReport, Report, StatusReport } from "../domain/report.ts";
import { type ApiError, errorIn, knownError } from "./api-error.ts";
import { readCount, readCurrency, readDecimal } from "./figures.ts";
import { type Fields, fieldsIn, fieldsOf, isObject, layersOf, scalarText } from "./fields.ts";
import { cleanText } from "./wording.ts";

/** A value, an error the provider answers with, or an answer that makes no sense here. */
export type Reading<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "error"; readonly error: ApiError }
  | { readonly kind: "unreadable"; readonly message: string };

export type ManyAnswer = {
  /** One report for each id asked; `missing` for those the answer leaves out or says nothing readable of. */
  readonly reports: ReadonlyMap<string, Report>;
  /** True when the answer names its orders. A single order's object is taken only for a list of one, and names none. */
  readonly byId: boolean;
};

export type Balance = { readonly balance: string; readonly currency: string | null };

/** Longest status word and error text kept; they go into a row each. */
export const MAX_WORD_CHARS = 64;
export const MAX_MESSAGE_CHARS = 200;

const MISSING: Report = { kind: "missing" };

/**
 * The answer to `orders`. Orders that were not asked for are ignored. `key` is kept out of every text.
 */
export function readMany(json: unknown, ids: readonly string[], key: string): Reading<ManyAnswer> {
  const layers = layersOf(json, (object) => ids.some((id) => Object.hasOwn(object, id)) || isOrder(fieldsOf(object)));
  const inner = layers.at(-1);
  const named = Array.isArray(inner) ? reportsInList(inner, ids, key) : reportsByKey(inner, ids, key);
  if (named !== null && named.size > 0) return read({ reports: withMissing(named, ids), byId: true });

  const error = firstError(layers);
  if (error !== null) return { kind: "error", error };
  if (named !== null) return read({ reports: withMissing(named, ids), byId: true });

  const [id] = ids;
  const alone = id !== undefined && ids.length === 1 ? unnamedReport(layers, id, key) : null;
  if (id !== undefined && alone !== null) return read({ reports: new Map([[id, alone]]), byId: false });
  return { kind: "unreadable", message: `no order's answer in ${describe(inner)}` };
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
  if (amount === null) return { kind: "unreadable", message: `no balance in ${describe(inner)}` };
  return read({ balance: amount, currency });
}

function read<T>(value: T): Reading<T> {
  return { kind: "read", value };
}

function withMissing(found: ReadonlyMap<string, Report>, ids: readonly string[]): ReadonlyMap<string, Report> {
  return new Map(ids.map((id) => [id, found.get(id) ?? MISSING]));
}

/** The outermost error: it is about the most. */
function firstError(layers: readonly unknown[]): ApiError | null {
  for (const layer of layers) {
    const fields = fieldsIn(layer);
    const error = errorIn(fields, hasAny(fields, FIGURES));
    if (error !== null) return error;
  }
  return null;
}

/**
 * Reports of an object keyed by order ids; null when it is none. An empty one is keyed, and leaves all orders out.
 * Scripts that filter a list before they encode it send it keyed by position: such an entry names its order inside.
 */
function reportsByKey(value: unknown, ids: readonly string[], key: string): ReadonlyMap<string, Report> | null {
  if (!isObject(value)) return null;
  const asked = ids.filter((id) => Object.hasOwn(value, id) && !namesAnother(value[id], id));
  if (asked.length > 0) return new Map(asked.map((id) => [id, entryReport(value[id], key) ?? MISSING]));
  if (!Object.keys(value).every((name) => /^\d+$/.test(name))) return null;
  return reportsInList(Object.values(value), ids, key) ?? new Map();
}

/** Reports of a list of objects that carry their id; null when none does. Of two about one order the first counts. */
function reportsInList(list: readonly unknown[], ids: readonly string[], key: string): ReadonlyMap<string, Report> | null {
  const wanted = new Set(ids);
  const found = new Map<string, Report>();
  let anyId = list.length === 0;
  for (const element of list) {
    const fields = fieldsIn(element);
    const id = orderIdIn(fields) ?? scalarText(fields.get("id"));
    if (id === null) continue;
    anyId = true;
    if (wanted.has(id) && !found.has(id)) found.set(id, entryReport(element, key) ?? MISSING);
  }
  return anyId ? found : null;
}

function orderIdIn(fields: Fields): string | null {
  return scalarText(fields.get("order")) ?? scalarText(fields.get("orderid"));
}

/** True for an object that says it is about another order than `id`. Its plain `id` may be a row number and does not count. */
function namesAnother(value: unknown, id: string): boolean {
  const own = orderIdIn(fieldsIn(value));
  return own !== null && own !== id;
}

/** What an entry under an order's id says. A plain text there is an error, even one that looks like a status. */
function entryReport(entry: unknown, key: string): Report | null {
  if (typeof entry === "string") return entry.trim() === "" ? null : refused({ texts: [entry] }, key);
  const fields = fieldsIn(entry);
  const error = errorIn(fields, hasAny(fields, FIGURES) || isMulti(fields)) ?? errorIn(fieldsIn(fields.get("status")), false);
  return error === null ? statusReport(fields, key) : refused(error, key);
}

/** The report of an answer that names no order: the innermost layer that is an order's object, or a list of just one. */
function unnamedReport(layers: readonly unknown[], id: string, key: string): Report | null {
  for (const layer of layers.toReversed()) {
    const object: unknown = Array.isArray(layer) && layer.length === 1 ? layer[0] : layer;
    const report = namesAnother(object, id) ? null : statusReport(fieldsIn(object), key);
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
const FIGURES = ["remains", "charge", "startcount"] as const;
/** The fields that only orders of several parts have: drip-feeds and subscriptions. */
const PARTS = ["runs", "posts", "orders"] as const;

function hasAny(fields: Fields, names: readonly string[]): boolean {
  return names.some((name) => fields.has(name));
}

function isOrder(fields: Fields): boolean {
  return fields.has("status") && hasAny(fields, FIGURES);
}

/** Some servers send the fields for every order, and leave them empty for plain ones. */
function isMulti(fields: Fields): boolean {
  return PARTS.some((name) => {
    const value = fields.get(name) ?? false;
    return value !== false && value !== "" && !(name === "runs" && readCount(value) === 0);
  });
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
  return {
    kind: "status",
    word,
    remains: readCount(fields.get("remains")),
    startCount: readCount(fields.get("startcount")),
    charge: charge.amount?.startsWith("-") === true ? null : charge.amount,
    currency: charge.currency,
    multi: isMulti(fields),
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
function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return `an object of ${Object.keys(value).length} fields`;
  return value === null ? "null" : `a ${typeof value}`;
}
