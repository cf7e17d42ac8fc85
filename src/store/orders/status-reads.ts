/**
 * Reading orders for a panel's script: one round trip, the check of its key included. What is told a final word for
 * the first time is put on record in the same transaction, so that what was told and what is on record are one.
 */
import { CONNECT_IDS_FROM, numberOfOurs } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { ifPanel, rowsForPanel } from "../rows/json-sets.ts";
import { isUsableSql } from "../panels/usable.ts";
import { recordReportedFinalSql } from "./reported-finals.ts";
import { type Provider, type ProviderRow, toProvider, WITH_POLICIES } from "../rows/provider.ts";

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

/** Orders by the panel's own ids. `now` is when they are told, epoch ms. Null when there is no such panel. */
export async function readOwnOrders(db: D1Database, ref: PanelRef, ids: readonly string[], now: number): Promise<OwnOrders | null> {
  const panel = panelIdSql(ref);
  const given = rowsForPanel(panel, "?2");
  const named = `${given} j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.id = j.value`;
  const bind = (sql: string) => db.prepare(sql).bind(ref.value, JSON.stringify(ids));
  const found = await readForPanel(db, ref, [
    db.prepare(recordReportedFinalSql(named, "?3")).bind(ref.value, JSON.stringify(ids), now),
    bind(`SELECT o.* FROM ${named}`),
    bind(
      `SELECT c.id, c.provider, c.provider_order_id
       FROM ${given} j CROSS JOIN orders o CROSS JOIN json_each(o.parts, '$.orders') k CROSS JOIN orders c
       WHERE o.panel = ${panel} AND o.id = j.value AND c.panel = o.panel AND c.provider = o.provider AND c.provider_order_id = k.value`,
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

/** Condition on an order `o`: its panel knows it by an id of ours. */
const IS_OURS = `o.id = CAST(${CONNECT_IDS_FROM} + o.n AS TEXT)`;

type ProvidersOrders = {
  readonly panel: Panel;
  /** Whether the panel may use the provider. */
  readonly usable: boolean;
  /** By the ids asked for: those of which something is known. */
  readonly orders: ReadonlyMap<string, Order>;
  /** Likewise, those that were adopted and of which the provider has told nothing yet. */
  readonly unheard: ReadonlyMap<string, Order>;
};

/** What a script asks for at a provider's endpoint, and when, epoch ms. */
type AskedOfProvider = { readonly provider: string; readonly ids: readonly string[]; readonly now: number };

/** Condition on an order: its panel has not placed it here, and its provider has told nothing of it yet. */
const IS_UNHEARD = (o: string): string => `(${o}.door IS 'connect' AND ${o}.add_digest IS NULL AND ${o}.provider_status IS NULL)`;

function isUnheard({ door, add_digest, provider_status }: OrderRow): boolean {
  return door === "connect" && add_digest === null && provider_status === null;
}

/**
 * Orders by their provider's ids, or by those of ours that stood in for them. Null when there is no such panel. What is
 * told is on record only where all ids are known: else the provider is asked first, and there may be no answer at all
 * (then `recordReportedFinals`).
 */
export async function readProvidersOrders(
  db: D1Database,
  ref: PanelRef,
  { provider, ids, now }: AskedOfProvider,
): Promise<ProvidersOrders | null> {
  const panel = panelIdSql(ref);
  const given = rowsForPanel(panel, "?2");
  const byProvider = `${given} j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.provider = ?3 AND o.provider_order_id = j.value`;
  const byNumber = `${given} j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.n = j.value AND o.provider = ?3 AND o.door = 'connect' AND ${IS_OURS}`;
  const allKnown = `EXISTS (SELECT 1 FROM providers p WHERE p.id = ?3 AND ${isUsableSql(panel)})
    AND NOT EXISTS (SELECT 1 FROM json_each(?4) u
      WHERE NOT EXISTS (SELECT 1 FROM orders x
          WHERE x.panel = ${panel} AND x.provider = ?3 AND x.provider_order_id = u.value AND NOT ${IS_UNHEARD("x")})
        AND NOT EXISTS (SELECT 1 FROM orders x WHERE x.panel = ${panel} AND x.n = u.value - ${CONNECT_IDS_FROM} AND x.provider = ?3
          AND x.door = 'connect' AND x.id = u.value AND NOT ${IS_UNHEARD("x")}))`;
  const numbers = ids.flatMap((id) => numberOfOurs(id) ?? []);
  const read = (named: string, values: readonly (string | number)[]) =>
    values.length === 0
      ? []
      : [
          db
            .prepare(recordReportedFinalSql(`${named} AND ${allKnown}`, "?5"))
            .bind(ref.value, JSON.stringify(values), provider, JSON.stringify(ids), now),
          db.prepare(`SELECT o.* FROM ${named}`).bind(ref.value, JSON.stringify(values), provider),
        ];
  const mayUse = db
    .prepare(`SELECT p.id FROM providers p WHERE p.id = ${ifPanel(panel, "?2")} AND ${isUsableSql(panel)}`)
    .bind(ref.value, provider);
  const found = await readForPanel(db, ref, [mayUse, ...read(byProvider, ids), ...read(byNumber, numbers)]);
  if (found === null) return null;
  const [usable, , known, , numbered] = found.results;
  const byOurs = new Map(((numbered?.results ?? []) as OrderRow[]).map((row) => [row.n, row]));
  const byTheirs = new Map(((known?.results ?? []) as OrderRow[]).map((row) => [row.provider_order_id, row]));
  const rows = ids.flatMap((id) => {
    const row = byOurs.get(numberOfOurs(id) ?? 0) ?? byTheirs.get(id);
    return row === undefined ? [] : [[id, row] as const];
  });
  const ordersOf = (some: typeof rows) => new Map(some.map(([id, row]) => [id, toOrder(row)]));
  return {
    panel: found.panel,
    usable: usable?.results.length === 1,
    orders: ordersOf(rows.filter(([, row]) => !isUnheard(row))),
    unheard: ordersOf(rows.filter(([, row]) => isUnheard(row))),
  };
}

/** The provider that a panel's script asks, with its policies; null where it is gone. */
export async function readForAdoption(db: D1Database, provider: string): Promise<Provider | null> {
  const row = await db.prepare(`SELECT ${WITH_POLICIES} FROM providers p WHERE p.id = ?1`).bind(provider).first<ProviderRow>();
  return row === null ? null : toProvider(row);
}
