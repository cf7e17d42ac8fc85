/**
 * What it takes to decide about a panel's requests for refills and cancels, in one round trip with the check of its key.
 */
import type { RefillStatus } from "../../domain/refill-cancel.ts";
import { numberOfOurs } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import type { RefillCancelKind } from "../../domain/order-refill-cancel.ts";
import type { Polling } from "../../domain/order-view.ts";
import { IS_PLACED } from "../orders/owners.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { rowsForPanel } from "../rows/json-sets.ts";
import { usableProviderStatement } from "../panels/usable.ts";
import { type PollingRow, POLLING_COLUMNS, type Provider, type ProviderRow, toPolling, toProvider } from "../rows/provider.ts";

/** An order, and which requests its service of the own catalogue has; where none is known, both may be asked. */
export type RefillCancelCase = {
  readonly order: Order;
  readonly offered: Readonly<Record<RefillCancelKind, boolean>>;
  /** It was placed here, or is a part of such: nothing else has to be known to say that it is the panel's. */
  readonly isPlaced: boolean;
};

type OwnedRow = OrderRow & { is_placed: number };
type CaseRow = OwnedRow & { offers_refill: number | null; offers_cancel: number | null };

const OWNED = `o.*, ${IS_PLACED} AS is_placed`;
const CASE = `${OWNED}, s.refill AS offers_refill, s.cancel AS offers_cancel`;
/** `s`: the service that an order `o` of the own catalogue was bought as. */
const ITS_SERVICE = "LEFT JOIN services s ON o.door = 'catalogue' AND s.id = CAST(o.service AS INTEGER)";

function toCase(row: CaseRow): RefillCancelCase {
  const offered = { refill: row.offers_refill !== 0, cancel: row.offers_cancel !== 0 };
  return { order: toOrder(row), offered, isPlaced: row.is_placed === 1 };
}

/** Of orders by their provider's ids, whatever the own catalogue has to say of their services. */
function casesOf(result: D1Result | undefined): RefillCancelCase[] {
  return ((result?.results ?? []) as OwnedRow[]).map((row) => toCase({ ...row, offers_refill: null, offers_cancel: null }));
}

/** One order by the panel's own id, `found` null when the panel has none; null when there is no such panel. */
export async function readRefillCancelCase(
  db: D1Database,
  ref: PanelRef,
  id: string,
): Promise<{ readonly found: (RefillCancelCase & { readonly polling: Polling }) | null } | null> {
  const panel = panelIdSql(ref);
  const read = await readForPanel(db, ref, [
    db.prepare(`SELECT ${CASE} FROM orders o ${ITS_SERVICE} WHERE o.panel = ${panel} AND o.id = ?2`).bind(ref.value, id),
    db
      .prepare(
        `SELECT ${POLLING_COLUMNS} FROM providers p WHERE p.id = (SELECT o.provider FROM orders o WHERE o.panel = ${panel} AND o.id = ?2)`,
      )
      .bind(ref.value, id),
  ]);
  if (read === null) return null;
  const row = read.results[0]?.results[0] as CaseRow | undefined;
  const polling = read.results[1]?.results[0] as PollingRow | undefined;
  return { found: row === undefined ? null : { ...toCase(row), polling: polling === undefined ? null : toPolling(polling) } };
}

/** `cases` by the ids asked for. In connect mode, `providers` is empty where the panel may not use it. */
export type RefillCancelCases = {
  readonly panel: Panel;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly cases: ReadonlyMap<string, RefillCancelCase>;
};

/** Orders by the panel's own ids. Null when there is no such panel. */
export async function readOwnCases(db: D1Database, ref: PanelRef, ids: readonly string[]): Promise<RefillCancelCases | null> {
  const panel = panelIdSql(ref);
  const named = `${rowsForPanel(panel, "?2")} j CROSS JOIN orders o`;
  const isNamed = `o.panel = ${panel} AND o.id = j.value`;
  const bind = (sql: string) => db.prepare(sql).bind(ref.value, JSON.stringify(ids));
  const read = await readForPanel(db, ref, [
    bind(`SELECT ${CASE} FROM ${named} ${ITS_SERVICE} WHERE ${isNamed}`),
    bind(`SELECT p.* FROM providers p WHERE p.id IN (SELECT o.provider FROM ${named} WHERE ${isNamed})`),
  ]);
  if (read === null) return null;
  const cases = ((read.results[0]?.results ?? []) as CaseRow[]).map(toCase);
  return { panel: read.panel, providers: providersOf(read.results[1]), cases: new Map(cases.map((one) => [one.order.id, one])) };
}

/** Orders by their provider's ids, or by those of ours that stood in for them. Null when there is no such panel. */
export async function readProvidersCases(
  db: D1Database,
  ref: PanelRef,
  provider: string,
  ids: readonly string[],
): Promise<RefillCancelCases | null> {
  const panel = panelIdSql(ref);
  const its = `o.panel = ${panel} AND o.provider = ?2`;
  const read = await readForPanel(db, ref, [
    usableProviderStatement(db, ref, provider),
    ...[
      [`${its} AND o.provider_order_id = j.value`, ids] as const,
      [
        `o.panel = ${panel} AND o.n = j.value AND o.provider = ?2 AND o.door = 'connect'`,
        ids.flatMap((id) => numberOfOurs(id) ?? []),
      ] as const,
    ].map(([named, values]) =>
      db
        .prepare(`SELECT ${OWNED} FROM ${rowsForPanel(panel, "?3")} j CROSS JOIN orders o WHERE ${named}`)
        .bind(ref.value, provider, JSON.stringify(values)),
    ),
  ]);
  if (read === null) return null;
  const [usable, theirs, ours] = read.results;
  const byTheirs = new Map(casesOf(theirs).map((one) => [one.order.providerOrderId, one]));
  const byOurs = new Map(casesOf(ours).map((one) => [one.order.number, one]));
  const cases = ids.flatMap((id) => {
    const found = byTheirs.get(id) ?? byOurs.get(numberOfOurs(id) ?? 0);
    return found === undefined ? [] : [[id, found] as const];
  });
  return { panel: read.panel, providers: providersOf(usable), cases: new Map(cases) };
}

export type Refills = {
  readonly panel: Panel;
  /** Null where the panel may not use it. */
  readonly provider: Provider | null;
  /** The orders of the refills, by the refills' ids asked for. */
  readonly orders: ReadonlyMap<string, Order>;
};

/** A refill that was refused, or is not known to be granted, has no number: the order's may be another refill's. */
const GRANTED = (["pending", "in_progress", "completed"] satisfies RefillStatus[]).map((status) => `'${status}'`).join(", ");

/**
 * Orders by their provider's ids of their refills; or by the order's own, which stands in where the provider has granted
 * one and gave none. Null when there is no such panel.
 */
export async function readRefills(db: D1Database, ref: PanelRef, provider: string, ids: readonly string[]): Promise<Refills | null> {
  const panel = panelIdSql(ref);
  const its = `FROM ${rowsForPanel(panel, "?3")} j CROSS JOIN orders o WHERE o.panel = ${panel} AND o.provider = ?2`;
  const bind = (sql: string) => db.prepare(sql).bind(ref.value, provider, JSON.stringify(ids));
  const read = await readForPanel(db, ref, [
    usableProviderStatement(db, ref, provider),
    bind(`SELECT o.* ${its} AND o.refill_id = j.value`),
    bind(`SELECT o.* ${its} AND o.provider_order_id = j.value AND o.refill_status IN (${GRANTED}) AND o.refill_id IS NULL`),
  ]);
  if (read === null) return null;
  const [usable, byRefill, byOrder] = read.results;
  const orders = new Map<string, Order>();
  for (const row of (byOrder?.results ?? []) as OrderRow[]) orders.set(row.provider_order_id, toOrder(row));
  for (const row of (byRefill?.results ?? []) as OrderRow[]) orders.set(row.refill_id ?? "", toOrder(row));
  return { panel: read.panel, provider: providersOf(usable).get(provider) ?? null, orders };
}

function providersOf(result: D1Result | undefined): ReadonlyMap<string, Provider> {
  return new Map(((result?.results ?? []) as ProviderRow[]).map((row) => [row.id, toProvider(row)]));
}
