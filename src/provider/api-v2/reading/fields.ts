/**
 * Looking into parsed JSON that nobody promised anything about.
 */
import type { JsonObject } from "../../client.ts";
import { foldWord } from "../../../domain/status.ts";

/** An object's values by folded key: `start_count`, `startCount` and `Start_Count` are all `startcount`. */
export type Fields = ReadonlyMap<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const ORDER_KEYS = ["charge", "start_count", "status", "remains", "currency", "error", "order"];
const SERVICE_KEYS = ["service", "name", "type", "category", "rate", "min", "max", "refill", "cancel", "dripfeed", "desc"];

/** The canonical keys, folded beforehand: folding is most of the work of reading an answer. */
const CANONICAL_KEYS: ReadonlyMap<string, string> = new Map([...ORDER_KEYS, ...SERVICE_KEYS].map((key) => [key, foldWord(key)]));

/** The value of a field that is there twice, as `Remains` and `remains`, and says two things: no text, no number, no id. */
export const DISPUTED: unique symbol = Symbol("disputed");

/** Fields that hold texts for people: nothing follows from them but that there is an error, which any of them says. */
const TEXTS: ReadonlySet<string> = new Set(["error", "errors", "message", "msg", "reason", "detail", "text", "code", "errorcode"]);

/**
 * The fields of an object. Of two keys that fold alike the one that says something counts; where both do, and not the same, the
 * field is `DISPUTED`. Of texts for people the first counts.
 */
export function fieldsOf(object: JsonObject): Fields {
  const fields = new Map<string, unknown>();
  for (const key of Object.keys(object)) {
    const folded = CANONICAL_KEYS.get(key) ?? foldWord(key);
    if (!fields.has(folded)) fields.set(folded, object[key]);
    // Databases have a key of their own beside the id.
    else if (key !== "_id")
      fields.set(folded, Object.hasOwn(object, `_${key}`) ? object[key] : ofBoth(folded, fields.get(folded), object[key]));
  }
  return fields;
}

function ofBoth(name: string, first: unknown, second: unknown): unknown {
  if (first === null || first === "") return second;
  if (second === null || second === "" || isSame(first, second) || TEXTS.has(name)) return first;
  return DISPUTED;
}

function isSame(one: unknown, other: unknown): boolean {
  const [text, otherText] = [scalarText(one), scalarText(other)];
  if (text === null || otherText === null) return JSON.stringify(one) === JSON.stringify(other);
  return foldWord(text) === foldWord(otherText) || Number(text) === Number(otherText);
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

/**
 * A text or a number as trimmed text; null for anything else, `""` and `true` among it. A number that was rounded when it was
 * parsed has an exponent, so that it is no other number's text.
 */
export function scalarText(value: unknown): string | null {
  if (typeof value === "number") return Math.abs(value) > Number.MAX_SAFE_INTEGER ? value.toExponential() : String(value);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

/** Longest id taken: the longest in use are UUIDs and hashes, and a hundred of them stand in one list. */
export const MAX_ID_CHARS = 64;

/** What cannot stand in a comma list: it would be read as other ids. */
export const UNLISTABLE = /[,\s\p{Cc}]/u;

/** What scripts write in place of an id they have not got: PHP's false and null as a number or a text, and negative error numbers. */
const NO_ID = /^(?:0+|-\d+|null|undefined|nan|none|false)$/i;

/** A provider's id as text, or null when the value is none or cannot be used as one. */
export function idText(value: unknown): string | null {
  // The parser has rounded such a number, so that it would be another one's id.
  if (typeof value === "number" && !Number.isSafeInteger(value)) return null;
  const text = scalarText(value);
  if (text === null || saysNoId(value)) return null;
  return text.length <= MAX_ID_CHARS && !UNLISTABLE.test(text) && text.isWellFormed() ? text : null;
}

/** True when a field for an id says that there is none. False for an id, and for what may be one and cannot be used. */
export function saysNoId(value: unknown): boolean {
  const text = scalarText(value);
  return text === null || NO_ID.test(text);
}
