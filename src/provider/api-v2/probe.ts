/**
 * Finding the form a provider wants to be spoken to in, with as few calls as possible.
 */
import type { Balance, ProbeAttempt, ProbeReport, ServiceList, ProviderPort } from "../client.ts";
import { MAX_PROBE_CALLS } from "../client.ts";
import { readBalance } from "./reading/answer.ts";
import { callProvider } from "./call.ts";
import type { Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../failure.ts";
import { askServices } from "./services.ts";
import { CANONICAL_REQUEST, type ProviderSettings, type RequestShape } from "../settings.ts";

/** Servers ban an address after several bad keys; three in all was never seen to be enough for it. */
export const MAX_CALLS_AFTER_REJECTED_KEY = 2;

/** For servers, and the bot checks before them, that let only browsers in. */
export const BROWSER_USER_AGENT =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36";

/** The second dialect: other names for the key and the service, and for the action that lists services. */
export const DIALECT_FIELDS: RequestShape["fields"] = { ...CANONICAL_REQUEST.fields, key: "api_token", service: "package" };
export const DIALECT_ACTIONS: RequestShape["actions"] = { ...CANONICAL_REQUEST.actions, services: "packages" };

type Names = Pick<RequestShape, "fields" | "actions">;
const DIALECT: Names = { fields: DIALECT_FIELDS, actions: DIALECT_ACTIONS };
const CANONICAL: Names = { fields: CANONICAL_REQUEST.fields, actions: CANONICAL_REQUEST.actions };

/**
 * A form to be tried. `bothKeys`: the key goes under both dialects' names for it, so that one call tells whether the
 * server reads such a body at all, whichever of them it speaks.
 */
type Form = { readonly shape: RequestShape; readonly bothKeys: boolean };

/** Forms of the body, GET last, because it puts the key into the server's log. */
const BODIES: readonly Pick<RequestShape, "method" | "encoding">[] = [
  { method: "POST", encoding: "form" },
  { method: "POST", encoding: "json" },
  { method: "GET", encoding: "form" },
];

/**
 * How far a call came: turned away at the door (by a bot check or a bar to programs), sent on to another address, given a
 * page, or answered by the provider's own program. `down`: no other form changes that; 502 to 504 come from a gateway.
 */
type Reached = "down" | "door" | "redirect" | "page" | "api";

function reachedBy(failure: ProviderFailure): Reached {
  switch (failure.code) {
    case "refused":
    case "rejected_key":
    case "unavailable":
    case "bad_shape":
      return "api";
    case "redirected":
      return "redirect";
    case "blocked":
      return "door";
    case "http":
      return failure.status >= 502 ? "down" : failure.status === 403 ? "door" : "page";
    case "not_json":
      return "page";
    default:
      return "down";
  }
}

/** A probe under way: what was tried, and the form that came furthest. */
type Search = {
  readonly port: ProviderPort;
  readonly settings: ProviderSettings;
  readonly tried: ProbeAttempt[];
  readonly seen: Set<string>;
  maxCalls: number;
  base: RequestShape;
  furthest: ProviderFailure | null;
};

/**
 * Asks for the balance in the configured form and, where the failure suggests another, in others, until one is answered.
 * Address, User-Agent, body and names are varied each by itself: a change that gets further is kept for the next tries.
 */
export async function probeProvider(port: ProviderPort, settings: ProviderSettings): Promise<ProbeReport> {
  const base = settings.request;
  const search: Search = { port, settings, tried: [], seen: new Set(), maxCalls: MAX_PROBE_CALLS, base, furthest: null };
  for (let next: Form | null = { shape: base, bothKeys: false }; next !== null; next = nextForm(search)) {
    const answer = await tryForm(search, next);
    if (!answer.ok) {
      noteFailure(search, next, answer.failure);
      continue;
    }
    const found = next.bothKeys ? await settleNames(search, next.shape) : next.shape;
    if (found === null) break;
    const request = await withServicesName(search, found);
    return { ok: true, ...answer.value, request, tried: search.tried, failure: null };
  }
  return { ok: false, balance: null, currency: null, request: settings.request, tried: search.tried, failure: search.furthest };
}

async function tryForm({ port, settings, tried, seen }: Search, form: Form): Promise<Result<Balance, ProviderFailure>> {
  const { shape, bothKeys } = form;
  seen.add(formKey(settings, form));
  const otherKey = shape.fields.key === DIALECT_FIELDS.key ? CANONICAL_REQUEST.fields.key : DIALECT_FIELDS.key;
  const action = {
    fields: { action: "balance" },
    read: (json: unknown) => readBalance(json),
    ...(bothKeys ? { keyAlsoAs: otherKey } : {}),
  };
  const answer = await callProvider(port, { ...settings, request: shape }, action);
  tried.push({ shape: formSummary(form), failure: answer.ok ? null : answer.failure });
  return answer;
}

function noteFailure(search: Search, { shape }: Form, failure: ProviderFailure): void {
  if (failure.code === "rejected_key") search.maxCalls = Math.min(search.maxCalls, search.tried.length + MAX_CALLS_AFTER_REJECTED_KEY);
  const [was, is] = [search.furthest === null ? null : reachedBy(search.furthest), reachedBy(failure)];
  const isPast = (was === "door" || was === "redirect") && is !== was;
  if (was !== null && !isPast && (was === "api" || is !== "api")) return;
  search.base = shape;
  search.furthest = failure;
}

/** The likeliest form that was not tried; null when none is left, or no more calls may be made. */
function nextForm({ settings, tried, seen, maxCalls, base, furthest }: Search): Form | null {
  if (furthest === null || tried.length >= maxCalls) return null;
  return formsAfter(base, furthest).find((form) => !seen.has(formKey(settings, form))) ?? null;
}

/** What may get past a failure of a form, the likeliest first. */
function formsAfter(base: RequestShape, failure: ProviderFailure): readonly Form[] {
  const slash: Form = { shape: { ...base, trailingSlash: true }, bothKeys: false };
  const browser: Form = { shape: { ...base, userAgent: BROWSER_USER_AGENT }, bothKeys: false };
  const reached = reachedBy(failure);
  if (reached === "down") return [];
  if (reached === "redirect") return [slash];
  if (failure.code === "blocked") return [browser];
  const canonical: Form = {
    shape: { ...CANONICAL_REQUEST, cancelOne: base.cancelOne, idempotencyField: base.idempotencyField },
    bothKeys: false,
  };
  const bodies = [base, ...BODIES].map(({ method, encoding }): Form => ({ shape: { ...base, method, encoding }, bothKeys: true }));
  // Some servers refuse a call that has a field too many.
  const strict: Form = { shape: { ...base, ...DIALECT }, bothKeys: false };
  if (reached === "api") return [canonical, ...bodies, strict];
  if (reached === "door") return [browser, canonical, slash, ...bodies, strict];
  const [gets, posts] = [bodies.filter(isGet), bodies.filter((form) => !isGet(form))];
  // 405 says that the method is not allowed.
  if (failure.code === "http" && failure.status === 405) return [...gets, canonical, slash, ...posts, browser, strict];
  return [canonical, slash, ...posts, browser, ...gets, strict];
}

function isGet({ shape }: Form): boolean {
  return shape.method === "GET";
}

/** Which names the server reads of those that a call had; null when it was not to be found out. */
async function settleNames(search: Search, shape: RequestShape): Promise<RequestShape | null> {
  // The key was right: a wrong name for it is no guess at a key.
  search.maxCalls = MAX_PROBE_CALLS;
  for (const names of [CANONICAL, DIALECT]) {
    const form: Form = { shape: { ...shape, ...names }, bothKeys: false };
    if (search.seen.has(formKey(search.settings, form)) || search.tried.length >= search.maxCalls) continue;
    const answer = await tryForm(search, form);
    if (answer.ok) return form.shape;
    search.furthest = answer.failure;
  }
  return null;
}

/** Servers that go by the dialect's name for the key may still have the canonical one for `services`, and for a service. */
async function withServicesName(search: Search, shape: RequestShape): Promise<RequestShape> {
  if (shape.fields.key !== DIALECT_FIELDS.key) return shape;
  const names = new Set([shape.actions.services, DIALECT_ACTIONS.services, CANONICAL_REQUEST.actions.services]);
  for (const services of names) {
    if (search.tried.length >= search.maxCalls) break;
    const request = { ...shape, actions: { ...shape.actions, services } };
    const answer = await askServices(search.port, { ...search.settings, request });
    search.tried.push({ shape: `${formSummary({ shape, bothKeys: false })}, ${services}`, failure: answer.ok ? null : answer.failure });
    if (answer.ok) return withServiceField(request, answer.value);
  }
  return shape;
}

/** An order names its service by the field by which the list does, where that has one of the two. */
function withServiceField(shape: RequestShape, { list }: ServiceList): RequestShape {
  const [first] = list;
  const names = [DIALECT_FIELDS.service, CANONICAL_REQUEST.fields.service];
  const service = names.find((name) => first !== undefined && Object.hasOwn(first, name)) ?? shape.fields.service;
  return { ...shape, fields: { ...shape.fields, service } };
}

/** Two forms with one key make the same request. */
function formKey(settings: ProviderSettings, { shape, bothKeys }: Form): string {
  const encoding = shape.method === "GET" ? "query" : shape.encoding;
  const slash = shape.trailingSlash || URL.parse(settings.url)?.pathname.endsWith("/") === true;
  const { key, action } = shape.fields;
  return JSON.stringify([shape.method, encoding, slash, shape.userAgent, key, action, shape.actions.balance, bothKeys]);
}

function formSummary({ shape, bothKeys }: Form): string {
  const parts = [
    shape.method === "GET" ? "GET" : `POST ${shape.encoding}`,
    shape.trailingSlash ? "trailing slash" : "",
    shape.userAgent === null ? "" : `${shape.userAgent === BROWSER_USER_AGENT ? "browser" : "own"} User-Agent`,
    bothKeys
      ? `key as ${CANONICAL_REQUEST.fields.key} and ${DIALECT_FIELDS.key}`
      : shape.fields.key === CANONICAL_REQUEST.fields.key
        ? ""
        : `key as ${shape.fields.key}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
