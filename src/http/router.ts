/**
 * The HTTP door: from a request to a handler, and from what the handler says to a response. Failures that are
 * expected come back as values; only here is anything else caught, and none of it is told.
 */
import type { IRequest } from "itty-router";
import { Router } from "itty-router/Router";
import { fail } from "../domain/result.ts";
import type { Ports } from "../ports.ts";
import { answerApiV2, isApiV2Path } from "./api-v2/api-v2.ts";
import type { Answer, Context, Handler } from "./kit/context.ts";
import { postCancel, postRefill } from "./v1/orders/refill-cancel.ts";
import { getAudit } from "./v1/operations/audit.ts";
import { getChanges, getHistory } from "./v1/changes/changes.ts";
import { postCorrected } from "./v1/orders/corrected.ts";
import { creditCustomer, getBalance, getEntries } from "./v1/customers/customers.ts";
import { getDeadLetters, replayDeadLetter } from "./v1/operations/dead-letters.ts";
import { toHex } from "./kit/hash.ts";
import { noAnswer, notHere } from "./api-v2/answers.ts";
import { isDatabaseTrouble } from "./kit/errors.ts";
import { getHealth } from "./v1/operations/health.ts";
import { checkOrder, getOrder, getOrders } from "./v1/orders/orders.ts";
import { getPanel, getPanels, patchPanel, postPanel, postUnfreeze } from "./v1/panels/panels.ts";
import { getProvider, getProviders, putProvider } from "./v1/providers/providers.ts";
import { postBrake } from "./v1/providers/brake.ts";
import { approveRefund, postClawback, postGoodwill, rejectRefund } from "./v1/refunds/decisions.ts";
import { deletePolicy, getPolicy, previewPolicy, putPolicy } from "./v1/refunds/policies.ts";
import { getRefunds } from "./v1/refunds/refunds.ts";
import { registerOrders } from "./v1/orders/registration.ts";
import { toResponse } from "./kit/reply.ts";
import { getReconciliation } from "./v1/reports/reconciliation.ts";
import { resolvePlacement } from "./v1/orders/resolve-placement.ts";
import { getService, getServices, putService } from "./v1/services/services.ts";
import { postImport } from "./v1/services/import.ts";
import { getStatuses } from "./v1/statuses/statuses.ts";

const REQUEST_ID_BYTES = 12;

/** Answers a request. Never throws. */
export async function handleRequest(request: Request, env: Env, ctx: ExecutionContext, ports: Ports): Promise<Response> {
  const requestId = toHex(ports.randomBytes(REQUEST_ID_BYTES));
  const call: Context = {
    request,
    url: new URL(request.url),
    env,
    ports,
    now: ports.now(),
    requestId,
    waitUntil: (work) => ctx.waitUntil(work),
  };
  const isHead = request.method === "HEAD";
  // HEAD is answered as GET, without the body.
  const asked = { method: isHead ? "GET" : request.method, url: request.url, route: "none" };
  const answer: Answer = await router.fetch(asked, call).catch((error: unknown) => unexpected(error, asked.route, call));
  return toResponse(answer, requestId, isHead);
}

/** What nobody foresaw is logged; the client gets the number under which to find it. */
function unexpected(error: unknown, route: string, { ports, requestId, request, url }: Context): Answer {
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: String(error) };
  ports.log({ event: "http.failed", request_id: requestId, method: request.method, route, name, error: message });
  if (isApiV2Path(url.pathname)) return noAnswer();
  return fail(isDatabaseTrouble(error) ? { code: "database_unavailable" } : { code: "internal_error", requestId });
}

const router = Router<IRequest, [Context]>();

router
  .get("/healthz", to(getHealth))
  .get("/v1/statuses", to(getStatuses))
  .get("/v1/panels", to(getPanels))
  .post("/v1/panels", to(postPanel))
  .get("/v1/panels/:id", to(getPanel))
  .patch("/v1/panels/:id", to(patchPanel))
  .post("/v1/panels/:id/unfreeze", to(postUnfreeze))
  .get("/v1/providers", to(getProviders))
  .get("/v1/providers/:id", to(getProvider))
  .put("/v1/providers/:id", to(putProvider))
  .get("/v1/services", to(getServices))
  .post("/v1/services/import", to(postImport))
  .get("/v1/services/:id", to(getService))
  .put("/v1/services/:id", to(putService))
  .get("/v1/orders", to(getOrders))
  .post("/v1/orders", to(registerOrders))
  .get("/v1/orders/:id", to(getOrder))
  .get("/v1/orders/:id/changes", to(getHistory))
  .post("/v1/orders/:id/check", to(checkOrder))
  .post("/v1/orders/:id/refill", to(postRefill))
  .post("/v1/orders/:id/cancel", to(postCancel))
  .post("/v1/orders/:id/settle", to(resolvePlacement))
  .post("/v1/orders/:id/corrected", to(postCorrected))
  .get("/v1/changes", to(getChanges))
  .get("/v1/customers/:id/balance", to(getBalance))
  .get("/v1/customers/:id/entries", to(getEntries))
  .post("/v1/customers/:id/credits", to(creditCustomer))
  .get("/v1/audit", to(getAudit))
  .get("/v1/refunds", to(getRefunds))
  .post("/v1/refunds/:id/approve", to(approveRefund))
  .post("/v1/refunds/:id/reject", to(rejectRefund))
  .post("/v1/orders/:id/refunds", to(postGoodwill))
  .post("/v1/orders/:id/clawbacks", to(postClawback))
  .post("/v1/providers/:id/brake", to(postBrake))
  .get("/v1/providers/:id/refund-policy", to(getPolicy))
  .put("/v1/providers/:id/refund-policy", to(putPolicy))
  .delete("/v1/providers/:id/refund-policy", to(deletePolicy))
  .get("/v1/providers/:id/services/:service/refund-policy", to(getPolicy))
  .put("/v1/providers/:id/services/:service/refund-policy", to(putPolicy))
  .delete("/v1/providers/:id/services/:service/refund-policy", to(deletePolicy))
  .post("/v1/refund-policies/preview", to(previewPolicy))
  .get("/v1/reports/reconciliation", to(getReconciliation))
  .get("/v1/dead-letters", to(getDeadLetters))
  .post("/v1/dead-letters/:id/replay", to(replayDeadLetter))
  .get("/api/v2", to(answerApiV2))
  .post("/api/v2", to(answerApiV2))
  .all("/api/v2", () => notHere())
  .get("/api/v2/:id", to(answerApiV2))
  .post("/api/v2/:id", to(answerApiV2))
  .all("/api/v2/:rest+", () => notHere())
  .all("*", (_: IRequest, call: Context) => noRoute(call));

/** Every route there is, as it stands above: `:name` is a part of a path. For checks that go through all of them. */
export const ROUTES = router.routes.map(([method, , , path]) => ({ method, path: path ?? "" }));

/** Hands a route's request to a handler, the path's id decoded. */
function to(handler: Handler): (request: IRequest, call: Context) => Promise<Answer> {
  return async ({ params }, call) => {
    const id = decodedId(params["id"] ?? "");
    const service = decodedId(params["service"] ?? "");
    if (id !== null && service !== null) return handler(call, id, service);
    return isApiV2Path(call.url.pathname) ? notHere() : fail({ code: "invalid_path", path: call.url.pathname });
  };
}

/** Null when the percent-encoding is broken. */
function decodedId(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

/** Nothing answers this method at this path: perhaps another method is meant, perhaps the path does not exist. */
function noRoute({ request, url }: Context): Answer {
  const methods = router.routes.flatMap(([method, path]) => (method !== "ALL" && path.test(url.pathname) ? [method] : []));
  if (methods.length === 0) return fail({ code: "route_not_found", path: url.pathname });
  const allowed = [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
  return fail({ code: "method_not_allowed", method: request.method, allowed });
}
