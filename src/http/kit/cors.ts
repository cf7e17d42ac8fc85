/**
 * Scripts of other origins: a panel's pages ask from where they are. Only routes that browsers may read say so, and never
 * to a request with a key: a key does not belong into a page.
 */
import { ok } from "../../domain/result.ts";
import { isTokenForm } from "./browser-token.ts";
import type { Answer } from "./context.ts";

/** On every answer for a browser, errors too. A token in the URL goes nowhere else. */
export const CORS_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "ETag, Retry-After, Request-Id",
  "Referrer-Policy": "no-referrer",
} as const;

/** A day: browsers that take less keep to their own limit. */
const PREFLIGHT_SECONDS = 86_400;

/** Whether a request may be a page's: it carries no key. */
export function isPages(request: Request): boolean {
  const authorization = request.headers.get("Authorization");
  const [, bearer = ""] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  return authorization === null || isTokenForm(bearer);
}

/** What a browser asks before it sends a header of its own. */
export function preflightAnswer(): Promise<Answer> {
  const headers = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match",
    "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
    "Cache-Control": `public, max-age=${PREFLIGHT_SECONDS}`,
  };
  return Promise.resolve(ok({ status: 204, body: null, headers }));
}
