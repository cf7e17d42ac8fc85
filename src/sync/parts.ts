/**
 * The parts of an order of several parts are orders of their own at the provider. Those of orders that came through a
 * door are adopted, so that their panel's script can ask about them.
 */
import type { Door, Order } from "../domain/order.ts";
import { showOrder } from "../domain/shown.ts";
import { type Adopted, adoptOrders } from "../store/adoption.ts";
import { toOrder } from "../store/order-rows.ts";
import type { Provider } from "../store/provider-rows.ts";
import { newOrderRow } from "../store/registration.ts";
import type { Asked } from "./ask.ts";

/**
 * Adopts the parts that answers name for the first time. It goes before the answers are written down: were it to fail
 * after them, nobody would name the parts anew. Nothing is read or written where there are none.
 */
export async function adoptParts(db: D1Database, { provider, answers }: Pick<Asked, "provider" | "answers">, now: number): Promise<void> {
  const parts = answers.flatMap(({ order, report }) =>
    order.door === null || report.kind !== "status" || report.parts === null
      ? []
      : newParts(order, report.parts.orders).map((id) => partOf(order, order.door as Door, id, provider, now)),
  );
  for (const [panel, ofPanel] of Map.groupBy(parts, ({ row }) => row.panel)) {
    const each = new Map(ofPanel.map((part) => [part.row.provider_order_id, part]));
    await adoptOrders(db, panel, [...each.values()], now);
  }
}

function newParts({ state, providerOrderId }: Order, ids: readonly string[]): string[] {
  const known = new Set([...(state.parts?.orders ?? []), providerOrderId]);
  return ids.filter((id) => !known.has(id));
}

function partOf(whole: Order, door: Door, id: string, provider: Provider, now: number): Adopted {
  const registration = {
    id,
    provider: whole.provider,
    provider_order_id: id,
    quantity: null,
    charge: null,
    currency: whole.currency,
    service: whole.service,
    link: whole.link,
    customer: whole.customer,
    placed_at: null,
    runs: null,
    posts: null,
    cost: null,
    cost_currency: null,
    registered_status: null,
    registered_refunded: 0,
  };
  const row = { ...newOrderRow(whole.panel, 0, registration, now), door, provider_service: whole.providerService };
  return { row, shown: showOrder(toOrder(row), provider.state, now) };
}
