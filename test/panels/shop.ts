/** What a small panel keeps: its customers' money in micro-units, and its orders with ids in a 32-bit column. */
import type { Json } from "./client.ts";
import type { Told } from "./readings.ts";

export interface Purchase {
  readonly customer: string;
  /** Which of the panel's provider settings it is bought through. */
  readonly route: string;
  readonly service: string;
  readonly link: string;
  readonly quantity: number;
  /** The panel's retail price for all of it, in micro-units. */
  readonly paid: number;
  /** A subscription to so many posts, each with the quantity; a whole multiple of it is paid. */
  readonly posts?: number;
  /** The customer asks to cancel so long after buying. */
  readonly cancelAfterMs?: number;
  /** The customer asks for a refill once it is completed. */
  readonly wantsRefill?: boolean;
}

export interface ShopOrder extends Purchase {
  readonly boughtAt: number;
  state: "unsent" | "open" | "ended" | "failed";
  /** As the column holds it, and as it came. */
  id: number | null;
  given: Json;
  /** The word it was last told, of the middle ones too. */
  word: string | null;
  readonly refunds: number[];
  attempts: number;
  attemptedAt: number;
  askedAt: number;
  cancel: "granted" | "refused" | null;
  refill: { readonly id: Json; status: string; askedAt: number } | "refused" | null;
}

/** A post of a subscription, which is an order by itself. */
export interface ShopPart extends ShopOrder {
  readonly partOf: ShopOrder;
}

const LARGEST_INT32 = 2_147_483_647;
const MIDDLE_WORDS: ReadonlySet<string> = new Set(["Pending", "Processing", "In progress"]);
/** A subscription's words, as scripts keep them in a column of just these. */
const SUBSCRIPTION_WORDS: ReadonlySet<string> = new Set(["Active", "Paused", "Completed", "Expired", "Canceled"]);
const SUBSCRIPTION_GOES_ON: ReadonlySet<string> = new Set(["Active", "Paused"]);

export class Shop {
  readonly deposits = new Map<string, number>();
  readonly balances = new Map<string, number>();
  readonly orders: ShopOrder[] = [];
  /** The posts of subscriptions, as they were named. */
  readonly parts: ShopPart[] = [];
  /** What no panel should ever meet, in words, each once. */
  readonly surprises: string[] = [];

  deposit(customer: string, amount: number): void {
    this.deposits.set(customer, (this.deposits.get(customer) ?? 0) + amount);
    this.#move(customer, amount);
  }

  /** Takes the price off the customer's balance. Throws RangeError when that does not cover it. */
  buy(purchase: Purchase, now: number): ShopOrder {
    if ((this.balances.get(purchase.customer) ?? 0) < purchase.paid) throw new RangeError(`${purchase.customer} cannot pay`);
    this.#move(purchase.customer, -purchase.paid);
    const order = newOrder(purchase, now);
    this.orders.push(order);
    return order;
  }

  inState(state: ShopOrder["state"]): ShopOrder[] {
    return this.orders.filter((order) => order.state === state);
  }

  /** The order has its id. A second one for it is an order too many. */
  number(order: ShopOrder, given: Json): void {
    const id = column32(given);
    if (id === null) return this.wonder(order, `got the id ${JSON.stringify(given)}, which no 32-bit column takes`);
    if (order.id !== null && order.id !== id) this.wonder(order, `got the id ${id} after ${order.id}`);
    if (order.state !== "unsent") return;
    const other = this.orders.find((each) => each.id === id && each.route === order.route);
    if (other !== undefined) this.wonder(order, `got the id ${id}, which is that of ${other.link}`);
    order.id = id;
    order.given = given;
    order.state = "open";
  }

  /** Nothing came of the order: the customer has all back. */
  fail(order: ShopOrder): void {
    if (order.state === "ended" || order.state === "failed") return;
    order.state = "failed";
    this.#credit(order, order.paid);
  }

  /** The first final word ends the order, and the panel pays back by `remains`. Later ones change nothing. */
  hear(order: ShopOrder, { word, remains }: Extract<Told, { kind: "told" }>): void {
    if (order.state !== "open") return;
    order.word = word;
    if (MIDDLE_WORDS.has(word)) return;
    const refund = this.#refundFor(order, word, remains);
    if (refund === null) return this.wonder(order, `was told ${word} with ${String(remains)} of ${order.quantity} left`);
    order.state = "ended";
    this.#credit(order, refund);
  }

  /** What a subscription is told: its word, and its posts so far. It ends by its own words; what never came is paid back. */
  hearSubscription(order: ShopOrder, { word, fields }: Extract<Told, { kind: "told" }>, now: number): void {
    if (order.state !== "open") return;
    order.word = word;
    const named = Array.isArray(fields["orders"]) ? fields["orders"] : [];
    for (const given of named as readonly Json[]) this.#addPart(order, given, now);
    // At a word that the column does not take, the script stops asking.
    if (!SUBSCRIPTION_WORDS.has(word)) return this.wonder(order, `was told ${word}, which is no word of a subscription`);
    if (SUBSCRIPTION_GOES_ON.has(word)) return;
    order.state = "ended";
    const missing = (order.posts ?? 0) - this.partsOf(order).length;
    this.#credit(order, missing * priceOfPost(order));
  }

  partsOf(order: ShopOrder): ShopPart[] {
    return this.parts.filter(({ partOf }) => partOf === order);
  }

  #addPart(order: ShopOrder, given: Json, now: number): void {
    const id = column32(given);
    if (id === null) return this.wonder(order, `has a post with the id ${JSON.stringify(given)}`);
    if (this.parts.some((part) => part.id === id && part.route === order.route)) return;
    const { posts: _posts, ...purchase } = order;
    const part = { ...newOrder({ ...purchase, paid: priceOfPost(order) }, now), partOf: order, id, given };
    part.state = "open";
    this.parts.push(part);
  }

  wonder(order: ShopOrder, what: string): void {
    const surprise = `${order.link} (${order.route}) ${what}`;
    if (!this.surprises.includes(surprise)) this.surprises.push(surprise);
  }

  #refundFor(order: ShopOrder, word: string, remains: number | null): number | null {
    if (word === "Completed") return 0;
    if (word === "Canceled") return order.paid;
    if (word !== "Partial" || remains === null || remains > order.quantity) return null;
    return shareOf(order.paid, remains, order.quantity);
  }

  #credit(order: ShopOrder, amount: number): void {
    if (amount === 0) return;
    order.refunds.push(amount);
    this.#move(order.customer, amount);
  }

  #move(customer: string, amount: number): void {
    this.balances.set(customer, (this.balances.get(customer) ?? 0) + amount);
  }
}

/** A post's share of what was paid. */
export function priceOfPost({ paid, posts = 1 }: Purchase): number {
  return paid / posts;
}

function newOrder(purchase: Purchase, now: number): ShopOrder {
  const { customer, route, service, link, quantity, paid, posts, cancelAfterMs, wantsRefill } = purchase;
  return {
    customer,
    route,
    service,
    link,
    quantity,
    paid,
    ...(posts !== undefined && { posts }),
    ...(cancelAfterMs !== undefined && { cancelAfterMs }),
    ...(wantsRefill !== undefined && { wantsRefill }),
    boughtAt: now,
    state: "unsent",
    id: null,
    given: null,
    word: null,
    refunds: [],
    attempts: 0,
    attemptedAt: -Infinity,
    askedAt: -Infinity,
    cancel: null,
    refill: null,
  };
}

/** `charge × remains / quantity` in whole micro-units, what is below one dropped. */
export function shareOf(paid: number, remains: number, quantity: number): number {
  return Number((BigInt(paid) * BigInt(remains)) / BigInt(quantity));
}

/** The id as an INT column of a database keeps it; null for what it would refuse or cut. */
export function column32(given: Json): number | null {
  const id = typeof given === "number" || (typeof given === "string" && /^\d{1,10}$/.test(given)) ? Number(given) : Number.NaN;
  return Number.isInteger(id) && id >= 1 && id <= LARGEST_INT32 ? id : null;
}
