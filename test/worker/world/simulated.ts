/**
 * Panels on one side, simulated providers on the other, and between them the real doors on a real D1. Time is the
 * scene's own, for panelsync and the providers alike; only waiting for a provider that is slow takes real time.
 */
import { applyD1Migrations, createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { drawsOf } from "../../../simulator/draws.ts";
import { simulatorFetch } from "../../../simulator/fetch.ts";
import type { ModeInput } from "../../../simulator/modes.ts";
import { scriptedLife } from "../../../simulator/scripts.ts";
import {
  changeProvider,
  createWorld,
  type Provider,
  type ProviderSettings,
  replaceProvider,
  type World,
} from "../../../simulator/world.ts";
import { handleRequest } from "../../../src/http/router.ts";
import type { LogEvent, Ports } from "../../../src/ports.ts";
import { consume } from "../../../src/sync/consume.ts";
import { tick } from "../../../src/sync/tick.ts";
import { ApiClient, type ClientSettings, type Json, type Send } from "../../panels/client.ts";
import type { Stage } from "../../panels/lives.ts";
import { deliveriesOf } from "../../panels/truth.ts";

export const START = Date.UTC(2026, 10, 21, 0, 5);
const MINUTE_MS = 60_000;
const HOST = "https://panelsync.example";
const ADMIN = "test-admin-token-0123456789";
/** A message is delivered four times at most, as the queue is configured. */
const MAX_DELIVERIES = 4;

/** A call that went out to a provider, as it was sent. */
export interface Upstream {
  readonly provider: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly status: number;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test says of each answer what it must be
  readonly json: any;
}

export class DoorScene implements Stage {
  now = START;
  readonly world: World;
  /** Every call to a provider, whatever became of it. */
  readonly upstream: Upstream[] = [];
  readonly events: LogEvent[] = [];
  readonly #keys = new Map<string, string>();
  readonly #retired = new Set<string>();
  readonly #queue: unknown[] = [];
  readonly #ports: Ports;
  readonly #env: Env;
  #draws = 0;
  #tickedMinute = 0;
  #asked = 0;

  constructor(seed: number) {
    this.world = createWorld({ seed, now: () => this.now });
    const provide = simulatorFetch(this.world, (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    this.#ports = {
      now: () => this.now,
      fetch: async (request) => {
        this.upstream.push(await upstreamOf(request.clone()));
        return provide(request);
      },
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      randomBytes: (length) => {
        const draws = drawsOf(seed, "bytes", this.#draws++);
        return Uint8Array.from({ length }, () => draws.between(0, 255));
      },
      log: (event) => void this.events.push(event),
    };
    const sendBatch = (messages: Iterable<MessageSendRequest>): Promise<void> => {
      for (const { body } of messages) this.#queue.push(structuredClone(body));
      return Promise.resolve();
    };
    const send = (body: unknown): Promise<void> => sendBatch([{ body }]);
    this.#env = { ...env, PLAN: "paid", SWEEPS: { send, sendBatch } as unknown as Queue };
  }

  static async open(seed: number): Promise<DoorScene> {
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    return new DoorScene(seed);
  }

  /** A request through the HTTP door, with what it leaves to be done after the answer. `changes` are to the bindings. */
  async handle(request: Request, changes: Partial<Env> = {}): Promise<Response> {
    const context = createExecutionContext();
    const response = await handleRequest(request, { ...this.#env, ...changes }, context, this.#ports);
    const body = await response.arrayBuffer();
    await waitOnExecutionContext(context);
    return new Response(body.byteLength === 0 ? null : body, { status: response.status, headers: response.headers });
  }

  readonly send: Send = (request) => this.handle(request);

  /** A request of the operator's, for one panel where it names one. */
  async ask(method: string, path: string, body?: unknown, panel?: string): Promise<Asked> {
    this.#asked += 1;
    const headers = new Headers({ Authorization: `Bearer ${ADMIN}`, "Idempotency-Key": `asked-${this.#asked}` });
    if (panel !== undefined) headers.set("Panel", panel);
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await this.handle(new Request(HOST + path, init));
    const text = await response.text();
    return { status: response.status, text, json: text.startsWith("{") ? JSON.parse(text) : null };
  }

  /** As `ask`, for what has to work if the test is to mean anything. */
  async must(method: string, path: string, body?: unknown, panel?: string): Promise<Asked> {
    const asked = await this.ask(method, path, body, panel);
    if (asked.status >= 300) throw new Error(`${method} ${path}: ${asked.status} ${asked.text}`);
    return asked;
  }

  async addPanel(id: string, money: "advice" | "ledger" = "advice", deposit?: string): Promise<void> {
    const { json } = await this.must("POST", "/v1/panels", { id, currency: "USD", money });
    this.#keys.set(id, json.key as string);
    if (deposit !== undefined) await this.must("POST", "/v1/customers/@panel/credits", { amount: deposit, reference: "paid in" }, id);
  }

  /** A provider in the simulator, and the operator's settings for it. */
  async addProvider(name: string, simulated: ProviderSettings = {}, settings: Record<string, Json> = {}): Promise<Provider> {
    const provider = replaceProvider(this.world, name, simulated);
    const url = `https://providers.example/${name}/api/v2`;
    await this.must("PUT", `/v1/providers/${name}`, { url, key: provider.key, currency: "USD", brake: null, ...settings });
    return provider;
  }

  /** A panel's script, pointed at `/api/v2` or, with a provider, at `/api/v2/{provider}`. */
  client(panel: string, provider?: string, { slash = false, ...changes }: Partial<ClientSettings> & { slash?: boolean } = {}): ApiClient {
    const url = `${HOST}/api/v2${provider === undefined ? "" : `/${provider}`}${slash ? "/" : ""}`;
    return new ApiClient({ url, key: this.#keys.get(panel) ?? "no such panel", send: this.send, ...changes });
  }

  /** The same script pointed at the provider itself. */
  direct(provider: string, changes: Partial<ClientSettings> = {}): ApiClient {
    const { key } = this.provider(provider);
    return new ApiClient({ url: `https://providers.example/${provider}/api/v2`, key, send: simulatorFetch(this.world), ...changes });
  }

  provider(name: string): Provider {
    const provider = this.world.providers.get(name);
    if (provider === undefined) throw new RangeError(`no provider is called ${name}`);
    return provider;
  }

  modes(provider: string, ...modes: readonly ModeInput[]): void {
    changeProvider(this.provider(provider), { modes });
  }

  /** From now on the order at the provider is in this state; told to the letter where the words are not canonical. */
  script(provider: string, id: Json, state: Readonly<Record<string, Json>>): void {
    const order = this.provider(provider).orders.get(String(id as string | number));
    if (order === undefined) throw new RangeError(`${provider} has no order ${JSON.stringify(id)}`);
    order.life = scriptedLife(order, [{ at_ms: this.now, ...state }], this.now);
  }

  /** Every provider is well again, and none is asked any more: a test does not wait for those of the tests before. */
  async retireAll(): Promise<void> {
    for (const name of this.world.providers.keys()) {
      if (this.#retired.has(name)) continue;
      this.#retired.add(name);
      this.modes(name);
      await this.must("PUT", `/v1/providers/${name}`, { enabled: false });
    }
  }

  /** What goes out to providers meanwhile; with `action`, of that action alone. */
  async during(act: () => Promise<unknown>, action?: string): Promise<readonly Upstream[]> {
    const before = this.upstream.length;
    await act();
    return this.upstream.slice(before).filter(({ fields }) => action === undefined || fields["action"] === action);
  }

  /** One tick a call at most: what lies between is made up by it, as long as it is no more than 15 minutes. */
  async goTo(time: number): Promise<void> {
    this.now = Math.max(this.now, time);
    const minute = Math.floor(this.now / MINUTE_MS);
    if (minute === this.#tickedMinute) return;
    this.#tickedMinute = minute;
    await tick(this.#env, this.#ports, this.now);
    await this.drain();
  }

  /** Minute by minute. */
  async pass(minutes: number): Promise<void> {
    for (let n = 0; n < minutes; n++) await this.goTo(this.now + MINUTE_MS);
  }

  /** Delivers all that was sent to the queue, and what is sent by that. */
  async drain(): Promise<void> {
    for (let n = 0; this.#queue.length > 0; n++) {
      const body = this.#queue.shift();
      for (let attempts = 1; attempts <= MAX_DELIVERIES; attempts++) {
        const message = { id: `m${this.now}-${n}`, timestamp: new Date(this.now), body, attempts };
        const batch = createMessageBatch("panelsync-sweeps", [message]);
        await consume(batch, this.#env, this.#ports);
        const { retryMessages } = await getQueueResult(batch, createExecutionContext());
        if (retryMessages.length === 0) break;
      }
    }
  }

  /** The ids of orders of which nobody knows whether they were placed. */
  async unknown(panel: string): Promise<{ id: string; provider: string; link: string }[]> {
    return (await this.must("GET", "/v1/orders?flag=placing_unknown", undefined, panel)).json.orders;
  }

  /** The operator looks at the provider's own list: an order that is there is attached, any other dropped. */
  async settle(): Promise<void> {
    const deliveries = deliveriesOf(this.world);
    for (const panel of this.#keys.keys()) {
      for (const { id, provider, link } of await this.unknown(panel)) {
        const found = deliveries.get(link)?.find((delivery) => delivery.provider === provider);
        const settled = found ? { provider_order_id: found.order.id } : { drop: true };
        await this.must("POST", `/v1/orders/${encodeURIComponent(id)}/settle`, settled, panel);
      }
    }
  }

  /** What must never be in the log: failures nobody foresaw, and books that do not add up. */
  troubles(): LogEvent[] {
    const bad = new Set(["http.failed", "message.failed", "message.dead", "books.mismatch"]);
    return this.events.filter(({ event }) => bad.has(event));
  }
}

async function upstreamOf(request: Request): Promise<Upstream> {
  const { pathname, searchParams } = new URL(request.url);
  const body = new TextDecoder().decode(await request.arrayBuffer());
  const fields = new URLSearchParams([...searchParams, ...new URLSearchParams(body)]);
  return { provider: pathname.split("/")[1] ?? "", fields: Object.fromEntries(fields) };
}

/** Settings for a provider that is to keep us waiting, which takes real time; any other has all the time it may want. */
export function patienceWith(mode?: ModeInput): Record<string, Json> {
  return typeof mode === "string" && /^(hang|slow)/.test(mode) ? { timeout_ms: 200 } : {};
}

/** D1 of which every call fails. */
export function brokenDb(): D1Database {
  const refuse = (): never => {
    throw new Error("D1_ERROR: Network connection lost.");
  };
  return Object.assign(Object.create(null), { prepare: refuse, batch: refuse, exec: refuse, withSession: refuse });
}
