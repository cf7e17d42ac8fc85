/**
 * Four panels with the habits of scripts that are in use. All place orders for customers who have paid the retail
 * price, and pay back by what `status` tells them.
 */
import type { ApiClient, Fields } from "./client.ts";
import { type Granted, grantedIn, placedIn, refillIn, statusIn, statusOf, type Told } from "./readings.ts";
import { type Purchase, Shop, type ShopOrder } from "./shop.ts";

const MINUTE_MS = 60_000;
const REFILL_ENDS: ReadonlySet<string> = new Set(["Completed", "Rejected", "Error"]);

/** What the panel's settings hold for each provider: where it is, the key, and how it is spoken to. */
export type Routes = ReadonlyMap<string, ApiClient>;

export abstract class Panel {
  readonly shop = new Shop();
  protected readonly resendMs: number = MINUTE_MS;

  readonly name: string;
  readonly routes: Routes;

  constructor(name: string, routes: Routes) {
    this.name = name;
    this.routes = routes;
  }

  /** What the panel's cron does at this time. */
  abstract act(now: number): Promise<void>;

  buy(purchase: Purchase, now: number): ShopOrder {
    return this.shop.buy(purchase, now);
  }

  /** Nothing is left to do or to wait for. */
  get rests(): boolean {
    return this.shop.orders.every((order) => (order.state === "ended" || order.state === "failed") && !this.#wantsCare(order));
  }

  protected client(order: ShopOrder): ApiClient {
    const client = this.routes.get(order.route);
    if (client === undefined) throw new RangeError(`${this.name} has no route ${order.route}`);
    return client;
  }

  /** Orders that have no id yet and whose last try was long enough ago. */
  protected unsent(now: number): ShopOrder[] {
    return this.shop.inState("unsent").filter(({ attemptedAt }) => now - attemptedAt >= this.resendMs);
  }

  /** Open orders that were not asked after for so long, by route. */
  protected openByRoute(now: number, everyMs: number): ShopOrder[][] {
    const due = this.shop.inState("open").filter(({ askedAt }) => now - askedAt >= everyMs);
    for (const order of due) order.askedAt = now;
    return [...Map.groupBy(due, ({ route }) => route).values()];
  }

  /** One try to place an order. An error is the end of it; no answer is none, and the order stays to be sent. */
  protected async send(order: ShopOrder, now: number): Promise<void> {
    order.attempts += 1;
    order.attemptedAt = now;
    const placed = placedIn(await this.client(order).add(fieldsOf(order)));
    if (placed.kind === "placed") this.shop.number(order, placed.id);
    else if (placed.kind === "refused") this.shop.fail(order);
  }

  /** Asks after orders of one route in one call. */
  protected async look(orders: readonly ShopOrder[]): Promise<void> {
    const [first] = orders;
    if (first === undefined) return;
    const answer = await this.client(first).statuses(orders.map(asked));
    for (const order of orders) this.hear(order, statusOf(answer, asked(order)));
  }

  protected hear(order: ShopOrder, told: Told): void {
    if (told.kind === "told") this.shop.hear(order, told);
    else if (told.kind === "error") this.hearError(order, told.error);
  }

  /** Most panels show the error to somebody and go on asking. */
  protected hearError(order: ShopOrder, error: string): void {
    this.shop.wonder(order, `was told the error ${JSON.stringify(error)}`);
  }

  /** Cancels and refills that customers have asked for. Asking again is for when nothing came back. */
  protected async care(now: number): Promise<void> {
    for (const order of this.shop.orders) {
      if (wantsCancel(order, now)) order.cancel = verdictOf(await this.askCancel(order));
      if (this.#wantsCare(order)) await this.#followRefill(order, now);
    }
  }

  protected async askCancel(order: ShopOrder): Promise<Granted> {
    const id = asked(order);
    return grantedIn(await this.client(order).cancel([id]), "cancel", id);
  }

  protected async askRefill(order: ShopOrder): Promise<Granted> {
    return refillIn(await this.client(order).refill(asked(order)));
  }

  #wantsCare(order: ShopOrder): boolean {
    if (order.wantsRefill !== true || order.state !== "ended" || order.word !== "Completed") return false;
    return order.refill === null || (order.refill !== "refused" && !REFILL_ENDS.has(order.refill.status));
  }

  async #followRefill(order: ShopOrder, now: number): Promise<void> {
    if (order.refill === null) {
      const granted = await this.askRefill(order);
      if (granted.kind === "granted") order.refill = { id: granted.value, status: "Pending", askedAt: now };
      else if (granted.kind === "refused") order.refill = "refused";
    } else if (order.refill !== "refused" && now - order.refill.askedAt >= 5 * MINUTE_MS) {
      order.refill.askedAt = now;
      const told = statusIn(await this.client(order).refillStatus(order.refill.id as string | number));
      if (told.kind === "told") order.refill.status = told.word;
      else if (told.kind === "error") this.shop.wonder(order, `heard ${told.error} of its refill`);
    }
  }
}

/**
 * (a) Acts on the first final word and never looks again; an error for an order, or in answer to `add`, is the end of
 * it, with all paid back. An empty or failing answer means: try later.
 */
export class HastyPanel extends Panel {
  async act(now: number): Promise<void> {
    for (const order of this.unsent(now)) await this.send(order, now);
    for (const orders of this.openByRoute(now, 2 * MINUTE_MS)) await this.look(orders);
    await this.care(now);
  }

  protected override hearError(order: ShopOrder): void {
    this.shop.fail(order);
  }
}

const CHUNK = 5;

/** (b) Gives up on an answer after 10 s, sends `add` again every 30 s until there is an id, and asks after many orders in several calls at once. */
export class StubbornPanel extends Panel {
  protected override readonly resendMs = MINUTE_MS / 2;

  async act(now: number): Promise<void> {
    await Promise.all(this.unsent(now).map((order) => this.send(order, now)));
    const chunks = this.openByRoute(now, 2 * MINUTE_MS).flatMap((orders) => chunksOf(orders, CHUNK));
    await Promise.all(chunks.map((orders) => this.look(orders)));
    await this.care(now);
  }

  protected override async askRefill(order: ShopOrder): Promise<Granted> {
    const id = asked(order);
    return grantedIn(await this.client(order).refills([id]), "refill", id);
  }
}

/** (c) Asks for one order at a time, by the query of a GET or in JSON by turns, with ids as they came. */
export class SinglePanel extends Panel {
  #turns = 0;

  async act(now: number): Promise<void> {
    for (const order of this.unsent(now)) await this.send(order, now);
    for (const order of this.openByRoute(now, 10 * MINUTE_MS).flat()) {
      const encoding = this.#turns++ % 2 === 0 ? "get" : "json";
      this.hear(
        order,
        statusIn(
          await this.client(order)
            .with({ encoding })
            .status(order.given as string | number),
        ),
      );
    }
    await this.care(now);
  }
}

/**
 * (d) Sells subscriptions: each post that comes is an order by itself, asked after and paid back like any other, and what
 * never comes is paid back when the subscription ends. Its word is kept in a column that has five, and it stops asking
 * where it is told a sixth.
 */
export class SubscriptionPanel extends Panel {
  async act(now: number): Promise<void> {
    for (const order of this.unsent(now)) await this.send(order, now);
    for (const orders of this.openByRoute(now, 2 * MINUTE_MS)) await this.look(orders);
    for (const parts of this.#openParts(now)) await this.look(parts);
  }

  override get rests(): boolean {
    return super.rests && this.shop.parts.every(({ state }) => state === "ended" || state === "failed");
  }

  protected override hear(order: ShopOrder, told: Told): void {
    if (told.kind === "told" && order.posts !== undefined) this.shop.hearSubscription(order, told, order.askedAt);
    else super.hear(order, told);
  }

  #openParts(now: number): ShopOrder[][] {
    const due = this.shop.parts.filter(({ state, askedAt }) => state === "open" && now - askedAt >= 2 * MINUTE_MS);
    for (const part of due) part.askedAt = now;
    return [...Map.groupBy(due, ({ route }) => route).values()];
  }
}

function fieldsOf({ service, link, quantity, posts }: ShopOrder): Fields {
  return posts === undefined ? { service, link, quantity } : { service, username: link, min: quantity, max: quantity, posts, delay: 0 };
}

/** The id as the column gives it back. */
function asked({ id }: ShopOrder): number {
  if (id === null) throw new RangeError("an order without an id cannot be asked after");
  return id;
}

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}

function wantsCancel(order: ShopOrder, now: number): boolean {
  return order.state === "open" && order.cancel === null && now - order.boughtAt >= (order.cancelAfterMs ?? Infinity);
}

function verdictOf(granted: Granted): ShopOrder["cancel"] {
  return granted.kind === "unclear" ? null : granted.kind;
}
