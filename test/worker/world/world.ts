/**
 * panelsync as the world meets it: real D1, and a clock, a queue, a log and providers that the test holds in its hands.
 * A test asks over HTTP, calls API v2 as a panel's script does, and lets minutes pass.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Message } from "../../../src/domain/message.ts";
import { handleRequest } from "../../../src/http/router.ts";
import { type LogEvent, type Ports, portsOf } from "../../../src/ports.ts";
import { metered, type Usage } from "../../../src/store/operations/metered.ts";
import { consume } from "../../../src/sync/consume.ts";
import { check } from "../../../src/sync/sweep/sweep.ts";
import { tick } from "../../../src/sync/tick.ts";
import { answerProblem } from "./answer-check.ts";
import { type Answered, answeredOf, type Ask, HOST, requestOf } from "./asking.ts";
import { MINUTE_MS, NOW } from "./database.ts";
import { answeringEach, type Answering, inProgress } from "./providers.ts";

/** A message is delivered four times at most, as the queue is configured. */
const MAX_DELIVERIES = 4;

/** A call that went out to a provider. */
export type ProviderCall = {
  readonly provider: string;
  readonly action: string;
  readonly ids: readonly string[];
  readonly fields: URLSearchParams;
  readonly at: number;
};

/** Bindings to change, and when the world begins. `fetch` replaces `providers`. */
export interface WorldChanges extends Partial<Env> {
  readonly now?: number;
  readonly fetch?: Ports["fetch"];
}

export class World {
  now: number;
  readonly events: LogEvent[] = [];
  /** Messages in the queue. */
  readonly sent: Message[] = [];
  queueWorks = true;
  /** How each answers; one that is not here has every order in progress. */
  readonly providers = new Map<string, Answering>();
  /** Off: a provider is asked for its balance as for anything else. */
  knowsBalances = true;
  readonly calls: ProviderCall[] = [];
  openCalls = 0;
  mostOpenCalls = 0;
  deliveries = 0;
  readonly env: Env;
  ports: Ports;

  constructor({ now = NOW, fetch, ...bindings }: WorldChanges = {}) {
    this.now = now;
    this.ports = {
      ...portsOf({ ...env, ...bindings }),
      now: () => this.now,
      fetch: fetch ?? ((request) => this.#provide(request)),
      log: (event) => void this.events.push(event),
    };
    const sendBatch = async (messages: Iterable<MessageSendRequest>): Promise<void> => {
      if (!this.queueWorks) throw new Error("Queue send failed: Too Many Requests (10253)");
      for (const { body } of messages) this.sent.push(structuredClone(body) as Message);
    };
    const send = (body: unknown): Promise<void> => sendBatch([{ body }]);
    this.env = { ...env, PLAN: "paid", SWEEPS: { send, sendBatch } as unknown as Queue, ...bindings };
  }

  /** The same clock and the same providers, with other bindings. */
  with(bindings: Partial<Env>): World {
    return new World({ now: this.now, fetch: (request) => this.ports.fetch(request), ...bindings });
  }

  /** Every answer is held against what its route declares. */
  async fetch(request: Request, context: ExecutionContext = createExecutionContext()): Promise<Answered> {
    const answered = await answeredOf(await handleRequest(request, this.env, context, { ...this.ports, check }));
    const problem = answerProblem(request, answered);
    if (problem !== null) throw new Error(problem);
    return answered;
  }

  ask(method: string, path: string, ask: Ask = {}): Promise<Answered> {
    return this.fetch(requestOf(method, path, ask));
  }

  /** What a request costs D1. */
  async costOf(ask: (metered: World) => Promise<Answered>): Promise<Usage & { readonly answer: Answered }> {
    const { db, usage } = metered(this.env.DB);
    const answer = await ask(this.with({ DB: db }));
    return { answer, ...usage() };
  }

  get(path: string, ask?: Ask): Promise<Answered> {
    return this.ask("GET", path, ask);
  }

  post(path: string, key: string, body?: unknown): Promise<Answered> {
    return this.ask("POST", path, { key, body });
  }

  /** A call of a panel's script: at a provider's endpoint, or at that of the own catalogue. */
  apiV2(key: string, fields: Record<string, string>, provider: string | null = null, context?: ExecutionContext): Promise<Answered> {
    const body = new URLSearchParams({ key, ...fields });
    return this.fetch(new Request(`${HOST}/api/v2${provider === null ? "" : `/${provider}`}`, { method: "POST", body }), context);
  }

  /** Adds a panel over HTTP; answers its key. */
  async panel(id: string, currency = "USD"): Promise<string> {
    const { json } = await this.ask("POST", "/v1/panels", { body: { id, role: "shop", currency } });
    return json.key as string;
  }

  /** Sets a provider over HTTP. */
  provider(id: string, settings: Record<string, unknown> = {}): Promise<Answered> {
    return this.ask("PUT", `/v1/providers/${id}`, { body: { url: `https://${id}.example/api/v2`, key: "provider-key-1234", ...settings } });
  }

  async #provide(request: Request): Promise<Response> {
    const provider = new URL(request.url).hostname.split(".")[0] ?? "";
    const fields = new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer()));
    const action = fields.get("action") ?? "";
    const ids = (fields.get("orders") ?? fields.get("order") ?? "").split(",").filter(Boolean);
    this.calls.push({ provider, action, ids, fields, at: this.now });
    if (this.knowsBalances && action === "balance") return Response.json({ balance: "100.84292", currency: "USD" });
    this.openCalls += 1;
    this.mostOpenCalls = Math.max(this.mostOpenCalls, this.openCalls);
    try {
      const answer = await (this.providers.get(provider) ?? answeringEach(() => inProgress()))(ids, fields, request);
      return answer instanceof Response ? answer : Response.json(answer);
    } finally {
      this.openCalls -= 1;
    }
  }

  /** Fires the tick of the present minute. */
  async tick(): Promise<void> {
    await tick(this.env, this.ports, this.now);
  }

  /** Delivers one message; answers whether it was acknowledged or is to be delivered again. */
  async deliver(body: unknown, attempts = 1, queue = "panelsync-sweeps"): Promise<"ack" | "retry"> {
    this.deliveries += 1;
    const batch = createMessageBatch(queue, [{ id: `m${this.deliveries}`, timestamp: new Date(this.now), body, attempts }]);
    const context = createExecutionContext();
    await consume(batch, this.env, this.ports);
    const { retryMessages } = await getQueueResult(batch, context);
    return retryMessages.length === 0 ? "ack" : "retry";
  }

  /** Delivers all that was sent, and what is sent by that. */
  async drain(): Promise<void> {
    for (let body = this.sent.shift(); body !== undefined; body = this.sent.shift()) {
      for (let attempts = 1; attempts <= MAX_DELIVERIES; attempts++) if ((await this.deliver(body, attempts)) === "ack") break;
    }
  }

  /** Whole minutes, one after the other: tick, then everything it leads to. */
  async run(minutes: number): Promise<void> {
    for (let i = 0; i < minutes; i++) {
      await this.tick();
      await this.drain();
      this.now += MINUTE_MS;
    }
  }

  eventsOf(name: string): LogEvent[] {
    return this.events.filter(({ event }) => event === name);
  }

  /** The sum of a count over the events of a name. */
  sum(name: string, field: string): number {
    return this.eventsOf(name).reduce((sum, event) => sum + Number(event[field] ?? 0), 0);
  }

  forget(): void {
    this.calls.length = 0;
    this.events.length = 0;
    this.sent.length = 0;
    this.deliveries = 0;
  }
}
