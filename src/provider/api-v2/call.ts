/**
 * One call of a provider's API: from an action's fields to what the answer means, or why there is none.
 */
import type { ProviderPort } from "../client.ts";
import { type ApiError, knownRefusal, messageOf } from "./reading/api-error.ts";
import { MAX_MESSAGE_CHARS, type Reading, type ReadingContext } from "./reading/answer.ts";
import { exchange, type Heard, MAX_ANSWER_BYTES } from "../../outbound/exchange.ts";
import { fail, ok, type Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../failure.ts";
import { findJson, furtherValues, MAX_JSON_DEPTH } from "./reading/json.ts";
import { type ActionFields, buildRequest } from "./request.ts";
import { type CallSubject, isNoWord, isOfCall, subjectOf } from "./reading/subject.ts";
import { describeOpenFailure } from "../../secrets/secrets.ts";
import { providerKeyPlace } from "../../secrets/sealed-text.ts";
import { retryAfterSeconds } from "../../outbound/retry-after.ts";
import type { ProviderSettings } from "../settings.ts";
import { cleanText } from "./reading/wording.ts";

/** An action: the fields that are sent, and how its answer is read, of `MAX_ANSWER_BYTES` at most unless it says otherwise. */
export type Action<T> = {
  readonly fields: ActionFields;
  /** Makes out what JSON says. */
  readonly read: (json: unknown, context: ReadingContext) => Reading<T>;
  readonly maxBytes?: number;
  /** Whether what an error says of the call is said of this one; true unless it says otherwise. */
  readonly isOfThisCall?: (error: ApiError, status: number) => boolean;
  /** Another field that the key is sent in as well. */
  readonly keyAlsoAs?: string;
};

/**
 * Calls the provider once and reads its answer. The body counts before the HTTP code,
 * since servers send good answers and errors under any code; the Content-Type does not count. The key is opened here, for
 * this call. Never throws, and never tells the key.
 */
export async function callProvider<T>(
  port: ProviderPort,
  settings: ProviderSettings,
  { fields, read, maxBytes = MAX_ANSWER_BYTES, keyAlsoAs, isOfThisCall = () => true }: Action<T>,
): Promise<Result<T, ProviderFailure>> {
  const { timeoutMs } = settings;
  const opened = await port.secrets.open(providerKeyPlace(settings.id), settings.key);
  if (!opened.ok) return fail({ code: "sealed_key", message: describeOpenFailure(opened.failure) });
  const key = opened.value;
  const signal = AbortSignal.timeout(timeoutMs);
  const request = requestFor({ ...settings, key }, keyAlsoAs === undefined ? fields : { ...fields, [keyAlsoAs]: key }, signal);
  if (!request.ok) return request;
  const heard = await exchange(port.fetch, request.value, { signal, timeoutMs, maxBytes });
  if (heard.ok) return understand({ ...heard.value, key, heardAt: port.now(), isOfThisCall }, read);
  const { failure } = heard;
  return fail(failure.code === "network" ? { ...failure, message: cleanText(failure.message, MAX_MESSAGE_CHARS, key) } : failure);
}

/** Settings that no request can be made of are told like a connection that cannot be made. */
function requestFor(settings: ProviderSettings, fields: ActionFields, signal: AbortSignal): Result<Request, ProviderFailure> {
  try {
    return ok(buildRequest(settings, fields, signal));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail({
      code: "network",
      message: cleanText(`no request can be made of the settings: ${message}`, MAX_MESSAGE_CHARS, settings.key),
    });
  }
}

/** An answer, when it was heard in epoch ms, and the key, which is kept out of whatever is told of it. */
type Answer = Heard & ReadingContext & Required<Pick<Action<unknown>, "isOfThisCall">> & { readonly heardAt: number };

function understand<T>(answer: Answer, read: Action<T>["read"]): Result<T, ProviderFailure> {
  // Set by Cloudflare when it put a challenge in the provider's place; the provider has not seen the call.
  if (answer.headers.has("cf-mitigated")) return fail({ code: "blocked", status: answer.status });
  const found = findJson(answer.text);
  if (found.kind === "too_deep") return fail({ code: "bad_shape", message: `JSON nested deeper than ${MAX_JSON_DEPTH}` });
  if (found.kind === "none") return fail(failureWithoutJson(answer));
  const reading = read(found.value, found.isAll ? answer : { ...answer, further: furtherValues(answer.text) });
  if (reading.kind === "read") return ok(reading.value);
  if (reading.kind === "error") return fail(failureOfError(reading.error, answer));
  return fail(failureOfShape(found.value, reading.message, answer));
}

/**
 * What an error says of the call as such, whatever was asked in it. Null for an error about what was asked, and for one
 * that may be. Texts count before the HTTP code.
 */
export function troubleOfCall(error: ApiError, status: number): CallSubject | null {
  const subject = subjectOf(error);
  if (isOfCall(subject)) return subject;
  if (subject === "reason" || knownRefusal(error.texts) !== null) return null;
  if (status === 429) return "rate";
  return subject !== "id" && isOfKey(status) ? "key" : null;
}

/** 401 and 403 turn the caller away, whatever it asks. */
export function isOfKey(status: number): boolean {
  return status === 401 || status === 403;
}

/** The provider answered with an error of its own. */
function failureOfError(error: ApiError, answer: Answer): ProviderFailure {
  const { status } = answer;
  const message = cleanText(error.texts[0], MAX_MESSAGE_CHARS, answer.key);
  const trouble = troubleOfCall(error, status);
  return trouble === "rate" ? rateLimited(answer) : failureOfTrouble(trouble, message, status);
}

/** What an order's own error within a good answer is as a failure: `refused` unless it is about the call. */
export function failureOfText(message: string): ProviderFailure {
  return failureOfTrouble(troubleOfCall({ texts: [message] }, 200), message, 200);
}

function failureOfTrouble(trouble: CallSubject | null, message: string, status: number): ProviderFailure {
  switch (trouble) {
    case "key":
      return { code: "rejected_key", message };
    case "rate":
      return { code: "rate_limited", retryAfterSeconds: null };
    case "address":
      return { code: "blocked", status, message };
    case "upkeep":
      return { code: "unavailable", message, status };
    case null:
      return { code: "refused", message, status, ...(isNoWord(message) ? { broken: true } : {}) };
  }
}

/** JSON without the answer: under a failing code its message, if any, is the error; else the form is not what it should be. */
function failureOfShape(json: unknown, trouble: string, answer: Answer): ProviderFailure {
  const { status } = answer;
  const message = messageOf(json, status);
  const isError = status >= 400 || (message !== null && isOfCall(subjectOf({ texts: [message] })));
  if (message !== null && isError) return failureOfError({ texts: [message] }, answer);
  if (status === 429) return rateLimited(answer);
  if (isOfKey(status)) return { code: "rejected_key", message: `HTTP ${status}` };
  if (status >= 400) return { code: "http", status, message: null };
  return { code: "bad_shape", message: trouble };
}

/** Statuses under which bot checks come. */
const CHALLENGE_STATUSES: ReadonlySet<number> = new Set([403, 429, 503]);
/** What stands in the pages of the bot checks in use: Cloudflare's, DDoS-Guard's, Imperva's, Sucuri's, Imunify360's, and captchas. */
const CHALLENGE_MARKS =
  /cf[-_]chl|challenge-platform|just a moment|attention required! \| cloudflare|ddos-guard|_incapsula_|sucuri|imunify360|captcha|enable javascript/i;
/** Cloudflare answers clients that it bars by address, country or signature with one line: `error code: 1010`. */
const BARRED = /^error code: 10(?:0[5-9]|1[0-2]|20)\s*$/;
/** Where the marks stand: challenge pages carry them in the head or in the first screen. */
const CHALLENGE_SEARCH_CHARS = 64 * 1024;

/** How much of a page is told: enough to recognise it. */
const START_CHARS = 120;

function failureWithoutJson(answer: Answer): ProviderFailure {
  const { status, text, key } = answer;
  if (isChallenge(answer)) return { code: "blocked", status };
  const isMarkup = text.trimStart().startsWith("<");
  const message = isMarkup ? "" : cleanText(text, MAX_MESSAGE_CHARS, key);
  const isOfThis = answer.isOfThisCall({ texts: [message] }, status);
  const isReason = subjectOf({ texts: [message] }) === "reason";
  if (status === 429 && isOfThis && !isReason) return rateLimited(answer);
  const trouble = text.length > MAX_MESSAGE_CHARS || !isOfThis || isReason ? null : troubleOfText(message, status);
  if (trouble === "rate") return rateLimited(answer);
  if (trouble !== null) return failureOfTrouble(trouble, message || `HTTP ${status}`, status);
  if (status < 400) return { code: "not_json", status, start: cleanText(text, START_CHARS, key) };
  return { code: "http", status, message: message === "" ? null : message };
}

/** What a bare text says of the call. 403 is a firewall's as often as not, and may mind what was asked. */
function troubleOfText(message: string, status: number): CallSubject | null {
  if (status === 401) return "key";
  const subject = message === "" ? "vague" : subjectOf({ texts: [message] });
  return isOfCall(subject) && !(subject === "key" && status === 403) ? subject : null;
}

function isChallenge({ status, text }: Heard): boolean {
  if (!CHALLENGE_STATUSES.has(status)) return false;
  const start = text.trimStart().slice(0, CHALLENGE_SEARCH_CHARS);
  return BARRED.test(start) || (start.startsWith("<") && CHALLENGE_MARKS.test(start));
}

function rateLimited({ headers, heardAt }: Answer): ProviderFailure {
  return { code: "rate_limited", retryAfterSeconds: retryAfterSeconds(headers.get("retry-after"), heardAt) };
}
