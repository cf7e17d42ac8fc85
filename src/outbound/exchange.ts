/**
 * One request and its answer as text, within a time and a size. Nothing of the answer is understood here.
 */
import { fail, ok, type Result } from "../domain/result.ts";

/** What the client takes from the world. `now` is epoch ms; `fetch` honours the request's signal and `redirect: "manual"`. */
export type FetchPort = {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly now: () => number;
};

/**
 * Longest answer read unless the call sets another bound. A hundred orders come in 15 KB. To make out 1 MiB takes half a
 * second of CPU, which on the free plan kills the message and what was heard from others in it; without a bound a provider
 * could also fill a Worker's 128 MB, which five calls at a time share.
 */
export const MAX_ANSWER_BYTES = 256 * 1024;

/** Why a request brought no whole answer. */
export type ExchangeFailure =
  | { readonly code: "timeout"; readonly timeoutMs: number }
  | { readonly code: "network"; readonly message: string }
  | { readonly code: "too_large"; readonly limitBytes: number }
  | { readonly code: "redirected"; readonly status: number };

export type Heard = {
  readonly status: number;
  readonly headers: Headers;
  /** The body as UTF-8 without a byte-order mark; what is no UTF-8 reads as U+FFFD. */
  readonly text: string;
};

/** What bounds an exchange. `signal` ends it after `timeoutMs`; its answer may be of `maxBytes`. */
export type ExchangeLimits = { readonly signal: AbortSignal; readonly timeoutMs: number; readonly maxBytes: number };

/**
 * Sends the request and reads the whole answer. The signal's end is the time limit for both, so that a body that
 * drips cannot hold a connection; on any failure the rest of the body is let go.
 */
export async function exchange(
  fetchRequest: FetchPort["fetch"],
  request: Request,
  { signal, timeoutMs, maxBytes }: ExchangeLimits,
): Promise<Result<Heard, ExchangeFailure>> {
  try {
    const response = await untilAborted(fetchRequest(request), signal, letGo);
    const { status, headers } = response;
    if (isRedirect(status)) {
      letGo(response);
      return fail({ code: "redirected", status });
    }
    const text = await readText(response, signal, maxBytes);
    return text === null ? fail({ code: "too_large", limitBytes: maxBytes }) : ok({ status, headers, text });
  } catch (error) {
    return fail(failureOf(error, signal, timeoutMs));
  }
}

/** Browsers hide a redirect that is not followed behind status 0; servers' runtimes show it. */
function isRedirect(status: number): boolean {
  return status === 0 || (status >= 300 && status < 400);
}

/** Whatever the runtime throws is the connection's trouble; the signal tells ours from theirs. */
function failureOf(error: unknown, signal: AbortSignal, timeoutMs: number): ExchangeFailure {
  return signal.aborted ? { code: "timeout", timeoutMs } : { code: "network", message: messageOf(error) };
}

/**
 * The same where the answer's code alone counts: of the body the beginning is read, as far as it comes in time and within
 * `maxBytes`, and the rest is let go. A body that is too long, or breaks off, is no failure.
 */
export async function exchangeStart(
  fetchRequest: FetchPort["fetch"],
  request: Request,
  { signal, timeoutMs, maxBytes }: ExchangeLimits,
): Promise<Result<Heard, ExchangeFailure>> {
  try {
    const response = await untilAborted(fetchRequest(request), signal, letGo);
    const { status, headers } = response;
    if (isRedirect(status)) {
      letGo(response);
      return fail({ code: "redirected", status });
    }
    return ok({ status, headers, text: await readStart(response, signal, maxBytes) });
  } catch (error) {
    return fail(failureOf(error, signal, timeoutMs));
  }
}

/** What of the body came until it ended, broke off, or was too long. */
async function readStart(response: Response, signal: AbortSignal, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    while (bytes < maxBytes) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) break;
      const part = value.subarray(0, maxBytes - bytes);
      bytes += part.byteLength;
      text += decoder.decode(part, { stream: true });
    }
  } catch {
    // The code has been heard, and that is what counts.
  } finally {
    ignoreFailure(reader.cancel());
  }
  return text;
}

/** The body as text, or null when it is longer than the bound; the stream is cancelled then. */
async function readText(response: Response, signal: AbortSignal, maxBytes: number): Promise<string | null> {
  if (Number(response.headers.get("content-length")) > maxBytes) {
    letGo(response);
    return null;
  }
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > maxBytes) return null;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    // After the last byte this does nothing; before it, it closes the connection.
    ignoreFailure(reader.cancel());
  }
}

/** Settles with the promise, or rejects when the signal aborts first; a value that comes too late goes to `tooLate`. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, tooLate?: (value: T) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise
      .then((value) => (signal.aborted ? tooLate?.(value) : resolve(value)), reject)
      .finally(() => signal.removeEventListener("abort", abort))
      .catch(reject);
  });
}

function letGo(response: Response): void {
  if (response.body !== null) ignoreFailure(response.body.cancel());
}

/** A stream that cannot be cancelled is broken already, and its failure was or will be told as the call's. */
function ignoreFailure(promise: Promise<void>): void {
  promise.catch(() => undefined);
}

/** Runtimes put the reason (refused, reset, no such host) into the cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : "";
  return cause === "" || cause === error.message ? error.message : `${error.message}: ${cause}`;
}
