/**
 * Panels on one side, simulated providers on the other, and between them panelsync on a real D1. Time is the test's
 * own, for panelsync and the providers alike; only waiting for a provider that is slow takes real time.
 */
import { applyD1Migrations, createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
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
  type World as Simulator,
} from "../../../simulator/world.ts";
import { handleRequest } from "../../../src/http/router.ts";
import type { LogEvent, Ports } from "../../../src/ports.ts";
import { ApiClient, type ClientSettings, type Json, type Send } from "../../panels/client.ts";
import type { Stage } from "../../panels/lives.ts";
import { deliveriesOf } from "../../panels/truth.ts";
import { answerProblem } from "./answer-check.ts";
import { type Answered, answeredOf, HOST } from "./asking.ts";
import { MINUTE_MS } from "./database.ts";
import { World } from "./world.ts";

export const START = Date.UTC(2026, 10, 21, 0, 5);

/** A call that went out to a provider, as it was sent. */
export interface Upstream {
  readonly provider: string;
  readonly fields: Readonly<Record<string, string>>;
}

const GIVES_UP_MS = 10_000;

/** Each answer of a provider comes when the script has given up. */
function slowed(ports: Ports): Ports {
  let waitedMs = 0;
  const fetch = async (request: Request): Promise<Response> => {
    const response = await ports.fetch(request);
    waitedMs += GIVES_UP_MS;
    return response;
  };
  return { ...ports, fetch, now: () => ports.now() + waitedMs };
}

export class SimulatedWorld extends World implements Stage {
  readonly simulator: Simulator;
  /** Every call to a provider, whatever its outcome. */
  readonly upstream: Upstream[] = [];
  readonly #keys = new Map<string, string>();
  readonly #retired = new Set<string>();
  #draws = 0;
  #tickedMinute = 0;
  #asked = 0;

  constructor(seed: number) {
    super({ now: START });
    this.simulator = createWorld({ seed, now: () => this.now });
    const provide = simulatorFetch(this.simulator, this.ports.wait);
    this.ports = {
      ...this.ports,
      fetch: async (request) => {
        this.upstream.push(await upstreamOf(request.clone()));
        return provide(request);
      },
      randomBytes: (length) => {
        const draws = drawsOf(seed, "bytes", this.#draws++);
        return Uint8Array.from({ length }, () => draws.between(0, 255));
      },
    };
  }

  static async open(seed: number): Promise<SimulatedWorld> {
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    return new SimulatedWorld(seed);
  }

  /** A request with what it leaves to be done after the answer. `changes` are to the bindings. */
  async handle(request: Request, changes: Partial<Env> = {}, ports: Ports = this.ports): Promise<Response> {
    const context = createExecutionContext();
    const response = await handleRequest(request, { ...this.env, ...changes }, context, ports);
    const body = await response.arrayBuffer();
    await waitOnExecutionContext(context);
    return new Response(body.byteLength === 0 ? null : body, { status: response.status, headers: response.headers });
  }

  override async fetch(request: Request): Promise<Answered> {
    const answered = await answeredOf(await this.handle(request));
    const problem = answerProblem(request, answered);
    if (problem !== null) throw new Error(problem);
    return answered;
  }

  readonly send: Send = (request) => this.handle(request);

  /** The same for a script that gives up after ten seconds: its providers take longer over every nth request. */
  givingUp(every: number): Send {
    let requests = 0;
    return async (request) => {
      requests += 1;
      if (requests % every !== 0) return this.handle(request);
      await this.handle(request, {}, slowed(this.ports));
      throw new TypeError("timed out");
    };
  }

  /** A request of the operator's, for one panel where it names one; each has an idempotency key of its own. */
  operate(method: string, path: string, body?: unknown, panel?: string): Promise<Answered> {
    this.#asked += 1;
    const headers = { "Idempotency-Key": `asked-${this.#asked}` };
    return this.ask(method, path, { headers, ...(body === undefined ? {} : { body }), ...(panel === undefined ? {} : { panel }) });
  }

  /** As `operate`, for what has to work if the test is to mean anything. */
  async must(method: string, path: string, body?: unknown, panel?: string): Promise<Answered> {
    const answered = await this.operate(method, path, body, panel);
    if (answered.status >= 300) throw new Error(`${method} ${path}: ${answered.status} ${answered.text}`);
    return answered;
  }

  async addPanel(id: string, money: "advice" | "ledger" = "advice", deposit?: string): Promise<void> {
    const { json } = await this.must("POST", "/v1/panels", { id, role: "shop", currency: "USD", money });
    this.#keys.set(id, json.key as string);
    if (deposit !== undefined) await this.must("POST", "/v1/customers/@panel/credits", { amount: deposit, reference: "paid in" }, id);
  }

  /** A provider in the simulator, and the operator's settings for it. */
  async addProvider(name: string, simulated: ProviderSettings = {}, settings: Record<string, Json> = {}): Promise<Provider> {
    const provider = replaceProvider(this.simulator, name, simulated);
    const url = `https://providers.example/${name}/api/v2`;
    await this.must("PUT", `/v1/providers/${name}`, { url, key: provider.key, currency: "USD", brake: null, ...settings });
    return provider;
  }

  /** A panel's key, for calls that no client of the tests makes. */
  panelKey(panel: string): string {
    return this.#keys.get(panel) ?? "no such panel";
  }

  /** A panel's script, pointed at `/api/v2` or, with a provider, at `/api/v2/{provider}`. */
  client(panel: string, provider?: string, { slash = false, ...changes }: Partial<ClientSettings> & { slash?: boolean } = {}): ApiClient {
    const url = `${HOST}/api/v2${provider === undefined ? "" : `/${provider}`}${slash ? "/" : ""}`;
    return new ApiClient({ url, key: this.#keys.get(panel) ?? "no such panel", send: this.send, ...changes });
  }

  /** The same script pointed at the provider itself. */
  direct(provider: string, changes: Partial<ClientSettings> = {}): ApiClient {
    const { key } = this.simulated(provider);
    return new ApiClient({ url: `https://providers.example/${provider}/api/v2`, key, send: simulatorFetch(this.simulator), ...changes });
  }

  simulated(name: string): Provider {
    const provider = this.simulator.providers.get(name);
    if (provider === undefined) throw new RangeError(`no provider is called ${name}`);
    return provider;
  }

  modes(provider: string, ...modes: readonly ModeInput[]): void {
    changeProvider(this.simulated(provider), { modes });
  }

  /** From now on the order at the provider is in this state; told to the letter where the words are not canonical. */
  script(provider: string, id: Json, state: Readonly<Record<string, Json>>): void {
    const order = this.simulated(provider).orders.get(String(id as string | number));
    if (order === undefined) throw new RangeError(`${provider} has no order ${JSON.stringify(id)}`);
    order.life = scriptedLife(order, [{ at_ms: this.now, ...state }], this.now);
  }

  /** Every provider is well again, and none is asked any more: a test does not wait for those of the tests before. */
  async retireAll(): Promise<void> {
    for (const name of this.simulator.providers.keys()) {
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
    await this.tick();
    await this.drain();
  }

  /** Minute by minute. */
  async pass(minutes: number): Promise<void> {
    for (let n = 0; n < minutes; n++) await this.goTo(this.now + MINUTE_MS);
  }

  /** Orders whose placement could not be confirmed. */
  async unknown(panel: string): Promise<{ id: string; provider: string; link: string }[]> {
    return (await this.must("GET", "/v1/orders?flag=placing_unknown", undefined, panel)).json.orders;
  }

  /** The operator looks at the provider's own list: an order that is there is attached, any other dropped. */
  async settle(): Promise<void> {
    const deliveries = deliveriesOf(this.simulator);
    for (const panel of this.#keys.keys()) {
      for (const { id, provider, link } of await this.unknown(panel)) {
        const found = deliveries.get(link)?.find((delivery) => delivery.provider === provider);
        const settled = found ? { provider_order_id: found.order.id } : { drop: true };
        await this.must("POST", `/v1/orders/${encodeURIComponent(id)}/settle`, settled, panel);
      }
    }
  }

  /** What must never be in the log: unforeseen failures, and a ledger that does not add up. */
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
