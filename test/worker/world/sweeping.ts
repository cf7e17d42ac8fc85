/**
 * What a provider says of orders, and sweeps that hear it.
 */
import { env } from "cloudflare:workers";
import { orderView } from "../../../src/domain/order-view.ts";
import { readNamed } from "../../../src/store/orders/due.ts";
import { answeringEach } from "./providers.ts";
import { World } from "./world.ts";

/** What a provider says of an order under way. */
export function said(over: Record<string, unknown> = {}): Record<string, unknown> {
  return { charge: "0.27819", start_count: "3572", status: "In progress", remains: "157", currency: "USD", ...over };
}

/** Sweeps for so many minutes, in which the provider says of each order what is given. */
export async function sweep(world: World, minutes: number, each: (id: string) => unknown): Promise<void> {
  const sweeps = new World({ now: world.now });
  sweeps.providers.set("acme", answeringEach(each));
  await sweeps.run(minutes);
  world.now = sweeps.now;
}

/** An order of the panel `p` as it is shown. */
export async function shownOrder(world: World, n: number): Promise<ReturnType<typeof orderView>> {
  const { providers, due } = await readNamed(env.DB, [["p", n]]);
  const [found] = due[0] ?? [];
  if (found === undefined) throw new Error(`no order ${n}`);
  return orderView(found, providers.get(found.provider)?.state ?? null, world.now);
}
