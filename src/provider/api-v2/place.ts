/**
 * Placing an order at a provider, and telling for certain whether it was placed. A second order costs money, so that
 * whatever leaves a doubt is `unclear`, and nothing is ever sent twice.
 */
import { describeShape, MAX_MESSAGE_CHARS, read, type Reading, type ReadingContext } from "./reading/answer.ts";
import { type ApiError, errorOfLayers, knownRefusal, messageOf, saysCrash, saysSuccess } from "./reading/api-error.ts";
import type { Placed } from "../client.ts";
import { callProvider, troubleOfCall } from "./call.ts";
import { isTurnedDown } from "../failure.ts";
import type { FetchPort } from "../../outbound/exchange.ts";
import type { FailureCode } from "../failure.ts";
import { type Fields, fieldsIn, idText, layersOf, saysNoId } from "./reading/fields.ts";
import type { ProviderSettings } from "../settings.ts";
import { cleanText, NO_REASON } from "./reading/wording.ts";

/** Failures of a call that was turned away before its order was looked at. */
const NOT_TAKEN: ReadonlySet<FailureCode> = new Set(["rate_limited", "rejected_key", "blocked"]);

/**
 * Sends `add` once, with all fields as they are given, known or not; `key` and `action` are the provider's and ours.
 * Never throws for what the provider does.
 */
export async function placeOrder(port: FetchPort, settings: ProviderSettings, fields: Readonly<Record<string, string>>): Promise<Placed> {
  const result = await callProvider(port, settings, { fields: { ...fields, action: "add" }, read: readPlaced });
  if (result.ok) return result.value;
  return { kind: NOT_TAKEN.has(result.failure.code) ? "not_taken" : "unclear", failure: result.failure };
}

/**
 * The answer to `add`. What a body says for certain goes before the HTTP code; an error here is one about the call, and
 * what is unreadable is for the code to tell.
 */
export function readPlaced(json: unknown, context: ReadingContext): Reading<Placed> {
  const { status } = context;
  const layers = layersOf(json, () => false).flatMap((layer) => (Array.isArray(layer) && layer.length === 1 ? [layer, layer[0]] : [layer]));
  const fields = layers.map(fieldsIn);
  const error = errorOfLayers(layers, () => false);
  const named = orderIdsIn(fields);
  const id = named.map(idText).find((text) => text !== null);
  if (id !== undefined && error === null) return read({ kind: "placed", id });
  if (id !== undefined) return read(unclear("an order id beside an error"));
  if (named.length > 0) return read(unclear("an order id that cannot be one"));
  if (error !== null) return readError(error, isDoubtful(error, status), context);

  if (fields.some(saysSuccess)) return read(unclear("success without an order id"));
  const message = messageOf(json);
  const isError = message !== null && status >= 400;
  if (isError) return readError({ texts: [message] }, !isTurnedDown(status), context);
  return { kind: "unreadable", message: `no order id in ${describeShape(layers.at(-1))}` };
}

/**
 * Whether a script may have died after it took the order: its server's own text, or a failing code with a text that is
 * no known refusal. Catch-alls answer in JSON, too, and in every language.
 */
function isDoubtful(error: ApiError, status: number): boolean {
  if (knownRefusal(error.texts) !== null) return false;
  return saysCrash(error) || status >= 500 || status === REQUEST_TIMEOUT;
}

const REQUEST_TIMEOUT = 408;

/** What an error without an order id means. After one that is `doubtful` the order may have been placed all the same. */
function readError(error: ApiError, doubtful: boolean, { status, key }: ReadingContext): Reading<Placed> {
  if (troubleOfCall(error, status) !== null) return { kind: "error", error };
  const message = cleanText(error.texts[0], MAX_MESSAGE_CHARS, key) || NO_REASON;
  if (doubtful) return read({ kind: "unclear", failure: { code: "http", status, message } });
  return read({ kind: "refused", message, known: knownRefusal(error.texts) });
}

function unclear(message: string): Placed {
  return { kind: "unclear", failure: { code: "bad_shape", message } };
}

/**
 * Everything in the place of an order id, the likeliest first. A plain `id` may be anything's, and counts only in an
 * object, or within one, that says the call went well.
 */
function orderIdsIn(layers: readonly Fields[]): readonly unknown[] {
  const named = layers.flatMap((fields) => [fields.get("order"), fields.get("orderid")]);
  const success = layers.findIndex(saysSuccess);
  const plain = success === -1 ? [] : layers.slice(success).map((fields) => fields.get("id"));
  return [...named, ...plain].filter((value) => !saysNoId(value));
}
