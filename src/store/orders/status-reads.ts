/**
 * Reading orders for a panel's script: one round trip, the check of its key included. What is told a final word for
 * the first time is put on record in the same transaction, so that what was told and what is on record are one.
 */
import { CONNECT_IDS_FROM, numberOfOurs } from "../../domain/order-ids.ts";
import type { Order, ReportedFinal } from "../../domain/order.ts";
import { statusForPanel, reportedFinalOf } from "../../domain/panel-status.ts";
import { ENDED, type OrderRow, toOrder } from "../rows/order.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { isUsableSql } from "../panels/usable.ts";
import { type Provider, type ProviderRow, toProvider, WITH_POLICIES } from "../rows/provider.ts";

/** More than a call can ask for. */
const MAX_ASKED = 1000;

/** `isLeftToPanel` of src/domain/panel-status.ts, in SQL. */
const IS_LEFT_TO_PANEL = (o: string): string => `(${o}.reason IS NULL AND ${o}.decided_due IS NULL AND ${o}.refunded = 0)`;

/** What `reportedFinalOf` of src/domain/panel-status.ts keeps, in SQL. */
const REPORTED_FINAL = `json_object('status', orders.status, 'refunded', orders.refunded, 'remains', orders.remains,
        'left', json(iif(${IS_LEFT_TO_PANEL("orders")}, 'true', 'false')))`;

/** Condition on an order `o`: it is told a final word, as `isDecided` there has it, and was told none before. */
const IS_FIRST_REPORT = `o.told IS NULL AND o.hold_n IS NULL AND o.status IN (${ENDED})
  AND (o.polled_at IS NOT NULL OR o.status = 'completed' OR o.refunded > 0 OR o.reason = 'not_placed')
  AND NOT (o.status = 'partial' AND o.remains IS NULL AND (coalesce(o.charge, 0) = 0 OR ${IS_LEFT_TO_PANEL("o")}))`;

/**
 * Records what a final word followed from, for orders whose refund is decided and that were told none before: the
 * same orders that `statusForPanel` tells a final status of. `named` selects panel and n of those that are asked for. One row
 * written an order, once in its life. The LIMIT keeps SQLite from merging the inner SELECT into the outer one, which
 * would read the panel's orders for each id: 20,305 rows for 100 ids of 100 orders, and 200 so.
 */
function recordReportedFinalSql(named: string): string {
  return `UPDATE orders SET version = orders.version + 1, told = ${REPORTED_FINAL}
    FROM (SELECT o.panel, o.n FROM ${named} AND ${IS_FIRST_REPORT} LIMIT ${MAX_ASKED}) k
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
    bind(recordReportedFinalSql(named)),
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

/** Puts other facts in the place of what was told first, while the order is as it was seen; for the batch that says so. */
export function correctReportedFinalStatement(
  db: D1Database,
  { panel, number: n, version }: Order,
  told: ReportedFinal | null,
): D1PreparedStatement {
  return db
    .prepare("UPDATE orders SET told = ?4 WHERE panel = ?1 AND n = ?2 AND version = ?3")
    .bind(panel, n, version, told === null ? null : JSON.stringify(told));
}

/** Condition on an order `o`: its panel knows it by an id of ours. */
const IS_OURS = `o.id = CAST(${CONNECT_IDS_FROM} + o.n AS TEXT)`;

type ProvidersOrders = {
  readonly panel: Panel;
  /** Whether the panel may use the provider. */
  readonly usable: boolean;
  /** By the ids asked for. */
  readonly orders: ReadonlyMap<string, Order>;
};

/**
 * Orders by their provider's ids, or by those of ours that stood in for them. Null when there is no such panel. What is
 * told is on record only where all ids are known: else the provider is asked first, and there may be no answer at all
 * (then `recordReportedFinals`).
 */
export async function readProvidersOrders(
  db: D1Database,
  ref: PanelRef,
  provider: string,
  ids: readonly string[],
): Promise<ProvidersOrders | null> {
  const panel = panelIdSql(ref);
  const byProvider = `json_each(?2) j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.provider = ?3 AND o.provider_order_id = j.value`;
  const byNumber = `json_each(?2) j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.n = j.value AND o.provider = ?3 AND o.door = 'connect' AND ${IS_OURS}`;
  const allKnown = `EXISTS (SELECT 1 FROM providers p WHERE p.id = ?3 AND ${isUsableSql(panel)})
    AND NOT EXISTS (SELECT 1 FROM json_each(?4) u
      WHERE NOT EXISTS (SELECT 1 FROM orders x WHERE x.panel = ${panel} AND x.provider = ?3 AND x.provider_order_id = u.value)
        AND NOT EXISTS (SELECT 1 FROM orders x WHERE x.panel = ${panel} AND x.n = u.value - ${CONNECT_IDS_FROM} AND x.provider = ?3 AND x.door = 'connect' AND x.id = u.value))`;
  const numbers = ids.flatMap((id) => numberOfOurs(id) ?? []);
  const read = (named: string, values: readonly (string | number)[]) =>
    values.length === 0
      ? []
      : [
          db
            .prepare(recordReportedFinalSql(`${named} AND ${allKnown}`))
            .bind(ref.value, JSON.stringify(values), provider, JSON.stringify(ids)),
          db.prepare(`SELECT o.* FROM ${named}`).bind(ref.value, JSON.stringify(values), provider),
        ];
  const mayUse = db.prepare(`SELECT p.id FROM providers p WHERE p.id = ?2 AND ${isUsableSql(panel)}`).bind(ref.value, provider);
  const found = await readForPanel(db, ref, [mayUse, ...read(byProvider, ids), ...read(byNumber, numbers)]);
  if (found === null) return null;
  const [usable, , known, , numbered] = found.results;
  const byOurs = new Map(((numbered?.results ?? []) as OrderRow[]).map((row) => [row.n, toOrder(row)]));
  const byTheirs = new Map(((known?.results ?? []) as OrderRow[]).map((row) => [row.provider_order_id, toOrder(row)]));
  const orders = ids.flatMap((id) => {
    const order = byOurs.get(numberOfOurs(id) ?? 0) ?? byTheirs.get(id);
    return order === undefined ? [] : [[id, order] as const];
  });
  return { panel: found.panel, usable: usable?.results.length === 1, orders: new Map(orders) };
}

/** Records what orders are told that were read before: the facts as they were read, where nothing was told before. */
export async function recordReportedFinals(db: D1Database, orders: readonly Order[]): Promise<void> {
  const facts = orders.flatMap((order) =>
    order.state.reportedFinal === null && statusForPanel(order.state).final
      ? [[order.panel, order.number, JSON.stringify(reportedFinalOf(order.state))]]
      : [],
  );
  if (facts.length === 0) return;
  await db
    .prepare(
      `UPDATE orders SET version = orders.version + 1, told = k.told
       FROM (SELECT value->>0 AS panel, value->>1 AS n, value->>2 AS told FROM json_each(?1) LIMIT ${MAX_ASKED}) k
       WHERE orders.panel = k.panel AND orders.n = k.n AND orders.told IS NULL`,
    )
    .bind(JSON.stringify(facts))
    .run();
}

/** Condition on an order `o`: its panel has placed or registered it, or placed the whole that it is a part of, and not only asked for it. */
export const IS_ITS_OWN = `(o.door IS NULL OR o.add_digest IS NOT NULL
  OR EXISTS (SELECT 1 FROM orders w WHERE w.panel = o.panel AND w.n = o.part_of AND w.add_digest IS NOT NULL))`;

/**
 * The provider, and those of some ids of its orders that other panels have placed or registered: they are certainly not
 * this panel's. That another one has adopted an order proves nothing.
 */
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
         WHERE q.id <> ?1 AND o.panel = q.id AND o.provider = ?2 AND o.provider_order_id = j.value AND ${IS_ITS_OWN}`,
      )
      .bind(panel, provider, JSON.stringify(ids)),
  ]);
  const row = found?.results[0] as ProviderRow | undefined;
  return {
    provider: row === undefined ? null : toProvider(row),
    foreign: new Set(((others?.results ?? []) as { id: string }[]).map(({ id }) => id)),
  };
}
