/**
 * A panel that comes later, and wants orders that are there already: its own, those of others, and those that nobody has
 * asked about here. It tries them under other spellings, too. What it is told of each, the owners decide (owners.ts).
 */
import { placeOrder } from "../simulator/orders.ts";
import type { Provider } from "../simulator/world.ts";
import type { ApiClient } from "../test/panels/client.ts";
import { amountOf } from "./amounts.ts";
import type { Json, RestClient } from "./client.ts";
import type { Draws } from "./draws.ts";
import { PROVIDERS } from "./providers.ts";
import type { System } from "./system.ts";

const ACCEPTED = 202;
/** Spellings that a lenient server reads as the order itself. No provider has given such an id. */
const SPELLINGS = [(id: string) => `0${id}`, (id: string) => `+${id}`, (id: string) => `${id}abc`, (id: string) => `${id}.0`] as const;

/** Whether an id is spelled so that only a lenient server finds an order by it. */
export function isMisspelt(id: string): boolean {
  return /^(?:[0+]\d+|\d+(?:abc|\.0))$/.test(id);
}

/** The most ids that it names in a request. */
const MOST_NAMED = 6;

/** A list of ids that was taken: when it was sent, and how many were what. */
export type Adoption = {
  readonly panel: string;
  readonly provider: string;
  readonly ids: readonly string[];
  readonly since: number;
  readonly counts: { readonly adopted: number; readonly known: number; readonly taken: number };
};

/** A registration that was answered: when it was sent, and what became of it. */
export type Registered = {
  readonly panel: string;
  readonly provider: string;
  readonly id: string;
  readonly result: string;
  readonly since: number;
};

export class Newcomer {
  readonly panel: string;
  readonly #system: System;
  readonly #client: RestClient;
  readonly #endpoints: ReadonlyMap<string, ApiClient>;
  readonly #draws: Draws;
  readonly #spellings: Draws;
  /** What another panel has registered: it registers some of that, too. */
  readonly #registrations: () => readonly Json[];
  #registered = 0;
  #busy = false;
  /** Called with each list that was taken, as soon as its answer is there. */
  onAdopted: (adoption: Adoption) => void = () => undefined;
  /** Called with each registration that was answered. */
  onRegistered: (registered: Registered) => void = () => undefined;

  constructor(
    system: System,
    panel: string,
    { rest, endpoints }: { readonly rest: RestClient; readonly endpoints: ReadonlyMap<string, ApiClient> },
    {
      draws,
      spellings,
      registrations,
    }: { readonly draws: Draws; readonly spellings: Draws; readonly registrations: () => readonly Json[] },
  ) {
    this.panel = panel;
    this.#system = system;
    this.#client = rest;
    this.#endpoints = endpoints;
    this.#draws = draws;
    this.#spellings = spellings;
    this.#registrations = registrations;
  }

  /** One request about some orders of a provider's, more often of none that it has. */
  async act(): Promise<void> {
    if (this.#busy || !this.#draws.chance(0.4)) return;
    this.#busy = true;
    const name = this.#draws.pick(PROVIDERS);
    const [provider, endpoint] = [this.#system.world.providers.get(name), this.#endpoints.get(name)];
    if (provider === undefined || endpoint === undefined) throw new Error(`there is no provider ${name}`);
    if (this.#draws.chance(0.15)) this.#place(provider);
    const ids = this.#someOf(provider);
    if (ids.length > 0) await this.#want(endpoint, name, ids);
    this.#busy = false;
  }

  async #want(endpoint: ApiClient, provider: string, ids: readonly string[]): Promise<void> {
    const [one = ""] = ids;
    switch (this.#draws.pick(["statuses", "statuses", "status", "adopt", "register", "refill", "cancel"])) {
      case "statuses":
        return void (await endpoint.statuses(ids));
      case "status":
        return void (await endpoint.status(one));
      case "adopt":
        return this.#adopt(provider, ids);
      case "register":
        return this.#register();
      case "refill":
        return void (await endpoint.refill(one));
      case "cancel":
        return void (await endpoint.cancel(ids.slice(0, 2)));
    }
  }

  async #adopt(provider: string, ids: readonly string[]): Promise<void> {
    const since = this.#system.now;
    const answered = await this.#client.once("POST", `/v1/providers/${provider}/adopt`, { orders: ids }, this.#client.of(this.panel));
    if (answered?.status === ACCEPTED) this.onAdopted({ panel: this.panel, provider, ids, since, counts: answered.json });
  }

  /** It has only what the other has not registered yet. */
  async #register(): Promise<void> {
    const others = this.#registrations();
    if (others.length === 0) return;
    const { provider, provider_order_id, quantity } = this.#draws.pick(others);
    const id = `${this.panel}-${++this.#registered}`;
    const charge = amountOf(quantity * this.#draws.between(1, 9000));
    const registration = { id, provider, provider_order_id, quantity, charge };
    const since = this.#system.now;
    const answered = await this.#client.once("POST", "/v1/orders", [registration], this.#client.of(this.panel));
    const result = (answered?.json.results as { result: string }[] | undefined)?.[0]?.result;
    if (result !== undefined) this.onRegistered({ panel: this.panel, provider, id: provider_order_id, result, since });
  }

  /** Orders that have come to be: of a part that has not, nobody knows. */
  #someOf(provider: Provider): string[] {
    const there = [...provider.orders.values()].filter(({ placedAt }) => placedAt <= this.#system.now);
    if (there.length === 0) return [];
    const named = Array.from({ length: this.#draws.between(1, MOST_NAMED) }, () => this.#draws.pick(there).id);
    return [...new Set(named)].map((id) => (this.#spellings.chance(0.2) ? this.#spellings.pick(SPELLINGS)(id) : id));
  }

  /** An order that is nobody's here yet: the first that asks about it has it. */
  #place(provider: Provider): void {
    const [service] = provider.catalogue;
    if (service === undefined) return;
    const link = `https://elsewhere.example/${this.panel}/${this.#system.now}`;
    placeOrder(this.#system.world, provider, { service, link, quantity: this.#draws.between(10, 3000), placedAt: this.#system.now });
  }
}
