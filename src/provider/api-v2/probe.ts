/**
 * Finding the form a provider wants to be spoken to in, with as few calls as possible.
 */
import type { Balance, ProbeAttempt, ProbeReport } from "../client.ts";
import { MAX_PROBE_CALLS } from "../client.ts";
import { askBalance } from "./status.ts";
import type { FetchPort } from "../../outbound/exchange.ts";
import type { FailureCode, ProviderFailure } from "../failure.ts";
import { CANONICAL_REQUEST, type ProviderSettings, type RequestShape } from "../settings.ts";

/** Servers ban an address after several bad keys; three in all was never seen to be enough for it. */
export const MAX_CALLS_AFTER_REJECTED_KEY = 2;

/** For servers, and the bot checks before them, that let only browsers in. */
export const BROWSER_USER_AGENT =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36";

/** The second dialect: other names for the key and the service. */
export const DIALECT_FIELDS: RequestShape["fields"] = { ...CANONICAL_REQUEST.fields, key: "api_token", service: "package" };

/** A change of form, and the failures it may cure. */
type Change = { readonly cures: (failure: ProviderFailure) => boolean; readonly apply: (shape: RequestShape) => RequestShape };

/** Failures of a server that was reached and made nothing of the request's form. */
const FORM_FAILURES: ReadonlySet<FailureCode> = new Set(["refused", "rejected_key", "bad_shape", "not_json", "http"]);

function isFormFailure(failure: ProviderFailure): boolean {
  return FORM_FAILURES.has(failure.code);
}

/**
 * One at a time, in this order: the likeliest first, those that cure a rejected key before others since few calls are
 * left then, and GET last, because it puts the key into the server's log.
 */
const CHANGES: readonly Change[] = [
  { cures: isFormFailure, apply: ({ idempotencyField }) => ({ ...CANONICAL_REQUEST, idempotencyField }) },
  {
    cures: ({ code }) => code === "redirected" || code === "not_json" || code === "http",
    apply: (shape) => ({ ...shape, trailingSlash: true }),
  },
  {
    cures: isFormFailure,
    apply: (shape) => ({ ...shape, fields: shape.fields.key === DIALECT_FIELDS.key ? CANONICAL_REQUEST.fields : DIALECT_FIELDS }),
  },
  {
    cures: isFormFailure,
    apply: (shape) => ({ ...shape, method: "POST", encoding: shape.method === "POST" && shape.encoding === "form" ? "json" : "form" }),
  },
  {
    cures: ({ code }) => code === "blocked" || code === "not_json" || code === "http",
    apply: (shape) => ({ ...shape, userAgent: BROWSER_USER_AGENT }),
  },
  { cures: isFormFailure, apply: (shape) => ({ ...shape, method: "GET" }) },
];

/**
 * Asks for the balance in the configured form and, where the failure suggests another, in others, until one is answered.
 * A change that gets from a page, a redirect or a bot check to an answer of the API's own is kept for the next tries.
 */
export async function probeProvider(port: FetchPort, settings: ProviderSettings): Promise<ProbeReport> {
  const tried: ProbeAttempt[] = [];
  const seen = new Set<string>();
  let base = settings.request;
  let furthest: ProviderFailure | null = null;
  let callsLeft = MAX_PROBE_CALLS;
  let next: RequestShape | null = base;
  while (next !== null && callsLeft > 0) {
    const shape: RequestShape = next;
    seen.add(shapeKey(settings, shape));
    const result = await askBalance(port, { ...settings, request: shape });
    tried.push({ shape: shapeSummary(shape), failure: result.ok ? null : result.failure });
    if (result.ok) return works(result.value, shape, tried);

    const { failure } = result;
    callsLeft -= 1;
    if (failure.code === "rejected_key") callsLeft = Math.min(callsLeft, MAX_CALLS_AFTER_REJECTED_KEY);
    if (furthest === null || (isFromApi(failure) && !isFromApi(furthest))) {
      base = shape;
      furthest = failure;
    }
    next = isHopeless(failure) ? null : nextShape(settings, base, furthest, seen);
  }
  return { ok: false, balance: null, currency: null, request: settings.request, tried, failure: furthest };
}

function works({ balance, currency }: Balance, request: RequestShape, tried: readonly ProbeAttempt[]): ProbeReport {
  return { ok: true, balance, currency, request, tried, failure: null };
}

/** The first change to the form that may cure the failure and was not tried on this form. */
function nextShape(
  settings: ProviderSettings,
  base: RequestShape,
  failure: ProviderFailure,
  seen: ReadonlySet<string>,
): RequestShape | null {
  const shapes = CHANGES.filter((change) => change.cures(failure)).map((change) => change.apply(base));
  return shapes.find((shape) => !seen.has(shapeKey(settings, shape))) ?? null;
}

/** The provider's own program answered, whatever it said. */
function isFromApi({ code }: ProviderFailure): boolean {
  return code === "refused" || code === "rejected_key" || code === "unavailable" || code === "bad_shape";
}

/** Down, out of reach, or asking for patience: no other form changes that. 502 to 504 come from a gateway. */
function isHopeless(failure: ProviderFailure): boolean {
  if (failure.code === "http") return failure.status >= 502;
  return failure.code !== "redirected" && failure.code !== "blocked" && !isFormFailure(failure);
}

/** Two shapes with one key make the same request. */
function shapeKey(settings: ProviderSettings, shape: RequestShape): string {
  const encoding = shape.method === "GET" ? "query" : shape.encoding;
  const slash = shape.trailingSlash || URL.parse(settings.url)?.pathname.endsWith("/") === true;
  return JSON.stringify([shape.method, encoding, slash, shape.userAgent, shape.fields.key, shape.fields.service]);
}

function shapeSummary(shape: RequestShape): string {
  const parts = [
    shape.method === "GET" ? "GET" : `POST ${shape.encoding}`,
    shape.trailingSlash ? "trailing slash" : "",
    shape.userAgent === null ? "" : `${shape.userAgent === BROWSER_USER_AGENT ? "browser" : "own"} User-Agent`,
    shape.fields.key === CANONICAL_REQUEST.fields.key ? "" : `key as ${shape.fields.key}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
