/**
 * Reading orders for a panel's script: one round trip, the check of its key included. What is told a final word for
 * the first time is put on record in the same transaction, so that what was told and what is on record are one.
 */
import { numberOfOurs } from "../domain/door-ids.ts";
import type { Order } from "../domain/order.ts";
import { ENDED, type OrderRow, toOrder } from "./order-rows.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "./panels.ts";
import { type Provider, type ProviderRow, toProvider, WITH_POLICIES } from "./provider-rows.ts";

/** More than a call can ask for. */
const MAX_ASKED = 1000;

/**
 * Records what a final word followed from, for orders whose refund is decided and that were told none before: the
 * same orders that `tellPanel` tells a final word of. `named` selects panel and n of those that are asked for. One row
 * written an order, once in its life. The LIMIT keeps SQLite from merging the inner SELECT into the outer one, which
 * would read the panel's orders for each id: 20,305 rows for 100 ids of 100 orders, and 200 so.
 */
function rememberTold(named: string): string {
  return `UPDATE orders SET version = orders.version + 1,
      told = json_object('status', orders.status, 'refunded', orders.refunded, 'remains', orders.remains)
    FROM (SELECT o.panel, o.n FROM ${named} AND o.told IS NULL AND o.hold_n IS NULL AND o.status IN (${ENDED}) LIMIT ${MAX_ASKED}) k
    WHERE orders.panel = k.panel AND orders.n = k.n`;
}

type OwnOrders = {
  readonly panel: Panel;
  /** By the ids asked for. */
  readonly orders: ReadonlyMap<string, Order>;
  /** The panel's ids of the parts of multi orders, by `partKey`. */
  readonly parts: ReadonlyMap<string, string>;
};

/** One text for a provider's order. */
export function partKey(provider: string, providerOrderId: string): string {
  return `${provider}\n${providerOrderId}`;
}

/** Orders by the panel's own ids. Null when there is no such panel. */
export async function readOwnOrders(db: D1Database, ref: PanelRef, ids: readonly string[]): Promise<OwnOrders | null> {
  const named = `json_each(?2) j CROSS JOIN orders o WHERE o.panel = ${panelIdSql(ref)} AND o.id = j.value`;
  const bind = (sql: string) => db.prepare(sql).bind(ref.value, JSON.stringify(ids));
  const found = await readForPanel(db, ref, [
    bind(rememberTold(named)),
    bind(`SELECT o.* FROM ${named}`),
    bind(
      `SELECT c.id, c.provider, c.provider_order_id
       FROM json_each(?2) j CROSS JOIN orders o CROSS JOIN json_each(o.parts, '$.orders') k CROSS JOIN orders c
       WHERE o.panel = ${panelIdSql(ref)} AND o.id = j.value AND c.panel = o.panel AND c.provider = o.provider AND c.provider_order_id = k.value`,
    ),
  ]);
  if (found === null) return null;
  const [, orders, parts] = found.results;
  return {
    panel: found.panel,
    orders: new Map(((orders?.results ?? []) as OrderRow[]).map((row) => [row.id, toOrder(row)])),
    parts: new Map(((parts?.results ?? []) as OrderRow[]).map((row) => [partKey(row.provider, row.provider_order_id), row.id])),
  };
}

type ProvidersOrders = {
  readonly panel: Panel;
  /** Whether the panel may use the provider. */
  readonly usable: boolean;
  /** By the ids asked for. */
  readonly orders: ReadonlyMap<string, Order>;
};

/** Orders by their provider's ids, or by those of ours that stood in for them. Null when there is no such panel. */
export async function readProvidersOrders(
  db: D1Database,
  ref: PanelRef,
  provider: string,
  ids: readonly string[],
): Promise<ProvidersOrders | null> {
  const panel = panelIdSql(ref);
  const byProvider = `json_each(?2) j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.provider = ?3 AND o.provider_order_id = j.value`;
  const byNumber = `json_each(?2) j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.n = j.value AND o.provider = ?3 AND o.door = 'connect'`;
  const numbers = ids.flatMap((id) => numberOfOurs(id) ?? []);
  const read = (named: string, values: readonly (string | number)[]) =>
    values.length === 0
      ? []
      : [rememberTold(named), `SELECT o.* FROM ${named}`].map((sql) => db.prepare(sql).bind(ref.value, JSON.stringify(values), provider));
  const found = await readForPanel(db, ref, [usableStatement(db, ref, provider), ...read(byProvider, ids), ...read(byNumber, numbers)]);
  if (found === null) return null;
  const [usable, , known, , numbered] = found.results;
  const byOurs = new Map(((numbered?.results ?? []) as OrderRow[]).map((row) => [row.n, toOrder(row)]));
  const byTheirs = new Map(((known?.results ?? []) as OrderRow[]).map((row) => [row.provider_order_id, toOrder(row)]));
  const orders = ids.flatMap((id) => {
    const order = byTheirs.get(id) ?? byOurs.get(numberOfOurs(id) ?? 0);
    return order === undefined ? [] : [[id, order] as const];
  });
  return { panel: found.panel, usable: usable?.results.length === 1, orders: new Map(orders) };
}

const USABLE = (ref: PanelRef): string =>
  `p.id = ?2 AND (p.panels IS NULL OR ${panelIdSql(ref)} IN (SELECT value FROM json_each(p.panels)))`;

/** Selects one row where the panel may use the provider. */
export function usableStatement(db: D1Database, ref: PanelRef, provider: string): D1PreparedStatement {
  return db.prepare(`SELECT p.id FROM providers p WHERE ${USABLE(ref)}`).bind(ref.value, provider);
}

/** The provider, and those of some ids of its orders that other panels follow: they are not this panel's to adopt. */
export async function readForAdoption(
  db: D1Database,
  panel: string,
  provider: string,
  ids: readonly string[],
): Promise<{ readonly provider: Provider | null; readonly foreign: ReadonlySet<string> }> {
  const [found, others] = await db.batch<Record<string, unknown>>([
    db.prepare(`SELECT ${WITH_POLICIES} FROM providers p WHERE p.id = ?1`).bind(provider),
    db
      .prepare(
        `SELECT j.value AS id FROM json_each(?3) j CROSS JOIN panels q CROSS JOIN orders o
         WHERE q.id <> ?1 AND o.panel = q.id AND o.provider = ?2 AND o.provider_order_id = j.value`,
      )
      .bind(panel, provider, JSON.stringify(ids)),
  ]);
  const row = found?.results[0] as ProviderRow | undefined;
  return {
    provider: row === undefined ? null : toProvider(row),
    foreign: new Set(((others?.results ?? []) as { id: string }[]).map(({ id }) => id)),
  };
}
