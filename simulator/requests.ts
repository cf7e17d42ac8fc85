/** What came over the connection, and the fields a provider of certain modes can read from it. */
import type { Fields } from "./asked.ts";
import { isObject, isScalar, type Json } from "./json.ts";
import type { ActiveModes } from "./mode-choice.ts";

export interface Call {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `http://host:port` as the client addressed it. */
  readonly origin: string;
}

export type Read = { readonly fields: Fields } | { readonly unread: "method" | "encoding" };

/**
 * Canonical servers read a form in the body of a POST and nothing else; here that is taken strictly, a query
 * beside the form included, so that a client which puts things elsewhere is found out.
 */
export function readFields(call: Call, active: ActiveModes): Read {
  const onlyGet = active.has("get_only");
  const onlyJson = active.has("json_only");
  if (call.method === "GET" && (onlyGet || active.has("accept_get"))) {
    return { fields: formFields(call.query, active) };
  }
  if (call.method !== "POST" || onlyGet) return { unread: "method" };

  const type = (call.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "application/json" && (onlyJson || active.has("accept_json"))) {
    const parsed = parsedJson(call.body);
    return isObject(parsed) ? { fields: inDialect(texts(parsed), active) } : { unread: "encoding" };
  }
  if (type === "application/x-www-form-urlencoded" && !onlyJson) {
    return { fields: formFields(call.body, active) };
  }
  return { unread: "encoding" };
}

/** Null for text that is no JSON; the JSON value null counts as that. */
export function parsedJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function formFields(form: string, active: ActiveModes): Fields {
  const pairs = [...new URLSearchParams(form)];
  return inDialect(Object.fromEntries(active.has("lenient_ids") ? pairs.map(asPhpReads) : pairs), active);
}

/** `quantity[]` is a list in PHP, which stands as this word where a text is wanted. */
const LIST = "Array";

function asPhpReads([name, value]: readonly [string, string]): [string, string] {
  const plain = name.trim();
  const list = /^([^[]+)\[.*\]$/s.exec(plain)?.[1];
  return list === undefined ? [plain.replace(/[.\s[]/g, "_"), value] : [list.replace(/[.\s]/g, "_"), LIST];
}

/** The number that a text begins with, as a lenient server reads it: signs, zeros in front and invisible characters do not count. */
export function leadingNumber(id: string): string {
  const digits = /^\+?0*(\d+)/.exec(
    id
      .normalize("NFKC")
      .replace(/\p{Cf}/gu, "")
      .trim(),
  )?.[1];
  return digits ?? "0";
}

function texts(object: Readonly<Record<string, Json>>): Fields {
  return Object.fromEntries(Object.entries(object).flatMap(([field, value]) => (isScalar(value) ? [[field, String(value)]] : [])));
}

/** What the second dialect's actions are in the first; the first's name for the list of services means nothing in it. */
const DIALECT_ACTIONS: Readonly<Record<string, string>> = { packages: "services", services: "" };

/** In the second dialect the usual names mean nothing. */
function inDialect(fields: Fields, active: ActiveModes): Fields {
  if (!active.has("second_dialect")) return fields;
  const { key: _key, service: _service, api_token, package: bought, action, ...others } = fields;
  return {
    ...others,
    ...(action !== undefined && { action: DIALECT_ACTIONS[action] ?? action }),
    ...(api_token !== undefined && { key: api_token }),
    ...(bought !== undefined && { service: bought }),
  };
}
