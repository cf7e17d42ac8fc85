/**
 * Looking into parsed JSON that nobody promised anything about.
 */
import { foldWord } from "../domain/status.ts";

export type JsonObject = { readonly [key: string]: unknown };

/** An object's values by folded key: `start_count`, `startCount` and `Start_Count` are all `startcount`. */
export type Fields = ReadonlyMap<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The canonical keys, folded beforehand: folding is most of the work of reading an answer. */
const CANONICAL_KEYS: ReadonlyMap<string, string> = new Map(
  ["charge", "start_count", "status", "remains", "currency", "error", "order"].map((key) => [key, foldWord(key)]),
);

/** The fields of an object; of two keys that fold alike the first counts. */
export function fieldsOf(object: JsonObject): Fields {
  const fields = new Map<string, unknown>();
  for (const key of Object.keys(object)) {
    const folded = CANONICAL_KEYS.get(key) ?? foldWord(key);
    if (!fields.has(folded)) fields.set(folded, object[key]);
  }
  return fields;
}

/** The fields of a value; of anything but an object, none. */
export function fieldsIn(value: unknown): Fields {
  return isObject(value) ? fieldsOf(value) : new Map();
}

/** The names under which an answer is wrapped into another. */
const WRAPPERS = ["data", "result", "response"] as const;
/** `{"response":{"data":{"result":…}}}` is the deepest that makes sense. */
const MAX_WRAPPERS = WRAPPERS.length;

/**
 * A value and what it wraps, outermost first. `isAnswer` tells where to stop: an order's own object can have
 * a field by a wrapper's name.
 */
export function layersOf(json: unknown, isAnswer: (object: JsonObject) => boolean): readonly unknown[] {
  const layers = [json];
  let layer = json;
  while (layers.length <= MAX_WRAPPERS && isObject(layer) && !isAnswer(layer)) {
    const fields = fieldsOf(layer);
    const inner = WRAPPERS.map((name) => fields.get(name)).find((value) => typeof value === "object" && value !== null);
    if (inner === undefined) break;
    layers.push(inner);
    layer = inner;
  }
  return layers;
}

/** A text or a number as trimmed text; null for anything else, `""` and `true` among it. */
export function scalarText(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}
