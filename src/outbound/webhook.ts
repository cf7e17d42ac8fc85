/**
 * One attempt to deliver a webhook, by Standard Webhooks: signed, sent, and what came of it. Nothing is remembered here.
 */
import { Webhook } from "standardwebhooks";
import { exchangeStart, type ExchangeFailure, type FetchPort } from "./exchange.ts";
import { retryAfterSeconds } from "./retry-after.ts";

/** A receiver that takes longer does its work before it answers, and should do it after. */
export const WEBHOOK_TIMEOUT_MS = 10_000;
/** How much of an answer is kept for people to look at. */
const MAX_RESPONSE_CHARACTERS = 500;
/** No character is longer than four bytes. */
const MAX_RESPONSE_BYTES = 4 * MAX_RESPONSE_CHARACTERS;
const MAX_ERROR_CHARACTERS = 200;

/** Where it goes. `secrets`: all that sign, the newest first. */
export type WebhookTarget = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
};

/** What is sent. The same id always has the same body. */
export type WebhookContent = { readonly id: string; readonly body: string };

export type WebhookAttempt = {
  /** When it was sent, epoch ms. */
  readonly sentAt: number;
  readonly durationMs: number;
  /** HTTP; null where no answer came. */
  readonly status: number | null;
  /** Why it is no success, for people; null for a success. */
  readonly error: string | null;
  /** The beginning of the answer; null where none came. */
  readonly response: string | null;
  /** How long the receiver wants to be left alone. */
  readonly retryAfterSeconds: number | null;
};

/** The headers that sign a body at a time (epoch ms): one signature for each secret. */
export function signatureHeaders({ id, body }: WebhookContent, secrets: readonly string[], at: number): Record<string, string> {
  const sentAt = new Date(at);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)).join(" "),
  };
}

/** Makes one attempt. 2xx is a success, whatever the answer says; a redirect is not followed, and is none. Never throws. */
export async function sendWebhook(port: FetchPort, target: WebhookTarget, content: WebhookContent): Promise<WebhookAttempt> {
  const sentAt = port.now();
  const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MS);
  const headers = {
    ...target.headers,
    "User-Agent": "panelsync-webhooks",
    "Content-Type": "application/json",
    ...signatureHeaders(content, target.secrets, sentAt),
  };
  const request = new Request(target.url, { method: "POST", headers, body: content.body, redirect: "manual", signal });
  const heard = await exchangeStart(port.fetch, request, { signal, timeoutMs: WEBHOOK_TIMEOUT_MS, maxBytes: MAX_RESPONSE_BYTES });
  const now = port.now();
  const told = { sentAt, durationMs: Math.max(0, now - sentAt) };
  if (!heard.ok) {
    const { failure } = heard;
    const status = failure.code === "redirected" && failure.status > 0 ? failure.status : null;
    return { ...told, status, error: errorOf(failure, target), response: null, retryAfterSeconds: null };
  }
  const { status, headers: answered, text } = heard.value;
  const isSuccess = status >= 200 && status < 300;
  return {
    ...told,
    status,
    error: isSuccess ? null : `The receiver answered HTTP ${status}. Only 2xx counts as taken.`,
    response: shown(text, MAX_RESPONSE_CHARACTERS, target),
    retryAfterSeconds: isSuccess ? null : retryAfterSeconds(answered.get("retry-after"), now),
  };
}

function errorOf(failure: ExchangeFailure, target: WebhookTarget): string {
  switch (failure.code) {
    case "timeout":
      return `The receiver did not answer within ${failure.timeoutMs / 1000} seconds. Answer first, and work after that.`;
    case "redirected":
      return "The receiver answered with a redirect, which is not followed. Set the URL that it leads to.";
    case "too_large":
    case "network":
      return shown(
        `No connection: ${failure.code === "network" ? failure.message : "the answer was too long"}`,
        MAX_ERROR_CHARACTERS,
        target,
      );
  }
}

/** Shorter ones would be found in ordinary words. */
const MIN_HIDDEN_CHARACTERS = 6;

/** A text of the receiver's, fit to be kept: without the headers' values that it may have sent back, and not too long. */
function shown(text: string, maxCharacters: number, { headers }: WebhookTarget): string {
  const hidden = Object.values(headers).filter((value) => value.length >= MIN_HIDDEN_CHARACTERS);
  const clean = hidden.reduce((told, value) => told.replaceAll(value, "[header]"), text);
  return clean.slice(0, maxCharacters).replaceAll("\0", "\u{FFFD}").toWellFormed();
}
