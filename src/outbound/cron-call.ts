/**
 * One call of a panel script's own cron: a GET, within a time and a size. What it answers changes nothing, and is kept nowhere:
 * else a URL would be a way to read what only the Worker can reach.
 */
import { exchange, type ExchangeFailure, type FetchPort } from "./exchange.ts";

/** Scripts' crons work before they answer; one that needs longer goes on by itself, and is told as not in time. */
export const CRON_TIMEOUT_MS = 20_000;
/** Read to its end: some scripts stop working when the caller hangs up. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** `status`: HTTP; null where no answer came. `error`: why it is no success, in words of ours; null for a success. */
export type CronCalled = { readonly durationMs: number; readonly status: number | null; readonly error: string | null };

/** Calls once. 2xx is a success; a redirect is not followed, and is none. Never throws, and never tells the URL. */
export async function callCronUrl(port: FetchPort, url: string, timeoutMs = CRON_TIMEOUT_MS): Promise<CronCalled> {
  const startedAt = port.now();
  const signal = AbortSignal.timeout(timeoutMs);
  const request = new Request(url, { headers: { "User-Agent": "panelsync-cron" }, redirect: "manual", signal });
  const heard = await exchange(port.fetch, request, { signal, timeoutMs, maxBytes: MAX_ANSWER_BYTES });
  const durationMs = Math.max(0, port.now() - startedAt);
  if (!heard.ok) return { durationMs, status: statusOf(heard.failure), error: FAILED[heard.failure.code] };
  const { status } = heard.value;
  return { durationMs, status, error: status >= 200 && status < 300 ? null : `It answered HTTP ${status}. Only 2xx counts as done.` };
}

function statusOf(failure: ExchangeFailure): number | null {
  return failure.code === "redirected" && failure.status > 0 ? failure.status : null;
}

const FAILED: Readonly<Record<ExchangeFailure["code"], string>> = {
  timeout: `It did not answer within ${CRON_TIMEOUT_MS / 1000} s.`,
  // Runtimes name the address in their messages, and it may have a key in it.
  network: "The connection failed.",
  too_large: "Its answer is too long: over 256 KB.",
  redirected: "It redirects, and redirects are not followed. Set the URL that it leads to.",
};
