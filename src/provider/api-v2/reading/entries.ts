/**
 * Answers about several things at once: which part of the JSON is about which id that was asked for.
 */
import type { JsonObject } from "../../client.ts";
import { DISPUTED, type Fields, fieldsIn, isObject, saysNoId, scalarText } from "./fields.ts";

/** The folded fields in which a part names what it is about. A plain `id` does so as well, in a list. */
export type IdNames = readonly string[];

export const ORDER_NAMES: IdNames = ["order", "orderid"];
export const REFILL_NAMES: IdNames = ["refill", "refillid"];

/**
 * The parts of an answer by id, those that were not asked for left out; null when the answer names no id at all.
 * An empty list or object names them, and leaves all out.
 */
export function entriesFor(answer: unknown, ids: readonly string[], names: IdNames): ReadonlyMap<string, unknown> | null {
  return Array.isArray(answer) ? entriesInList(answer, ids, names) : entriesByKey(answer, ids, names);
}

/** True for an object that says it is about another id. A plain `id` counts where nothing else names what it is about. */
export function namesAnother(value: unknown, id: string, names: IdNames): boolean {
  const fields = fieldsIn(value);
  const named = idIn(fields, names);
  if (named !== null) return named !== id;
  const plain = fields.get("id");
  return !saysNoId(plain) && !isSameId(scalarText(plain) ?? "", id);
}

/** `#0007`, `7.0` and `7` are one id. */
export function isSameId(a: string, b: string): boolean {
  return plainId(a) === plainId(b);
}

function plainId(id: string): string {
  const whole = id.trim().toLowerCase().replace(/^#/, "");
  return /^\d+(?:\.0+)?$/.test(whole) ? whole.replace(/^0+(?=\d)/, "").replace(/\.0+$/, "") : whole;
}

/**
 * Scripts that filter a list before they encode it send it keyed by position: such an entry names its id inside, and that
 * counts. An entry whose key and plain `id` are both asked for is about neither.
 */
function entriesByKey(value: unknown, ids: readonly string[], names: IdNames): ReadonlyMap<string, unknown> | null {
  if (!isObject(value)) return null;
  if (isKeyedByPlace(value)) return entriesInList(Object.values(value), ids, names);
  const keyed = ids.filter((id) => Object.hasOwn(value, id));
  const own = keyed.filter((id) => !namesAnother(value[id], id, names));
  const byKey = new Map(own.map((id) => [id, value[id]]));
  if (keyed.length > 0 && own.length === keyed.length) return byKey;
  if (!Object.keys(value).every((name) => /^\d+$/.test(name))) return keyed.length > 0 ? byKey : null;
  const parts = Object.values(value);
  if (keyed.length > 0 && !areKeyedByPosition(value, ids, names)) return byKey;
  return entriesInList(parts, ids, names) ?? new Map();
}

/** Whether the keys of an object are just those of a list, from 0 on: no order has the id 0. */
export function isKeyedByPlace(value: JsonObject): boolean {
  if (!Object.hasOwn(value, "0")) return false;
  const { length } = Object.keys(value);
  return Array.from({ length }, (_, place) => String(place)).every((place) => Object.hasOwn(value, place));
}

/** Whether the keys of an object are places in a list: its parts name themselves, or not each key, and each plain `id`, was asked for. */
function areKeyedByPosition(value: JsonObject, ids: readonly string[], names: IdNames): boolean {
  const parts = Object.values(value).map(fieldsIn);
  if (parts.every((fields) => idIn(fields, names) !== null)) return true;
  const asked = new Set(ids);
  return !Object.keys(value).every((key) => asked.has(key)) && parts.every((fields) => asked.has(scalarText(fields.get("id")) ?? ""));
}

/** Of two parts about one id that say the same the first counts. Where they do not, its part is a list of both, which nobody reads. */
function entriesInList(list: readonly unknown[], ids: readonly string[], names: IdNames): ReadonlyMap<string, unknown> | null {
  const wanted = new Set(ids);
  const found = new Map<string, unknown>();
  let anyId = list.length === 0;
  for (const element of list) {
    const fields = fieldsIn(element);
    const id = idIn(fields, names) ?? scalarText(fields.get("id"));
    if (id === null) continue;
    anyId = true;
    if (!wanted.has(id)) continue;
    const isDisputed = found.has(id) && JSON.stringify(found.get(id)) !== JSON.stringify(element);
    found.set(id, isDisputed ? [found.get(id), element] : element);
  }
  return anyId ? found : null;
}

/** What a part is about that gives two ids under one name: nothing that is asked for has such an id. */
const NOBODYS = "";

/** The id a part names itself by, a plain `id` left aside; null when it names none. */
export function idIn(fields: Fields, names: IdNames): string | null {
  for (const name of names) {
    const value = fields.get(name);
    if (value === DISPUTED) return NOBODYS;
    const id = scalarText(value);
    if (id !== null) return id;
  }
  return null;
}
