/**
 * Placing an order at a provider, and telling for certain whether it was placed. A second order costs money, so that
 * whatever leaves a doubt is `unclear`, and nothing is ever sent twice.
 */
import { describeShape, MAX_MESSAGE_CHARS, read, type Reading, type ReadingContext } from "./reading/answer.ts";
import { type ApiError, errorOfLayers, knownRefusal, messageOf, saysSuccess } from "./reading/api-error.ts";
import type { Placed, Sending, ProviderPort } from "../client.ts";
import { callProvider, isOfKey, troubleOfCall } from "./call.ts";
import { type FailureCode, isTurnedDown, type ProviderFailure } from "../failure.ts";
import { type Fields, fieldsIn, fieldsOf, idText, isObject, layersOf, saysNoId } from "./reading/fields.ts";
import { askBalance } from "./status.ts";
import { isOfCall, isSameText, subjectOf } from "./reading/subject.ts";
import type { ProviderSettings } from "../settings.ts";
import { cleanText, NO_REASON } from "./reading/wording.ts";

/** Failures of a call that was turned away before its order was looked at. */
const NOT_TAKEN: ReadonlySet<FailureCode> = new Set(["rate_limited", "rejected_key", "sealed_key", "blocked", "unavailable"]);

/** So long the balance may take when it is asked for a second opinion: the panel's script is waiting. */
const SECOND_OPINION_MS = 5000;

/** An answer that the balance, asked right after, tells more about: `otherwise` unless that one fails in the same words. */
type InQuestion = { readonly kind: "in_question"; readonly message: string; readonly status: number; readonly otherwise: Placed };

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
  if (NOT_TAKEN.has(failure.code)) return { kind: "not_taken", failure };
  if (failure.code !== "http" || !isTurnedDown(failure.status)) return { kind: "unclear", failure };
  const { status, message } = failure;
  if (isOfKey(status)) return turnedAway(message ?? `HTTP ${status}`, status);
  // A plain text under 400 is a reason as one in JSON is.
  return message === null ? { kind: "unclear", failure } : saidByError({ texts: [message] }, status, { message, sent });
}

async function secondOpinion(
  port: ProviderPort,
  settings: ProviderSettings,
  { message, status, otherwise }: InQuestion,
  takeCall: Sending["takeCall"],
): Promise<Placed> {
  if (!(await takeCall())) return otherwise;
  const asked = await askBalance(port, { ...settings, timeoutMs: Math.min(settings.timeoutMs, SECOND_OPINION_MS) });
  if (asked.ok) return otherwise;
  const { failure } = asked;
  // Where the order was certainly not taken, the call's trouble is the better news: the script tries again.
  if (otherwise.kind === "refused" && NOT_TAKEN.has(failure.code)) return { kind: "not_taken", failure };
  const same = "message" in failure && failure.message != null && isSameText(failure.message, message);
  const sameCode = failure.code === "http" && isOfKey(status) && failure.status === status;
  if (sameCode) return { kind: "not_taken", failure: { code: "rejected_key", message } };
  return same ? { kind: "not_taken", failure: { code: "unavailable", message, status } } : otherwise;
}

/** The answer to `add`, as it reads by itself. */
export function readPlaced(json: unknown, context: ReadingContext): Reading<Placed> {
  const reading = readAnswer(json, context, []);
  return reading.kind === "read" && reading.value.kind === "in_question" ? read(reading.value.otherwise) : (reading as Reading<Placed>);
}

/**
 * The answer to `add`. What a body says for certain goes before the HTTP code; an error here is one about the call, and
 * what is unreadable is for the code to tell. `sent` are the values that a text may repeat.
 */
function readAnswer(json: unknown, context: ReadingContext, sent: readonly string[]): Reading<Placed | InQuestion> {
  const { status, key } = context;
  const layers = layersOf(json, () => false).flatMap((layer) => (Array.isArray(layer) && layer.length === 1 ? [layer, layer[0]] : [layer]));
  const fields = layers.map(fieldsIn);
  const error = errorOfLayers(layers, () => false);
  const named = orderIdsIn(fields);
  const id = named.map(idText).find((text) => text !== null);
  if (id !== undefined && error === null) return read({ kind: "placed", id });
  if (id !== undefined) return read(unclear("an order id beside an error"));
  if (named.length > 0) return read(unclear("an order id that cannot be one"));

  const success = fields.some(saysSuccess);
  if (error === null && success) return read(unclear("success without an order id"));
  const message = error === null && status >= 400 ? messageOf(json, status) : null;
  const told = error ?? (message === null ? null : { texts: [message] as const });
  if (told === null) return { kind: "unreadable", message: `no order id in ${describeShape(layers.at(-1))}` };
  const plain = withoutEchoes(told, sent);
  if (troubleOfCall(plain, status) !== null) return { kind: "error", error: plain };
  return read(saidByError(plain, status, { message: cleanText(told.texts[0], MAX_MESSAGE_CHARS, key) || NO_REASON, sent: [] }));
}

/** `message`: the text as the panel may hear it. */
type Heard = { readonly message: string; readonly sent: readonly string[] };

/**
 * What an error without an order id means for the order. An `add` errs to doubt: a script may have died after it took the
 * order, and catch-alls answer in JSON, too, under any code. A text in a language that is not known here is a refusal, as
 * most of them are, unless the balance says the same.
 */
function saidByError(error: ApiError, status: number, { message, sent }: Heard): Placed | InQuestion {
  const plain = withoutEchoes(error, sent);
  const subject = subjectOf(plain);
  const refused: Placed = { kind: "refused", message, known: knownRefusal(plain.texts) };
  const doubt: Placed = { kind: "unclear", failure: { code: "http", status, message } };
  if (isOfCall(subject)) return turnedAway(message, status);
  if (refused.known !== null) return refused;
  if (subject === "crash" || status >= 500 || status === REQUEST_TIMEOUT) return doubt;
  if (subject === "id" || subject === "reason") return refused;
  if (subject === "mishap") return isTurnedDown(status) ? refused : doubt;
  const otherwise = subject === "vague" && !isTurnedDown(status) ? doubt : refused;
  return { kind: "in_question", message, status, otherwise };
}

const REQUEST_TIMEOUT = 408;

/** Turned away by a code or a text that is the caller's: no order was taken. The balance tells whether all calls are. */
function turnedAway(message: string, status: number): InQuestion {
  return { kind: "in_question", message, status, otherwise: { kind: "refused", message, known: null } };
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
  return [...named, ...plain].filter((value) => !saysNoId(value));
}

/** An order that is told as an object has its id within. */
function idInside(value: unknown): unknown {
  if (!isObject(value)) return value;
  const fields = fieldsOf(value);
  return fields.get("id") ?? fields.get("order") ?? fields.get("orderid");
}
