/** The invocations whose CPU is measured: each set up, recorded once, and then played as often as it is asked for. */
import { handleRequest } from "../src/http/router.ts";
import type { Ports } from "../src/ports.ts";
import { tick } from "../src/sync/tick.ts";
import { addOrders, NOW, PANEL, PANEL_KEY, PROVIDER } from "./scene.ts";
import { ADMIN_TOKEN, CHANGED, CONTEXT, deliver, envOver, portsAt, sayingOfEach, UNCHANGED } from "./worker-door.ts";
import { recordingDb, replayingDb, type Tape } from "./worker-replay.ts";

export const INVOCATIONS = [
  "tick",
  "sweep unchanged",
  "sweep changed",
  "add",
  "status of 100",
  "registration of 1,000",
  "import of 6,000 services",
  "hook",
  "delivery",
] as const;
export type Invocation = (typeof INVOCATIONS)[number];

type Answer = (body: string, request: Request) => string;
/** What is done, given the product's environment and its ports. */
type Work = (env: Env, ports: Ports) => Promise<void>;
type Prepared = { readonly work: Work; readonly answer: Answer; readonly now: number };
type Taped = Prepared & { readonly tape: Tape };

const HOST = "http://127.0.0.1";
const PLAN = "free";
const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;
/** Each is prepared in a day of its own, so that nothing that was due before is due again. */
const ORDERS_FROM: Readonly<Partial<Record<Invocation, number>>> = {
  "sweep unchanged": 100_001,
  "sweep changed": 200_001,
  "status of 100": 300_001,
};
const SERVICES = 6000;
const IDS = 100;
/** Made once: it is the provider's to make. */
const SERVICES_TEXT = servicesText(SERVICES);

const taped = new Map<Invocation, Taped>();

/** Sets an invocation up and records it. Answers how many statements it took. */
export async function recordInvocation(db: D1Database, name: Invocation): Promise<number> {
  const prepared = await PREPARE[name](db, NOW + (INVOCATIONS.indexOf(name) + 1) * DAY_MINUTES * MINUTE_MS, ORDERS_FROM[name] ?? 0);
  const tape: Tape = new Map();
  await perform(recordingDb(db, tape), prepared);
  taped.set(name, { ...prepared, tape });
  return [...tape.keys()].reduce((sum, key) => sum + key.split(";").length, 0);
}

/** Plays it so many times. */
export async function playInvocation(name: Invocation, times: number): Promise<void> {
  const recorded = taped.get(name);
  if (recorded === undefined) throw new Error(`${name} was not recorded`);
  for (let i = 0; i < times; i++) await perform(replayingDb(recorded.tape), recorded);
}

async function perform(db: D1Database, { work, answer, now }: Prepared): Promise<void> {
  const { env } = envOver(db, PLAN);
  await work(env, portsAt(env, now, answer));
}

function request(path: string, init: RequestInit, isGood: (text: string) => boolean): Work {
  return async (env, ports) => {
    const response = await handleRequest(new Request(HOST + path, init), env, CONTEXT, ports);
    const text = await response.text();
    if (!response.ok || !isGood(text)) throw new Error(`${path}: ${response.status} ${text.slice(0, 300)}`);
  };
}

function formOf(fields: Readonly<Record<string, string>>): RequestInit {
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  return { method: "POST", headers, body: new URLSearchParams({ key: PANEL_KEY, ...fields }).toString() };
}

function asOperator(method: string, body: unknown): RequestInit {
  return { method, headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, Panel: PANEL }, body: JSON.stringify(body) };
}

/** What an operator asks for beforehand, on the real database. */
async function ask(db: D1Database, now: number, path: string, init: RequestInit): Promise<string> {
  const { env } = envOver(db, PLAN);
  const response = await handleRequest(
    new Request(HOST + path, init),
    env,
    CONTEXT,
    portsAt(env, now, () => "{}"),
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}

/** A full message of the free plan, as the tick sends it, and a provider that says the same of each order. */
async function sweepOf(db: D1Database, now: number, first: number, entry: object): Promise<Prepared> {
  await addOrders(db, first, 1000);
  await db
    .prepare("UPDATE orders SET cadence = 1, placed_at = ?4 WHERE panel = ?1 AND n >= ?2 AND n < ?3")
    .bind(PANEL, first, first + 1000, now - MINUTE_MS)
    .run();
  const { env, messages } = envOver(db, PLAN);
  await tick(
    env,
    portsAt(env, now, () => "{}"),
    now,
  );
  const sweep = messages.find((body) => (body as { kind?: string }).kind === "sweep");
  if (sweep === undefined) throw new Error("the tick has sent no sweep");
  return { work: (to, ports) => deliver(sweep, to, ports), answer: sayingOfEach(entry), now };
}

async function endSweeps(db: D1Database): Promise<void> {
  await db.prepare("UPDATE orders SET cadence = NULL WHERE panel = ?1 AND cadence IS NOT NULL").bind(PANEL).run();
}

const PREPARE: Readonly<Record<Invocation, (db: D1Database, now: number, first: number) => Promise<Prepared>>> = {
  tick: async (_db, now) => ({ work: (env, ports) => tick(env, ports, now), answer: () => "{}", now }),
  "sweep unchanged": async (db, now, first) => {
    await endSweeps(db);
    return sweepOf(db, now, first, UNCHANGED);
  },
  "sweep changed": async (db, now, first) => {
    await endSweeps(db);
    await ask(db, now, `/v1/providers/${PROVIDER}`, asOperator("PUT", { url: "https://provider.example/api/v2", brake: null }));
    return sweepOf(db, now, first, CHANGED);
  },
  add: async (_db, now) => ({
    work: request(
      `/api/v2/${PROVIDER}`,
      formOf({ action: "add", service: "12", link: "https://social.example/p/new", quantity: "1000" }),
      (text) => text.includes('"order"'),
    ),
    answer: (body) => (body.includes("action=services") ? servicesText(20) : '{"order":777000111}'),
    now,
  }),
  "status of 100": async (db, now, first) => {
    await addOrders(db, first, IDS);
    const orders = Array.from({ length: IDS }, (_, i) => String(first + i)).join(",");
    return {
      work: request("/api/v2", formOf({ action: "status", orders }), (text) => text.includes('"In progress"')),
      answer: () => "{}",
      now,
    };
  },
  "registration of 1,000": async (_db, now) => {
    const orders = Array.from({ length: 1000 }, (_, i) => {
      return {
        id: `r${i}`,
        provider: PROVIDER,
        provider_order_id: `r${i}`,
        quantity: 1000,
        charge: "0.9",
        service: "12",
        link: `https://social.example/p/r${i}`,
      };
    });
    return { work: request("/v1/orders", asOperator("POST", orders), (text) => text.includes('"created"')), answer: () => "{}", now };
  },
  "import of 6,000 services": async (_db, now) => ({
    work: request("/v1/services/import", asOperator("POST", { provider: PROVIDER, markup: "20" }), () => true),
    answer: () => SERVICES_TEXT,
    now,
  }),
  hook: async (db, now) => {
    const { url } = JSON.parse(await ask(db, now, `/v1/providers/${PROVIDER}/hook`, asOperator("POST", {}))) as { url: string };
    const body = JSON.stringify({ event: "order.completed", data: { order: "300001" } });
    return { work: request(new URL(url).pathname, { method: "POST", body }, () => true), answer: () => "{}", now };
  },
  delivery: async (db, now) => {
    await endSweeps(db);
    await ask(db, now, "/v1/webhooks", asOperator("POST", { url: "https://site.example/webhook" }));
    // What it tells of: a hundred orders that are registered now.
    const orders = Array.from({ length: IDS }, (_, i) => ({
      id: `d${i}`,
      provider: PROVIDER,
      provider_order_id: `d${i}`,
      quantity: 1000,
      charge: "0.9",
    }));
    await ask(db, now, "/v1/orders", asOperator("POST", orders));
    return { work: (env, ports) => tick(env, ports, now), answer: () => "", now };
  },
};

function servicesText(count: number): string {
  return JSON.stringify(
    Array.from({ length: count }, (_, i) => ({
      service: i + 1,
      name: `Followers of kind ${i + 1} [30 days refill] [max 100K] [start 0-1 hour]`,
      type: "Default",
      category: `Category ${i % 40}`,
      rate: "0.90",
      min: "10",
      max: "100000",
      refill: true,
      cancel: i % 2 === 0,
      dripfeed: false,
    })),
  );
}
