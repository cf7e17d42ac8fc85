/**
 * Requests to the HTTP API: of each route some that are right in everything, and others that are wrong in one thing or in
 * all of them. A route that nothing is known of here gets requests as well, but no body that is made for it.
 */
import * as fc from "fast-check";
import type { PATHS } from "../../../../src/http/router.ts";
import { damagedJson, damagedText } from "../../damage.ts";
import { callOf } from "./api-v2-calls.ts";
import { HOST, type PanelFacts, type Upstream } from "./operation.ts";
import { API_V2, type Recipe, recipesFor } from "./recipes.ts";
import { type Answering, answering, type Body, bodyOf, credentials, hostileQuery, MIB, moreHeaders, pathOf } from "./request-parts.ts";

export type Route = (typeof PATHS)[number];

export type Asked = {
  readonly route: Route;
  readonly method: string;
  /** The action asked of API v2; empty where that is not known, and everywhere else. */
  readonly action: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** Nothing of it is wrong, as far as is known here. */
  readonly right: boolean;
  /** The panel that its key or its `Panel` names. */
  readonly panel: string;
  readonly upstream: Answering;
  /** How long after the request before. */
  readonly afterMs: number;
};

export function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

/** Where a request is checked as one of API v2: scripts are the only ones that ask there. */
export function isApiV2Path(path: string): boolean {
  return /^\/+api/i.test(path);
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] as const;

function surroundings(panel: PanelFacts, right: boolean) {
  return {
    right: fc.constant(right),
    panel: fc.constant(panel.id),
    upstream: right ? fc.constant<Answering>({ kind: "well" }) : answering,
    afterMs: fc.constantFrom(0, 40, 1500, 130_000, 1_000_000),
  };
}

function restOf(route: Route, recipe: Recipe, panel: PanelFacts, others: readonly PanelFacts[], right: boolean): fc.Arbitrary<Asked> {
  const { who, ids, query = fc.constant(""), body, keyed = false, asOperator = false } = recipe;
  const own = route.method === "ALL" ? "GET" : route.method;
  const isRead = own === "GET";
  const otherMethod = fc.constantFrom(...METHODS);
  return fc.record({
    route: fc.constant(route),
    action: fc.constant(""),
    method: right
      ? fc.constant(own)
      : fc.oneof({ weight: route.method === "ALL" ? 0 : 12, arbitrary: fc.constant(own) }, { weight: 1, arbitrary: otherMethod }),
    path: fc
      .tuple(
        pathOf(route, ids, panel, others, right),
        right ? query : fc.oneof({ weight: 2, arbitrary: query }, { weight: isRead ? 3 : 1, arbitrary: hostileQuery }),
      )
      .map((parts) => parts.join("")),
    headers: fc
      .tuple(credentials(who, asOperator, panel, others, right), moreHeaders(keyed, right))
      .map(([one, other]) => ({ ...one, ...other })),
    body: bodyOf(body, right),
    ...surroundings(panel, right),
  });
}

/** Requests of a route by a panel, or for it: `right` in everything, or not. */
export function askedOf(route: Route, panel: PanelFacts, panels: readonly PanelFacts[], right: boolean): fc.Arbitrary<Asked> {
  const others = panels.filter(({ id }) => id !== panel.id);
  const recipe = recipesFor(panel)[nameOf(route)] ?? { who: "panel" };
  if (recipe !== API_V2) return restOf(route, recipe, panel, others, right);
  const around = fc.record({ route: fc.constant(route), method: fc.constant(route.method), ...surroundings(panel, right) });
  return fc.tuple(callOf(route, panel, others, right), around).map(([call, rest]) => ({ ...call, ...rest }));
}

const HAS_NO_BODY = new Set(["GET", "HEAD"]);

/** The request as it goes out; null for one that no client could send. */
export function requestOf({ method, path, headers, body }: Asked): Request | null {
  const content = HAS_NO_BODY.has(method) ? undefined : contentOf(body);
  try {
    return new Request(HOST + path, { method, headers, ...(content === undefined ? {} : { body: content }) });
  } catch {
    return null; // headers and URLs that the runtime itself refuses
  }
}

/** Whose bodies nobody reads. */
const IS_BODY_IGNORED = new Set([...HAS_NO_BODY, "DELETE"]);

/** Whether the body, which somebody will read, is longer than any may be. */
export function isOversized({ method, body }: Asked): boolean {
  return !IS_BODY_IGNORED.has(method) && body.kind === "long" && body.begins.length + body.of.length * body.times > MIB;
}

function contentOf(body: Body): string | Uint8Array | undefined {
  switch (body.kind) {
    case "none":
      return undefined;
    case "text":
      return body.text;
    case "json":
      return damagedJson(body.value, body.damages);
    case "bytes":
      return body.bytes;
    case "long":
      return body.begins + body.of.repeat(body.times);
  }
}

/** How the provider answers, as the set-up takes it. */
export function upstreamOf({ upstream }: Asked): Upstream {
  if (upstream.kind !== "damaged") return upstream;
  const { json, text } = upstream;
  return {
    kind: "changed",
    change: (body) => damagedText(isJson(body) ? damagedJson(JSON.parse(body), json) : body, text),
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // a page
  }
}
