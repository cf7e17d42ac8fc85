/**
 * Which errors a route can answer: those that its text names, and those that follow from what its row says. Tests hold
 * every error that they see against this.
 */
import type { FailureCode } from "../../src/http/kit/errors.ts";
import type { Route } from "../../src/http/kit/route.ts";
import { ROUTES, type RouteName } from "../../src/http/routes.ts";
import { ROUTE_TEXTS } from "../texts/routes.ts";

type Facts = Pick<
  Route,
  "name" | "path" | "who" | "requirement" | "needsIdempotencyKey" | "writes" | "ignoresQuery" | "body" | "answers" | "isOverAll"
>;

/** What can happen to any request, before its route is looked at or while it is answered. */
const ANYWHERE: readonly FailureCode[] = ["internal_error", "loop_detected"];

/** What comes of who may call it. */
function errorsOfCallers({ who, requirement: { need, role }, isOverAll }: Facts): readonly FailureCode[] {
  if (who === "anyone") return [];
  const keys: FailureCode[] = ["unauthorized", "key_expired", "too_many_keys", "admin_disabled", "token_forbidden"];
  if (need !== "self" || isOverAll) keys.push("forbidden");
  if (!isOverAll) keys.push("not_over_all_panels");
  if (who === "operator") return keys;
  // A panel is looked up together with its key.
  keys.push("panel_disabled", "settings_contended", "another_panel");
  if (who === "key") return keys;
  keys.push("panel_required", "panel_not_found");
  if (who === "reader") keys.push("token_invalid", "token_expired", "token_foreign");
  return role === "any" ? keys : [...keys, "reseller"];
}

/** Each code once, sorted by name. */
export function errorsOf(route: Facts): FailureCode[] {
  const { path, ignoresQuery, needsIdempotencyKey, writes, body, answers } = route;
  const codes: readonly FailureCode[] = [
    ...ANYWHERE,
    // A route that answers 503 itself says in its own form what is wrong.
    ...(answers[503] === undefined ? (["database_unavailable"] as const) : []),
    ...errorsOfCallers(route),
    ...(path.includes(":") ? (["invalid_path"] as const) : []),
    ...(ignoresQuery ? [] : (["invalid_request"] as const)),
    ...(body === null ? [] : (["invalid_json", "body_too_large"] as const)),
    // A change is out of the panel's share.
    ...(writes === null || writes === "own_share" || writes === "nothing" ? [] : (["share_used_up"] as const)),
    ...(needsIdempotencyKey ? (["idempotency_key_reused"] as const) : []),
    ...(ROUTE_TEXTS[route.name as RouteName]?.errors ?? []),
  ];
  return [...new Set(codes)].toSorted();
}

/** The same by the route's name. */
export const ERRORS_BY_ROUTE: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  ROUTES.map((route) => [route.name, new Set<string>(errorsOf(route))]),
);
