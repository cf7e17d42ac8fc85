/**
 * Reading orders for a panel's script: one round trip, the check of its key included, and one more where a final word is
 * told for the first time. That is put on record in the transaction that reads it.
 */
import { CONNECT_IDS_FROM, numberOfOurs } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import { isActive } from "../../domain/status.ts";
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
    bind(`SELECT o.* FROM ${named}`),
    bind(
      `SELECT c.id, c.provider, c.provider_order_id
       FROM ${given} j CROSS JOIN orders o CROSS JOIN json_each(o.parts, '$.orders') k CROSS JOIN orders c
       WHERE o.panel = ${panel} AND o.id = j.value AND c.panel = o.panel AND c.provider = o.provider AND c.provider_order_id = k.value`,
    ),
  ]);
  if (found === null) return null;
  const [orders, parts] = found.results;
  const rows = await withReportedFinals(db, ref, (orders?.results ?? []) as OrderRow[], now);
  return {
    panel: found.panel,
    orders: new Map(rows.map((row) => [row.id, toOrder(row)])),
    parts: new Map(((parts?.results ?? []) as OrderRow[]).map((row) => [partKey(row.provider, row.provider_order_id), row.id])),
  };
}

/**
 * The orders, with what they are told on record: those that may be told a final word for the first time are recorded and read
 * once more, in one transaction, so that what was told and what is on record are one. Nearly always there are none, and to look
 * for them in the database would read each order twice.
 */
async function withReportedFinals(db: D1Database, ref: PanelRef, rows: readonly OrderRow[], now: number): Promise<readonly OrderRow[]> {
  const numbers = rows.filter(({ told, status }) => told === null && !isActive(status)).map(({ n }) => n);
  if (numbers.length === 0) return rows;
  const panel = panelIdSql(ref);
  const named = `${rowsForPanel(panel, "?2")} j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.n = j.value`;
  const json = JSON.stringify(numbers);
  const [, read] = await db.batch<OrderRow>([
    db.prepare(recordReportedFinalSql(named, "?3")).bind(ref.value, json, now),
    db.prepare(`SELECT o.* FROM ${named}`).bind(ref.value, json),
  ]);
  const told = new Map(read?.results.map((row) => [row.n, row]));
  // One that is gone meanwhile was removed: it is told of as it was a moment ago, and leaves no record.
  return rows.map((row) => told.get(row.n) ?? row);
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

/** Its panel has not placed it here, and its provider has told nothing of it yet. */
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
  const numbers = ids.flatMap((id) => numberOfOurs(id) ?? []);
  const read = (named: string, values: readonly (string | number)[]) =>
    values.length === 0 ? [] : [db.prepare(`SELECT o.* FROM ${named}`).bind(ref.value, JSON.stringify(values), provider)];
  const mayUse = db
    .prepare(`SELECT p.id FROM providers p WHERE p.id = ${ifPanel(panel, "?2")} AND ${isUsableSql(panel)}`)
    .bind(ref.value, provider);
  const found = await readForPanel(db, ref, [mayUse, ...read(byProvider, ids), ...read(byNumber, numbers)]);
  if (found === null) return null;
  const [usable, known, numbered] = found.results;
  const byOurs = new Map(((numbered?.results ?? []) as OrderRow[]).map((row) => [row.n, row]));
  const byTheirs = new Map(((known?.results ?? []) as OrderRow[]).map((row) => [row.provider_order_id, row]));
  const asked = ids.flatMap((id) => {
    const row = byOurs.get(numberOfOurs(id) ?? 0) ?? byTheirs.get(id);
    return row === undefined ? [] : [[id, row] as const];
  });
  const isUsable = usable?.results.length === 1;
  const areAllKnown = isUsable && asked.length === ids.length && !asked.some(([, row]) => isUnheard(row));
  const onRecord = await withReportedFinals(db, ref, areAllKnown ? asked.map(([, row]) => row) : [], now);
  const rows = areAllKnown ? asked.map(([id, row], i) => [id, onRecord[i] ?? row] as const) : asked;
  const ordersOf = (some: typeof rows) => new Map(some.map(([id, row]) => [id, toOrder(row)]));
  return {
    panel: found.panel,
    usable: isUsable,
    orders: ordersOf(rows.filter(([, row]) => !isUnheard(row))),
    unheard: ordersOf(rows.filter(([, row]) => isUnheard(row))),
  };
}

/** The provider that a panel's script asks, with its policies; null where it is gone. */
export async function readForAdoption(db: D1Database, provider: string): Promise<Provider | null> {
  const row = await db.prepare(`SELECT ${WITH_POLICIES} FROM providers p WHERE p.id = ?1`).bind(provider).first<ProviderRow>();
  return row === null ? null : toProvider(row);
}
