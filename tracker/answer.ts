/** What an answer of the API says, its headers included. Pure. */
import type { Order } from "./order.ts";

/**
 * What was asked for and is not among `orders` is missing. With `expired`, `foreign` and `refused` asking again with the same
 * token will not help, and `message` is for the page's developer.
 */
export type Answer =
  | { readonly kind: "orders"; readonly orders: readonly Order[]; readonly maxAgeMs: number }
  | { readonly kind: "failed"; readonly retryAfterMs: number }
  | { readonly kind: "expired" | "foreign" | "refused"; readonly message: string };

type Body = {
  readonly orders?: readonly Order[];
  readonly error?: { readonly code?: string; readonly message?: string };
};

const SECOND_MS = 1000;
/** Of an answer that does not say. */
const DEFAULT_MAX_AGE_S = 60;
/** Longer than a day no answer is waited for; timers take no more than 24 days. */
const MAX_RETRY_AFTER_MS = 86_400_000;
/** Worth asking again: too many requests, a request that took too long, and everything that is the server's fault. */
const PASSING = new Set([408, 425, 429]);

/** A new token helps: this one has ended, or another secret has signed it than the panel's present one. */
const ENDED: ReadonlyMap<string, "expired" | "foreign"> = new Map([
  ["token_expired", "expired"],
  ["token_foreign", "foreign"],
]);

export async function readAnswer(response: Response, nowMs: number): Promise<Answer> {
  const body = (await response.json().catch(() => ({}))) as Body;
  if (response.ok && body.orders !== undefined)
    return {
      kind: "orders",
      orders: body.orders,
      maxAgeMs: maxAgeMsOf(response.headers.get("Cache-Control")),
    };
  if (response.ok || response.status >= 500 || PASSING.has(response.status))
    return { kind: "failed", retryAfterMs: retryAfterMsOf(response.headers.get("Retry-After"), nowMs) };
  const { code = "", message = "" } = body.error ?? {};
  return { kind: ENDED.get(code) ?? "refused", message: `${response.status} ${code}: ${message}` };
}

export function maxAgeMsOf(cacheControl: string | null): number {
  const seconds = /max-age=(\d+)/.exec(cacheControl ?? "")?.[1];
  return Number(seconds ?? DEFAULT_MAX_AGE_S) * SECOND_MS;
}

/** Seconds or a date; 0 where there is neither. */
export function retryAfterMsOf(retryAfter: string | null, nowMs: number): number {
  const ms = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) * SECOND_MS : Date.parse(retryAfter ?? "") - nowMs;
  return Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms || 0));
}
