/**
 * The scene of the demonstration, set over the same doors a stranger would use: a provider that behaves and one that
 * does not, a panel, and its orders placed at the providers and registered at panelsync.
 */
import { startSimulator, type Simulator } from "../../simulator/server.ts";
import { type Api, apiOf } from "./api.ts";
import { MINUTE_MS } from "./minute.ts";
import { decimalOf } from "./money.ts";
import type { DemoOrder } from "./truth.ts";

/** Each provider with the bends it has (`simulator/modes.ts`). */
const PROVIDERS = { acme: "plain", quirky: "quirks" } as const;
const PROVIDER_NAMES = Object.keys(PROVIDERS) as (keyof typeof PROVIDERS)[];

/**
 * What the panel's customers pay for 1,000 units of each service, in micro-units. Odd amounts, so that shares of a
 * charge seldom come out even and rounding shows.
 */
const RETAIL_MICROS: Readonly<Record<number, bigint>> = { 1: 1_290_001n, 2: 399_999n, 3: 15_301n, 4: 18_900_017n, 5: 1_850_003n };

/** Orders were placed over this stretch before the demonstration begins, so that they are of all ages. */
const PLACED_OVER_MS = 30 * MINUTE_MS;
/** The simulator answers at once, so a call that takes longer is lost. */
const PROVIDER_TIMEOUT_MS = 2000;
const FIRST_ORDER_ID = 1001;
const REGISTERED_AT_ONCE = 1000;
const PANEL = "demo";

export type Scene = { readonly orders: readonly DemoOrder[]; readonly panel: Api; readonly panelKey: string };

export type SceneSettings = { readonly seed: number; readonly startAt: number };

/** The simulator on a port of its own. Its clock stands until it is set. */
export function startProviders({ seed, startAt }: SceneSettings): Promise<Simulator> {
  const providers = Object.fromEntries(PROVIDER_NAMES.map((name) => [name, { modes: [PROVIDERS[name]] }]));
  return startSimulator({ seed, now: { manual: true, startAt }, providers });
}

/** Sets the scene at a running Worker: `count` orders, evenly from all providers. */
export async function setScene(simulator: Simulator, base: string, adminToken: string, count: number): Promise<Scene> {
  const admin = apiOf(base, adminToken);
  const { key } = await admin.call<{ key: string }>("POST", "/v1/panels", { id: PANEL, name: "Demo panel", currency: "USD" });
  const panel = apiOf(base, key);
  const orders: DemoOrder[] = [];
  for (const [index, name] of PROVIDER_NAMES.entries()) {
    const settings = { url: simulator.urlOf(name), key: simulator.keyOf(name), timeout_ms: PROVIDER_TIMEOUT_MS };
    await admin.call("PUT", `/v1/providers/${name}`, settings);
    const share = Math.floor((count + index) / PROVIDER_NAMES.length);
    const placed = await placeOrders(simulator, name, share);
    const registrations = placed.map((order, at) => registrationOf(order, name, String(FIRST_ORDER_ID + orders.length + at)));
    await register(panel, registrations);
    orders.push(...registrations.map(demoOrderOf));
  }
  return { orders, panel, panelKey: key };
}

type Placed = {
  readonly id: string;
  readonly service: number;
  readonly link: string;
  readonly quantity: number;
  readonly placed_at: number;
};

/** Places orders through the simulator's admin door, and reads back what they are. */
async function placeOrders(simulator: Simulator, provider: string, count: number): Promise<readonly Placed[]> {
  const admin = apiOf(simulator.url, "");
  const placedAt = simulator.world.clock.now() - PLACED_OVER_MS;
  const order = { count, placed_at: placedAt, spread_ms: PLACED_OVER_MS };
  await admin.call("POST", `/admin/providers/${provider}/orders`, order);
  const { orders } = await admin.call<{ orders: readonly Placed[] }>("GET", `/admin/providers/${provider}/truth`);
  return orders;
}

type Registration = ReturnType<typeof registrationOf>;

function registrationOf({ id: providerOrderId, service, link, quantity, placed_at }: Placed, provider: string, id: string) {
  return {
    id,
    provider,
    provider_order_id: providerOrderId,
    service: String(service),
    link,
    quantity,
    charge: decimalOf(chargeOf(service, quantity)),
    placed_at: new Date(placed_at).toISOString(),
  };
}

/** A panel rounds a charge up to the micro-unit. */
function chargeOf(service: number, quantity: number): bigint {
  const rate = RETAIL_MICROS[service];
  if (rate === undefined) throw new Error(`the demonstration has no price for service ${service}`);
  return (rate * BigInt(quantity) + 999n) / 1000n;
}

function demoOrderOf({ id, provider, provider_order_id, service, quantity }: Registration): DemoOrder {
  return { id, provider, providerOrderId: provider_order_id, quantity, chargeMicros: chargeOf(Number(service), quantity) };
}

type RegisterAnswer = { readonly results: readonly { readonly id: string; readonly result: string; readonly error?: unknown }[] };

async function register(panel: Api, registrations: readonly Registration[]): Promise<void> {
  for (let at = 0; at < registrations.length; at += REGISTERED_AT_ONCE) {
    const { results } = await panel.call<RegisterAnswer>("POST", "/v1/orders", registrations.slice(at, at + REGISTERED_AT_ONCE));
    const refused = results.find(({ result }) => result !== "created");
    if (refused !== undefined) throw new Error(`order ${refused.id} was not registered: ${JSON.stringify(refused)}`);
  }
}
