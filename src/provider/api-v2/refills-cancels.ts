/**
 * What is asked of orders after they are placed: refills, what became of them, and cancels.
 */
import type { CancelPort, RefillSaid, Refused, RequestReply, ProviderPort } from "../client.ts";
import { refillStatusFor } from "../../domain/refill-cancel.ts";
import { statusFor } from "../../domain/status.ts";
import { describeShape, MAX_MESSAGE_CHARS, MAX_WORD_CHARS, read, type Reading, type ReadingContext } from "./reading/answer.ts";
import { type ApiError, errorIn, errorOfLayers, knownError, messageIn, messageOf, saysSuccess } from "./reading/api-error.ts";
import { callProvider, troubleOfCall } from "./call.ts";
import { isTurnedDown } from "../failure.ts";
import { entriesFor, idIn, type IdNames, isSameId, ORDER_NAMES, REFILL_NAMES } from "./reading/entries.ts";
import { ok, type Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../failure.ts";
import { type Fields, fieldsIn, idText, isObject, layersOf, saysNoId, scalarText } from "./reading/fields.ts";
import type { ActionFields } from "./request.ts";
import type { ProviderSettings } from "../settings.ts";
import { ERROR_CODE, meaningOfSentence, NEGATION, saysRefillRequested } from "./reading/sentence.ts";
import { subjectOf } from "./reading/subject.ts";
import { cleanText, NO_REASON } from "./reading/wording.ts";

/** By id as asked. An id is missing when the answer says nothing readable of it. */
type Answers<T> = Promise<Result<ReadonlyMap<string, T>, ProviderFailure>>;

/** Asks for refills of orders. The caller keeps the list to what the provider takes, 100 at most, here as below. */
export async function askRefills(port: ProviderPort, settings: ProviderSettings, orderIds: readonly string[]): Answers<RequestReply> {
  const answer = await ask(port, settings, orderIds, REFILLS);
  if (!answer.ok) return answer;
  const { sameRefill } = settings.learned;
  // Some servers repeat the order's own id there, and another order may have a refill by that id.
  const isNone = (refill: string, order: string): boolean => refill === sameRefill || isSameId(refill, order);
  const withoutNone = (said: RequestReply, order: string): RequestReply =>
    said.kind === "accepted" && said.refill !== null && isNone(said.refill, order) ? accepted() : said;
  return ok(new Map([...answer.value].map(([id, said]) => [id, withoutNone(said, id)])));
}

/**
 * Asks to cancel orders. Their outcome comes as a status. The protocol has a list even for one order, and some servers
 * know only `order`: where no list was ever taken and one is not understood, the first order is asked for by itself.
 */
export async function askCancels(
  port: ProviderPort & CancelPort,
  settings: ProviderSettings,
  ids: readonly string[],
): Answers<RequestReply> {
  const takenBy = settings.request.cancelOne ? "order" : settings.learned.cancelBy;
  if (takenBy === "order") return cancelEach(port, settings, ids);
  const heard = await askFor(port, settings, ids, CANCELS);
  const answer = repliesOf(heard);
  if (takenBy === "orders" || ids.length === 0) return answer;
  if (heard.ok && [...heard.value.replies.values()].some(isAccepted)) {
    port.learn({ cancelBy: "orders" });
    return answer;
  }
  const [first = "", ...others] = ids;
  if (!mayBeMisunderstood(heard) || !(await port.takeCall())) return answer;
  const second = await ask(port, settings, [first], CANCEL_OF_ONE);
  const said = second.ok ? second.value.get(first) : undefined;
  if (said === undefined || !isAccepted(said)) return others.length === 0 ? ofBothForms(answer, first, said) : answer;
  port.learn({ cancelBy: "order" });
  const left = (await port.takeCall()) ? await cancelEach(port, settings, others) : ok(unasked(others));
  return ok(new Map([[first, said], ...(left.ok ? left.value : unasked(others))]));
}

/** One call each. What no call is left for, or comes after one that failed, is not asked. */
async function cancelEach(port: ProviderPort & CancelPort, settings: ProviderSettings, ids: readonly string[]): Answers<RequestReply> {
  const replies = new Map<string, RequestReply>(unasked(ids));
  for (const [index, id] of ids.entries()) {
    if (index > 0 && !(await port.takeCall())) break;
    const answer = await ask(port, settings, [id], CANCEL_OF_ONE);
    if (answer.ok) {
      replies.set(id, answer.value.get(id) ?? UNCLEAR);
      continue;
    }
    if (index === 0) return ids.length === 1 || isOfWholeCall(answer.failure) ? answer : ok(replies.set(id, UNCLEAR));
    if (!isOfWholeCall(answer.failure)) replies.set(id, UNCLEAR);
    break;
  }
  return ok(replies);
}

/** A failure that another order's call would meet, too, and that has done nothing. */
function isOfWholeCall({ code }: ProviderFailure): boolean {
  return code === "blocked" || code === "rate_limited" || code === "rejected_key" || code === "sealed_key" || code === "redirected";
}

function unasked(ids: readonly string[]): Map<string, RequestReply> {
  return new Map(ids.map((id) => [id, { kind: "unasked" }]));
}

const UNCLEAR = { kind: "unclear", message: null } as const satisfies RequestReply;

function isAccepted({ kind }: RequestReply): boolean {
  return kind === "accepted";
}

/** Whether a list of cancels was answered by something that names none of them: it may not have been read as one. */
function mayBeMisunderstood(heard: Result<Heard<RequestReply>, ProviderFailure>): boolean {
  if (heard.ok) return !heard.value.byId;
  const { failure } = heard;
  if (failure.code === "refused") return failure.status < 500;
  if (failure.code === "http") return failure.status === 400 || failure.status === 422;
  return failure.code === "bad_shape" || failure.code === "unsupported_many";
}

/** What is to be made of two answers about one order, none of them a yes. Only two refusals are one: which was read is not known. */
function ofBothForms(answer: Awaited<Answers<RequestReply>>, id: string, second: RequestReply | undefined): Awaited<Answers<RequestReply>> {
  const first = answer.ok ? answer.value.get(id) : undefined;
  if (second?.kind !== "refused") return answer;
  if (first?.kind !== "refused") return ok(new Map([[id, { kind: "unclear", message: second.message }]]));
  const message = first.message === second.message ? first.message : `${first.message}; ${second.message}`;
  return ok(new Map([[id, { kind: "refused", message: cleanText(message, MAX_MESSAGE_CHARS, "") }]]));
}

/** Asks what became of refills, by the ids the provider gave them. */
export function askRefillStatuses(port: ProviderPort, settings: ProviderSettings, refillIds: readonly string[]): Answers<RefillSaid> {
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
  /** What an object that names no id says of all that were asked for. */
  readonly readAll: (fields: Fields, key: string) => T | null;
};

/** One id goes by a field of its own. */
function oneOrMany(action: string, one: string, many: string): Form<unknown>["fieldsFor"] {
  return (ids) => {
    const [id = ""] = ids;
    return ids.length === 1 ? { action, [one]: id } : { action, [many]: ids.join(",") };
  };
}

/** What was heard of some ids. `byId`: the answer names them, so that it was understood what was asked for. */
type Heard<T> = { readonly replies: ReadonlyMap<string, T>; readonly byId: boolean };

async function ask<T>(port: ProviderPort, settings: ProviderSettings, ids: readonly string[], form: Form<T>): Answers<T | Refused> {
  return repliesOf(await askFor(port, settings, ids, form));
}

function repliesOf<T>(heard: Result<Heard<T>, ProviderFailure>): Result<ReadonlyMap<string, T>, ProviderFailure> {
  return heard.ok ? ok(heard.value.replies) : heard;
}

async function askFor<T>(
  port: ProviderPort,
  settings: ProviderSettings,
  ids: readonly string[],
  form: Form<T>,
): Promise<Result<Heard<T | Refused>, ProviderFailure>> {
  if (ids.length === 0) return ok({ replies: new Map(), byId: false });
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
): Reading<Heard<T | Refused>> {
  const layers = layersOf(json, (object) => ids.some((id) => Object.hasOwn(object, id)));
  const inner = layers.at(-1);
  const found = new Map<string, T | Refused>();
  const entries = entriesInOneSpelling(inner, ids, form.names);
  for (const [id, entry] of entries ?? []) {
    const said = isObject(entry) ? readEntry(fieldsIn(entry), true, key, form) : form.readValue(entry, key);
    if (said !== null) found.set(id, said);
  }
  if (found.size > 0) return read({ replies: found, byId: true });

  const [id = ""] = ids;
  const error = errorOfLayers(layers, (fields) => form.hasOwnStatus(fields, false)) ?? turnedDown(json, status);
  if (error !== null) {
    const isItsOwn = ids.length === 1 && troubleOfCall(error, status) === null;
    return isItsOwn ? read({ replies: new Map([[id, refusedBy(error, key)]]), byId: false }) : { kind: "error", error };
  }

  const alone = ids.length === 1 && entries === null ? readAlone(layers, id, key, form) : null;
  if (alone !== null) return read({ replies: new Map([[id, alone]]), byId: false });
  const ofAll = entries === null ? form.readAll(fieldsIn(inner), key) : null;
  if (ofAll !== null) return read({ replies: new Map(ids.map((each) => [each, ofAll])), byId: false });
  return { kind: "unreadable", message: `nothing of what was asked for in ${describeShape(inner)}` };
}

/** The entries of an answer; a single one counts for the single id asked also in another spelling, such as `007`. */
function entriesInOneSpelling(answer: unknown, ids: readonly string[], names: IdNames): ReadonlyMap<string, unknown> | null {
  const entries = entriesFor(answer, ids, names);
  const [id = ""] = ids;
  if (entries === null || entries.size > 0 || ids.length !== 1) return entries;
  const parts: readonly unknown[] = Array.isArray(answer) ? answer : Object.values(answer as object);
  const [part] = parts;
  const own = idIn(fieldsIn(part), names) ?? scalarText(fieldsIn(part).get("id"));
  return parts.length === 1 && own !== null && isSameId(own, id) ? new Map([[id, part]]) : entries;
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
    const plain = form.names === REFILL_NAMES ? fields.get("id") : undefined;
    const own = idIn(fields, form.names) ?? (saysNoId(plain) ? null : scalarText(plain));
    const isOwn = own !== null && isSameId(own, id);
    const said = own === null || isOwn ? readEntry(fields, isOwn, key, form) : null;
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

/**
 * Texts stand in one place for ids and for reasons. An id is one word of plain characters with a digit in it, or
 * hexadecimal, and no error's code.
 */
const ID_LIKE = /^(?=[^\d]*\d)[\w.:=+/#{}~@-]{1,64}$|^[\da-f-]{8,64}$/i;
const YES = /^(?:true|yes|ok|success|successful)$/i;
const NO = /^(?:|0|-\d+|false|no|null|none|error|fail|failed)$/i;

function isIdLike(value: unknown): boolean {
  const text = scalarText(value) ?? "";
  return ID_LIKE.test(text) && !ERROR_CODE.test(text) && !saysNoId(value);
}

function isYes(value: unknown): boolean {
  return value === true || YES.test(scalarText(value) ?? "");
}

/** A call's own word for how it went: some servers put a sentence into `success`, or a text where others have `true`. */
const CALL_FIELDS = ["success", "ok"] as const;

/** What a call's own word says, null for nothing. A sentence counts before a bare yes. Rule [C15]. */
function readCall(fields: Fields, key: string): RequestReply | null {
  const sentences = CALL_FIELDS.map((name) => fields.get(name)).filter((said) => !isYes(said) && !NO.test(textOf(said)));
  for (const said of sentences) {
    const meaning = meaningOfSentence(textOf(said));
    if (meaning !== "yes") return meaning === "no" ? refused(textOf(said), key) : unclear(textOf(said), key);
  }
  const isBareYes = saysSuccess(fields) || saysSuccess(new Map([["status", fields.get("result")]]));
  return isBareYes || sentences.length > 0 || CALL_FIELDS.some((name) => isYes(fields.get(name))) ? accepted() : null;
}

function saysNoToCall(fields: Fields): boolean {
  return CALL_FIELDS.map((name) => fields.get(name)).some((said) => said === false || (scalarText(said) !== null && NO.test(textOf(said))));
}

/** The text of a scalar; of what is none, nothing. */
function textOf(value: unknown): string {
  return scalarText(value) ?? "";
}

/** What the words of one of the two actions mean where its answer stands. */
type Words = {
  readonly action: "refill" | "cancel";
  readonly fieldsFor: Form<unknown>["fieldsFor"];
  /** The refill's id, where the value is one. */
  readonly refillOf: (value: unknown) => string | null;
  /** What a word says that is neither an id nor a bare yes or no; null for neither. */
  readonly meaningOf: (word: string) => "yes" | "no" | null;
  /** Whether a mere message says that what was asked for has been taken. */
  readonly isRequested: (message: string) => boolean;
};

function accepted(refill: string | null = null): RequestReply {
  return { kind: "accepted", refill };
}

function unclear(text: string, key: string): RequestReply {
  return { kind: "unclear", message: cleanText(text, MAX_MESSAGE_CHARS, key) || null };
}

/** Some servers put the one thing that they have to say into a list. */
function onlyOf(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? (value as readonly unknown[])[0] : value;
}

/** `{"refill":1}` and `{"refill":{"error":"…"}}`, and the same with `cancel`. */
function formOfAsking({ action, fieldsFor, refillOf, meaningOf, isRequested }: Words): Form<RequestReply> {
  const readValue = (value: unknown, key: string, message: string | null = null): RequestReply | null => {
    if (isYes(value) || isIdLike(value)) return accepted(refillOf(value));
    if (Array.isArray(value)) return null;
    if (saysNoId(value)) return refused(message, key);
    const text = textOf(value);
    const meaning = meaningOf(text);
    if (meaning === "yes") return accepted();
    return meaning === "no" ? refused(text, key) : unclear(text, key);
  };
  const readInside = (fields: Fields, key: string): RequestReply | null => {
    const error = errorIn(fields, false);
    if (error !== null) return refusedBy(error, key);
    const id = fields.get("id") ?? fields.get(action) ?? fields.get(`${action}id`);
    if (isYes(id) || isIdLike(id)) return accepted(refillOf(id));
    return readCall(fields, key) ?? readStatus(fields, key);
  };
  const saysNo = (value: unknown): boolean => (NO.test(textOf(value)) ? value !== true : meaningOf(textOf(value)) === "no");
  /** How it stands with what was asked for, by a word of its own. */
  const readStatus = (fields: Fields, key: string): RequestReply | null => {
    const word = textOf(fields.get("status"));
    const meaning = word === "" ? null : meaningOf(word);
    if (meaning === "yes") return accepted();
    if (meaning === "no" || saysNoToCall(fields)) return refused(messageIn(fields) ?? word, key);
    return null;
  };
  const readMessage = (fields: Fields): RequestReply | null => (isRequested(messageIn(fields) ?? "") ? accepted() : null);
  return {
    fieldsFor,
    names: ORDER_NAMES,
    hasOwnStatus: () => false,
    readObject: (fields, _named, key) => {
      const name = [action, `${action}id`].find((field) => fields.has(field));
      if (name === undefined) return readCall(fields, key) ?? readStatus(fields, key) ?? readMessage(fields);
      const value = onlyOf(fields.get(name));
      const id = fields.get(`${action}id`);
      // Where a yes or a sentence stands in its place, the id may stand beside.
      if (isIdLike(id) && refillOf(value) === null && !isObject(value) && !saysNo(value ?? true)) return accepted(refillOf(id));
      return isObject(value) ? readInside(fieldsIn(value), key) : readValue(value, key, messageIn(fields));
    },
    readValue,
    readAll: (fields, key) => (action === "cancel" ? readCall(fields, key) : null),
  };
}

const REFILLS = formOfAsking({
  action: "refill",
  fieldsFor: oneOrMany("refill", "order", "orders"),
  // The number 1 is a yes: where refills have ids, the first of all goes without, and is not followed.
  refillOf: (value) => (value !== 1 && isIdLike(value) ? idText(value) : null),
  meaningOf: meaningOfRefill,
  isRequested: saysRefillRequested,
});

/** The protocol has an error's bare text in the place of an id, and some servers a sentence that says yes there. */
function meaningOfRefill(word: string): "yes" | "no" | null {
  const status = refillStatusFor(word);
  if (status !== null) return status === "rejected" || status === "error" ? "no" : "yes";
  const subject = subjectOf({ texts: [word] });
  return subject === "id" || subject === "reason" || ERROR_CODE.test(word) || NEGATION.test(word) ? "no" : null;
}

/** A cancel's answer is often the order's new status. What another text says is not told by a list of words. */
function meaningOfCancel(word: string): "yes" | "no" | null {
  if (knownError([word]) !== null || ERROR_CODE.test(word)) return "no";
  const status = statusFor(word, {}, false);
  if (status === null || status === "completed" || status === "partial") return null;
  return status === "error" ? "no" : "yes";
}

const CANCELS = formOfAsking({
  action: "cancel",
  // The protocol has a list even for one.
  fieldsFor: (ids) => ({ action: "cancel", orders: ids.join(",") }),
  // What servers put there for a cancel is a yes, and no id of anything.
  refillOf: () => null,
  meaningOf: meaningOfCancel,
  // A cancel may be asked again.
  isRequested: () => false,
});
const CANCEL_OF_ONE: Form<RequestReply> = { ...CANCELS, fieldsFor: ([id = ""]) => ({ action: "cancel", order: id }) };

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
  readAll: () => null,
};

function readWord(value: unknown, key: string): RefillSaid | null {
  const word = cleanText(scalarText(value) ?? "", MAX_WORD_CHARS, key);
  return word === "" ? null : { kind: "status", word };
}
