/**
 * Taking over orders that nobody registered: a panel's script asked for them in connect mode, or they are the parts of
 * an order of several parts. What they cost is not known, so they are followed without refunds.
 */
import { CONNECT_IDS_FROM, MAX_ORDER_ID_CHARACTERS, SPARE_IDS_FROM } from "../../domain/order-ids.ts";
import type { Channel, Order } from "../../domain/order.ts";
import { GIVEN, GIVEN_COLUMNS, insertAddedSql, NUMBER } from "./new-orders.ts";
import { isHeldSql } from "./owners.ts";
import { numberAdoptedStatement } from "../feed/feed-numbers.ts";
import { countAddedStatement } from "../providers/active-orders.ts";
import { chunksBySize } from "../rows/json-sets.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { type Provider, type ProviderRow, toProvider, WITH_POLICIES } from "../rows/provider.ts";
import type { Panel } from "../panels/panels.ts";
import { isUsableSql } from "../panels/usable.ts";
import { bareRegistration, newOrderRow } from "./registration.ts";

/** An order to be adopted: its row as far as it is known, and the order as its `order.created` change shows it. */
export type Adopted = {
  readonly row: OrderRow & { readonly door: Channel | null };
  readonly partOf: number | null;
  readonly shown: unknown;
};

/** Whose order, where, by which id; and the currency that the provider has named for it, if it has. */
type Followed = { readonly panel: Panel; readonly provider: Provider; readonly id: string; readonly currency: string | null };

/** An order that a panel follows at a provider, as if it had just been placed. Its number is the transaction's to give. */
export function adoptedRow({ panel, provider, id, currency }: Followed, now: number) {
  const registration = bareRegistration(provider.id, id, currency ?? provider.currency ?? panel.currency);
  return { ...newOrderRow({ panel: panel.id, n: 0 }, registration, now), door: "connect" as const };
}

const COLUMNS = [
  ...(["provider", "provider_order_id", "currency", "service", "provider_service", "link", "customer", "door"] as const),
  ...([
    "multi",
    "status",
    "middle",
    "provider_status",
    "provider_price",
    "provider_price_currency",
    "provider_charge",
    "provider_currency",
  ] as const),
  ...(["start_count", "remains", "reason", "flags", "left_to_panel", "parts", "told", "cadence", "polled_at"] as const),
  ...(["created_at", "progress_at", "final_at", "error_at", "updated_at", "final_answer"] as const),
] as const satisfies readonly (keyof OrderRow)[];

/** The name of a part of an order that the panel has registered: its own ids are of its own making, and hardly look so. */
const PART_NAME = "((j.value->>'$.provider') || ':' || (j.value->>'$.provider_order_id'))";

/**
 * The provider's id, or the order's number, unless the panel has another order by it (src/domain/order-ids.ts). Those of a
 * panel that registers its orders must not be in the way of one that it has yet to register.
 */
const ID = `CASE WHEN j.value->>'$.door' IS NULL
    THEN iif(length(${PART_NAME}) > ${MAX_ORDER_ID_CHARACTERS} OR ${PART_NAME} GLOB '*[^A-Za-z0-9.:_-]*' OR EXISTS (SELECT 1 FROM orders x WHERE x.panel = p.id AND x.id = ${PART_NAME}),
      CAST(${SPARE_IDS_FROM} + (${NUMBER}) AS TEXT), ${PART_NAME})
    WHEN j.value->>'$.door' = 'connect'
    THEN iif(EXISTS (SELECT 1 FROM orders x WHERE x.panel = p.id AND x.id = j.value->>'$.provider_order_id'),
      CAST(${CONNECT_IDS_FROM} + (${NUMBER}) AS TEXT), j.value->>'$.provider_order_id')
    ELSE iif(EXISTS (SELECT 1 FROM orders x WHERE x.panel = p.id AND x.id = CAST((${NUMBER}) AS TEXT)),
      CAST(${SPARE_IDS_FROM} + (${NUMBER}) AS TEXT), CAST((${NUMBER}) AS TEXT))
    END`;

/** Passes over a provider's order that some panel has already, and over one whose id of ours is taken. */
const INSERT_ORDERS = `INSERT INTO orders (${GIVEN_COLUMNS}, id, part_of, ${COLUMNS.join(", ")})
  SELECT ${GIVEN}, ${ID}, j.value->>'$.part_of',
    ${COLUMNS.map((column) => `j.value->>'$.${column}'`).join(", ")}
  FROM json_each(?1) j CROSS JOIN panels p
  WHERE p.id = j.value->>'$.panel' AND NOT ${isHeldSql("j.value->>'$.provider'", "j.value->>'$.provider_order_id'")}
    AND NOT EXISTS (SELECT 1 FROM orders x WHERE x.panel = p.id AND x.id = ${ID})`;

const INSERT_CHANGES = insertAddedSql("json_set(j.value->>'$.data', '$.id', o.id)", { rows: "?1", panel: "j.value->>'$.panel'" });

/**
 * Puts orders on record, each with its change, in one transaction; those that somebody has already are passed over.
 * Four statements for any number of panels, five rows written an order, and one a panel and a provider. They must be different orders
 * of their providers. Answers how many were put on record.
 */
export async function adoptOrders(db: D1Database, orders: readonly Adopted[], now: number): Promise<number> {
  if (orders.length === 0) return 0;
  const left = new Map<string, number>();
  for (const { row } of orders) left.set(row.panel, (left.get(row.panel) ?? 0) + 1);
  const counts = [...left].map(([panel, count]) => ({ panel, count }));
  const numbered = orders.map(({ row, partOf, shown }) => {
    const back = (left.get(row.panel) ?? 0) - 1;
    left.set(row.panel, back);
    return { place: { panel: row.panel, back }, columns: { ...columnsOf(row), part_of: partOf }, data: JSON.stringify(shown) };
  });
  const rows = chunksBySize(numbered.map(({ place, columns }) => ({ ...place, ...columns })));
  const changes = chunksBySize(numbered.map(({ place, data }) => ({ ...place, data })));
  const results = await db.batch([
    numberAdoptedStatement(db, counts, now),
    ...rows.map((json) => db.prepare(INSERT_ORDERS).bind(json)),
    ...changes.map((json) => db.prepare(INSERT_CHANGES).bind(json)),
    countAddedStatement(db, counts),
  ]);
  return results.slice(1, 1 + rows.length).reduce((sum, { meta }) => sum + meta.changes, 0);
}

/** Orders of a panel by their ids at the provider. One row read an order. */
export async function readAdopted(
  db: D1Database,
  panel: string,
  provider: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Order>> {
  const { results } = await db
    .prepare(`SELECT o.* FROM json_each(?3) j CROSS JOIN orders o WHERE o.panel = ?1 AND o.provider = ?2 AND o.provider_order_id = j.value`)
    .bind(panel, provider, JSON.stringify(ids))
    .all<OrderRow>();
  return new Map(results.map((row) => [row.provider_order_id, toOrder(row)]));
}

function columnsOf(row: OrderRow): Record<string, unknown> {
  return Object.fromEntries(COLUMNS.map((column) => [column, row[column]]));
}

/** A provider that a panel may use, with its policies; null where there is none. */
export async function readUsableProvider(db: D1Database, panel: string, provider: string): Promise<Provider | null> {
  const row = await db
    .prepare(`SELECT ${WITH_POLICIES} FROM providers p WHERE p.id = ?2 AND ${isUsableSql("?1")}`)
    .bind(panel, provider)
    .first<ProviderRow>();
  return row === null ? null : toProvider(row);
}
