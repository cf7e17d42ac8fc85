/** What the tracker's tests stand on: the Worker, a simulated provider, pages on an origin of their own, and Chromium. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type Api, apiOf } from "../../scripts/demo/api.ts";
import { Totals } from "../../scripts/demo/events.ts";
import { playMinute } from "../../scripts/demo/minute.ts";
import { register, registrationOf, type Placed } from "../../scripts/demo/register.ts";
import { type DemoWorker, startWorker } from "../../scripts/demo/worker.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";

const ROOT = join(import.meta.dirname, "../..");
const MINUTE_MS = 60_000;
const SERVICE = 1;
const QUANTITY = 1000;

/** `minutes` from when it is placed. */
export type Step = { readonly minutes: number; readonly status: string; readonly remains?: number | "n/a" };

export type OrderFields = { readonly id: string; readonly steps: readonly Step[]; readonly placedMinutesAgo?: number } & Readonly<
  Record<string, unknown>
>;

export type Shop = {
  /** The Worker's origin. */
  readonly api: string;
  readonly panel: Api;
  readonly panelKey: string;
  readonly admin: Api;
  readonly adminToken: string;
  /** The simulated provider's own operator. */
  readonly provider: Api;
  /** Where it answers API v2, and to which key. */
  readonly account: { readonly url: string; readonly key: string };
  /** What signs the panel's tokens. */
  readonly secret: string;
  /** Places an order at the provider, with its life, and registers it. */
  place(order: OrderFields): Promise<void>;
  /** Lets minutes pass, each to its end. */
  pass(minutes: number): Promise<void>;
  /** Leaves a message that looks at the first order among those that failed for good. */
  bury(): Promise<void>;
  token(orders: readonly string[]): Promise<string>;
  close(): Promise<void>;
};

export async function openShop(): Promise<Shop> {
  const startAt = Date.now();
  const simulator = await startSimulator({ seed: 1, now: { manual: true, startAt }, providers: { acme: { modes: ["plain"] } } });
  const adminToken = "test-admin-token-Zq8vLw3xRt6bNp0k";
  const secrets = {
    ADMIN_TOKEN: adminToken,
    ENCRYPTION_KEYS: "1:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=",
    ALLOW_PRIVATE_URLS: "1",
  };
  const worker = await startWorker(ROOT, secrets);
  const admin = apiOf(worker.url, adminToken);
  const { key } = await admin.call<{ key: string }>("POST", "/v1/panels", { id: "shop", role: "shop", currency: "USD" });
  const panel = apiOf(worker.url, key);
  await admin.call("PUT", "/v1/providers/acme", { url: simulator.urlOf("acme"), key: simulator.keyOf("acme"), timeout_ms: 5000 });
  const { secret } = await panel.call<{ secret: string }>("POST", "/v1/panels/shop/token-secret");
  return {
    api: worker.url,
    panel,
    panelKey: key,
    admin,
    adminToken,
    provider: apiOf(simulator.url, ""),
    account: { url: simulator.urlOf("acme"), key: simulator.keyOf("acme") },
    secret,
    place: (order) => placeOrder(simulator, panel, order),
    pass: minutesFrom(worker, simulator, Math.floor(startAt / MINUTE_MS)),
    bury: () => worker.bury({ v: 1, kind: "check", orders: [["shop", 1]] }),
    async token(orders) {
      const { token } = await panel.call<{ token: string }>("POST", "/v1/tokens", { orders });
      return token;
    },
    async close() {
      await Promise.all([worker.close(), simulator.close()]);
    },
  };
}

function minutesFrom(worker: DemoWorker, simulator: Simulator, start: number): Shop["pass"] {
  let minute = start;
  const stage = { worker, clock: simulator.world.clock, totals: new Totals(), note: (line: string) => console.error(line) };
  return async (minutes) => {
    for (let passed = 0; passed < minutes; passed += 1) await playMinute(stage, (minute += 1));
  };
}

async function placeOrder(simulator: Simulator, panel: Api, { id, steps, placedMinutesAgo = 0, ...fields }: OrderFields): Promise<void> {
  const admin = apiOf(simulator.url, "");
  const placedAt = simulator.world.clock.now() - placedMinutesAgo * MINUTE_MS;
  const placing = { orders: [{ service: SERVICE, quantity: QUANTITY }], placed_at: placedAt };
  const { ids } = await admin.call<{ ids: readonly string[] }>("POST", "/admin/providers/acme/orders", placing);
  const script = steps.map(({ minutes, ...step }) => ({ at_ms: placedAt + minutes * MINUTE_MS, ...step }));
  const placed = await admin.call<Placed>("PUT", `/admin/providers/acme/orders/${ids[0]}/script`, { steps: script });
  await register(panel, [{ ...registrationOf(placed, "acme", id), ...fields }]);
}

/** An HTTP server of a test's own: a panel's pages, or an API that answers as it likes. */
export type Host = { readonly url: string; close(): void };

export async function openHost(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Host> {
  const server: Server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a page did that nobody should see: violations of its policy, errors, warnings. */
export function watchTroubles(page: Page): string[] {
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  return troubles;
}

/** The requests for orders that a page has made, preflights and answers from its cache included. */
export function watchRequests(page: Page): { readonly method: string; readonly url: URL; readonly headers: Record<string, string> }[] {
  const requests: { method: string; url: URL; headers: Record<string, string> }[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname === "/v1/orders") requests.push({ method: request.method(), url, headers: request.headers() });
  });
  return requests;
}
