/**
 * One call of a provider's API: from an action's fields to what the answer means, or why there is none.
 */
import { type ApiError, knownError, knownRefusal, messageOf } from "./reading/api-error.ts";
import { MAX_MESSAGE_CHARS, type Reading } from "./reading/answer.ts";
import { exchange, type Heard, MAX_ANSWER_BYTES } from "../../outbound/exchange.ts";
import type { FetchPort } from "../../outbound/exchange.ts";
import { fail, ok, type Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../failure.ts";
import { findJson, MAX_JSON_DEPTH } from "./reading/json.ts";
import { type ActionFields, buildRequest } from "./request.ts";
import { retryAfterSeconds } from "../../outbound/retry-after.ts";
import type { ProviderSettings } from "../settings.ts";
import { cleanText } from "./reading/wording.ts";

/** Makes out what JSON says. The HTTP code is for the few answers that mean another thing under another code. */
export type Reader<T> = (json: unknown, status: number) => Reading<T>;

/**
 * Calls the provider once and reads its answer, of `maxBytes` at most, with `read`. The body counts before the HTTP code,
 * since servers send good answers and errors under any code; the Content-Type does not count. Never throws, and never
 * tells the key.
 */
export async function callProvider<T>(
  port: FetchPort,
  settings: ProviderSettings,
  fields: ActionFields,
  read: Reader<T>,
  maxBytes = MAX_ANSWER_BYTES,
): Promise<Result<T, ProviderFailure>> {
  const signal = AbortSignal.timeout(settings.timeoutMs);
  const request = requestFor(settings, fields, signal);
  if (!request.ok) return request;
  const heard = await exchange(port.fetch, request.value, signal, settings.timeoutMs, maxBytes);
  if (heard.ok) return understand(heard.value, settings.key, port.now(), read);
  const { failure } = heard;
  return fail(failure.code === "network" ? { ...failure, message: cleanText(failure.message, MAX_MESSAGE_CHARS, settings.key) } : failure);
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

function understand<T>(heard: Heard, key: string, nowMs: number, read: Reader<T>): Result<T, ProviderFailure> {
  // Set by Cloudflare when it put a challenge in the provider's place; the provider has not seen the call.
  if (heard.headers.has("cf-mitigated")) return fail({ code: "blocked", status: heard.status });
  const found = findJson(heard.text);
  if (found.kind === "too_deep") return fail({ code: "bad_shape", message: `JSON nested deeper than ${MAX_JSON_DEPTH}` });
  if (found.kind === "none") return fail(failureWithoutJson(heard, key, nowMs));
  const reading = read(found.value, heard.status);
  if (reading.kind === "read") return ok(reading.value);
  if (reading.kind === "error") return fail(failureOfError(reading.error, heard, key, nowMs));
  return fail(failureOfShape(found.value, reading.message, heard, key, nowMs));
}

/**
 * What an error says of the call as such, whatever was asked in it: that its key is rejected, or that there are too many
 * of them. Null for an error about what was asked. Texts count before the HTTP code.
 */
export function troubleOfCall(error: ApiError, status: number): "key" | "rate" | null {
  const known = knownError(error.texts);
  if (known === "key" || known === "rate") return known;
  if (knownRefusal(error.texts) !== null) return null;
  if (status === 429) return "rate";
  return known !== "order" && (status === 401 || status === 403) ? "key" : null;
}

/** The provider answered with an error of its own. */
function failureOfError(error: ApiError, heard: Heard, key: string, nowMs: number): ProviderFailure {
  const message = cleanText(error.texts[0], MAX_MESSAGE_CHARS, key);
  const trouble = troubleOfCall(error, heard.status);
  if (trouble === "key") return { code: "rejected_key", message };
  if (trouble === "rate") return rateLimited(heard, nowMs);
  return { code: "refused", message, status: heard.status };
}

/** JSON without the answer: under a failing code its message, if any, is the error; else the form is not what it should be. */
function failureOfShape(json: unknown, trouble: string, heard: Heard, key: string, nowMs: number): ProviderFailure {
  const message = messageOf(json);
  const isError = heard.status >= 400 || (message !== null && knownError([message]) === "key");
  if (message !== null && isError) return failureOfError({ texts: [message] }, heard, key, nowMs);
  if (heard.status === 429) return rateLimited(heard, nowMs);
  if (heard.status >= 400) return { code: "http", status: heard.status, message: null };
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

function failureWithoutJson(heard: Heard, key: string, nowMs: number): ProviderFailure {
  const { status, text } = heard;
  if (isChallenge(heard)) return { code: "blocked", status };
  if (status === 429) return rateLimited(heard, nowMs);
  if (status < 400) return { code: "not_json", status, start: cleanText(text, START_CHARS, key) };
  const isMarkup = text.trimStart().startsWith("<");
  const message = isMarkup ? "" : cleanText(text, MAX_MESSAGE_CHARS, key);
  return { code: "http", status, message: message === "" ? null : message };
}

function isChallenge({ status, text }: Heard): boolean {
  if (!CHALLENGE_STATUSES.has(status)) return false;
  const start = text.trimStart().slice(0, CHALLENGE_SEARCH_CHARS);
  return BARRED.test(start) || (start.startsWith("<") && CHALLENGE_MARKS.test(start));
}

function rateLimited(heard: Heard, nowMs: number): ProviderFailure {
  return { code: "rate_limited", retryAfterSeconds: retryAfterSeconds(heard.headers.get("retry-after"), nowMs) };
}
