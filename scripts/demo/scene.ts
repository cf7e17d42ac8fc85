/**
 * The scene of the demonstration, set over the same doors a stranger would use: a provider that behaves and one that
 * does not, a panel, and its orders placed at the providers and registered at panelsync.
 */
import { startSimulator, type Simulator } from "../../simulator/server.ts";
import { type Api, apiOf } from "./api.ts";
import { type Case, CASE_KINDS, placeCases } from "./cases.ts";
import { MINUTE_MS } from "./minute.ts";
import { demoOrderOf, type Placed, register, registrationOf } from "./register.ts";
import type { DemoOrder } from "./truth.ts";

/** Each provider with the bends it has (`simulator/modes.ts`). */
const PROVIDERS = { acme: "plain", quirky: "quirks" } as const;
const PROVIDER_NAMES = Object.keys(PROVIDERS) as (keyof typeof PROVIDERS)[];

/** Orders were placed over this stretch before the demonstration begins, so that they are of all ages. */
const PLACED_OVER_MS = 30 * MINUTE_MS;
/** The simulator answers at once, so a call that takes longer is lost. */
const PROVIDER_TIMEOUT_MS = 2000;
const FIRST_ORDER_ID = 1001;
/** The panel of the orders that are compared in the end. */
export const PANEL = "demo";

export type Scene = {
  /** All orders; those that need a person come last. */
  readonly orders: readonly DemoOrder[];
  readonly cases: readonly Case[];
  /** The API with the operator's key, and with the panel's. */
  readonly admin: Api;
  readonly panel: Api;
  readonly panelKey: string;
};

export type SceneSettings = { readonly seed: number; readonly startAt: number };

/** The simulator on a port of its own. Its clock stands until it is set. */
export function startProviders({ seed, startAt }: SceneSettings): Promise<Simulator> {
  const providers = Object.fromEntries(PROVIDER_NAMES.map((name) => [name, { modes: [PROVIDERS[name]] }]));
  return startSimulator({ seed, now: { manual: true, startAt }, providers });
}

/** Sets the scene at a running Worker: `count` orders, a few that need a person, the others evenly from all providers. */
export async function setScene(simulator: Simulator, base: string, adminToken: string, count: number): Promise<Scene> {
  const admin = apiOf(base, adminToken);
  const { key } = await admin.call<{ key: string }>("POST", "/v1/panels", { id: PANEL, role: "shop", name: "Demo panel", currency: "USD" });
  const panel = apiOf(base, key);
  // The first order is an ordinary one, however few there are.
  const kinds = CASE_KINDS.slice(0, count - 1);
  const orders: DemoOrder[] = [];
  for (const [index, name] of PROVIDER_NAMES.entries()) {
    const settings = { url: simulator.urlOf(name), key: simulator.keyOf(name), timeout_ms: PROVIDER_TIMEOUT_MS };
    await admin.call("PUT", `/v1/providers/${name}`, settings);
    const share = Math.ceil((count - kinds.length - index) / PROVIDER_NAMES.length);
    const placed = await placeOrders(simulator, name, share);
    const registrations = placed.map((order, at) => registrationOf(order, name, String(FIRST_ORDER_ID + orders.length + at)));
    await register(panel, registrations);
    orders.push(...registrations.map(demoOrderOf));
  }
  const cases = await placeCases({ simulator, base, panel, panelKey: key, firstId: FIRST_ORDER_ID + orders.length }, kinds);
  return { orders: [...orders, ...cases.map(({ order }) => order)], cases, admin, panel, panelKey: key };
}

/** Places orders through the simulator's admin door, and reads back what they are. */
async function placeOrders(simulator: Simulator, provider: string, count: number): Promise<readonly Placed[]> {
  const admin = apiOf(simulator.url, "");
  const placedAt = simulator.world.clock.now() - PLACED_OVER_MS;
  const order = { count, placed_at: placedAt, spread_ms: PLACED_OVER_MS };
  await admin.call("POST", `/admin/providers/${provider}/orders`, order);
  const { orders } = await admin.call<{ orders: readonly Placed[] }>("GET", `/admin/providers/${provider}/truth`);
  return orders;
}
