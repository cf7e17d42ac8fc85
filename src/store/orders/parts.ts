/**
 * The parts of an order of several parts are orders of their own at the provider. Those of orders that came by a
 * channel are adopted, so that their panel's script can ask about them.
 */
import type { Order } from "../../domain/order.ts";
import type { StatusReport } from "../../domain/order-report.ts";
import { type Polling, orderView } from "../../domain/order-view.ts";
import { type Adopted, adoptOrders } from "./adoption.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { bareRegistration, newOrderRow } from "./registration.ts";

/** What a message can write; an order's parts come over hours. */
const MAX_PARTS_AT_ONCE = 1000;

/** An order of several parts, and what its provider says of it now. */
export type Whole = { readonly order: Order; readonly report: StatusReport };

/**
 * Adopts the parts that answers name for the first time. It goes before the answers are written down: were it to fail
 * after them, nobody would name the parts anew. Nothing is read or written where there are none.
 */
export async function adoptParts(db: D1Database, wholes: readonly Whole[], polling: Polling, now: number): Promise<void> {
  const parts = wholes.flatMap(({ order, report }) => {
    const { channel } = order;
    return channel === null || report.parts === null
      ? []
      : newParts(order, report.parts.orders).map((id): Adopted => {
          const row = { ...partRow(order, id, now), door: channel };
          return { row, partOf: order.number, shown: orderView(toOrder(row), polling, now) };
        });
  });
  const each = new Map(parts.map((part) => [`${part.row.panel} ${part.row.provider_order_id}`, part]));
  await adoptOrders(db, [...each.values()].slice(0, MAX_PARTS_AT_ONCE), now);
}

/** Parts have no parts: a provider that says so of them would fill the database. */
function newParts({ state, partOf: whole, providerOrderId }: Order, ids: readonly string[]): string[] {
  const known = new Set([...(state.parts?.orders ?? []), providerOrderId]);
  return whole === null ? ids.filter((id) => !known.has(id)) : [];
}

function partRow({ panel, provider, providerService, currency, service, link, customer }: Order, id: string, now: number): OrderRow {
  const registration = { ...bareRegistration(provider, id, currency), service, link, customer };
  return { ...newOrderRow({ panel, n: 0 }, registration, now), provider_service: providerService };
}
