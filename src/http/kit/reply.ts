/**
 * Answers as JSON, with the headers that all of them have.
 */
import { ok } from "../../domain/result.ts";
import type { Answer, Context, Reply } from "./context.ts";
import { sha256Hex } from "./hash.ts";
import { CORS_HEADERS } from "./cors.ts";
import { errorObject, type Failure, wireError } from "./errors.ts";

export function json(status: number, value: unknown): Answer {
  return ok({ status, body: JSON.stringify(value), headers: {} });
}

/** 204: it is done, and there is nothing to show of it. */
export function noContent(): Answer {
  return ok({ status: 204, body: null, headers: {} });
}

/** A browser may keep it and asks each time whether it still holds; nobody in between may keep it. */
export const PRIVATE_HEADERS = { "Cache-Control": "private, no-cache", Vary: "Authorization, Panel" } as const;
/** Half of a SHA-256: what differs never has the same tag. */
const ETAG_CHARACTERS = 32;

/** Answers with an ETag over the whole body; 304 without a body to a client that has it already. */
export async function revalidated(
  { request }: Context,
  value: unknown,
  cacheHeaders: Readonly<Record<string, string>> = PRIVATE_HEADERS,
): Promise<Answer> {
  const body = JSON.stringify(value);
  const etag = `"${(await sha256Hex(body)).slice(0, ETAG_CHARACTERS)}"`;
  const headers = { ETag: etag, ...cacheHeaders };
  const isKnown = lists(request.headers.get("If-None-Match"), etag);
  return ok(isKnown ? { status: 304, body: null, headers } : { status: 200, body, headers });
}

/** Compares weakly: a proxy that compresses an answer makes the tag a weak one. */
function lists(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}

/**
 * For whom a response is: HEAD gets no body. Scripts of other origins read it only where `cors` is `given`: to a request with a
 * key it is `withheld`, so that a cache must not take the answer to one for the answer to the other.
 */
export type ResponseTo = { readonly requestId: string; readonly isHead: boolean; readonly cors: "none" | "withheld" | "given" };

export function toResponse(answer: Answer, { requestId, isHead, cors }: ResponseTo): Response {
  const { status, body, headers } = answer.ok ? answer.value : errorReply(answer.failure);
  // JSON is UTF-8, and one client of API v2 compares this to the letter.
  const contentType = body === null ? {} : { "Content-Type": "application/json" };
  const vary = cors === "none" ? {} : { Vary: "Authorization" };
  const common = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", ...vary, ...contentType };
  return new Response(isHead ? null : body, {
    status,
    headers: { ...common, ...headers, ...(cors === "given" ? CORS_HEADERS : {}), "Request-Id": requestId },
  });
}

function errorReply(failure: Failure): Reply {
  const { status, headers } = wireError(failure);
  return { status, body: JSON.stringify({ error: errorObject(failure) }), headers: headers ?? {} };
}
