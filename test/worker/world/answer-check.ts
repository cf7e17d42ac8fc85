/**
 * Holds every answer that a test sees against what the documents say of its route: the form of the answer, to the last
 * field, and which errors it may be.
 */
import { API_V2_ANSWERS } from "../../../reference/openapi/api-v2-answers.ts";
import { ERRORS_BY_ROUTE } from "../../../reference/openapi/error-rules.ts";
import { ERROR_TEXTS } from "../../../reference/texts/errors.ts";
import { ROUTE_TEXTS } from "../../../reference/texts/routes.ts";
import { errorAnswer, noBody } from "../../../src/http/kit/answers.ts";
import { type Failure, type FailureCode, wireError } from "../../../src/http/kit/errors.ts";
import type { Route } from "../../../src/http/kit/route.ts";
import { ROUTES, type RouteName } from "../../../src/http/routes.ts";

/** An answer as far as it is looked at here. */
type Seen = { readonly status: number; readonly headers: Headers; readonly text: string };

const BY_PATTERN = ROUTES.map((route) => ({ route, pattern: new RegExp(`^${route.path.replace(/:\w+/g, "[^/]+")}/*$`) }));

/** Errors where no route is meant, or its path cannot be read. */
const WITHOUT_ROUTE: ReadonlySet<string> = new Set(["route_not_found", "method_not_allowed", "invalid_path", "loop_detected"]);

/** The row that a request is for; null for none, such as those of API v2. */
function routeFor(method: string, url: URL): Route | null {
  const wanted = method === "HEAD" ? "GET" : method;
  const found = BY_PATTERN.find(
    ({ route, pattern }) =>
      route.method === wanted && pattern.test(url.pathname) && (route.when === null || url.searchParams.has(route.when)),
  );
  return found?.route ?? null;
}

/** What is wrong with an answer's form; null when nothing is. */
export function answerProblem({ method, url: address }: { readonly method: string; readonly url: string }, seen: Seen): string | null {
  const url = new URL(address);
  const isOurs = /^\/(v1|hooks)\//.test(url.pathname) || url.pathname === "/healthz";
  const isApiV2 = /^\/api\/v2(\/[^/]+)?\/*$/.test(url.pathname);
  const problem = isOurs ? problemOf(method, url, seen) : isApiV2 ? apiV2Problem(method, seen) : null;
  return problem === null ? null : `${method} ${url.pathname} → ${seen.status}: ${problem}`;
}

/** One that is kept goes to nobody whose key, or lack of one, would have got another. */
function keepingProblem({ headers }: Seen): string | null {
  const varies = (headers.get("Vary") ?? "").split(/,\s*/);
  return headers.get("Cache-Control") === "no-store" || varies.includes("Authorization") ? null : "it may be kept, whoever asked";
}

function problemOf(method: string, url: URL, seen: Seen): string | null {
  const { status, headers, text } = seen;
  const keeping = keepingProblem(seen);
  if (keeping !== null) return keeping;
  // What a browser asks before it asks.
  if (method === "OPTIONS" && status === 204) return text === "" ? null : "it has a body";
  const route = routeFor(method, url);
  const declared = route?.answers[status];
  if (declared === undefined && status >= 400) return errorProblem(method, route, seen);
  if (route === null) return "no route answers this";
  const { csv = false, revalidates = false } = ROUTE_TEXTS[route.name as RouteName];
  if (status === 304) return revalidates !== false && text === "" ? null : "it has no ETag to go by, or a body";
  if (declared === undefined) return "is not declared";
  if (status === 200 && revalidates !== "for browsers" && (headers.get("ETag") !== null) !== revalidates)
    return `its ETag is ${String(headers.get("ETag"))}`;
  if (method === "HEAD" || declared === noBody) return text === "" ? null : "it has a body";
  const type = headers.get("Content-Type");
  if (csv && type?.startsWith("text/csv") === true) return null;
  return type === "application/json" ? formProblem(declared, text) : `its body is ${String(type)}`;
}

function formProblem(schema: Route["answers"][number], text: string): string | null {
  const checked = schema.safeParse(JSON.parse(text));
  return checked.success ? null : JSON.stringify(checked.error.issues);
}

function errorProblem(method: string, route: Route | null, { status, headers, text }: Seen): string | null {
  if (method === "HEAD") return text === "" ? null : "it has a body";
  if (headers.get("Content-Type") !== "application/json") return `its body is ${String(headers.get("Content-Type"))}`;
  const form = formProblem(errorAnswer, text);
  if (form !== null) return form;
  const { code } = (JSON.parse(text) as { readonly error: { readonly code: FailureCode } }).error;
  if (!Object.hasOwn(ERROR_TEXTS, code)) return `no error is called ${code}`;
  const statuses = ERROR_TEXTS[code].samples.map((sample: Failure) => wireError(sample).status);
  if (!statuses.includes(status)) return `${code} is ${statuses.join(" or ")}`;
  const known = (route === null ? undefined : ERRORS_BY_ROUTE.get(route.name)) ?? WITHOUT_ROUTE;
  return known.has(code) ? null : `the documents do not name ${code} for ${route?.name ?? "what is no route"}`;
}

/** Scripts take what is no answer for the end of an order, so it has no body. */
function apiV2Problem(method: string, { status, text }: Seen): string | null {
  if (status !== 200 || method === "HEAD") return text === "" ? null : "it has a body";
  const json: unknown = JSON.parse(text);
  return Object.values(API_V2_ANSWERS).some((schema) => schema.safeParse(json).success) ? null : `no action answers ${text.slice(0, 300)}`;
}
