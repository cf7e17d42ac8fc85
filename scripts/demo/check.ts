/** Every order as panelsync shows it, against the simulator's truth. */
import type { World } from "../../simulator/world.ts";
import type { Api } from "./api.ts";
import { decimalOf, microsOf } from "./money.ts";
import { type DemoOrder, truthAbout } from "./truth.ts";

/** What is looked at of an order as `GET /v1/orders` shows it. */
type ApiOrder = { readonly id: string; readonly status: string; readonly refunded: string; readonly checked_at: string | null };

export type Difference = { readonly id: string; readonly provider: string; readonly expected: string; readonly shown: string };

const IDS_AT_ONCE = 100;

/** Reads orders by id. Those that panelsync does not know are left out. */
async function readOrders(panel: Api, ids: readonly string[]): Promise<ApiOrder[]> {
  const found: ApiOrder[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const page = ids.slice(at, at + IDS_AT_ONCE).join(",");
    const { orders } = await panel.call<{ orders: readonly ApiOrder[] }>("GET", `/v1/orders?ids=${page}`);
    found.push(...orders);
  }
  return found;
}

/** The orders whose status or refund is not what it must be now that all are over. */
export async function findDifferences(panel: Api, world: World, orders: readonly DemoOrder[]): Promise<Difference[]> {
  const ids = orders.map(({ id }) => id);
  const shown = new Map((await readOrders(panel, ids)).map((order) => [order.id, order]));
  return orders.flatMap((order) => differenceOf(order, shown.get(order.id), world));
}

function differenceOf(order: DemoOrder, shown: ApiOrder | undefined, world: World): Difference[] {
  const { finalStatus, refundMicros } = truthAbout(world, order);
  if (shown?.status === finalStatus && microsOf(shown.refunded) === refundMicros) return [];
  const { id, provider } = order;
  const expected = `${finalStatus}, ${decimalOf(refundMicros)} returned`;
  return [{ id, provider, expected, shown: shown === undefined ? "not found" : `${shown.status}, ${shown.refunded} returned` }];
}

/** How long ago the least recently checked of some orders was checked, in ms of simulated time; null without orders. */
export async function oldestCheckMs(panel: Api, ids: readonly string[], now: number): Promise<number | null> {
  const orders = await readOrders(panel, ids);
  const checks = orders.map(({ checked_at }) => (checked_at === null ? Number.POSITIVE_INFINITY : now - Date.parse(checked_at)));
  return checks.length === 0 ? null : Math.max(...checks);
}
