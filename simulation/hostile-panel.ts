/**
 * A panel that does harm, in every run where nobody has to be late and in some others. It sends what a firewall before the
 * provider turns away, and asks for more than its share: checks of its one order, and statuses of ids that nobody has. What it
 * may cost the others is counted: no provider is left alone for it, and its calls and checks stay within what is a panel's.
 */
import { placeOrder } from "../simulator/orders.ts";
import type { ApiClient } from "../test/panels/client.ts";
import type { RestClient } from "./client.ts";
import type { Draws } from "./draws.ts";
import { TRIPS_THE_FIREWALL } from "./firewall.ts";
import { FIRST_STRANGER } from "./strangers.ts";
import { MINUTE_MS, type Plan, type System } from "./system.ts";

export const HOSTILE_PANEL = "hostile";

const ACCEPTED = 202;
/** The protocol's lists hold so many ids. */
const LISTED = 100;
/** Checks that a panel may ask for in a minute, by the plan (docs/rules.md, [O45]). */
const CHECKS_A_MINUTE: Readonly<Record<Plan, number>> = { free: 60, paid: 300 };
/** So many come in a minute in which it floods. */
const CHECKS_OF_FLOOD = 150;
/** Requests of strangers' ids in such a minute. */
const LISTS_OF_FLOOD = 8;

export class HostilePanel {
  readonly #system: System;
  readonly #client: RestClient;
  readonly #endpoints: ReadonlyMap<string, ApiClient>;
  readonly #draws: Draws;
  /** Providers with few calls. */
  readonly #limited: readonly string[];
  #order: string | null = null;
  #strangers = FIRST_STRANGER;
  /** Checks that were taken, and the minutes that its floods have touched. */
  readonly #checks = { taken: 0, minutes: 0 };

  constructor(
    system: System,
    { rest, endpoints }: { readonly rest: RestClient; readonly endpoints: ReadonlyMap<string, ApiClient> },
    draws: Draws,
    limited: readonly string[],
  ) {
    this.#system = system;
    this.#client = rest;
    this.#endpoints = endpoints;
    this.#draws = draws;
    this.#limited = limited;
  }

  async act(): Promise<void> {
    if (this.#order === null) await this.#register();
    const [provider, endpoint] = this.#draws.pick([...this.#endpoints]);
    await this.#trip(endpoint);
    for (const name of this.#limited) await this.#flood(this.#endpoints.get(name));
    if (this.#draws.chance(0.1)) await this.#check();
    this.#system.trace(`${HOSTILE_PANEL} has done what harm it can, at ${provider}`);
  }

  /** One order of its own, which it has placed by itself. */
  async #register(): Promise<void> {
    const [name = ""] = this.#endpoints.keys();
    const provider = this.#system.world.providers.get(name);
    const [service] = provider?.catalogue ?? [];
    if (provider === undefined || service === undefined) throw new Error("there is nobody to place an order at");
    const link = "https://hostile.example/1";
    const { id } = placeOrder(this.#system.world, provider, { service, link, quantity: 100, placedAt: this.#system.now });
    const registration = { id: "h1", provider: name, provider_order_id: id, quantity: 100, charge: "0.1" };
    await this.#client.until("POST", "/v1/orders", [registration], this.#client.of(HOSTILE_PANEL));
    this.#order = registration.id;
  }

  async #trip(endpoint: ApiClient): Promise<void> {
    switch (this.#draws.pick(["status", "refill", "cancel"])) {
      case "status":
        return void (await endpoint.status(TRIPS_THE_FIREWALL));
      case "refill":
        return void (await endpoint.refill(TRIPS_THE_FIREWALL));
      case "cancel":
        return void (await endpoint.cancel([TRIPS_THE_FIREWALL]));
    }
  }

  async #flood(endpoint: ApiClient | undefined): Promise<void> {
    for (let i = 0; i < LISTS_OF_FLOOD; i++) await endpoint?.statuses(Array.from({ length: LISTED }, () => String(this.#strangers++)));
  }

  async #check(): Promise<void> {
    const begunAt = this.#system.now;
    const ask = () => this.#client.once("POST", `/v1/orders/${this.#order ?? ""}/check`, {}, this.#client.of(HOSTILE_PANEL));
    // While the queue takes nothing, a check that joins another's message is taken and not done: that is no panel's doing.
    for (let i = 0; i < CHECKS_OF_FLOOD && this.#system.quota === null; i++)
      if ((await ask())?.status === ACCEPTED) this.#checks.taken += 1;
    // It goes on into the next minutes while answers are slow, and by clocks that differ it touches one more.
    this.#checks.minutes += Math.floor(this.#system.now / MINUTE_MS) - Math.floor(begunAt / MINUTE_MS) + 2;
  }

  /** `clocksAreRight`: in another minute its share is whole again. */
  wrongs(plan: Plan, clocksAreRight: boolean): string[] {
    const { taken, minutes } = this.#checks;
    const most = CHECKS_A_MINUTE[plan] * minutes;
    return clocksAreRight && taken > most ? [`${taken} checks of ${HOSTILE_PANEL} were taken, and ${most} are its share`] : [];
  }
}
