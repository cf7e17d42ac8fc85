/**
 * The HTTP door as a client meets it: real D1, and a clock, a log and a queue that the test holds in its hands.
 */
import { applyD1Migrations, createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { answerProblem } from "./answer-check.ts";
import { handleRequest } from "../../../src/http/router.ts";
import { type LogEvent, type Ports, realPorts } from "../../../src/ports.ts";

export const ADMIN = "test-admin-token-0123456789";
export const START = Date.UTC(2026, 10, 21, 12);

/** `json` is null where the body is none. What is in it is for the test to say. */
export type Answered = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Json };
// oxlint-disable-next-line typescript/no-explicit-any -- a test says of each answer what it must be
type Json = any;

export type Ask = {
  /** The operator's unless given; null for none. */
  readonly key?: string | null;
  readonly panel?: string;
  /** Goes as JSON, unless it is a text, a form or a stream. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};

export async function migrate(): Promise<void> {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
}

export class Scene {
  now = START;
  readonly logs: LogEvent[] = [];
  /** Messages that were sent to the queue. */
  readonly sent: unknown[] = [];
  queueWorks = true;
  readonly env: Env;
  ports: Ports = { ...realPorts, now: () => this.now, log: (event) => this.logs.push(event) };

  constructor(changes: Partial<Env> = {}) {
    const send = async (body: unknown): Promise<void> => {
      if (!this.queueWorks) throw new Error("Queue send failed: Too Many Requests (10253)");
      this.sent.push(structuredClone(body));
    };
    this.env = { ...env, SWEEPS: { send } as unknown as Queue, ...changes };
  }

  async fetch(request: Request): Promise<Answered> {
    const response = await handleRequest(request, this.env, createExecutionContext(), this.ports);
    const text = await response.text();
    const problem = answerProblem(request, response.status, response.headers, text);
    if (problem !== null) throw new Error(problem);
    return { status: response.status, headers: response.headers, text, json: text.startsWith("{") ? JSON.parse(text) : null };
  }

  ask(method: string, path: string, { key = ADMIN, panel, body, headers = {} }: Ask = {}): Promise<Answered> {
    const sent = new Headers(headers);
    if (key !== null) sent.set("Authorization", `Bearer ${key}`);
    if (panel !== undefined) sent.set("Panel", panel);
    const isRaw = typeof body === "string" || body instanceof FormData || body instanceof URLSearchParams || body instanceof ReadableStream;
    const init = body === undefined ? { method, headers: sent } : { method, headers: sent, body: isRaw ? body : JSON.stringify(body) };
    return this.fetch(new Request(new URL(path, "http://panelsync.example"), init));
  }

  get(path: string, ask?: Ask): Promise<Answered> {
    return this.ask("GET", path, ask);
  }

  post(path: string, key: string, body?: unknown): Promise<Answered> {
    return this.ask("POST", path, { key, body });
  }

  /** Adds a panel; answers its key. */
  async panel(id: string, currency = "USD"): Promise<string> {
    const { json } = await this.ask("POST", "/v1/panels", { body: { id, currency } });
    return json.key as string;
  }

  provider(id: string, settings: Record<string, unknown> = {}): Promise<Answered> {
    return this.ask("PUT", `/v1/providers/${id}`, { body: { url: `https://${id}.example/api/v2`, key: "provider-key-1234", ...settings } });
  }
}

/** A good order, with changes. */
export function order(id: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, provider: "acme", provider_order_id: `p-${id}`, quantity: 1000, charge: "0.9", ...changes };
}

/** The paths of a 422's fields. */
export function paths({ json }: Answered): string[] {
  return ((json?.error?.details?.fields ?? []) as { path: string }[]).map(({ path }) => path);
}
