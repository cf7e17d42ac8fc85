import type { ExchangeFailure } from "../outbound/exchange.ts";

/**
 * Why a call to a provider brought nothing: a union of facts. Texts for people are made where they are shown.
 * No text in here holds the provider's key: what the provider wrote is redacted before it gets in.
 */
export type ProviderFailure =
  | ExchangeFailure
  | { readonly code: "http"; readonly status: number; readonly message: string | null }
  | { readonly code: "not_json"; readonly status: number; readonly start: string }
  | { readonly code: "bad_shape"; readonly message: string }
  | { readonly code: "rejected_key"; readonly message: string }
  /** No call was made: the provider's key is kept sealed, and could not be opened. */
  | { readonly code: "sealed_key"; readonly message: string }
  | { readonly code: "rate_limited"; readonly retryAfterSeconds: number | null }
  /** Turned away before the provider's program saw the call; or by it, with its words, since it does not let this address in. */
  | { readonly code: "blocked"; readonly status: number; readonly message?: string }
  /** The provider says the same to every call for now, whatever is asked: maintenance, mostly. */
  | { readonly code: "unavailable"; readonly message: string; readonly status: number }
  /**
   * The whole call was answered by an error of the provider's that is none of the above. `broken`: in the words of a script
   * that died, perhaps after its work was done.
   */
  | { readonly code: "refused"; readonly message: string; readonly status: number; readonly broken?: true }
  | { readonly code: "unsupported_many"; readonly message: string };

export type FailureCode = ProviderFailure["code"];

/** True for the codes of a request that was looked at and turned down. 408 and 499 come where one side lost patience midway. */
export function isTurnedDown(status: number): boolean {
  return status >= 400 && status < 500 && !isOutOfPatience(status);
}

/** A request that was cut off while it was at work, and may be done. */
export function isOutOfPatience(status: number): boolean {
  return status === 408 || status === 499;
}

/**
 * Whether something before the provider's program may have turned the call away, or cut it off, because of an id in it:
 * a firewall does so in any form. Asking for patience, and a key that is refused, are about the caller.
 */
export function mayBeOfTheIds({ code }: ProviderFailure): boolean {
  return code !== "rate_limited" && code !== "rejected_key" && code !== "sealed_key";
}

/**
 * Whether the orders asked for can have caused a failure: an error in JSON, an answer of no form or too long a one, and a script
 * that dies over an order, which shows as HTTP 500 or as a page in place of JSON. All others are the provider's.
 */
export function mayBeOfTheAsked(failure: ProviderFailure): boolean {
  switch (failure.code) {
    case "refused":
    case "bad_shape":
    case "not_json":
    case "too_large":
      return true;
    case "http":
      return failure.status === 500;
    default:
      return false;
  }
}
