/** What is due by the simulator's truth, and where a panel's books differ from it. */
import { type Truth, truthOf } from "../../simulator/orders.ts";
import type { Order, World } from "../../simulator/world.ts";
import type { Panel } from "./actors.ts";
import { type ShopOrder, shareOf } from "./shop.ts";

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

/** Each thing that is not as it has to be in the end, in words. Empty for a panel that came through. */
export function wrongsOf({ name, shop }: Panel, world: World): string[] {
  const deliveries = deliveriesOf(world);
  const due = new Map<string, number>(shop.deposits);
  const wrongs = [...shop.surprises];
  for (const order of shop.orders) {
    const found = deliveries.get(order.link) ?? [];
    wrongs.push(...wrongsOfOrder(order, found));
    const back = dueOf(order.paid, found, order.quantity);
    due.set(order.customer, (due.get(order.customer) ?? 0) - order.paid + back);
  }
  for (const [customer, balance] of due) {
    const has = shop.balances.get(customer);
    if (has !== balance) wrongs.push(`${customer} has ${String(has)} instead of ${balance}`);
  }
  return wrongs.map((wrong) => `${name}: ${wrong}`);
}

function wrongsOfOrder(order: ShopOrder, found: readonly Delivery[]): string[] {
  const { state, word, refunds, link, quantity, paid, route, attempts } = order;
  const about = `${link} (${route}, ${state}, told ${String(word)}, sent ${attempts} times)`;
  const wrongs: string[] = [];
  if (state !== "ended" && state !== "failed") wrongs.push(`${about} never ended`);
  if (found.length > 1) wrongs.push(`${about} was placed ${found.length} times`);
  if (found.some((delivery) => delivery.order.quantity !== quantity)) wrongs.push(`${about} was placed with another quantity`);
  const due = dueOf(paid, found, quantity);
  const paidBack = refunds.reduce((sum, amount) => sum + amount, 0);
  if (paidBack !== due) wrongs.push(`${about} had ${paidBack} paid back instead of ${due}`);
  if (refunds.length > 1) wrongs.push(`${about} was paid back ${refunds.length} times`);
  return wrongs;
}
