import { placeOrder, placeRepeated } from "../simulator/orders.ts";
import type { ApiClient } from "../test/panels/client.ts";
import { amountOf } from "./amounts.ts";
import type { Json, RestClient } from "./client.ts";
import type { Draws } from "./draws.ts";
import type { Registered } from "./newcomer.ts";
import { namesDripFeeds, PROVIDERS } from "./providers.ts";
import { MINUTE_MS, type System } from "./system.ts";

const ACCEPTED = 202;

type Outcome = { readonly id: string; readonly result: string; readonly error?: { readonly code: string } };
/** The protocol's lists hold so many ids. */
const LISTED = 100;
/** How many of its orders are drip-feeds. */
const REPEATED = 0.12;

/**
 * The panel `books`: it places its orders at providers by itself, and registers them over REST until each is acknowledged.
 */
export class RegisteringPanel {
  readonly #system: System;
  readonly #client: RestClient;
  readonly #draws: Draws;
  readonly #wishes: Draws;
  readonly #repeats: Draws;
  readonly #endpoints: ReadonlyMap<string, ApiClient>;
  /** Orders still to be placed. */
  #left: number;
  #placed = 0;
  readonly #unacknowledged = new Map<string, Json>();
  /** What it has registered, by its own id, and when it last heard that it is on record. */
  readonly orders = new Map<string, { readonly registration: Json; heardAt: number }>();
  /** Since when orders are to be checked, where that was acknowledged. */
  readonly checkWanted = new Map<string, number>();
  busy = false;
  /** Called with each registration that another panel's order is in the way of. */
  onRegistered: (registered: Registered) => void = () => undefined;

  /**
   * `endpoints`: by provider; `wishes`: what it asks for of its orders, which must not change what it orders; `repeats`: which of
   * them are drip-feeds, by itself, so that earlier seeds order the same.
   */
  constructor(
    system: System,
    { rest, endpoints }: { readonly rest: RestClient; readonly endpoints: ReadonlyMap<string, ApiClient> },
    { draws, wishes, repeats }: { readonly draws: Draws; readonly wishes: Draws; readonly repeats: Draws },
    orders: number,
  ) {
    this.#system = system;
    this.#client = rest;
    this.#endpoints = endpoints;
    this.#draws = draws;
    this.#wishes = wishes;
    this.#repeats = repeats;
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
      const since = this.#system.now;
      const answered = await this.#client.once("POST", "/v1/orders", waiting, this.#client.of("books"));
      for (const { id, result, error } of (answered?.json.results ?? []) as Outcome[]) {
        const order = this.orders.get(id);
        if (order !== undefined && error?.code === "provider_order_conflict") this.#giveUp(id, order.registration, since);
        if (order === undefined || (result !== "created" && result !== "exists")) continue;
        order.heardAt = this.#system.now;
        this.#unacknowledged.delete(id);
      }
    }
    await this.#ask();
    if (this.#wishes.chance(0.3)) await this.#look();
    this.busy = false;
  }

  /** Another panel was the first to ask about it, and has it. */
  #giveUp(id: string, { provider, provider_order_id }: Json, since: number): void {
    this.orders.delete(id);
    this.#unacknowledged.delete(id);
    this.onRegistered({ panel: "books", provider, id: provider_order_id, result: "conflict", since });
  }

  /** Wants an order checked, refilled or canceled. */
  async #ask(): Promise<void> {
    const ids = [...this.orders].flatMap(([id, { heardAt }]) => (heardAt === -Infinity ? [] : [id]));
    if (ids.length === 0) return;
    const [id, action] = [this.#wishes.pick(ids), this.#wishes.pick(["check", "check", "check", "refill", "cancel"])];
    const at = this.#system.now;
    const answered = await this.#client.once("POST", `/v1/orders/${id}/${action}`, {}, this.#client.of("books"));
    if (action === "check" && answered?.status === ACCEPTED) this.checkWanted.set(id, at);
  }

  /** Asks after its orders as a script does that is pointed at a provider's endpoint. What is not on record it does not name. */
  async #look(): Promise<void> {
    const [provider, endpoint] = this.#wishes.pick([...this.#endpoints]);
    const ids = [...this.orders.values()]
      .map(({ registration }) => registration)
      .filter((order) => order.provider === provider && !this.#unacknowledged.has(order.id))
      .map(({ provider_order_id }) => provider_order_id as string);
    if (ids.length > 0) await endpoint.statuses(ids.slice(-LISTED));
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
    const request = { service, link, quantity, placedAt: this.#system.now };
    const times = this.#repeats.chance(REPEATED) && namesDripFeeds(provider) ? this.#repeats.between(2, 4) : 1;
    const repeats = { counted: "runs", times, intervalMs: this.#repeats.between(1, 30) * MINUTE_MS, expiry: null } as const;
    const order =
      times === 1 ? placeOrder(this.#system.world, provider, request) : placeRepeated(this.#system.world, provider, request, repeats);
    const charge = quantity * this.#draws.between(1, 9000) + this.#draws.between(0, 999);
    const registration = {
      id,
      provider: provider.name,
      provider_order_id: order.id,
      quantity: quantity * times,
      charge: amountOf(charge),
      customer: `customer-${this.#draws.between(1, 5)}`,
      ...(this.#draws.chance(0.5) ? { service: "1", link } : {}),
      ...(this.#draws.chance(0.08) ? { runs: 2 } : {}),
      ...(this.#draws.chance(0.1) ? { refunded: amountOf(Math.floor(charge / 3)) } : {}),
    };
    // One that does not say so is recognised by its provider's answers.
    this.#keep(times > 1 && this.#repeats.chance(0.7) ? { ...registration, runs: times } : registration);
    const [first] = order.parts?.children ?? [];
    if (first !== undefined && this.#repeats.chance(0.2)) {
      const { provider: name, customer } = registration;
      this.#keep({ id: `${id}-1`, provider: name, provider_order_id: first, quantity, charge: "0", customer });
    }
  }

  #keep(registration: Json): void {
    this.#unacknowledged.set(registration.id, registration);
    this.orders.set(registration.id, { registration, heardAt: -Infinity });
  }
}
