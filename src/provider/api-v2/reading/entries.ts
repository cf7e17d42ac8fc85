/**
 * Answers about several things at once: which part of the JSON is about which id that was asked for.
 */
import { type Fields, fieldsIn, isObject, scalarText } from "./fields.ts";

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

/** True for an object that says it is about another id. Its plain `id` may be a row number and does not count. */
export function namesAnother(value: unknown, id: string, names: IdNames): boolean {
  const own = idIn(fieldsIn(value), names);
  return own !== null && own !== id;
}

/** Scripts that filter a list before they encode it send it keyed by position: such an entry names its id inside. */
function entriesByKey(value: unknown, ids: readonly string[], names: IdNames): ReadonlyMap<string, unknown> | null {
  if (!isObject(value)) return null;
  const asked = ids.filter((id) => Object.hasOwn(value, id) && !namesAnother(value[id], id, names));
  if (asked.length > 0) return new Map(asked.map((id) => [id, value[id]]));
  if (!Object.keys(value).every((name) => /^\d+$/.test(name))) return null;
  return entriesInList(Object.values(value), ids, names) ?? new Map();
}

/** Of two parts about one id the first counts. */
function entriesInList(list: readonly unknown[], ids: readonly string[], names: IdNames): ReadonlyMap<string, unknown> | null {
  const wanted = new Set(ids);
  const found = new Map<string, unknown>();
  let anyId = list.length === 0;
  for (const element of list) {
    const fields = fieldsIn(element);
    const id = idIn(fields, names) ?? scalarText(fields.get("id"));
    if (id === null) continue;
    anyId = true;
    if (wanted.has(id) && !found.has(id)) found.set(id, element);
  }
  return anyId ? found : null;
}

/** The id a part names itself by, a plain `id` left aside; null when it names none. */
export function idIn(fields: Fields, names: IdNames): string | null {
  for (const name of names) {
    const id = scalarText(fields.get(name));
    if (id !== null) return id;
  }
  return null;
}
