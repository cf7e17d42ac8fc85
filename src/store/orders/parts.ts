/**
 * The parts of an order of several parts are orders of their own at the provider. Those of orders that came by a
 * channel are adopted, so that their panel's script can ask about them.
 */
import type { Order } from "../../domain/order.ts";
import type { StatusReport } from "../../domain/order-report.ts";
import type { PartFacts } from "../../domain/refund-rules.ts";
import type { Status } from "../../domain/status.ts";
import { type Polling, orderView } from "../../domain/order-view.ts";
import { type Adopted, adoptOrders } from "./adoption.ts";
import { chunksBySize } from "../rows/json-sets.ts";
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

/**
 * How the parts of some orders stand, those that are on record here. One statement, and two rows read a part; none for
 * orders without parts or without a charge.
 */
export async function readParts(db: D1Database, wholes: readonly Whole[]): Promise<ReadonlyMap<Order, readonly PartFacts[]>> {
  const named = wholes.flatMap(({ order, report }, i) => {
    if (order.channel === null || (order.state.charge ?? 0) === 0) return [];
    const ids = new Set([...(order.state.parts?.orders ?? []), ...(report.parts?.orders ?? [])]);
    return [...ids].map((id) => ({ i, panel: order.panel, provider: order.provider, id }));
  });
  const found = new Map<Order, PartFacts[]>();
  for (const json of chunksBySize(named)) {
    const { results } = await db.prepare(SELECT_PARTS).bind(json).all<PartRow>();
    for (const { i, status, remains } of results) {
      const whole = wholes[i]?.order;
      if (whole === undefined) continue;
      const parts = found.get(whole) ?? [];
      parts.push({ status, remains });
      found.set(whole, parts);
    }
  }
  return found;
}

type PartRow = { i: number; status: Status; remains: number | null };

const SELECT_PARTS = `SELECT j.value->>'$.i' AS i, o.status, o.remains FROM json_each(?1) j CROSS JOIN orders o
  WHERE o.panel = j.value->>'$.panel' AND o.provider = j.value->>'$.provider' AND o.provider_order_id = j.value->>'$.id'`;

/** Parts have no parts: a provider that says so of them would fill the database. */
function newParts({ state, partOf: whole, providerOrderId }: Order, ids: readonly string[]): string[] {
  const known = new Set([...(state.parts?.orders ?? []), providerOrderId]);
  return whole === null ? ids.filter((id) => !known.has(id)) : [];
}

function partRow({ panel, provider, providerService, currency, service, link, customer }: Order, id: string, now: number): OrderRow {
  const registration = { ...bareRegistration(provider, id, currency), service, link, customer };
  return { ...newOrderRow({ panel, n: 0 }, registration, now), provider_service: providerService };
}
