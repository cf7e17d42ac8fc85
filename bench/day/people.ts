/** Who uses the product in a day: a shop's script, a site of its own with webhooks, customers, support and the operator. */
import { placeOrder } from "../../simulator/orders.ts";
import type { Order, Provider } from "../../simulator/world.ts";
import { Draws } from "../../simulation/draws.ts";
import { Process } from "../../simulation/scheduler.ts";
import { ADMIN_TOKEN, HOST, MINUTE_MS, type System } from "../../simulation/system.ts";
import { decimalOf } from "../../scripts/demo/money.ts";
import { tokenFor } from "../token.ts";
import { lifeFrom } from "./lives.ts";
import type { FreePlan } from "./limits.ts";

/** The panel of the script, which buys at the first provider, and the one of the site, which buys at both others. */
export const SHOP = "shop";
export const SITE = "site";
const SHOP_SHARE = 60;
const CHARGE_MICROS_A_UNIT = 900n;
/** How the script asks: a hundred orders a call, twice a minute; or fifty calls a minute, of an order each. */
export type Asking = "in batches" | "order by order";
const LISTS_A_MINUTE = 2;
const IDS_A_LIST = 100;
const SINGLES_A_MINUTE = 50;
/** A page of an order asks again while it is open. */
const LOOKS_OF_A_VISIT = 6;
const LOOK_EVERY_MS = 45_000;
/** What was refused is tried again, some of it in each minute. */
const RETRIES_A_MINUTE = 20;
const OK = 200;
const FINAL_WORDS: ReadonlySet<string> = new Set(["Completed", "Partial", "Canceled", "Refunded"]);

/** An order as its panel has it. */
export type Owned = { readonly panel: string; readonly id: string; readonly provider: string; readonly order: Order };

type Sent = { readonly body?: string; readonly headers?: Readonly<Record<string, string>> };
export type Answer = { readonly status: number; readonly text: string };

export class People {
  readonly #system: System;
  readonly #plan: FreePlan;
  readonly #draws: Draws;
  readonly #providers: readonly Provider[];
  /** Keys, by panel; and the secret that the site signs tokens with. */
  readonly #keys = new Map<string, string>();
  #tokenSecret = "";
  #hookUrl = "";
  readonly owned: Owned[] = [];
  /** Orders that the product has taken: its answer to their panel said so. */
  readonly taken = new Set<Owned>();
  /** What the last answer to a site was whose order was not taken; it tries again. */
  readonly refusals = new Map<Owned, string>();
  /** What the script asks after, in turns: ids at the provider. */
  #asked: string[] = [];
  /** Orders of which the end was heard: by the script's questions, or the site's webhooks. */
  readonly heard = new Set<string>();
  /** New orders that were refused, and are tried again. */
  readonly #waiting: (() => Promise<boolean>)[] = [];
  placed = 0;
  putOff = 0;
  webhooks = 0;
  readonly alerts: string[] = [];
  readonly answers = new Map<string, number>();

  constructor(system: System, plan: FreePlan, providers: readonly Provider[]) {
    this.#system = system;
    this.#plan = plan;
    this.#providers = providers;
    this.#draws = new Draws(1, "people");
  }

  async setUp(): Promise<void> {
    for (const id of [SHOP, SITE]) {
      const { key } = await this.#asOperator<{ key: string }>("POST", "/v1/panels", { id, role: "shop", currency: "USD", money: "advice" });
      this.#keys.set(id, key);
    }
    for (const { name, key } of this.#providers)
      await this.#asOperator("PUT", `/v1/providers/${name}`, { url: `http://127.0.0.1:9/${name}/api/v2`, key, currency: "USD" });
    const last = this.#providers.at(-1)?.name ?? "";
    this.#hookUrl = (await this.#asOperator<{ url: string }>("POST", `/v1/providers/${last}/hook`, {})).url;
    this.#tokenSecret = (await this.#asOperator<{ secret: string }>("POST", `/v1/panels/${SITE}/token-secret`)).secret;
    this.#system.receivers.set("/site", async (request) => {
      this.webhooks += 1;
      for (const change of JSON.parse(await request.text()).data?.changes ?? [])
        this.#hear(String(change.order_id), String(change.data?.status));
      return new Response(null, { status: OK });
    });
    this.#system.receivers.set("/operator", async (request) => {
      this.alerts.push(await request.text());
      return new Response(null, { status: OK });
    });
    await this.#asOperator("PUT", "/v1/alert-channels/phone", { type: "ntfy", url: "http://127.0.0.1:8/operator" });
  }

  /** From now on: what was registered before is no news. */
  async follow(): Promise<void> {
    await this.#asOperator("POST", "/v1/webhooks", { url: "http://127.0.0.1:8/site" }, { Panel: SITE });
  }

  #hear(id: string, status: string): void {
    if (["completed", "partial", "canceled", "refunded"].includes(status)) this.heard.add(`${SITE}/${id}`);
  }

  /** Places an order at its provider as it was placed at some moment before now, with a life of its own. */
  place(placedAt: number, life: Order["life"], panel = this.#anyPanel()): Owned {
    const provider = this.#providerOf(panel);
    const order = placeOrder(this.#system.world, provider, { ...this.#request(provider, life.quantity), placedAt });
    order.life = life;
    return this.#own(panel, provider.name, order);
  }

  #own(panel: string, provider: string, order: Order): Owned {
    // The script has its provider's ids; the site has ids of its own.
    const owned = { panel, id: panel === SHOP ? order.id : `${provider}-${order.id}`, provider, order };
    this.owned.push(owned);
    // The script has heard of what ended before.
    if (panel === SHOP && (order.life.steps.at(-1)?.at ?? 0) > this.#system.now) this.#asked.push(order.id);
    return owned;
  }

  #anyPanel(): string {
    return this.#draws.between(1, 100) <= SHOP_SHARE ? SHOP : SITE;
  }

  #providerOf(panel: string): Provider {
    const provider = this.#providers[panel === SHOP ? 0 : this.#draws.chance(0.75) ? 1 : 2];
    if (provider === undefined) throw new Error("there are three providers");
    return provider;
  }

  #request(provider: Provider, quantity: number) {
    const service = provider.catalogue[0];
    if (service === undefined) throw new Error("the provider sells nothing");
    return { service, quantity, link: `https://social.example/p/${this.#draws.next()}` };
  }

  /** Registers orders that were placed before. */
  async register(some: readonly Owned[], panel: string): Promise<void> {
    const answer = await this.#send("POST", "/v1/orders", this.#keys.get(panel) ?? "", { body: JSON.stringify(some.map(registrationOf)) });
    const { results = [] } = JSON.parse(answer.text) as { results?: readonly { result: string }[] };
    for (const owned of some) this.taken.add(owned);
    if (results.length !== some.length || results.some(({ result }) => result !== "created")) throw new Error(answer.text.slice(0, 500));
  }

  /** What the overview said last of the day so far. */
  toldOfDay = { rows_written: 0, queue_operations: 0 };

  async #readOverview(): Promise<void> {
    const { text } = await this.#send("GET", "/v1/overview", ADMIN_TOKEN);
    const { day } = parsed(text) as { day?: Record<keyof People["toldOfDay"], { readonly used: number }> };
    if (day !== undefined) this.toldOfDay = { rows_written: day.rows_written.used, queue_operations: day.queue_operations.used };
  }

  /** A customer orders now. What is refused is tried again in a minute. */
  buy(quantity: number): void {
    const panel = this.#anyPanel();
    const life = lifeFrom(this.#system.now, quantity, this.#draws);
    if (panel === SHOP) return this.#try(() => this.#add(this.#providerOf(panel), life));
    const owned = this.place(this.#system.now, life, panel);
    this.#try(async () => {
      const { status, text } = await this.#send("POST", "/v1/orders", this.#keys.get(panel) ?? "", {
        body: JSON.stringify([registrationOf(owned)]),
      });
      const [result] = (parsed(text) as { results?: readonly { result: string; error?: { code: string } }[] }).results ?? [];
      // One whose answer was lost is there when it is tried again.
      const isTaken = result?.result === "created" || result?.result === "exists";
      if (isTaken) this.taken.add(owned);
      else
        this.refusals.set(
          owned,
          `${status} ${result?.error?.code ?? (parsed(text) as { error?: { code?: string } }).error?.code ?? ""}`.trim(),
        );
      return isTaken;
    });
  }

  /** New orders that are still to be tried again. */
  get waiting(): number {
    return this.#waiting.length;
  }

  #try(work: () => Promise<boolean>): void {
    void work().then((isDone) => {
      if (isDone) this.placed += 1;
      else {
        this.putOff += 1;
        this.#waiting.push(work);
      }
    });
  }

  async #add(provider: Provider, life: Order["life"]): Promise<boolean> {
    const { service, quantity, link } = this.#request(provider, life.quantity);
    const { text } = await this.#ask(SHOP, provider.name, {
      action: "add",
      service: String(service.service),
      link,
      quantity: String(quantity),
    });
    const { order: id } = parsed(text) as { order?: number | string };
    const order = provider.orders.get(String(id));
    if (order === undefined) return false;
    order.life = life;
    this.taken.add(this.#own(SHOP, provider.name, order));
    return true;
  }

  /** All that happens in a minute, each in a moment of its own. */
  act(asking: Asking, visits: number, minute: number): void {
    for (const work of this.#waiting.splice(0, RETRIES_A_MINUTE)) this.#soon(async () => this.#try(work));
    const calls = asking === "in batches" ? LISTS_A_MINUTE : SINGLES_A_MINUTE;
    for (let i = 0; i < calls; i++) this.#soon(() => this.#script(asking === "in batches" ? IDS_A_LIST : 1));
    for (let i = 0; i < visits; i++) this.#soon(() => this.#visit());
    // Support checks an order four times an hour, and the operator has the console open for an hour of each six.
    if (minute % 15 === 7) this.#soon(() => this.#support());
    if (minute % 360 >= 300) this.#soon(() => this.#readOverview());
  }

  #soon(work: () => Promise<unknown>): void {
    this.#system.scheduler.in(this.#draws.between(0, MINUTE_MS - 1), () => void work().catch(() => this.#count("failed")));
  }

  /** The provider with webhooks tells of orders that have ended. */
  hint({ order }: Owned): void {
    this.#system.scheduler.in(
      1000,
      () => void this.#send("POST", new URL(this.#hookUrl).pathname, null, { body: JSON.stringify({ order: order.id }) }),
    );
  }

  get providerWithHook(): string {
    return this.#providers.at(-1)?.name ?? "";
  }

  /** The script's cron: the orders that it has asked after the longest ago. */
  async #script(count: number): Promise<void> {
    const ids = this.#asked.splice(0, count);
    if (ids.length === 0) return;
    const list: Readonly<Record<string, string>> = count === 1 ? { order: ids.join(",") } : { orders: ids.join(",") };
    const { status, text } = await this.#ask(SHOP, this.#providers[0]?.name ?? "", { action: "status", ...list });
    const answer = status === OK ? (parsed(text) as Record<string, { status?: string }>) : {};
    const told = count === 1 ? { [ids[0] ?? ""]: answer as { status?: string } } : answer;
    for (const id of ids) {
      if (FINAL_WORDS.has(told[id]?.status ?? "")) this.heard.add(`${SHOP}/${id}`);
      else this.#asked.push(id);
    }
  }

  /** A customer looks at one of the newest orders of the site, or at any, with a token; the page asks again while it is open. */
  async #visit(): Promise<void> {
    const own = this.owned.filter(({ panel }) => panel === SITE).slice(this.#draws.chance(0.8) ? -500 : 0);
    const { id } = this.#draws.pick(own);
    const token = tokenFor(SITE, id, this.#tokenSecret, this.#system.now);
    for (let i = 0; i < LOOKS_OF_A_VISIT; i++)
      this.#system.scheduler.in(i * LOOK_EVERY_MS, () => void this.#send("GET", `/v1/orders/${id}?token=${token}`, null));
  }

  async #support(): Promise<void> {
    const { id, panel } = this.#draws.pick(this.owned);
    if (panel === SITE) await this.#send("POST", `/v1/orders/${id}/check`, this.#keys.get(SITE) ?? "", { body: "{}" });
  }

  async #asOperator<T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const { status, text } = await this.#send(method, path, ADMIN_TOKEN, {
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers,
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return (text === "" ? {} : JSON.parse(text)) as T;
  }

  #ask(panel: string, provider: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const form = new URLSearchParams({ key: this.#keys.get(panel) ?? "", ...fields }).toString();
    return this.#send("POST", `/api/v2/${provider}`, null, {
      body: form,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    });
  }

  /** What the platform refuses comes back as 429, as its error 1027 does. */
  async #send(method: string, path: string, key: string | null, sent: Sent = {}): Promise<Answer> {
    const { body, headers = {} } = sent;
    if (!this.#plan.takesRequests) {
      this.#plan.note("requests");
      return { status: 429, text: "" };
    }
    const init = { method, headers: { ...headers, ...(key === null ? {} : { Authorization: `Bearer ${key}` }) } };
    try {
      const client = new Process(this.#system.scheduler, "client");
      const response = await this.#system.request(new Request(HOST + path, body === undefined ? init : { ...init, body }), client);
      this.#count(
        `${method} ${path
          .split("?")[0]
          ?.replaceAll(/\d{3,}/g, "n")
          .replace(/(hooks\/\w+)\/.*/, "$1")} ${response.status}`,
      );
      return { status: response.status, text: await response.text() };
    } catch {
      this.#count("no answer");
      return { status: 0, text: "" };
    }
  }

  #count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }
}

function registrationOf({ id, provider, order }: Owned) {
  return {
    id,
    provider,
    provider_order_id: order.id,
    quantity: order.life.quantity,
    charge: decimalOf(BigInt(order.life.quantity) * CHARGE_MICROS_A_UNIT),
    service: String(order.service),
    link: order.link,
    placed_at: new Date(order.placedAt).toISOString(),
  };
}

/** JSON, or nothing where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
