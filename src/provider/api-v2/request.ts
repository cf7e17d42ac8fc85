/**
 * How an action is put on the wire, in the form a provider wants.
 */
import type { ActionName, ProviderSettings, RequestShape } from "../settings.ts";

/** Says who calls, so that a provider can let us through its bot check by name. */
export const DEFAULT_USER_AGENT = "panelsync/0.1 (+api-v2 client)";

/** Fields of an action by their canonical names, `action` among them; the key is added here. */
export type ActionFields = { readonly action: string } & Readonly<Record<string, string>>;

/**
 * The request for an action. Redirects are never followed, since they would carry the key to another host,
 * and the key is part of the URL only if the provider's form is GET.
 * Throws a TypeError when the settings hold a URL or a User-Agent that cannot be sent.
 */
export function buildRequest(settings: ProviderSettings, fields: ActionFields, signal: AbortSignal): Request {
  const shape = settings.request;
  const url = new URL(settings.url);
  if (shape.trailingSlash && !url.pathname.endsWith("/")) url.pathname += "/";
  const pairs = namedFields(settings, fields);
  const headers = new Headers({ accept: "application/json, */*;q=0.5", "user-agent": shape.userAgent ?? DEFAULT_USER_AGENT });

  if (shape.method === "GET") {
    for (const [name, value] of pairs) url.searchParams.set(name, value);
    return new Request(url.href, { method: "GET", headers, redirect: "manual", signal });
  }
  const body = shape.encoding === "json" ? JSON.stringify(Object.fromEntries(pairs)) : new URLSearchParams(pairs).toString();
  headers.set("content-type", shape.encoding === "json" ? "application/json" : "application/x-www-form-urlencoded");
  return new Request(url.href, { method: "POST", headers, body, redirect: "manual", signal });
}

/**
 * The fields under the provider's names for them. No field of the caller's can take the place of the key, nor of another
 * that goes by its name at the provider: a caller may hand on fields that nobody here knows.
 */
function namedFields(settings: ProviderSettings, fields: ActionFields): [string, string][] {
  const { fields: names, actions } = settings.request;
  const named = { ...fields, action: actionName(actions, fields.action) };
  const sent = Object.entries(named).map(([name, value]) => ({ name: fieldName(names, name), value, ours: Object.hasOwn(names, name) }));
  const taken = new Set(sent.filter(({ ours }) => ours).map(({ name }) => name));
  const others = sent.filter(({ name, ours }) => name !== names.key && (ours || !taken.has(name)));
  return [[names.key, settings.key], ...others.map(({ name, value }): [string, string] => [name, value])];
}

function actionName(actions: RequestShape["actions"], canonical: string): string {
  return Object.hasOwn(actions, canonical) ? actions[canonical as ActionName] : canonical;
}

function fieldName(names: RequestShape["fields"], canonical: string): string {
  return Object.hasOwn(names, canonical) ? names[canonical as keyof typeof names] : canonical;
}
