/** Asks the API with the key of this tab. Failures are thrown as what the API says of them. */
import { shared } from "../state.ts";
import type { Me } from "./answers.ts";

/** Kept for the tab only: it ends with it, and no other tab has it. */
const KEPT_UNDER = "panelsync.key";

/** Who is signed in. Null: nobody. */
export const me = shared<Me | null>(null);
/** Why the sign-in page is shown, where that needs saying. */
export const signedOutBecause = shared<string | null>(null);

/** All panels: rows then say whose they are. */
export const ALL_PANELS = "*";

type Answered = Pick<ApiError, "requestId" | "retryAfterMs">;

/** What the API said against a request, or that it could not be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** When to ask again, where the API has said it. */
  readonly retryAfterMs: number | null;

  /** `answered`: what its headers say; null where no answer came. */
  constructor(status: number, code: string, message: string, answered: Answered | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = answered?.requestId ?? null;
    this.retryAfterMs = answered?.retryAfterMs ?? null;
  }
}

export type Ask = {
  readonly panel?: string | undefined;
  readonly body?: unknown;
  /** Of a request that moves money: the same key again is the same request. */
  readonly idempotencyKey?: string;
  /** The answer as CSV: a page of it, and the path of the next. */
  readonly csv?: boolean;
};

/** Keys of requests whose outcome is not known: asked again with the same content, each is the same request. */
const undecided = new Map<string, string>();

/**
 * Sends a request that moves money. When its answer was lost it may have been done, and somebody will try again: that try
 * has the same key, so the money moves once. A request that was answered is over, and the same again is another one.
 */
export async function moveMoney<T>(path: string, panel: string, body: unknown): Promise<T> {
  const name = JSON.stringify([path, panel, body]);
  const idempotencyKey = undecided.get(name) ?? crypto.randomUUID();
  undecided.set(name, idempotencyKey);
  try {
    const answer = await call<T>("POST", path, { panel, body, idempotencyKey });
    undecided.delete(name);
    return answer;
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) undecided.delete(name);
    throw error;
  }
}

type ErrorBody = { readonly error?: { readonly code: string; readonly message: string; readonly details?: { readonly fields: Field[] } } };
type Field = { readonly path: string; readonly message: string };

export async function call<T>(method: string, path: string, ask: Ask = {}): Promise<T> {
  return callWith<T>(keptKey() ?? "", method, path, ask);
}

async function callWith<T>(key: string, method: string, path: string, { panel, body, idempotencyKey, csv = false }: Ask): Promise<T> {
  // A header takes no other characters, and no key has any.
  const headers: Record<string, string> = { Authorization: `Bearer ${key.replaceAll(/[^ -~]/g, "?")}` };
  if (panel !== undefined) headers["Panel"] = panel;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csv) headers["Accept"] = "text/csv";
  if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
  const response = await fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }).catch(() => {
    throw new ApiError(0, "unreachable", "panelsync cannot be reached. Is this device online?", null);
  });
  if (csv && response.ok) return (await readCsv(response)) as T;
  const answer = await readJson(response);
  // The health's 503 is an answer: it says what is wrong.
  if (response.ok || path === "/healthz") return answer as T;
  throw failureOf(response, answer as ErrorBody | null);
}

/** A quoted cell may hold a line's end, so lines are counted outside of quotes. */
async function readCsv(response: Response): Promise<unknown> {
  const text = await response.text();
  const [, next = null] = /<([^>]+)>; rel="next"/.exec(response.headers.get("Link") ?? "") ?? [];
  return { text, next, rows: text.replaceAll(/"(?:[^"]|"")*"/g, "").split("\r\n").length - 2 };
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function failureOf(response: Response, answer: ErrorBody | null): ApiError {
  const requestId = response.headers.get("Request-Id");
  const { code = "unreadable", message = `The answer was ${response.status} without words.`, details } = answer?.error ?? {};
  // The message spells out the first of them; of other failures it has said all.
  const isMore = code === "invalid_request";
  const fields = (details?.fields ?? [])
    .map((field) => `${field.path} ${field.message}`)
    .filter((text) => isMore && !message.includes(text));
  if (response.status === 401 && me.value !== null) signOut(message);
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : null;
  return new ApiError(response.status, code, [message, ...fields].join("\n"), { requestId, retryAfterMs });
}

/** Signs in with a key that is an operator's; throws why not. */
export async function signIn(key: string): Promise<void> {
  const who = await callWith<Me>(key, "GET", "/v1/me", {});
  if (who.kind !== "operator")
    throw new ApiError(403, "not_operator", "This is the key of a panel. The console needs an operator's key, or ADMIN_TOKEN.", null);
  sessionStorage.setItem(KEPT_UNDER, key);
  signedOutBecause.value = null;
  me.value = who;
}

/** What the tab has kept: a key that was good. */
export function keptKey(): string | null {
  return sessionStorage.getItem(KEPT_UNDER);
}

/** Signs in with it. Only a key that is refused is forgotten: one that could not be asked about is tried again. */
export async function resumeSession(): Promise<void> {
  const key = keptKey();
  if (key === null) return;
  await signIn(key).catch((error: unknown) => {
    const isRefused = error instanceof ApiError && (error.status === 401 || error.status === 403);
    const why = error instanceof Error ? error.message : String(error);
    if (isRefused) signOut(why);
    else signedOutBecause.value = why;
  });
}

export function signOut(because: string | null): void {
  sessionStorage.removeItem(KEPT_UNDER);
  signedOutBecause.value = because;
  me.value = null;
}

/** What a button does; the API decides, this only spares people buttons that would be refused. */
export function may(need: "help" | "money" | "settings" | "write" | "keys"): boolean {
  const { scopes = [] } = me.value ?? {};
  return scopes.includes("admin") || (need === "help" && scopes.includes("support"));
}

/** A path with its query; what is empty is left out. */
export function pathWith(path: string, query: Readonly<Record<string, string | number | null | undefined>>): string {
  const entries = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}

/** A segment of a path. */
export const seg = encodeURIComponent;
