import type { ProviderFailure } from "./failure.ts";

/** What happened, in a sentence for the operator. Holds no key and no more of an answer than its beginning. */
export function failureMessage(failure: ProviderFailure): string {
  switch (failure.code) {
    case "timeout":
      return `No answer within ${failure.timeoutMs} ms.`;
    case "network":
      return `The connection failed: ${failure.message}`;
    case "http":
      return `HTTP ${failure.status}${failure.message === null ? "" : `: ${failure.message}`}`;
    case "not_json":
      return `HTTP ${failure.status}, and the answer is no JSON. It begins: ${failure.start}`;
    case "too_large":
      return `The answer is longer than ${failure.limitBytes} bytes.`;
    case "bad_shape":
      return `The answer has not the form of API v2: ${failure.message}`;
    case "redirected":
      return `HTTP ${failure.status}: the address redirects, and redirects are not followed, since they would carry the key. Set the final URL.`;
    case "rejected_key":
      return `The provider rejects the key: ${failure.message}`;
    case "sealed_key":
      return `The provider was not called, since its key cannot be opened: ${failure.message}`;
    case "rate_limited":
      return `Too many calls${failure.retryAfterSeconds === null ? "" : `; to be tried again in ${failure.retryAfterSeconds} s`}. Set max_calls_per_minute below the provider's limit.`;
    case "blocked":
      if (failure.message !== undefined)
        return `The provider does not let this Worker in: ${failure.message} Ask it to let the Worker's calls to its API through.`;
      return `HTTP ${failure.status}: a bot check stands before the provider. Ask it to let this Worker's calls to its API through.`;
    case "unavailable":
      return `The provider answers no calls for now (HTTP ${failure.status}): ${failure.message}`;
    case "refused":
      return `The provider refused the call (HTTP ${failure.status}): ${failure.message}`;
    case "unsupported_many":
      return `The provider answers one order a call only: ${failure.message}`;
  }
}
