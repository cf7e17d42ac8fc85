/**
 * An operator's whole set-up in one process: the real HTTP API over a real SQLite, simulated providers behind it, and panels
 * with orders in every state. It can be put back to how it began.
 */
import { databaseOver } from "../../../../simulation/database.ts";
import { restoreDatabase, type Saved, saveDatabase } from "../../../../simulation/restore.ts";
import { readSchema } from "../../../../simulation/schema.ts";
import { SqliteBackend, type Statement } from "../../../../simulation/sqlite.ts";
import { simulatorFetch } from "../../../../simulator/fetch.ts";
import type { Status } from "../../../../simulator/course.ts";
import { placeOrder } from "../../../../simulator/orders.ts";
import { changeProvider, createWorld, type Order, type Provider, type World } from "../../../../simulator/world.ts";
import type { Message } from "../../../../src/domain/message.ts";
import { handleRequest } from "../../../../src/http/router.ts";
import type { LogEvent, Ports } from "../../../../src/ports.ts";
import { secretsOf } from "../../../../src/secrets/secrets.ts";
import { consume } from "../../../../src/sync/consume.ts";

export const ADMIN_TOKEN = "the-operators-token-9f8e7d6c5b4a";
/** 32 bytes, 0x40 to 0x5f. */
const ENCRYPTION_KEYS = "1:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
export const HOST = "http://127.0.0.1";
/** Where webhooks are taken. */
const RECEIVER = "/receiver";
const STARTS_AT = Date.UTC(2026, 10, 21, 12);
const MINUTE_MS = 60_000;

export const PROVIDERS = ["acme", "basil", "cedar", "dill"] as const;
/** What each sells of the own catalogue stands in `addCatalogue`. */
export const OWN_SERVICES = ["1", "2", "3", "4"] as const;

/** A panel, with ids of its own to try things on. `marker` stands in what it alone may see, and in no id. */
export type PanelFacts = {
  readonly id: string;
  readonly money: "advice" | "ledger";
  readonly key: string;
  /** The id of another key of the panel's. */
  readonly spareKey: string;
  /** Of the webhook of `acme`, which is nobody's but the provider's. */
  readonly hookToken: string;
  readonly marker: string;
  readonly customers: readonly string[];
  readonly orders: readonly string[];
  readonly refunds: readonly string[];
  /** Refunds that wait for a person. */
  readonly held: readonly string[];
  /** Orders that were refunded in part or in full. */
  readonly refunded: readonly string[];
  /** Orders with some of their charge left to give. */
  readonly refundable: readonly string[];
  readonly refillable: readonly string[];
  readonly cancelable: readonly string[];
  /** Orders of which nobody knows whether their provider took them. */
  readonly doubtful: readonly string[];
  /** Ids at `acme` of orders that came by its API v2 endpoint, the first of them pending and the second refilled; and of its refills. */
  readonly connected: readonly string[];
  readonly refills: readonly string[];
  /** Ids of its webhooks. */
  readonly webhooks: readonly string[];
  /** Orders bought from the own catalogue, the first of them pending and the second refilled. */
  readonly bought: readonly string[];
};

/** How a provider's next answers come. `{key}` in a body is the provider's own key. */
export type Upstream =
  | { readonly kind: "well" }
  | { readonly kind: "reset" }
  | { readonly kind: "instead"; readonly status: number; readonly body: string }
  | { readonly kind: "changed"; readonly change: (body: string) => string };

type Row = Readonly<Record<string, unknown>>;
type Json = Record<string, unknown>;

export class Operation {
  now = STARTS_AT;
  readonly logs: LogEvent[] = [];
  readonly queued: Message[] = [];
  readonly backend = new SqliteBackend(readSchema());
  readonly world: World;
  upstream: Upstream = { kind: "well" };
  /** Calls that providers have got. */
  calls = 0;
  /** Whatever nobody but its owner may read: no answer and no log has it. */
  readonly secrets = new Set<string>([ADMIN_TOKEN]);
  #drawn = 0;
  #began: { readonly now: number; readonly drawn: number; readonly database: Saved; readonly providers: readonly Provider[] } | null = null;
  #cleanAt = "";
  readonly #provide: (request: Request) => Promise<Response>;
  readonly #env: Env;
  readonly #ports: Ports;

  constructor() {
    this.world = createWorld({ seed: 7, now: () => this.now, providers: Object.fromEntries(PROVIDERS.map((name) => [name, {}])) });
    this.#provide = simulatorFetch(this.world, async (ms) => this.#pass(ms));
    const send = async (body: unknown): Promise<void> => void this.queued.push(structuredClone(body) as Message);
    const sendBatch = async (messages: Iterable<MessageSendRequest>): Promise<void> => {
      for (const { body } of messages) await send(body);
    };
    this.#env = {
      DB: databaseOver(async (statements: readonly Statement[]) => this.backend.run(statements)),
      SWEEPS: { send, sendBatch } as unknown as Env["SWEEPS"],
      DEAD: { send, sendBatch } as unknown as Env["SWEEPS"],
      PLAN: "paid",
      ADMIN_TOKEN,
      ENCRYPTION_KEYS,
      ALLOW_PRIVATE_URLS: "1",
      HEARTBEAT_URL: "",
      ARCHIVE_AFTER_DAYS: "",
      FAILED_KEYS: { limit: () => Promise.resolve({ success: true }) },
    };
    this.#ports = {
      now: () => this.now,
      wait: async (ms) => this.#pass(ms),
      secrets: secretsOf(ENCRYPTION_KEYS),
      randomBytes: (length) => Uint8Array.from({ length }, () => this.#byte()),
      log: (event) => void this.logs.push(event),
      fetch: (request) => this.#fetch(request),
    };
  }

  #pass(ms: number): void {
    this.now += ms;
  }

  /** Any sequence will do that does not soon come again. */
  #byte(): number {
    this.#drawn += 1;
    return (Math.imul(this.#drawn, 0x9e3779b1) >>> 24) & 0xff;
  }

  async #fetch(request: Request): Promise<Response> {
    this.calls += 1;
    this.#pass(20);
    const { upstream } = this;
    if (upstream.kind === "reset") throw new TypeError("fetch failed");
    if (upstream.kind === "well" && new URL(request.url).pathname === RECEIVER) return new Response("ok");
    if (upstream.kind === "instead") {
      const sent = `${request.url} ${await request.text()}`;
      // As a form, a query or JSON, and by either name.
      const [, key = ""] = /\b(?:key|api_token)"?[=:]"?([^&"]*)/.exec(sent) ?? [];
      return new Response(upstream.body.replaceAll("{key}", key), { status: upstream.status });
    }
    const response = await this.#provide(request);
    if (upstream.kind === "well") return response;
    return new Response(upstream.change(await response.text()), { status: response.status });
  }

  /** Answers a request, with whatever it left to be done behind its answer. */
  async answer(request: Request): Promise<Response> {
    const behind: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => void behind.push(work), passThroughOnException: () => undefined };
    const response = await handleRequest(request, this.#env, context as unknown as ExecutionContext, this.#ports);
    await Promise.all(behind);
    return response;
  }

  /** Delivers what is in the queue, until nothing is. */
  async work(): Promise<void> {
    for (let body = this.queued.shift(); body !== undefined; body = this.queued.shift()) await this.#deliver("sweeps", body);
  }

  #deliver(queue: string, body: unknown): Promise<void> {
    const message = { id: `m${this.now}`, body, attempts: 1, timestamp: new Date(this.now), ack: () => undefined, retry: () => undefined };
    return consume({ queue, messages: [message] } as unknown as MessageBatch, this.#env, this.#ports);
  }

  /** A message that nobody could make anything of. */
  bury(body: unknown): Promise<void> {
    return this.#deliver("sweeps-dead", body);
  }

  /** A request that must go well, as the operator: for what has to be there before anything is tried. */
  async must(method: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Json> {
    const request = new Request(HOST + path, {
      method,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const response = await this.answer(request);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Json;
  }

  rows(sql: string): readonly Row[] {
    return this.backend.run([{ sql, params: [] }])[0]?.results ?? [];
  }

  provider(name: string): Provider {
    const provider = this.world.providers.get(name);
    if (provider === undefined) throw new RangeError(`no provider is called ${name}`);
    return provider;
  }

  /** Another text after every write, were it one that changed nothing. */
  get writes(): string {
    return JSON.stringify([this.rows("SELECT total_changes() AS n")[0], this.rows("PRAGMA schema_version")[0]]);
  }

  /** From now on everything can be put back to how it is. */
  async begin(): Promise<void> {
    const providers = PROVIDERS.map((name) => structuredClone(this.provider(name)));
    this.#began = { now: this.now, drawn: this.#drawn, database: await saveDatabase(this.backend), providers };
    this.#cleanAt = this.writes;
  }

  async putBack(): Promise<void> {
    if (this.#began === null) throw new Error("it has not begun");
    const { now, drawn, database, providers } = this.#began;
    this.now = now;
    this.#drawn = drawn;
    this.logs.length = 0;
    this.queued.length = 0;
    this.upstream = { kind: "well" };
    if (this.writes !== this.#cleanAt) await restoreDatabase(this.backend, database);
    this.#cleanAt = this.writes;
    for (const provider of providers) this.world.providers.set(provider.name, structuredClone(provider));
  }
}

/** What becomes of the orders that each panel registers, and whether somebody has to decide about it. */
const ENDS: readonly { readonly status: Status; readonly remains: number | null; readonly provider: string }[] = [
  { status: "pending", remains: 1000, provider: "acme" },
  { status: "processing", remains: 1000, provider: "acme" },
  { status: "in_progress", remains: 400, provider: "acme" },
  { status: "completed", remains: 0, provider: "acme" },
  { status: "partial", remains: 250, provider: "acme" },
  { status: "partial", remains: null, provider: "acme" },
  { status: "canceled", remains: 1000, provider: "acme" },
  { status: "refunded", remains: 300, provider: "acme" },
  { status: "error", remains: null, provider: "acme" },
  { status: "canceled", remains: 1000, provider: "basil" },
  { status: "partial", remains: 157, provider: "basil" },
  { status: "canceled", remains: 1000, provider: "cedar" },
  { status: "partial", remains: 10, provider: "cedar" },
];

const PANELS = [
  { id: "alpha", money: "advice", currency: "USD" },
  { id: "beta", money: "ledger", currency: "EUR" },
  { id: "gamma", money: "ledger", currency: "USD" },
] as const;

/** A set-up with everything in it, ready to be put back to. */
export async function setUp(): Promise<{ readonly operation: Operation; readonly panels: readonly PanelFacts[] }> {
  const operation = new Operation();
  const keys = new Map<string, string>();
  for (const { id, money, currency } of PANELS) keys.set(id, await addPanel(operation, id, money, currency));
  await addProviders(operation);
  await addCatalogue(operation);
  for (const { id, money } of PANELS) await addOrders(operation, id, money);
  for (const { id } of PANELS) await buy(operation, id, keys.get(id) ?? "");
  await operation.work();
  await operation
    .must("POST", "/v1/panels", { id: "icebound", role: "shop", currency: "USD" })
    .then(({ key }) => operation.secrets.add(String(key)));
  operation.rows("UPDATE panels SET frozen_at = 1795262400000, frozen_because = 'the sums differ' WHERE id = 'icebound'");
  for (const { id } of PANELS) await addWebhook(operation, id);
  await addAlerts(operation);
  await operation.bury({ v: 1, kind: "check", orders: [["alpha", 1]] });
  operation.now += MINUTE_MS;
  operation.rows(`UPDATE ticks SET minute = ${Math.floor(operation.now / MINUTE_MS)}, at = ${operation.now}`);
  const hook = await operation.must("POST", "/v1/providers/acme/hook", {});
  const hookToken = String(hook["url"]).split("/").at(-1) ?? "";
  const panels = PANELS.map(({ id, money }) => ({ ...factsOf(operation, id, money, keys.get(id) ?? ""), hookToken }));
  for (const { hash } of operation.rows("SELECT hash FROM keys")) operation.secrets.add(String(hash));
  operation.logs.length = 0;
  operation.queued.length = 0;
  await operation.begin();
  return { operation, panels };
}

async function addProviders(operation: Operation): Promise<void> {
  for (const name of PROVIDERS) {
    const { key } = operation.provider(name);
    operation.secrets.add(key);
    await operation.must("PUT", `/v1/providers/${name}`, {
      url: `http://127.0.0.1:9/${name}/api/v2`,
      key,
      currency: "USD",
      ...(name === "cedar" ? { brake: { share: 0.01, min_orders: 1 } } : {}),
      ...(name === "dill" ? { panels: ["beta"], max_calls_per_minute: 2 } : {}),
    });
  }
  // Nothing uses it, so it may be removed.
  const unused = { url: "http://127.0.0.1:9/unused/api/v2", key: "key-of-the-unused-one-5b4a3c2d" };
  operation.secrets.add(unused.key);
  await operation.must("PUT", "/v1/providers/unused", unused);
  await operation.must("PUT", "/v1/providers/basil/refund-policy", { mode: "hold" });
  await operation.must("PUT", "/v1/providers/acme/services/9/refund-policy", { mode: "auto", cap: "5", delay_minutes: 30 });
}

async function addCatalogue(operation: Operation): Promise<void> {
  const base = { provider: "acme", rate: "1.5", min: 10, max: 100_000, refill: true, cancel: true, refill_days: 30 };
  await operation.must("PUT", "/v1/services/1", { ...base, service: "1", name: "Followers", dripfeed: true });
  await operation.must("PUT", "/v1/services/2", { ...base, service: "6", name: "Starter package", type: "Package", min: 1, max: 1 });
  await operation.must("PUT", "/v1/services/3", { ...base, service: "2", name: "Likes", enabled: false });
  await operation.must("PUT", "/v1/services/4", {
    ...base,
    provider: "basil",
    service: "7",
    name: "Comments",
    type: "Custom Comments",
    min: 1,
  });
}

async function addPanel(operation: Operation, id: string, money: string, currency: string): Promise<string> {
  const { key } = await operation.must("POST", "/v1/panels", {
    id,
    role: "shop",
    name: markerOf(id),
    currency,
    money,
    public_status: true,
  });
  operation.secrets.add(String(key));
  const spare = await operation.must("POST", "/v1/keys", { name: "spare", panel: id });
  operation.secrets.add(String(spare["key"]));
  if (money === "ledger") {
    for (const customer of customersOf(id)) {
      const body = { amount: "500", reference: `deposit ${markerOf(id)}` };
      await operation.must("POST", `/v1/customers/${encodeURIComponent(customer)}/credits`, body, {
        Panel: id,
        "Idempotency-Key": customer,
      });
    }
  }
  return String(key);
}

/** Two alerts, and two channels where they are told. */
async function addAlerts(operation: Operation): Promise<void> {
  for (const id of ["phone", "desk"]) {
    const body = { type: "webhook", url: `http://127.0.0.1:9${RECEIVER}` };
    const { secret } = await operation.must("PUT", `/v1/alert-channels/${id}`, body);
    operation.secrets.add(String(secret));
  }
  operation.rows(
    `INSERT INTO alerts (kind, subject, text, count, bad, good, opened_at, reminders, looked_at)
     VALUES ('dead_letters', '', 'A message failed.', 1, 1, 0, 1, 0, 1), ('unknown_word', 'acme', 'A word.', 1, 1, 0, 1, 0, 1)`,
  );
}

async function addWebhook(operation: Operation, panel: string): Promise<void> {
  const body = {
    url: `http://127.0.0.1:9${RECEIVER}`,
    description: markerOf(panel),
    headers: { "X-Token": `header-of-${panel}-5b4a3c2d` },
  };
  const { secret } = await operation.must("POST", "/v1/webhooks", body, { Panel: panel });
  operation.secrets.add(String(secret));
  operation.secrets.add(body.headers["X-Token"]);
}

function markerOf(panel: string): string {
  return `only-${panel}-may-see-this`;
}

function customersOf(panel: string): string[] {
  return ["@panel", `${panel} customer 1`, `${panel}-customer-2`];
}

async function addOrders(operation: Operation, panel: string, money: string): Promise<void> {
  const orders = ENDS.map(({ status, remains, provider }, i) => {
    const there = operation.provider(provider);
    const [service] = there.catalogue;
    if (service === undefined) throw new Error(`${provider} sells nothing`);
    const link = `https://example.com/${markerOf(panel)}/${i}`;
    const placed = placeOrder(operation.world, there, { service, link, quantity: 1000, placedAt: operation.now });
    live(placed, status, remains, operation.now);
    return {
      id: `${panel}-${i + 1}`,
      provider,
      provider_order_id: placed.id,
      quantity: 1000,
      charge: `${i + 1}.27819`,
      service: "1",
      link,
      ...(money === "ledger" ? { customer: customersOf(panel)[1 + (i % 2)] } : i % 2 === 0 ? { customer: customersOf(panel)[1] } : {}),
    };
  });
  await operation.must("POST", "/v1/orders", orders, { Panel: panel });
  for (const { id } of orders) await operation.must("POST", `/v1/orders/${id}/check`, {}, { Panel: panel });
  await operation.work();
  const own = { Panel: panel, "Idempotency-Key": "goodwill" };
  await operation.must("POST", `/v1/orders/${panel}-4/refunds`, { amount: "0.5", note: `late ${markerOf(panel)}` }, own);
  operation.now += MINUTE_MS;
}

/** The order has that one status for good. */
function live(order: Order, status: Status, remains: number | null, since: number): void {
  order.life = { kind: "scripted", quantity: order.quantity, startCount: 10, steps: [{ at: since, status, remains }], flaps: [] };
}

/**
 * Orders by both API v2 endpoints: some under way, some that are done and were refilled, one in doubt, and one whose script was shown
 * a word that no longer holds.
 */
async function buy(operation: Operation, panel: string, key: string): Promise<void> {
  const acme = operation.provider("acme");
  const call = (endpoint: string, fields: Readonly<Record<string, string>>) =>
    operation.must("POST", `/api/v2${endpoint}`, new URLSearchParams({ key, ...fields }).toString());
  let links = 0;
  const add = async (endpoint: string): Promise<string> => {
    const link = `https://example.com/${markerOf(panel)}/bought/${++links}`;
    return String((await call(endpoint, { action: "add", service: "1", link, quantity: "100" }))["order"]);
  };
  const become = (order: string, status: Status): void => {
    const [row] = operation.rows(`SELECT provider_order_id FROM orders WHERE panel = '${panel}' AND id = '${order}'`);
    const there = acme.orders.get(String(row?.["provider_order_id"]));
    if (there === undefined) throw new Error(`${order} is not at its provider`);
    live(there, status, status === "completed" ? 0 : 100, operation.now);
  };
  const [open, done] = [await add(""), await add("")];
  const [openThere, doneThere, reportedThere] = [await add("/acme"), await add("/acme"), await add("/acme")];
  changeProvider(acme, { modes: ["add_unreadable=page"] });
  await add("/acme");
  changeProvider(acme, { modes: [] });
  for (const order of [open, openThere]) become(order, "pending");
  for (const order of [done, doneThere, reportedThere]) become(order, "completed");
  operation.now += MINUTE_MS;
  await check(operation, panel, [open, openThere, done, doneThere, reportedThere]);
  await call("", { action: "refill", order: done });
  await call("/acme", { action: "refill", order: doneThere });
  await call("/acme", { action: "status", order: reportedThere });
  operation.now += MINUTE_MS;
  become(reportedThere, "canceled");
  await check(operation, panel, [reportedThere]);
}

async function check(operation: Operation, panel: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await operation.must("POST", `/v1/orders/${id}/check`, {}, { Panel: panel });
  await operation.work();
}

function factsOf(operation: Operation, id: string, money: PanelFacts["money"], key: string): Omit<PanelFacts, "hookToken"> {
  const orders = operation.rows(`SELECT * FROM orders WHERE panel = '${id}' ORDER BY n`);
  const idsOf = (isOne: (row: Row) => boolean): string[] => orders.filter(isOne).map((row) => String(row["id"]));
  const refunds = operation.rows(
    `SELECT o.id || '-r' || r.n AS id, r.status FROM refunds r JOIN orders o ON o.panel = r.panel AND o.n = r.order_n WHERE r.panel = '${id}'`,
  );
  return {
    id,
    money,
    key,
    spareKey: String(operation.rows(`SELECT id FROM keys WHERE panel = '${id}' AND name = 'spare'`)[0]?.["id"]),
    marker: markerOf(id),
    customers: customersOf(id),
    orders: idsOf(() => true),
    refunds: refunds.map((row) => String(row["id"])),
    held: refunds.filter(({ status }) => status === "held").map((row) => String(row["id"])),
    refunded: idsOf(({ refunded }) => Number(refunded) > 0),
    refundable: idsOf(({ refunded, charge, hold_amount }) => hold_amount === null && Number(refunded) < Number(charge)),
    refillable: idsOf(({ status, refill_status }) => status === "completed" && refill_status === null),
    cancelable: idsOf(({ status, cancel_status, provider_order_id }) => {
      const isOpen = status === "pending" || status === "processing" || status === "in_progress";
      return isOpen && cancel_status === null && !isBeingPlaced(provider_order_id);
    }),
    doubtful: idsOf(({ provider_order_id }) => isBeingPlaced(provider_order_id)),
    connected: orders
      .filter(({ door, provider_order_id }) => door === "connect" && !isBeingPlaced(provider_order_id))
      .map((row) => String(row["provider_order_id"])),
    refills: orders.filter(({ door, refill_id }) => door === "connect" && refill_id !== null).map((row) => String(row["refill_id"])),
    webhooks: operation.rows(`SELECT id FROM webhooks WHERE panel = '${id}' ORDER BY id`).map((row) => String(row["id"])),
    bought: idsOf(({ door }) => door === "catalogue"),
  };
}

/** No id of a provider's has a space. */
function isBeingPlaced(providerOrderId: unknown): boolean {
  return String(providerOrderId).startsWith("placing ");
}
