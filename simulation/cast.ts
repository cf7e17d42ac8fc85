/**
 * Who takes part in a run: providers with their bends, panels with their habits, and an operator.
 */
import type { ModeInput } from "../simulator/modes.ts";
import { placeOrder } from "../simulator/orders.ts";
import { changeProvider, type Provider, replaceProvider } from "../simulator/world.ts";
import { HastyPanel, type Panel, StubbornPanel } from "../test/panels/actors.ts";
import { ApiClient } from "../test/panels/client.ts";
import { LASTING_LIVES } from "../test/panels/lives.ts";
import type { ShopOrder } from "../test/panels/shop.ts";
import { type Json, RestClient } from "./client.ts";
import { Draws } from "./draws.ts";
import { FeedReader } from "./feed-reader.ts";
import { Process } from "./scheduler.ts";
import { HOST, type System } from "./system.ts";

/** Bends of the wire that a provider has for good; what they mean stays the same. */
const SHAPES: readonly string[] = [
  "error_http",
  "error_localised",
  "error_codes",
  "error_as_msg",
  "many_entry_error_string",
  "extra_ids",
  "no_many",
  "cap_many_error=20",
  "cap_many_silent=30",
  "success_status_field",
  "array_of_objects",
  "ids_as_strings",
  "numbers_as_numbers",
  "start_count_zero",
  "thousands_separators",
  "plus_sign",
  "negative_remains",
  "remains_exceeds_quantity",
  "charge_object",
  "charge_nine_decimals",
  "status_words",
  "bom",
  "php_warnings=plain",
  "content_type_html",
  "foreign_dates",
];

/** Trouble that comes and goes. */
const STORMS: readonly string[] = [
  "fails_with_error",
  "many_entry_dropped=7",
  "html_502/3",
  "html_login/2",
  "bot_check/3",
  "empty_body/2",
  "literal_null/4",
  "truncated_json/3",
  "rate_limit=5",
  "slow=4000",
  "hang/5",
  "lost_answer/3",
  "down",
  "down/2",
  "add_unreadable=page",
  "add_unreadable=reset/2",
  "services_unreadable=page",
];

/** The refund policies that the operator turns to. */
export const POLICIES = [
  {},
  { mode: "hold" },
  { mode: "auto", cap: "0.5" },
  { mode: "auto", canceled: "by_remains" },
  { mode: "auto", delay_minutes: 20 },
] as const;

export const PROVIDERS = ["acme", "basil", "cedar"] as const;

export type Cast = {
  readonly providers: readonly Provider[];
  readonly books: Books;
  readonly scripts: readonly Script[];
  readonly readers: readonly FeedReader[];
  readonly operator: Operator;
  /** The most calls a minute of those providers that mind. */
  readonly limits: ReadonlyMap<string, number>;
};

/** In connect mode the ids above are the product's own (api-v2.md). */
const CONNECT_IDS_FROM = 2_000_000_000;

/** An identical `add` is the same order for 120 s; the round trip takes its part of that. */
const SAME_FOR_MS = 110_000;

/** A panel's script, and the process that it runs in. */
export class Script {
  readonly id: string;
  readonly panel: Panel;
  readonly #door: "connect" | "catalogue";
  readonly #now: () => number;
  /** Since when it has been sending an order, by link. */
  readonly #unheard = new Map<string, number>();
  /**
   * Links of orders of which nothing can be asked: for so long it has heard nothing of them that by the protocol's own
   * rule it has ordered anew, or they are lost.
   */
  readonly excused = new Set<string>();
  #busy = false;

  constructor(id: string, panel: Panel, door: "connect" | "catalogue", now: () => number) {
    this.id = id;
    this.panel = panel;
    this.#door = door;
    this.#now = now;
  }

  /** One run of its cron. */
  async act(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const unsent = this.panel.shop.inState("unsent");
    await this.panel.act(this.#now());
    for (const order of unsent) {
      if (order.attempts === 0) continue;
      const since = this.#unheard.get(order.link) ?? order.attemptedAt;
      this.#unheard.set(order.link, since);
      if (this.#now() - since > SAME_FOR_MS) this.excused.add(order.link);
    }
    this.#busy = false;
  }

  /** Nobody knows any more what was sent and not answered since then, epoch ms. */
  excuseUnsent(since: number): void {
    for (const { link, attempts, attemptedAt } of this.panel.shop.inState("unsent")) {
      if (attempts > 0 && attemptedAt >= since) this.excused.add(link);
    }
  }

  /** Whether the order's id is one that only the product knows. */
  isOurs({ id }: ShopOrder): boolean {
    return this.#door === "catalogue" || (id ?? 0) > CONNECT_IDS_FROM;
  }

  /** Whatever was known of the order is gone: somebody has ended it by hand. */
  lose(order: ShopOrder): void {
    this.excused.add(order.link);
    if (order.state === "open") order.state = "ended";
  }
}

/** Puts the cast on stage, in good weather. */
export async function enter(system: System, seed: number, orders: number): Promise<Cast> {
  const draws = new Draws(seed, "cast");
  const client = new RestClient(system, new Process(system.scheduler, "operator"), new Draws(seed, "operator"));
  const keys = new Map<string, string>();
  for (const [id, money] of [
    ["books", "ledger"],
    ["hasty", "advice"],
    ["stubborn", draws.chance(0.5) ? "ledger" : "advice"],
  ] as const) {
    const { json } = await client.until("POST", "/v1/panels", { id, currency: "USD", money, allow_credit: money === "ledger" });
    keys.set(id, json.key as string);
  }
  const providers = [];
  const limits = new Map<string, number>();
  for (const [i, name] of PROVIDERS.entries()) {
    const shapes = Array.from({ length: draws.between(0, 4) }, () => draws.pick(SHAPES));
    const provider = replaceProvider(system.world, name, {
      modes: distinct(shapes),
      balance: "1000000",
      mix: i === 0 ? LASTING_LIVES : mixOf(draws),
    });
    const settings = {
      url: `http://127.0.0.1:9/${name}/api/v2`,
      key: provider.key,
      currency: "USD",
      brake: draws.chance(0.2) ? { share: 0.9, min_orders: 30 } : null,
      max_calls_per_minute: draws.chance(0.3) ? draws.between(10, 60) : null,
      timeout_ms: 3000,
    };
    if (settings.max_calls_per_minute !== null) limits.set(name, settings.max_calls_per_minute);
    await client.until("PUT", `/v1/providers/${name}`, settings);
    providers.push(provider);
  }
  await client.until("PUT", "/v1/services/1", {
    provider: "acme",
    service: "1",
    name: "Followers",
    rate: "1.234567",
    min: 1,
    max: 1_000_000,
  });
  const books = new Books(
    system,
    new RestClient(system, new Process(system.scheduler, "books"), new Draws(seed, "books-retries")),
    new Draws(seed, "books"),
    orders,
  );
  return {
    providers,
    books,
    scripts: [scriptOf(system, "hasty", HastyPanel, keys, "acme"), scriptOf(system, "stubborn", StubbornPanel, keys)],
    readers: ["books", "hasty", "stubborn"].map((panel) => new FeedReader(panel)),
    operator: new Operator(system, client, new Draws(seed, "decisions")),
    limits,
  };
}

/** A panel's script, pointed at the own catalogue or, with a provider, at that provider's door. */
function scriptOf(
  system: System,
  id: string,
  Kind: typeof HastyPanel | typeof StubbornPanel,
  keys: ReadonlyMap<string, string>,
  provider?: string,
): Script {
  const process = new Process(system.scheduler, id);
  const client = new ApiClient({
    url: `${HOST}/api/v2${provider === undefined ? "" : `/${provider}`}`,
    key: keys.get(id) ?? "",
    send: (request) => system.request(request, process),
    timeoutMs: 60_000,
  });
  return new Script(id, new Kind(id, new Map([["here", client]])), provider === undefined ? "catalogue" : "connect", () => system.now);
}

/** One of each mode, the last of those named. */
function distinct(modes: readonly string[]): ModeInput[] {
  return [...new Map(modes.map((mode) => [mode.split(/[=/]/)[0], mode])).values()] as ModeInput[];
}

function mixOf(draws: Draws) {
  return draws.chance(0.5) ? LASTING_LIVES : { ...LASTING_LIVES, reversal: 6, reopened: 4, taken_back: draws.chance(0.3) ? 4 : 0 };
}

/** Trouble breaks out at a provider, or blows over. */
export function changeWeather(provider: Provider, shapes: readonly string[], draws: Draws): string {
  const storm = draws.chance(0.55) ? [draws.pick(STORMS), ...(draws.chance(0.3) ? [draws.pick(STORMS)] : [])] : [];
  changeProvider(provider, { modes: distinct([...shapes, ...storm]) });
  return storm.join(", ") || "clear";
}

const ACCEPTED = 202;
/** The provider's order is on record already, for another order. */
const CONFLICT = 409;

/**
 * A panel that places its orders at providers by itself, and registers them over REST until each is acknowledged.
 */
export class Books {
  readonly #system: System;
  readonly #client: RestClient;
  readonly #draws: Draws;
  /** Orders still to be placed. */
  #left: number;
  #placed = 0;
  readonly #unacknowledged = new Map<string, Json>();
  /** What it has registered, by its own id, and when it last heard that it is on record. */
  readonly orders = new Map<string, { readonly registration: Json; heardAt: number }>();
  /** Since when orders are to be checked, where that was acknowledged. */
  readonly checkWanted = new Map<string, number>();
  busy = false;

  constructor(system: System, client: RestClient, draws: Draws, orders: number) {
    this.#system = system;
    this.#client = client;
    this.#draws = draws;
    this.#left = orders;
  }

  get rests(): boolean {
    return this.#left === 0 && this.#unacknowledged.size === 0;
  }

  /** Places some orders, and registers what is not acknowledged yet. */
  async act(share: number): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const count = Math.min(this.#left, Math.ceil(share));
    for (let i = 0; i < count; i++) this.#place();
    const waiting = [...this.#unacknowledged.values()].slice(0, 500);
    if (waiting.length > 0) {
      const answered = await this.#client.once("POST", "/v1/orders", waiting, this.#client.of("books"));
      for (const { id, result } of (answered?.json.results ?? []) as { id: string; result: string }[]) {
        const order = this.orders.get(id);
        if (order === undefined || (result !== "created" && result !== "exists")) continue;
        order.heardAt = this.#system.now;
        this.#unacknowledged.delete(id);
      }
    }
    if (this.#draws.chance(0.5)) await this.#ask();
    this.busy = false;
  }

  /** Wants an order checked, refilled or canceled. */
  async #ask(): Promise<void> {
    const ids = [...this.orders].flatMap(([id, { heardAt }]) => (heardAt === -Infinity ? [] : [id]));
    if (ids.length === 0) return;
    const [id, action] = [this.#draws.pick(ids), this.#draws.pick(["check", "check", "refill", "cancel"])];
    const at = this.#system.now;
    const answered = await this.#client.once("POST", `/v1/orders/${id}/${action}`, {}, this.#client.of("books"));
    if (action === "check" && answered?.status === ACCEPTED) this.checkWanted.set(id, at);
  }

  /** Registers again what was registered since then, epoch ms, as a panel is told to after a restore. */
  registerAgain(since: number): void {
    for (const [id, { registration, heardAt }] of this.orders) if (heardAt >= since) this.#unacknowledged.set(id, registration);
  }

  #place(): void {
    this.#left -= 1;
    const provider = this.#system.world.providers.get(this.#draws.pick(PROVIDERS));
    const service = provider?.catalogue[0];
    if (provider === undefined || service === undefined) throw new Error("there is nobody to place an order at");
    const quantity = this.#draws.between(1, 3000);
    const id = `b${++this.#placed}`;
    const link = `https://books.example/${id}`;
    const order = placeOrder(this.#system.world, provider, { service, link, quantity, placedAt: this.#system.now });
    const charge = quantity * this.#draws.between(1, 9000) + this.#draws.between(0, 999);
    const registration = {
      id,
      provider: provider.name,
      provider_order_id: order.id,
      quantity,
      charge: (charge / 1e6).toFixed(6),
      customer: `customer-${this.#draws.between(1, 5)}`,
      ...(this.#draws.chance(0.5) ? { service: "1", link } : {}),
    };
    this.#unacknowledged.set(id, registration);
    this.orders.set(id, { registration, heardAt: -Infinity });
  }
}

/** Looks after what only a person can decide. */
export class Operator {
  readonly #system: System;
  readonly #client: RestClient;
  readonly #draws: Draws;
  busy = false;
  decisions = 0;

  constructor(system: System, client: RestClient, draws: Draws) {
    this.#system = system;
    this.#client = client;
    this.#draws = draws;
  }

  /** A round: refunds that wait are decided, or left; now and then a policy changes, or a customer gets something. */
  async act(final: boolean): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (const panel of ["books", "hasty", "stubborn"]) {
      await this.#decide(panel, final);
      await this.#settle(panel);
    }
    if (final) await this.#releaseBrakes();
    else if (this.#draws.chance(0.3)) await this.#changePolicy();
    this.busy = false;
  }

  async #decide(panel: string, final: boolean): Promise<void> {
    const held = await this.#client.once("GET", "/v1/refunds?status=held&limit=100", undefined, this.#client.of(panel));
    for (const { id } of (held?.json.refunds ?? []) as { id: string }[]) {
      const verdict = this.#draws.chance(final ? 1 : 0.4) ? "approve" : this.#draws.chance(0.5) ? "reject" : null;
      if (verdict === null) continue;
      // A script of a panel that pays by what it is told needs the whole refund; rejections are for the books.
      const action = panel === "books" ? verdict : "approve";
      this.decisions += 1;
      await this.#client.once("POST", `/v1/refunds/${encodeURIComponent(id)}/${action}`, {}, this.#client.of(panel));
    }
  }

  /** Looks orders up at their provider, which only a person can. One that is there twice is another order's, or nobody's. */
  async #settle(panel: string): Promise<void> {
    const found = await this.#client.once("GET", "/v1/orders?flag=placing_unknown&limit=100", undefined, this.#client.of(panel));
    for (const { id, provider, link } of (found?.json.orders ?? []) as { id: string; provider: string; link: string }[]) {
      const orders = [...(this.#system.world.providers.get(provider)?.orders.values() ?? [])];
      const there = orders.filter((order) => order.link === link).map((order) => ({ provider_order_id: order.id }));
      for (const body of [...there, { drop: true }]) {
        const settled = await this.#client.once("POST", `/v1/orders/${encodeURIComponent(id)}/settle`, body, this.#client.of(panel));
        if (settled?.status !== CONFLICT) break;
      }
    }
  }

  async #releaseBrakes(): Promise<void> {
    for (const name of PROVIDERS) await this.#client.once("POST", `/v1/providers/${name}/brake`, { action: "release" });
  }

  async #changePolicy(): Promise<void> {
    const provider = this.#draws.pick(["basil", "cedar"]);
    await this.#client.once("PUT", `/v1/providers/${provider}/refund-policy`, this.#draws.pick(POLICIES));
  }
}
