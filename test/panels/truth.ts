/** What is due by the simulator's truth, and where a panel's books differ from it. */
import { type Truth, truthOf } from "../../simulator/orders.ts";
import type { Order, World } from "../../simulator/world.ts";
import type { Panel } from "./actors.ts";
import { priceOfPost, type ShopOrder, shareOf } from "./shop.ts";

/** An order at a provider, with how it ends. */
export interface Delivery {
  readonly provider: string;
  readonly order: Order;
  readonly truth: Truth;
}

/** All orders at all providers by the link they are for; parts of others are no orders of a panel. */
export function deliveriesOf(world: World): ReadonlyMap<string, readonly Delivery[]> {
  const all = [...world.providers.values()].flatMap((provider) =>
    [...provider.orders.values()]
      .filter(({ partOf }) => partOf === undefined)
      .map((order) => ({ provider: provider.name, order, truth: truthOf(order, world.clock.now()) })),
  );
  return Map.groupBy(all, ({ order }) => order.link);
}

/** How many of the ordered units the customer never gets: the domain's refund rules on the provider's last word. */
export function undeliveredOf({ order, truth }: Delivery): number {
  const { status, remains } = truth.final;
  const isPart = remains !== null && remains > 0 && remains < order.quantity;
  switch (status) {
    case "completed":
      return 0;
    case "canceled":
      return order.quantity;
    case "partial":
    case "refunded":
      return isPart ? remains : order.quantity;
    default:
      throw new RangeError(`order ${order.id} never ends: it stays ${status}`);
  }
}

/** What the customer is due of the price: all where nothing was ever placed. */
export function dueOf(paid: number, deliveries: readonly Delivery[], quantity: number): number {
  const [delivery] = deliveries;
  return delivery === undefined ? paid : shareOf(paid, undeliveredOf(delivery), quantity);
}

/** The posts of a subscription at its provider, with how each ends. */
function postsOf(world: World, { provider, order }: Delivery): Delivery[] {
  const all = world.providers.get(provider)?.orders;
  return (order.parts?.children ?? []).flatMap((id) => {
    const post = all?.get(id);
    return post === undefined ? [] : [{ provider, order: post, truth: truthOf(post, world.clock.now()) }];
  });
}

/** What the customer of one order is due, by what was delivered for it. */
function dueFor(world: World, order: ShopOrder, delivery: Delivery | undefined): number {
  if (order.posts === undefined || delivery === undefined)
    return dueOf(order.paid, delivery === undefined ? [] : [delivery], order.quantity);
  const posts = postsOf(world, delivery);
  const unit = priceOfPost(order);
  const missing = (order.posts - posts.length) * unit;
  return posts.reduce((sum, post) => sum + dueOf(unit, [post], order.quantity), missing);
}

/** Each thing that is not as it has to be in the end, in words. Empty for a panel that came through. */
export function wrongsOf({ name, shop }: Panel, world: World): string[] {
  const deliveries = deliveriesOf(world);
  const due = new Map<string, number>(shop.deposits);
  const wrongs = [...shop.surprises];
  for (const [link, orders] of Map.groupBy(shop.orders, (order) => order.link)) {
    const sales = salesOf(world, shop, { orders, found: deliveries.get(link) ?? [] });
    wrongs.push(...wrongsOfSales(sales, deliveries.get(link) ?? []));
    for (const { order, back, paidBack } of sales) {
      // Sales that look alike cost the same, and nobody can tell whose delivery is whose.
      const returned = sales.length === 1 ? back : paidBack;
      due.set(order.customer, (due.get(order.customer) ?? 0) - order.paid + returned);
    }
  }
  for (const [customer, balance] of due) {
    const has = shop.balances.get(customer);
    if (has !== balance) wrongs.push(`${customer} has ${String(has)} instead of ${balance}`);
  }
  return wrongs.map((wrong) => `${name}: ${wrong}`);
}

/** A sale, with its posts if it is a subscription; what is due back, and what was paid back. */
interface Sale {
  readonly order: ShopOrder;
  readonly parts: readonly ShopOrder[];
  readonly back: number;
  readonly paidBack: number;
}

type OfLink = { readonly orders: readonly ShopOrder[]; readonly found: readonly Delivery[] };

/** Of orders for one link, each with a delivery; those that failed have the last ones, which should not be there. */
function salesOf(world: World, shop: Panel["shop"], { orders, found }: OfLink): Sale[] {
  const failedLast = orders.toSorted((a, b) => Number(a.state === "failed") - Number(b.state === "failed"));
  return failedLast.map((order, n) => {
    const parts = shop.partsOf(order);
    const refunds = [order, ...parts].flatMap((each) => each.refunds);
    return { order, parts, back: dueFor(world, order, found[n]), paidBack: refunds.reduce((sum, amount) => sum + amount, 0) };
  });
}

function wrongsOfSales(sales: readonly Sale[], found: readonly Delivery[]): string[] {
  const wrongs = sales.flatMap(({ order, parts }) => wrongsOfSale(order, parts, found).map((wrong) => `${say(order)} ${wrong}`));
  const [first] = sales;
  if (first === undefined) return wrongs;
  if (found.length > sales.length) wrongs.push(`${say(first.order)} was placed ${found.length} times for ${sales.length} sales`);
  const [is, should] = [sales.map(({ paidBack }) => paidBack), sales.map(({ back }) => back)].map(listed);
  return is === should ? wrongs : [...wrongs, `${say(first.order)} had ${is} paid back instead of ${should}`];
}

function wrongsOfSale(order: ShopOrder, parts: readonly ShopOrder[], found: readonly Delivery[]): string[] {
  const all = [order, ...parts];
  const credits = Math.max(...all.map(({ refunds }) => refunds.length));
  const quantity = order.quantity * (order.posts ?? 1);
  return [
    ...(all.every(({ state }) => state === "ended" || state === "failed") ? [] : ["never ended"]),
    ...(found.every((delivery) => delivery.order.quantity === quantity) ? [] : ["was placed with another quantity"]),
    ...(credits > 1 ? [`was paid back ${credits} times`] : []),
  ];
}

function listed(amounts: readonly number[]): string {
  return amounts.toSorted((a, b) => a - b).join(" and ");
}

function say({ state, word, link, route, attempts }: ShopOrder): string {
  return `${link} (${route}, ${state}, told ${String(word)}, sent ${attempts} times)`;
}
