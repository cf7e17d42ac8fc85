/**
 * A request over HTTP as a client makes it, and the answer as a test reads it.
 */
export const ADMIN = "test-admin-token-Zq8vLw3xRt6bNp0k";
/** The developer's own machine, which alone may call the names under `.example`. */
export const HOST = "http://localhost:8787";

export type Ask = {
  /** The operator's unless given; null for none. */
  readonly key?: string | null;
  readonly panel?: string;
  /** Goes as JSON, unless it is a text, a form or a stream. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};

// oxlint-disable-next-line typescript/no-explicit-any -- a test says of each answer what it must be
type Json = any;

/** `json` is null where the body is none. */
export type Answered = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Json };

export function requestOf(method: string, path: string, { key = ADMIN, panel, body, headers = {} }: Ask): Request {
  const sent = new Headers(headers);
  if (key !== null) sent.set("Authorization", `Bearer ${key}`);
  if (panel !== undefined) sent.set("Panel", panel);
  const isRaw = typeof body === "string" || body instanceof FormData || body instanceof URLSearchParams || body instanceof ReadableStream;
  const init = body === undefined ? { method, headers: sent } : { method, headers: sent, body: isRaw ? body : JSON.stringify(body) };
  return new Request(new URL(path, HOST), init);
}

export async function answeredOf(response: Response): Promise<Answered> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: jsonIn(text) };
}

function jsonIn(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The parameter without which a route is not meant, with a value that it takes; empty where it needs none. */
export function queryFor({ when }: { readonly when: string | null }, value = "1"): string {
  return when === null ? "" : `?${when}=${when === "count" ? "status" : value}`;
}

/** Status and error code. */
export function codeOf({ status, json }: Answered): [number, string] {
  return [status, json?.error?.code as string];
}

/** The paths of a 422's fields. */
export function paths({ json }: Answered): string[] {
  return ((json?.error?.details?.fields ?? []) as { path: string }[]).map(({ path }) => path);
}

/** An order to register, with changes. */
export function order(id: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, provider: "acme", provider_order_id: `p-${id}`, quantity: 1000, charge: "0.9", ...changes };
}

/** A thousand orders to register, with long links. */
export function thousandOrders(prefix = "long"): Record<string, unknown>[] {
  return Array.from({ length: 1000 }, (_, i) => order(`${prefix}-${i}`, { link: `https://x.example/${"y".repeat(700)}/${i}` }));
}
