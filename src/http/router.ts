/**
 * The HTTP door: from a request to its route, and from what its handler says to a response. Failures that are expected
 * come back as values; only here is anything else caught, and none of it is told.
 */
import type { IRequest } from "itty-router";
import { Router } from "itty-router/Router";
import { fail, ok } from "../domain/result.ts";
import { fetchMarked, isLoop } from "../outbound/loop.ts";
import { noAnswer, notHere, wrongMethod } from "./api-v2/answers.ts";
import { answerApiV2, isScriptsPath, withSingleSlashes } from "./api-v2/api-v2.ts";
import type { Answer, Context, HttpPorts } from "./kit/context.ts";
import { isPages, preflightAnswer } from "./kit/cors.ts";
import { isDatabaseTrouble } from "./kit/errors.ts";
import { toHex } from "../domain/hex.ts";
import { toResponse } from "./kit/reply.ts";
import { ROUTES } from "./routes.ts";

const REQUEST_ID_BYTES = 12;

/** Answers a request. Never throws. */
export async function handleRequest(request: Request, env: Env, ctx: ExecutionContext, ports: HttpPorts): Promise<Response> {
  const requestId = toHex(ports.randomBytes(REQUEST_ID_BYTES));
  const url = withSingleSlashes(new URL(request.url));
  const context: Context = {
    request,
    url,
    env,
    db: env.DB,
    ports: { ...ports, fetch: fetchMarked(ports.fetch, request) },
    now: ports.now(),
    requestId,
    waitUntil: (work) => ctx.waitUntil(work),
  };
  const isHead = request.method === "HEAD";
  const to = { requestId, isHead, cors: "none" } as const;
  if (isLoop(request)) return toResponse(loopDetected(context), to);
  // HEAD is answered as GET, without the body.
  const asked: Asked = { method: isHead ? "GET" : request.method, route: "none" };
  const answer = await answerTo(asked, context).catch((error: unknown) => unexpected(error, asked.route, context));
  return toResponse(answer, { ...to, cors: !CORS_PATHS.has(asked.route) ? "none" : isPages(request) ? "given" : "withheld" });
}

/** Nothing is done for a request that goes round. Scripts and panelsync itself read no answer in a 508 without a body. */
function loopDetected({ ports, requestId, url }: Context): Answer {
  ports.log({ event: "http.loop", request_id: requestId });
  return isScriptsPath(url.pathname) ? ok({ status: 508, body: null, headers: {} }) : fail({ code: "loop_detected" });
}

/** What nobody foresaw is logged; the client gets the number under which to find it. */
function unexpected(error: unknown, route: string, { ports, requestId, request, url }: Context): Answer {
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: String(error) };
  ports.log({ event: "http.failed", request_id: requestId, method: request.method, route, name, error: message });
  if (isScriptsPath(url.pathname)) return noAnswer();
  return fail(isDatabaseTrouble(error) ? { code: "database_unavailable" } : { code: "internal_error", requestId });
}

type Params = Readonly<Record<string, string>>;
type Handler = (context: Context, params: Params) => Promise<Answer>;

const router = Router<IRequest, [Context]>();

const VERBS = { GET: "get", POST: "post", PUT: "put", PATCH: "patch", DELETE: "delete" } as const;

for (const { method, path, when, answer } of ROUTES) {
  const handler = decoded(answer, (context) => fail({ code: "invalid_path", path: context.url.pathname }));
  router[VERBS[method]](path, (request: IRequest, context: Context) => {
    // Without an answer the router goes on to the next row.
    return when === null || context.url.searchParams.has(when) ? handler(request, context) : undefined;
  });
}

/** The paths whose answers pages of other origins may read. */
const CORS_PATHS: ReadonlySet<string> = new Set(ROUTES.flatMap(({ cors, path }) => (cors ? [path] : [])));
for (const path of CORS_PATHS) router.options(path, preflightAnswer);

/** What panel scripts ask in API v2: `id` is the provider, where the path has one. */
const apiV2 = decoded((context, { id = "" }) => answerApiV2(context, id), notHere);

router
  .get("/api/v2", apiV2)
  .post("/api/v2", apiV2)
  .all("/api/v2", () => wrongMethod())
  .get("/api/v2/:id", apiV2)
  .post("/api/v2/:id", apiV2)
  .all("/api/v2/:id", () => wrongMethod())
  .all("*", (_: IRequest, context: Context) => noRoute(context));

type Tried = (typeof router.routes)[number];

/** What a path is about: `orders` of `/v1/orders/7`; of a path that is none of these, nothing. */
function resourceOf(path: string): string {
  return /^\/v1\/([^/]+)/.exec(path)?.[1] ?? "";
}

/** The routes that a path can be meant for, in their order, by what it is about; those of no resource, for any. */
const TRIED: ReadonlyMap<string, readonly Tried[]> = new Map(
  [...new Set(router.routes.map(([, , , path = ""]) => resourceOf(path)))].map((resource) => [
    resource,
    router.routes.filter(([, , , path = ""]) => ["", resource].includes(resourceOf(path))),
  ]),
);

/** A request's method, and the path of the route that was tried last. */
type Asked = { readonly method: string; route: string };

/**
 * Asks the routes in their order, until one has an answer. The router's own loop tries the patterns of all of them, and parses
 * the URL anew: that took 7 µs of the 55 that a status read takes besides the database.
 */
async function answerTo(asked: Asked, context: Context): Promise<Answer> {
  const { pathname } = context.url;
  for (const [method, pattern, handlers, path = ""] of TRIED.get(resourceOf(pathname)) ?? TRIED.get("") ?? []) {
    const match = method === asked.method || method === "ALL" ? pattern.exec(pathname) : null;
    if (match === null) continue;
    asked.route = path;
    for (const handler of handlers) {
      const answer = (await handler({ params: match.groups ?? {} } as IRequest, context)) as Answer | undefined;
      if (answer !== undefined) return answer;
    }
  }
  throw new Error("no route answers, not even the last");
}

/** Without what browsers ask before they ask. */
const ASKED = router.routes.filter(([method]) => method !== "OPTIONS");

/** Every method and path that is answered, API v2 included, each once: `:name` is a part of a path. For checks that go through all of them. */
export const PATHS = [...new Map(ASKED.map(([method, , , path]) => [`${method} ${path}`, { method, path: path ?? "" }])).values()];

/** Hands a handler the path's parts, decoded; `broken` answers where the percent-encoding is. */
function decoded(handler: Handler, broken: (context: Context) => Answer): (request: IRequest, context: Context) => Promise<Answer> {
  return async ({ params }, context) => {
    const parts = decodedParts(params);
    return parts === null ? broken(context) : handler(context, parts);
  };
}

/** Null when the percent-encoding is broken. */
function decodedParts(params: Params): Params | null {
  try {
    return Object.fromEntries(Object.entries(params).map(([name, encoded]) => [name, decodeURIComponent(encoded)]));
  } catch {
    return null;
  }
}

/** Nothing answers this method at this path: perhaps another method is meant, perhaps the path does not exist. */
function noRoute({ request, url }: Context): Answer {
  if (isScriptsPath(url.pathname)) return noAnswer();
  const methods = ASKED.flatMap(([method, path]) => (method !== "ALL" && path.test(url.pathname) ? [method] : []));
  if (methods.length === 0) return fail({ code: "route_not_found", path: url.pathname });
  const allowed = [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
  return fail({ code: "method_not_allowed", method: request.method, allowed });
}
