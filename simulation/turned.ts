/** Gives some of the orders at providers a life of `lives.ts`, in the minute in which they are placed. */
import type { World } from "../simulator/world.ts";
import { Draws } from "./draws.ts";
import { turnedLife } from "./lives.ts";

const SHARE = 0.3;

/** `known`: orders that were looked at before, as `provider/id`. Panels' scripts get only lives whose first end stays. */
export function turnOrders({ seed, providers }: World, now: number, known: Set<string>): void {
  for (const provider of providers.values()) {
    for (const order of provider.orders.values()) {
      const key = `${provider.name}/${order.id}`;
      if (known.has(key)) continue;
      known.add(key);
      const draws = new Draws(seed, key, "turned");
      if (order.partOf !== undefined || order.parts !== undefined || !draws.chance(SHARE)) continue;
      order.life = turnedLife(order.life, now, !order.link.startsWith("https://books.example/"), draws);
    }
  }
}
