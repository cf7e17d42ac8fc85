/**
 * What is asked of orders after they are placed: refills, what became of them, and cancels.
 */
import type { RefillSaid, Refused, RequestReply } from "../client.ts";
import { describeShape, MAX_MESSAGE_CHARS, MAX_WORD_CHARS, read, type Reading, type ReadingContext } from "./reading/answer.ts";
import { type ApiError, errorIn, errorOfLayers, messageIn, messageOf, saysSuccess } from "./reading/api-error.ts";
import { callProvider, troubleOfCall } from "./call.ts";
import { isTurnedDown } from "../failure.ts";
import { entriesFor, idIn, type IdNames, ORDER_NAMES, REFILL_NAMES } from "./reading/entries.ts";
import type { FetchPort } from "../../outbound/exchange.ts";
import { ok, type Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../failure.ts";
import { type Fields, fieldsIn, idText, isObject, layersOf, saysNoId, scalarText } from "./reading/fields.ts";
import type { ActionFields } from "./request.ts";
import type { ProviderSettings } from "../settings.ts";
import { cleanText, NO_REASON } from "./reading/wording.ts";

/** By id as asked. An id is missing when the answer says nothing readable of it. */
type Answers<T> = Promise<Result<ReadonlyMap<string, T>, ProviderFailure>>;

/** Asks for refills of orders. The caller keeps the list to what the provider takes, 100 at most, here as below. */
export function askRefills(port: FetchPort, settings: ProviderSettings, orderIds: readonly string[]): Answers<RequestReply> {
  return ask(port, settings, orderIds, REFILLS);
}

/** Asks to cancel orders. Their outcome comes as a status. */
export function askCancels(port: FetchPort, settings: ProviderSettings, orderIds: readonly string[]): Answers<RequestReply> {
  return ask(port, settings, orderIds, CANCELS);
}

/** Asks what became of refills, by the ids the provider gave them. */
export function askRefillStatuses(port: FetchPort, settings: ProviderSettings, refillIds: readonly string[]): Answers<RefillSaid> {
  return ask(port, settings, refillIds, REFILL_STATUSES);
}

/** How an action is asked for, and how its answers are laid out. */
type Form<T> = {
  readonly fieldsFor: (ids: readonly string[]) => ActionFields;
  /** The fields by which a part of a list names what it is about. */
  readonly names: IdNames;
  /** True for an object whose failing `status` is no error but the thing's own. */
  readonly hasOwnStatus: (fields: Fields, named: boolean) => boolean;
  /** What an object says of the one thing it is about; `named` when it says or is told which. Null for nothing. */
  readonly readObject: (fields: Fields, named: boolean, key: string) => T | null;
  /** What anything else says that stands in an object's place under an id. */
  readonly readValue: (value: unknown, key: string) => T | null;
};

/** One id goes by a field of its own. */
function oneOrMany(action: string, one: string, many: string): Form<unknown>["fieldsFor"] {
  return (ids) => {
    const [id = ""] = ids;
    return ids.length === 1 ? { action, [one]: id } : { action, [many]: ids.join(",") };
  };
}

async function ask<T>(port: FetchPort, settings: ProviderSettings, ids: readonly string[], form: Form<T>): Answers<T | Refused> {
  if (ids.length === 0) return ok(new Map());
  return callProvider(port, settings, { fields: form.fieldsFor(ids), read: (json, context) => readAnswers(json, context, ids, form) });
}

/**
 * The answer to a list of ids, or to one. An error around everything is the one id's, if there is just one and the error
 * is not about the call; else it is the whole call's.
 */
function readAnswers<T>(
  json: unknown,
  { status, key }: ReadingContext,
  ids: readonly string[],
  form: Form<T>,
): Reading<ReadonlyMap<string, T | Refused>> {
  const layers = layersOf(json, (object) => ids.some((id) => Object.hasOwn(object, id)));
  const inner = layers.at(-1);
  const found = new Map<string, T | Refused>();
  const entries = entriesFor(inner, ids, form.names);
  for (const [id, entry] of entries ?? []) {
    const said = isObject(entry) ? readEntry(fieldsIn(entry), true, key, form) : form.readValue(entry, key);
    if (said !== null) found.set(id, said);
  }
  if (found.size > 0) return read(found);

  const [id = ""] = ids;
  const error = errorOfLayers(layers, (fields) => form.hasOwnStatus(fields, false)) ?? turnedDown(json, status);
  if (error !== null) {
    const isItsOwn = ids.length === 1 && troubleOfCall(error, status) === null;
    return isItsOwn ? read(new Map([[id, refusedBy(error, key)]])) : { kind: "error", error };
  }

  const alone = ids.length === 1 && entries === null ? readAlone(layers, id, key, form) : null;
  if (alone !== null) return read(new Map([[id, alone]]));
  return { kind: "unreadable", message: `nothing of what was asked for in ${describeShape(inner)}` };
}

/** A mere message is an error under a code that says the call was turned down. */
function turnedDown(json: unknown, status: number): ApiError | null {
  const message = isTurnedDown(status) && !saysSuccess(fieldsIn(json)) ? messageOf(json, status) : null;
  return message === null ? null : { texts: [message] };
}

/** What an answer says that is about one thing only: the innermost layer that says anything, or a list of just one. */
function readAlone<T>(layers: readonly unknown[], id: string, key: string, form: Form<T>): T | Refused | null {
  for (const layer of layers.toReversed()) {
    const fields = fieldsIn(Array.isArray(layer) && layer.length === 1 ? layer[0] : layer);
    const own = idIn(fields, form.names);
    const said = own === null || own === id ? readEntry(fields, own === id, key, form) : null;
    if (said !== null) return said;
  }
  return null;
}

function readEntry<T>(fields: Fields, named: boolean, key: string, form: Form<T>): T | Refused | null {
  const error = errorIn(fields, form.hasOwnStatus(fields, named));
  return error === null ? form.readObject(fields, named, key) : refusedBy(error, key);
}

function refusedBy(error: ApiError, key: string): Refused {
  return refused(error.texts[0], key);
}

function refused(text: string | null, key: string): Refused {
  return { kind: "refused", message: cleanText(text ?? "", MAX_MESSAGE_CHARS, key) || NO_REASON };
}

/** Texts stand there for ids and for reasons: an id begins with a digit or is hexadecimal, and no reason is. */
const ID_LIKE = /^(?:\d[\w-]*|[\da-f-]{8,64})$/i;
const YES = /^(?:true|yes|ok|success|successful)$/i;

/** `{"refill":1}` and `{"refill":{"error":"…"}}`, and the same with `cancel`. */
function formOfAsking(
  action: "refill" | "cancel",
  { fieldsFor, refillOf }: Pick<Form<unknown>, "fieldsFor"> & { readonly refillOf: (value: unknown) => string | null },
): Form<RequestReply> {
  const readValue = (value: unknown, key: string, message: string | null = null): RequestReply | null => {
    if (isYes(value)) return { kind: "accepted", refill: refillOf(value) };
    if (Array.isArray(value)) return null;
    return refused(saysNoId(value) ? message : scalarText(value), key);
  };
  const readInside = (fields: Fields, key: string): RequestReply | null => {
    const error = errorIn(fields, false);
    if (error !== null) return refusedBy(error, key);
    const id = fields.get("id") ?? fields.get(action);
    return isYes(id) || saysSuccess(fields) ? { kind: "accepted", refill: refillOf(id) } : null;
  };
  return {
    fieldsFor,
    names: ORDER_NAMES,
    hasOwnStatus: () => false,
    readObject: (fields, _named, key) => {
      const name = [action, `${action}id`].find((field) => fields.has(field));
      if (name === undefined) return saysSuccess(fields) ? { kind: "accepted", refill: null } : null;
      const value = fields.get(name);
      return isObject(value) ? readInside(fieldsIn(value), key) : readValue(value, key, messageIn(fields));
    },
    readValue,
  };
}

const REFILLS = formOfAsking("refill", {
  fieldsFor: oneOrMany("refill", "order", "orders"),
  refillOf: (value) => (ID_LIKE.test(scalarText(value) ?? "") ? idText(value) : null),
});
const CANCELS = formOfAsking("cancel", {
  // The protocol has a list even for one.
  fieldsFor: (ids) => ({ action: "cancel", orders: ids.join(",") }),
  // What servers put there for a cancel is a yes, and no id of anything.
  refillOf: () => null,
});

function isYes(value: unknown): boolean {
  const text = scalarText(value) ?? "";
  return value === true || YES.test(text) || (ID_LIKE.test(text) && !saysNoId(value));
}

const REFILL_STATUSES: Form<RefillSaid> = {
  fieldsFor: oneOrMany("refill_status", "refill", "refills"),
  names: REFILL_NAMES,
  // `{"status":"error","msg":"…"}` alone is the call's; without a message it may be the refill's own, which can fail.
  hasOwnStatus: (fields, named) => named || messageIn(fields) === null,
  readObject: (fields, named, key) => {
    const status = fields.get("status");
    const error = errorIn(fieldsIn(status), false);
    if (error !== null) return refusedBy(error, key);
    // A call's word or number is the refill's only where the refill is named.
    const isOfCall = !named && (saysSuccess(new Map([["status", status]])) || /^[\d.+-]+$/.test(scalarText(status) ?? ""));
    return isOfCall ? null : readWord(status, key);
  },
  readValue: readWord,
};

function readWord(value: unknown, key: string): RefillSaid | null {
  const word = cleanText(scalarText(value) ?? "", MAX_WORD_CHARS, key);
  return word === "" ? null : { kind: "status", word };
}
