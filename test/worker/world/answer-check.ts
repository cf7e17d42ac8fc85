/**
 * Holds every answer that a test sees against what its route declares.
 */
import { errorAnswer } from "../../../src/http/kit/answers.ts";
import type { Route } from "../../../src/http/kit/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import type { Answered } from "./asking.ts";

const BY_PATTERN = ROUTES.map((route) => ({ route, pattern: new RegExp(`^${route.path.replace(/:\w+/g, "[^/]+")}/*$`) }));

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
export function answerProblem(request: Request, { status, headers, text }: Answered): string | null {
  const url = new URL(request.url);
  const route = routeFor(request.method, url);
  if (!url.pathname.startsWith("/v1/") && url.pathname !== "/healthz") return null;
  if (text === "" || headers.get("Content-Type")?.startsWith("application/json") !== true) return null;
  const said = `${request.method} ${url.pathname} → ${status}`;
  const schema = route?.answers[status] ?? (status >= 400 ? errorAnswer : null);
  if (schema === null) return `${said} is not declared`;
  const checked = schema.safeParse(JSON.parse(text));
  return checked.success ? null : `${said}: ${JSON.stringify(checked.error.issues)}`;
}
