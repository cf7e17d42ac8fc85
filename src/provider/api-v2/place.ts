/**
 * Placing an order at a provider, and telling for certain whether it was placed. A second order costs money, so that
 * whatever leaves a doubt is `unclear`, and nothing is ever sent twice.
 */
import { describeShape, MAX_MESSAGE_CHARS, read, type Reading, type ReadingContext } from "./reading/answer.ts";
import {
  type ApiError,
  errorOfLayers,
  knownError,
  knownRefusal,
  messageOf,
  reasonsIn,
  saysNegative,
  saysNoSomehow,
  saysSuccess,
  textsOfCall,
  turnsDown,
} from "./reading/api-error.ts";
import type { Placed, Sending, ProviderPort } from "../client.ts";
import { callProvider, isOfKey, troubleOfCall } from "./call.ts";
import { type FailureCode, isOutOfPatience, isTurnedDown, type ProviderFailure } from "../failure.ts";
import { type Fields, fieldsIn, fieldsOf, idText, isObject, layersOf, saysNoId, scalarText } from "./reading/fields.ts";
import { holdsSeveral } from "./reading/json.ts";
import { isProviderOrderId } from "../../domain/order-ids.ts";
import { askBalance } from "./status.ts";
import { hasCatchAll, isOfCall, isSameText, mayBeTaken, namesRelay, saysNoSuchAction, subjectOf } from "./reading/subject.ts";
import type { ProviderSettings } from "../settings.ts";
import { cleanText, NO_REASON } from "./reading/wording.ts";

/** Failures of a call that was turned away before its order was looked at. */
const NOT_TAKEN: ReadonlySet<FailureCode> = new Set(["rate_limited", "rejected_key", "sealed_key", "blocked", "unavailable"]);

/** So long the balance may take when it is asked for a second opinion: the panel's script is waiting. */
const SECOND_OPINION_MS = 5000;

/**
 * An answer that the balance, asked right after, tells more about. `answered`: what it means where the balance is told;
 * `otherwise` where it is not, unless that one's own failure says what this one is about. `isWord`: the same words there are
 * about the call.
 */
type InQuestion = {
  readonly kind: "in_question";
  readonly message: string;
  readonly status: number;
  readonly answered: Placed;
  readonly otherwise: Placed;
  readonly isWord: boolean;
};

/**
 * Sends `add` once, with all fields as they are given, known or not; `key` and `action` are the provider's and ours.
 * Never throws for what the provider does.
 *
 * A text that nobody knows may be about the order or about the call ("Kunci salah"). The balance is asked right after
 * then, if there is a call left for it: it has nothing to do with the order, so that the same text is about the call.
 */
export async function placeOrder(
  port: ProviderPort,
  settings: ProviderSettings,
  fields: Readonly<Record<string, string>>,
  { takeCall, value, isResend }: Sending,
): Promise<Placed> {
  const { idempotencyField } = settings.request;
  const own = idempotencyField === null || value === null ? {} : { [idempotencyField]: value };
  const sent = Object.values(fields);
  const result = await callProvider(port, settings, {
    fields: { ...fields, ...own, action: "add" },
    read: (json, context) => readAnswer(json, context, sent),
    isOfThisCall,
  });
  const said = result.ok ? result.value : saidByFailure(result.failure, sent);
  const placed = said.kind === "in_question" ? await secondOpinion(port, settings, said, takeCall) : said;
  return isResend ? saidOfFirst(placed) : placed;
}

/** What servers say of an order that they have already, or are at work on. */
const KNOWN_ALREADY = /duplicat|already|in progress|being processed|exist|pending|conflict/i;

/**
 * What the answer to a resend says of the order. The provider may have taken the first one: that this call was turned away
 * says nothing of it, nor does a text by which the order may be there.
 */
function saidOfFirst(placed: Placed): Placed {
  if (placed.kind === "not_taken") return { kind: "unclear", failure: placed.failure };
  if (placed.kind !== "refused") return placed;
  const mayBeThere = placed.known === "link_duplicate" || KNOWN_ALREADY.test(placed.message);
  return mayBeThere ? unclear(`the order may be there: ${placed.message}`) : placed;
}

/** What an `add` came to whose answer has no order in it. */
function saidByFailure(failure: ProviderFailure, sent: readonly string[]): Placed | InQuestion {
  // A body that is one text, known to the letter.
  if (failure.code === "not_json") return refusedToTheLetter([failure.start], failure.start) ?? { kind: "unclear", failure };
  if (NOT_TAKEN.has(failure.code)) return { kind: "not_taken", failure };
  if (failure.code !== "http" || !isTurnedDown(failure.status)) return { kind: "unclear", failure };
  const { status, message } = failure;
  if (isOfKey(status) && (message === null || (!isReason(message) && isOfThisCall({ texts: [message] }, status))))
    return turnedAway(message ?? `HTTP ${status}`, status);
  // A plain text under a code from 400 on is a reason as one in JSON is.
  return message === null ? { kind: "unclear", failure } : saidByError({ texts: [message] }, status, { message, sent });
}

async function secondOpinion(
  port: ProviderPort,
  settings: ProviderSettings,
  { message, status, answered, otherwise, isWord }: InQuestion,
  takeCall: Sending["takeCall"],
): Promise<Placed> {
  if (!(await takeCall())) return otherwise;
  const asked = await askBalance(port, { ...settings, timeoutMs: Math.min(settings.timeoutMs, SECOND_OPINION_MS) });
  if (asked.ok) return answered;
  const { failure } = asked;
  // Where the order was certainly not taken, the call's trouble is the better news: the script tries again.
  const isCertain = otherwise.kind === "refused";
  if (isCertain ? NOT_TAKEN.has(failure.code) : answered.kind === "refused" && isOfAllCalls(failure)) return { kind: "not_taken", failure };
  const same = isWord && "message" in failure && failure.message != null && isSameText(failure.message, message);
  const sameCode = failure.code === "http" && isOfKey(status) && failure.status === status;
  if (sameCode) return { kind: "not_taken", failure: { code: "rejected_key", message } };
  if (same) return { kind: "not_taken", failure: { code: "unavailable", message, status } };
  return hasNoBalance(failure) ? answered : otherwise;
}

/** Some providers have no such action, and say so: that answer is as good as a balance. */
function hasNoBalance(failure: ProviderFailure): boolean {
  return failure.code === "refused" && failure.status < 500 && saysNoSuchAction(failure.message);
}

/**
 * Whether the balance was turned away for what holds for the call before it, too: the key, the address, maintenance. A limit
 * of calls or a bot check may have begun in between.
 */
function isOfAllCalls({ code, ...failure }: ProviderFailure): boolean {
  return code === "rejected_key" || code === "unavailable" || (code === "blocked" && "message" in failure);
}

/** The answer to `add`, as it reads by itself while nothing else is known. */
export function readPlaced(json: unknown, context: ReadingContext): Reading<Placed> {
  const reading = readAnswer(json, context, []);
  return reading.kind === "read" && reading.value.kind === "in_question" ? read(reading.value.otherwise) : (reading as Reading<Placed>);
}

/**
 * The answer to `add`. What a body says for certain goes before the HTTP code; an error here is one about the call, and
 * what is unreadable is for the code to tell. `sent` are the values that a text may repeat.
 */
function readAnswer(json: unknown, context: ReadingContext, sent: readonly string[]): Reading<Placed | InQuestion> {
  const { status, key, text = "" } = context;
  if (PAGE_AROUND.test(text)) return read(unclear("an answer within a page"));
  // One of them may be the order, the other the error.
  if (holdsSeveral(text)) return read(unclear("several answers in one body"));
  const layers = layersOf(json, () => false).flatMap((layer) => (Array.isArray(layer) && layer.length === 1 ? [layer, layer[0]] : [layer]));
  const fields = layers.map(fieldsIn);
  const orders = fields.map((own) => own.get("order")).filter(isObject);
  const error = errorOfLayers([...layers, ...orders], () => false);
  const isFailing = error !== null || fields.some(saysNegative);
  const named = orderIdsIn(fields).filter((value) => !isFailing || !NO_WORD_OF_ID.test(scalarText(value) ?? ""));
  const message = error === null && status >= 400 ? messageOf(json, status) : null;
  const said = error ?? (message === null ? null : { texts: [message] as const });
  const told = said === null ? null : withReason(said, fields, sent);
  const hear = (texts: ApiError["texts"]): string => cleanText(texts[0], MAX_MESSAGE_CHARS, key) || NO_REASON;

  const isDenied = isFailing || isKnown(fields.flatMap(textsOfCall));
  if (named.length > 0) return isDenied ? read(unclear("an order id beside an error")) : readIds(named, hear);
  if (error === null && fields.some(saysSuccess)) return read(unclear("success without an order id"));
  if (told === null) return readUntold(json, fields, sent, hear);
  const plain = withoutEchoes(told, sent);
  if (!mayBeTaken(plain) && troubleOfCall(plain, status) !== null && isOfThisCall(plain, status)) return { kind: "error", error: plain };
  return read(saidByError(plain, status, { message: hear(told.texts), sent: [] }));
}

/** What a page's scripts hold is no answer, wherever in the noise the page begins. */
const PAGE_AROUND = /^[^{[]*<(?:!doctype|html|head|body|script)\b/i;

/** What stands for an id beside an error, and is none. */
const NO_WORD_OF_ID = /^(?:error|fail(?:ed|ure)?|n\/?a|-+|no)$/i;

type Hear = (texts: ApiError["texts"]) => string;

/** What stands in the place of an order's id. Only what can be sent again to ask about it is one; errors stand there, too. */
function readIds(named: readonly unknown[], hear: Hear): Reading<Placed> {
  const id = idText(named[0]);
  if (id !== null && isOrderId(id)) return read({ kind: "placed", id });
  const [first, ...others] = named.map(scalarText).filter((text) => text !== null);
  if (first === undefined) return read(unclear("an order id that cannot be one"));
  const texts: ApiError["texts"] = [first, ...others];
  if (isTroubleToTheLetter(texts)) return { kind: "error", error: { texts } };
  return read(refusedToTheLetter(texts, hear(texts)) ?? unclear("an order id that cannot be one"));
}

/** A number, or one word that has a figure in it or is hexadecimal, in the spelling of ids, and no error's name ([I9]). */
function isOrderId(text: string): boolean {
  return isProviderOrderId(text, { textIds: true }) && LIKE_AN_ID.test(text) && !LIKE_AN_ERROR.test(text);
}

const LIKE_AN_ID = /\d|^[\da-f-]{8,64}$/i;
const LIKE_AN_ERROR = /(?:^|[_-])(?:err(?:or)?s?|fail(?:ed|ure)?|invalid|not|http|code)(?=[\d_-]|$)/i;

/** An error that says nothing but that it is one, with the reason that stands in another text of the answer, if one does. */
function withReason(error: ApiError, layers: readonly Fields[], sent: readonly string[]): ApiError {
  if (subjectOf(error) !== "vague") return error;
  const reason = [...error.texts, ...layers.flatMap(reasonsIn)].find((text) => isReason(withoutEchoes({ texts: [text] }, sent).texts[0]));
  return reason === undefined ? error : { texts: [reason, ...error.texts] };
}

function isVague(text: string): boolean {
  return subjectOf({ texts: [text] }) === "vague";
}

function isReason(text: string): boolean {
  return subjectOf({ texts: [text] }) === "reason";
}

/**
 * An answer without an id, an error or a yes. A message known to the letter is a refusal all the same; beside a code or a
 * word that turns the call down, or a no in any form, one with a reason is, whatever its field is called.
 */
function readUntold(json: unknown, layers: readonly Fields[], sent: readonly string[], hear: Hear): Reading<Placed> {
  const saysNo = layers.some(turnsDown) || layers.some(saysNoSomehow);
  const texts = [...layers.flatMap(saysNo ? reasonsIn : textsOfCall), messageOf(json, 200)].filter((text) => text !== null);
  const [first, ...others] = texts.toSorted((one, other) => Number(isVague(one)) - Number(isVague(other)));
  const nothing = { kind: "unreadable", message: `no order id in ${describeShape(json)}` } as const;
  if (first === undefined) return nothing;
  const said: ApiError = { texts: [first, ...others] };
  const plain = withoutEchoes(said, sent);
  if (mayBeTaken(plain) || (troubleOfCall(plain, 200) !== null && namesRelay(plain)))
    return read(unclear("a text by which the order may be there"));
  if (isTroubleToTheLetter(plain.texts)) return { kind: "error", error: plain };
  const known = refusedToTheLetter(plain.texts, hear(said.texts));
  if (known !== null) return read(known);
  if (!saysNo || hasCatchAll(plain)) return nothing;
  const reason = said.texts[plain.texts.findIndex(isReason)];
  return reason === undefined ? nothing : read({ kind: "refused", message: hear([reason]), known: null });
}

function refusedToTheLetter(texts: readonly string[], message: string): Placed | null {
  const known = knownRefusal(texts);
  return known === null ? null : { kind: "refused", message, known };
}

/** Whether a text says to the letter that nothing was placed. */
function isKnown(texts: readonly string[]): boolean {
  return knownRefusal(texts) !== null || isTroubleToTheLetter(texts);
}

function isTroubleToTheLetter(texts: readonly string[]): boolean {
  const known = knownError(texts);
  return known === "key" || known === "rate";
}

/**
 * Whether what an error says of the call is certain to be of this one: the provider may have sent the order on, and tell
 * how it went there. Under a code from 500 on a script may have died, so that only texts known to the letter count.
 */
function isOfThisCall(error: ApiError, status: number): boolean {
  if (namesRelay(error)) return false;
  return status < 500 || isTroubleToTheLetter(error.texts) || (status === 503 && subjectOf(error) === "upkeep");
}

/** `message`: the text as the panel may hear it. */
type Heard = { readonly message: string; readonly sent: readonly string[] };

/**
 * What an error without an order id means for the order. An `add` errs to doubt: a script may have died after it took the
 * order, and catch-alls answer in JSON, too, under any code. For certain it is refused by a text known to the letter, or by
 * a reason that names what was sent. Of every other text the balance, asked right after, has to tell that it is none of the
 * call's, and that the provider's script is well.
 */
function saidByError(error: ApiError, status: number, { message, sent }: Heard): Placed | InQuestion {
  const plain = withoutEchoes(error, sent);
  const known = knownRefusal(plain.texts);
  const refused: Placed = { kind: "refused", message, known };
  const doubt: Placed = { kind: "unclear", failure: { code: "http", status, message } };
  if (mayBeTaken(plain)) return doubt;
  const subject = subjectOf(plain);
  if (isOfCall(subject)) return isOfThisCall(plain, status) ? turnedAway(message, status) : doubt;
  if (known !== null) return refused;
  if (hasCatchAll(plain) || status >= 500 || isOutOfPatience(status)) return doubt;
  if (subject === "reason") return refused;
  const isWord = subject !== "mishap";
  if (!isWord && !isTurnedDown(status)) return doubt;
  const answered = subject === "vague" && !isTurnedDown(status) ? doubt : refused;
  return { kind: "in_question", message, status, answered, otherwise: doubt, isWord };
}

/** Turned away by a code or a text that is the caller's: no order was taken. The balance tells whether all calls are. */
function turnedAway(message: string, status: number): InQuestion {
  const refused: Placed = { kind: "refused", message, known: null };
  return { kind: "in_question", message, status, answered: refused, otherwise: refused, isWord: true };
}

/** Shorter values stand in texts by chance. */
const MIN_ECHO_CHARS = 4;

/** The error without what was sent: a link must not be able to say that the key is rejected. */
function withoutEchoes({ texts: [first, ...rest] }: ApiError, sent: readonly string[]): ApiError {
  const long = sent.filter((value) => value.length >= MIN_ECHO_CHARS);
  const plain = (text: string): string => long.reduce((left, value) => left.replaceAll(value, " "), text);
  return { texts: [plain(first), ...rest.map(plain)] };
}

function unclear(message: string): Placed {
  return { kind: "unclear", failure: { code: "bad_shape", message } };
}

/**
 * Everything in the place of an order id, the likeliest first. A plain `id` may be anything's. It counts within the part
 * that an answer wraps, and in an object, or within one, that says the call went well.
 */
function orderIdsIn(layers: readonly Fields[]): readonly unknown[] {
  const named = layers.flatMap((fields) => [fields.get("order"), fields.get("orderid")].map(idInside));
  const success = layers.findIndex(saysSuccess);
  const from = success === -1 ? 1 : success;
  const plain = layers.slice(from).map((fields) => fields.get("id"));
  const ids = [...named, ...plain].filter((value) => !saysNoId(value));
  // Plain ids that differ: one is the order's, the other the customer's or the call's.
  const isDisputed = named.every(saysNoId) && new Set(ids.map(scalarText)).size > 1;
  return isDisputed ? [ids] : ids;
}

/** An order that is told as an object has its id within. */
function idInside(value: unknown): unknown {
  if (!isObject(value)) return value;
  const fields = fieldsOf(value);
  return fields.get("id") ?? fields.get("order") ?? fields.get("orderid");
}
