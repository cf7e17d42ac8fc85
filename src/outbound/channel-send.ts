/**
 * Telling a channel: one POST, within a time and a size, and what came of it.
 */
import { Webhook } from "standardwebhooks";
import { type AlertMessage, channelRequest, type ChannelSettings } from "../domain/alert-message.ts";
import { exchange, type FetchPort } from "./exchange.ts";
import { retryAfterSeconds } from "./retry-after.ts";

/** `error`: why it was not taken, in a few words without anything secret; null where it was. `status`: null without an answer. */
export type Sent = {
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: string | null;
  readonly retryAfterSeconds: number | null;
};

const TIMEOUT_MS = 10_000;
/** What a service says to a message is a few hundred bytes, and nobody reads it. */
const MAX_ANSWER_BYTES = 16 * 1024;

/** Sends a message once. `id`: the same for each attempt, so that a receiver can tell a repetition. */
export async function sendToChannel(port: FetchPort, settings: ChannelSettings, message: AlertMessage, id: string): Promise<Sent> {
  const { url, headers, body } = channelRequest(settings, message);
  const signed = settings.type === "webhook" ? signatureHeaders(settings.secret, { id, now: message.now, body }) : {};
  const startedAt = port.now();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const request = new Request(url, { method: "POST", headers: { ...headers, ...signed }, body, redirect: "manual", signal });
  const heard = await exchange(port.fetch, request, { signal, timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES });
  const durationMs = Math.max(0, port.now() - startedAt);
  if (!heard.ok) {
    const { failure } = heard;
    const status = failure.code === "redirected" && failure.status > 0 ? failure.status : null;
    return { status, durationMs, error: FAILED[failure.code], retryAfterSeconds: null };
  }
  const { status, headers: answered, text } = heard.value;
  if (status >= 200 && status < 300) return { status, durationMs, error: null, retryAfterSeconds: null };
  const seconds = retryAfterSeconds(answered.get("Retry-After"), port.now()) ?? retryAfterOf(text);
  return { status, durationMs, error: `The service answered HTTP ${status}.`, retryAfterSeconds: seconds };
}

const FAILED = {
  timeout: `No answer within ${TIMEOUT_MS / 1000} s.`,
  // Runtimes name the address in their messages, and it may be a secret.
  network: "The connection failed.",
  too_large: "The answer is too long.",
  redirected: "The address redirects, and redirects are not followed. Set the final URL.",
} as const;

/** Telegram and Discord also say it in the body. */
function retryAfterOf(text: string): number | null {
  const seconds = /"retry_after"\s*:\s*(\d{1,6}(?:\.\d+)?)/.exec(text)?.[1];
  return seconds === undefined ? null : retryAfterSeconds(seconds, 0);
}

function signatureHeaders(secret: string, { id, now, body }: { readonly id: string; readonly now: number; readonly body: string }) {
  const at = new Date(now);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}
