/** Orders as a panel registers them at panelsync: what its customers pay, and the call. */
import type { Api } from "./api.ts";
import { decimalOf } from "./money.ts";
import type { DemoOrder } from "./truth.ts";

/**
 * What the panel's customers pay for 1,000 units of each service, in micro-units. Odd amounts, so that shares of a
 * charge seldom come out even and rounding shows.
 */
const RETAIL_MICROS: Readonly<Record<number, bigint>> = { 1: 1_290_001n, 2: 399_999n, 3: 15_301n, 4: 18_900_017n, 5: 1_850_003n };

const REGISTERED_AT_ONCE = 1000;

/** An order as the simulator's admin doors show it. */
export type Placed = {
  readonly id: string;
  readonly service: number;
  readonly link: string;
  readonly quantity: number;
  readonly placed_at: number;
};

export type Registration = ReturnType<typeof registrationOf>;

/** What a panel may tell besides: whose order it is, and how long its service takes. */
type MoreFields = { readonly customer?: string; readonly start_minutes?: number; readonly duration_minutes?: number };

/** A provider's order, as the panel tells panelsync of it under an id of its own. */
export function registrationOf({ id: providerOrderId, service, link, quantity, placed_at }: Placed, provider: string, id: string) {
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

/** What the demonstration keeps of a registered order. */
export function demoOrderOf({ id, provider, provider_order_id, service, quantity }: Registration): DemoOrder {
  const chargeMicros = chargeOf(Number(service), quantity);
  return { id, provider, providerOrderId: provider_order_id, quantity, chargeMicros, grantedMicros: null };
}

type RegisterAnswer = { readonly results: readonly { readonly id: string; readonly result: string; readonly error?: unknown }[] };

/** Registers orders. Throws if panelsync refuses one, or has it already. */
export async function register(panel: Api, registrations: readonly (Registration & MoreFields)[]): Promise<void> {
  for (let at = 0; at < registrations.length; at += REGISTERED_AT_ONCE) {
    const { results } = await panel.call<RegisterAnswer>("POST", "/v1/orders", registrations.slice(at, at + REGISTERED_AT_ONCE));
    const refused = results.find(({ result }) => result !== "created");
    if (refused !== undefined) throw new Error(`order ${refused.id} was not registered: ${JSON.stringify(refused)}`);
  }
}
