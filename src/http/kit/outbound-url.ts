/**
 * An address that a request has the Worker call from then on.
 */
import { fail, ok, type Result } from "../../domain/result.ts";
import { checkOutboundUrl, describeUrlRefusal } from "../../outbound/url-policy.ts";
import type { Context } from "./context.ts";
import type { Failure } from "./errors.ts";

/** The URL in the spelling that was checked: only that one may be kept and called. */
export function checkedUrl({ env, url: own }: Pick<Context, "env" | "url">, url: string): Result<string, Failure> {
  const allowPrivate = env.ALLOW_PRIVATE_URLS === "1" && isLocalHost(own.hostname);
  const checked = checkOutboundUrl(url, { allowPrivate, ownHost: own.host });
  if (checked.ok) return ok(checked.value.href);
  const message = `is refused: ${describeUrlRefusal(checked.failure).replace(/\.$/, "")}`;
  return fail({ code: "invalid_request", fields: [{ path: "url", message }] });
}

/** A host that only the developer's own machine answers on. */
function isLocalHost(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
