/**
 * Runs the real tick and consumer minute by minute against the real D1, with a queue whose deliveries the test makes,
 * and providers that answer in API v2 from a table.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Message } from "../../../src/domain/message.ts";
import type { LogEvent, Ports } from "../../../src/ports.ts";
import { consume } from "../../../src/sync/consume.ts";
import { tick } from "../../../src/sync/tick.ts";
import { NOW } from "./database.ts";

export type Call = { readonly provider: string; readonly ids: readonly string[]; readonly at: number };

/** What a provider answers to one call, given the ids asked. Throwing stands for a connection that fails. */
export type Answering = (ids: readonly string[], fields: URLSearchParams) => unknown;

export const inProgress = (remains = 600): Record<string, unknown> => ({
  charge: "0.5",
  start_count: "10",
  status: "In progress",
  remains: String(remains),
  currency: "USD",
});

/** Answers a status for every id, in one object for a list. */
export function answeringEach(each: (id: string) => unknown): Answering {
  return (ids, fields) => (fields.has("orders") ? Object.fromEntries(ids.map((id) => [id, each(id)])) : each(ids[0] ?? ""));
}

export class Pipeline {
  now = NOW;
  readonly calls: Call[] = [];
  readonly events: LogEvent[] = [];
  readonly sent: Message[] = [];
  deliveries = 0;
  openCalls = 0;
  mostOpenCalls = 0;
  readonly providers = new Map<string, Answering>();
  readonly ports: Ports;
  readonly env: Env;

  constructor({ plan = "paid", db = env.DB }: { plan?: string; db?: D1Database } = {}) {
    this.ports = {
      now: () => this.now,
      fetch: (request) => this.#answer(request),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      log: (event) => void this.events.push(event),
    };
    const sendBatch = async (messages: Iterable<MessageSendRequest>): Promise<void> => {
      for (const { body } of messages) this.sent.push(body as Message);
    };
    this.env = { ...env, DB: db, PLAN: plan, SWEEPS: { sendBatch, send: (body: unknown) => sendBatch([{ body }]) } as unknown as Queue };
  }

  async #answer(request: Request): Promise<Response> {
    const provider = new URL(request.url).pathname.slice(1);
    const fields = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()));
    const ids = (fields.get("orders") ?? fields.get("order") ?? "").split(",").filter(Boolean);
    this.calls.push({ provider, ids, at: this.now });
    if (fields.get("action") === "balance") return Response.json({ balance: "100.84292", currency: "USD" });
    this.openCalls += 1;
    this.mostOpenCalls = Math.max(this.mostOpenCalls, this.openCalls);
    try {
      const answer = await (this.providers.get(provider) ?? answeringEach(() => inProgress()))(ids, fields);
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

  /** Delivers all that was sent, and what is sent by that, four times each at most. */
  async drain(): Promise<void> {
    for (let body = this.sent.shift(); body !== undefined; body = this.sent.shift()) {
      for (let attempts = 1; attempts <= 4; attempts++) if ((await this.deliver(body, attempts)) === "ack") break;
    }
  }

  /** Whole minutes, one after the other: tick, then everything it leads to. */
  async run(minutes: number): Promise<void> {
    for (let i = 0; i < minutes; i++) {
      await this.tick();
      await this.drain();
      this.now += 60_000;
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
