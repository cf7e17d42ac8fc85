/**
 * Putting a panel's orders on record: what is there already, and the one transaction that adds to it.
 */
import { linkKey } from "../../domain/order-link.ts";
import { FLAGS } from "../../domain/order.ts";
import { type Cadence, phaseOf } from "../../domain/poll-pacing.ts";
import type { Polling } from "../../domain/order-view.ts";
import { isFinal, isActive, type Status } from "../../domain/status.ts";
import { numberOrdersStatement } from "../feed/feed-numbers.ts";
import { type AddedEntry, auditAddedStatement, type AuditEntry } from "../operations/audit.ts";
import { JsonChunks } from "../rows/json-sets.ts";
import { activeSql } from "./link-reads.ts";
import { windowSql } from "../providers/service-windows.ts";
import { GIVEN, GIVEN_COLUMNS, insertAddedSql } from "./new-orders.ts";
import { isHeldSql } from "./owners.ts";
import type { OrderRow } from "../rows/order.ts";
import { type PollingRow, POLLING_COLUMNS, toPolling } from "../rows/provider.ts";
import { isShareUsedUp } from "../panels/shares.ts";
import { isUsableSql } from "../panels/usable.ts";
import { balanceSql, chargeStatement, isOverdrawn } from "../ledger/transfers.ts";

/** An order as its panel registered it: the columns of its row that keep it. Money in micro-units, times in epoch ms. */
export type Registration = {
  readonly id: string;
  readonly provider: string;
  readonly provider_order_id: string;
  /** Null where unknown: the order is followed without refunds. */
  readonly quantity: number | null;
  readonly charge: number | null;
  readonly currency: string;
  readonly service: string | null;
  readonly link: string | null;
  readonly customer: string | null;
  readonly placed_at: number | null;
  readonly runs: number | null;
  readonly posts: number | null;
  /** How long the service may take to start and to deliver, in ms; null where the panel did not say, and none is set for the service. */
  readonly start_window_ms: number | null;
  readonly duration_ms: number | null;
  /** A decimal string. */
  readonly cost: string | null;
  readonly cost_currency: string | null;
  /** What the panel showed last; null when it did not say. */
  readonly registered_status: Status | null;
  /** What the panel had returned already. */
  readonly registered_refunded: number;
  /** As `linkKeyOf` has it, where that was made out before. */
  readonly link_key?: string | null;
};

/** An order that nobody registered: nothing is known of it but whose it is, there. */
export function bareRegistration(provider: string, providerOrderId: string, currency: string): Registration {
  return {
    id: providerOrderId,
    provider,
    provider_order_id: providerOrderId,
    quantity: null,
    charge: null,
    currency,
    service: null,
    link: null,
    customer: null,
    placed_at: null,
    runs: null,
    posts: null,
    start_window_ms: null,
    duration_ms: null,
    cost: null,
    cost_currency: null,
    registered_status: null,
    registered_refunded: 0,
  };
}

const REGISTERED_COLUMNS = [
  ...(["id", "provider", "provider_order_id", "quantity", "charge", "currency", "service", "link", "customer"] as const),
  ...(["placed_at", "runs", "posts", "cost", "cost_currency", "registered_status", "registered_refunded"] as const),
] as const satisfies readonly (keyof Registration)[];

/** The columns in which a registration differs from what a row keeps. Empty when they are equal. */
export function differences(registration: Registration, other: Pick<OrderRow, keyof Registration>): (keyof Registration)[] {
  return REGISTERED_COLUMNS.filter((column) => registration[column] !== other[column]);
}

type Linked = Pick<Registration, "link" | "link_key">;

/** What an order's link is looked up by; null for one without. */
export function linkKeyOf({ link, link_key }: Linked): string | null {
  if (link_key !== undefined) return link_key;
  return link === null || link === "" ? null : linkKey(link);
}

/** What is on record about some registrations. */
export type Known = {
  /** Rows by the panel's order id. */
  readonly byId: ReadonlyMap<string, OrderRow>;
  /** The order that has a provider's order, by `pairKey`: its panel, and its id there. */
  readonly byPair: ReadonlyMap<string, { readonly panel: string; readonly id: string }>;
  /** Those of the named providers that the panel may use. */
  readonly providers: ReadonlyMap<string, Polling>;
  /** And those of them that have shown that their ids are texts. */
  readonly withTextIds: ReadonlySet<string>;
  /** How long services take, by `serviceKey`, where that is set. */
  readonly windows: ReadonlyMap<string, Pick<Registration, "start_window_ms" | "duration_ms">>;
  /** The number of the panel's newest order. */
  readonly lastOrder: number;
  /** How far each account may go below nothing, in micro-units. */
  readonly credit: number;
  /** What stands on the orders' accounts, by `fundsKey`, in micro-units; null where an order needs no funds here. */
  readonly funds: ReadonlyMap<string, bigint> | null;
  /** The id of an order under way, by `linkKeyOf`. */
  readonly active: ReadonlyMap<string, string>;
};

/** One text for a provider and its order id; neither can hold the line feed between them. */
export function pairKey({ provider, provider_order_id }: Pick<Registration, "provider" | "provider_order_id">): string {
  return `${provider}\n${provider_order_id}`;
}

/** One text for a provider and its service. */
export function serviceKey({ provider, service }: Pick<Registration, "provider" | "service">): string {
  return `${provider}\n${service ?? ""}`;
}

/** One text for the account that pays for an order; no currency holds a line feed. */
export function fundsKey({ currency, customer }: Pick<Registration, "currency" | "customer">): string {
  return `${currency}\n${customer ?? ""}`;
}

/** Reads what is on record about some registrations, in one round trip. */
export async function readKnown(db: D1Database, panel: string, registrations: readonly Registration[]): Promise<Known> {
  const json = JSON.stringify(registrations.map(({ id, provider, provider_order_id }) => ({ id, provider, provider_order_id })));
  const accounts = new Map<string, Registration>();
  const keys = new Set<string>();
  for (const registration of registrations) {
    accounts.set(fundsKey(registration), registration);
    const key = linkKeyOf(registration);
    if (key !== null) keys.add(key);
  }
  const [orders, pairs, providers, own, funds, active, windows] = await db.batch<Record<string, unknown>>([
    db.prepare("SELECT o.* FROM json_each(?2) j CROSS JOIN orders o WHERE o.panel = ?1 AND o.id = j.value->>'$.id'").bind(panel, json),
    db
      .prepare(
        `SELECT o.panel, o.id, o.provider, o.provider_order_id FROM json_each(?1) j CROSS JOIN orders o
         WHERE o.provider = j.value->>'$.provider' AND o.provider_order_id = j.value->>'$.provider_order_id'`,
      )
      .bind(json),
    db
      .prepare(
        `SELECT ${POLLING_COLUMNS}, p.learned->>'$.textIds' AS text_ids FROM providers p
         WHERE p.id IN (SELECT value->>'$.provider' FROM json_each(?2)) AND ${isUsableSql("?1")}`,
      )
      .bind(panel, JSON.stringify([...new Set(registrations.map(({ provider }) => provider))].map((provider) => ({ provider })))),
    db
      .prepare("SELECT order_n, money = 'ledger' AND credit_limit IS NOT NULL AS is_prepaid, credit_limit FROM panels WHERE id = ?1")
      .bind(panel),
    db
      .prepare(
        `SELECT j.value->>'$.currency' AS currency, j.value->>'$.customer' AS customer,
           ${balanceSql("p.id", "j.value->>'$.currency'", "coalesce(j.value->>'$.customer', '')")} AS balance
         FROM panels p CROSS JOIN json_each(?2) j WHERE p.id = ?1 AND p.money = 'ledger' AND p.credit_limit IS NOT NULL`,
      )
      .bind(panel, JSON.stringify([...accounts.values()].map(({ currency, customer }) => ({ currency, customer })))),
    db
      .prepare(
        `SELECT j.value AS link_key,
           (${activeSql("o.id", "?1", "j.value")}) AS id
         FROM json_each(?2) j`,
      )
      .bind(panel, JSON.stringify([...keys])),
    windowsStatement(db, panel, registrations),
  ]);
  const counter = own?.results[0] as { order_n: number; is_prepaid: number; credit_limit: number | null } | undefined;
  return {
    byId: new Map(((orders?.results ?? []) as OrderRow[]).map((row) => [row.id, row])),
    byPair: new Map(((pairs?.results ?? []) as OrderRow[]).map((row) => [pairKey(row), { panel: row.panel, id: row.id }])),
    providers: new Map(((providers?.results ?? []) as KnownProviderRow[]).map((row) => [row.id, toPolling(row)])),
    withTextIds: new Set(((providers?.results ?? []) as KnownProviderRow[]).filter((row) => row.text_ids !== null).map(({ id }) => id)),
    windows: new Map(
      ((windows?.results ?? []) as WindowsRow[]).map(({ provider, service, ...times }) => [serviceKey({ provider, service }), times]),
    ),
    lastOrder: counter?.order_n ?? 0,
    funds:
      counter?.is_prepaid === 1
        ? new Map(((funds?.results ?? []) as FundsRow[]).map((row) => [fundsKey(row), BigInt(row.balance ?? 0)]))
        : null,
    credit: counter?.credit_limit ?? 0,
    active: new Map(
      ((active?.results ?? []) as { link_key: string; id: string | null }[]).flatMap(({ link_key, id }) =>
        id === null ? [] : [[link_key, id]],
      ),
    ),
  };
}

type KnownProviderRow = PollingRow & { text_ids: number | null };
/** The same with some rows more, which are not written. */
export function withRows(known: Known, rows: readonly OrderRow[]): Known {
  const funds = known.funds && new Map(known.funds);
  for (const row of rows) {
    const balance = funds?.get(fundsKey(row));
    if (balance !== undefined) funds?.set(fundsKey(row), balance - BigInt((row.charge ?? 0) - row.registered_refunded));
  }
  const links = rows.flatMap((row): [string, string][] => (row.link_key === null || isFinal(row.status) ? [] : [[row.link_key, row.id]]));
  return {
    ...known,
    byId: new Map([...known.byId, ...rows.map((row) => [row.id, row] as const)]),
    byPair: new Map([...known.byPair, ...rows.map((row) => [pairKey(row), { panel: row.panel, id: row.id }] as const)]),
    active: new Map([...known.active, ...links]),
    lastOrder: known.lastOrder + rows.length,
    funds,
  };
}

type WindowsRow = { provider: string; service: string; start_window_ms: number | null; duration_ms: number | null };

/**
 * The windows of the services of some orders: what is set for them, or what the panel's own orders have taught. Two rows read a
 * service.
 */
function windowsStatement(db: D1Database, panel: string, registrations: readonly Registration[]): D1PreparedStatement {
  const services = new Map<string, Pick<Registration, "provider" | "service">>();
  for (const { provider, service } of registrations) {
    const key = serviceKey({ provider, service });
    if (!services.has(key)) services.set(key, { provider, service });
  }
  const own = ["start_window_ms", "duration_ms"] as const;
  return db
    .prepare(
      `SELECT k.provider, k.service, ${own.map((column) => `${windowSql(column, { panel: "?1", provider: "k.provider", service: "k.service" })} AS ${column}`).join(", ")}
       FROM (SELECT value->>'$.provider' AS provider, value->>'$.service' AS service FROM json_each(?2)) k`,
    )
    .bind(panel, JSON.stringify([...services.values()]));
}

type FundsRow = { currency: string; customer: string | null; balance: string | null };

/** A new order is looked at in the next minute, whatever its status. */
const FIRST_CADENCE: Cadence = 1;

/** Where a new order is to stand: its panel, and the number that it is expected to be given; 0 where that does not matter. */
type OrderPlace = Pick<OrderRow, "panel" | "n">;

/**
 * The row of a new order. Its number, and the phase that follows from it, are the transaction's to give; until then
 * they are what they will be unless the panel registers something else at the same moment.
 */
export function newOrderRow(
  { panel, n }: OrderPlace,
  registration: Registration,
  now: number,
  duplicateOf: string | null = null,
): OrderRow {
  const status = registration.registered_status ?? "pending";
  return {
    ...NOTHING_HAPPENED,
    // One by one: a second spread takes three times as long.
    id: registration.id,
    provider: registration.provider,
    provider_order_id: registration.provider_order_id,
    quantity: registration.quantity,
    charge: registration.charge,
    currency: registration.currency,
    service: registration.service,
    link: registration.link,
    customer: registration.customer,
    placed_at: registration.placed_at,
    runs: registration.runs,
    posts: registration.posts,
    start_window_ms: registration.start_window_ms,
    duration_ms: registration.duration_ms,
    cost: registration.cost,
    cost_currency: registration.cost_currency,
    registered_status: registration.registered_status,
    registered_refunded: registration.registered_refunded,
    panel,
    n,
    phase: phaseOf(n),
    multi: (registration.runs ?? 0) > 1 || registration.posts !== null ? 1 : 0,
    status,
    middle: isActive(status) ? status : "pending",
    flags: duplicateOf === null ? 0 : FLAGS.duplicate_link,
    refunded: registration.registered_refunded,
    link_key: linkKeyOf(registration),
    duplicate_of: duplicateOf,
    cadence: FIRST_CADENCE,
    created_at: now,
    progress_at: now,
    final_at: isFinal(status) ? now : null,
    updated_at: now,
  };
}

/** The columns of an order that nobody has said or decided anything about, as the table's defaults. */
const NOTHING_HAPPENED = {
  back_to: null,
  flips: 0,
  flip_at: null,
  provider_status: null,
  provider_price: null,
  provider_price_currency: null,
  provider_charge: null,
  provider_currency: null,
  start_count: null,
  remains: null,
  reason: null,
  reversals: 0,
  refund_count: 0,
  goodwill: 0,
  decided_status: null,
  decided_due: null,
  decided_granted: null,
  decided_in_error: 0,
  rejected_at: null,
  left_to_panel: 0,
  counted_at: null,
  counted_badly: 0,
  hold_n: null,
  word_hold_n: null,
  hold_due: null,
  hold_status: null,
  hold_amount: null,
  hold_reason: null,
  hold_at: null,
  hold_posts_at: null,
  parts: null,
  told: null,
  refill_id: null,
  refill_status: null,
  refill_at: null,
  refill_days: null,
  cancel_status: null,
  cancel_at: null,
  cancel_tries: 0,
  cancel_wait_until: null,
  final_answer: null,
  door: null,
  provider_service: null,
  add_digest: null,
  named_at: null,
  dismissed: null,
  part_of: null,
  polled_at: null,
  error_at: null,
  version: 1,
  last_change: 0,
} as const satisfies Partial<OrderRow>;

/** Those of a new row's columns that are not as the table's defaults, nor the transaction's to give. */
const INSERTED_COLUMNS = [
  ...REGISTERED_COLUMNS,
  ...(["multi", "status", "middle", "refunded", "cadence", "created_at", "progress_at", "final_at", "updated_at"] as const),
  ...(["flags", "link_key", "duplicate_of", "start_window_ms", "duration_ms"] as const),
] as const satisfies readonly (keyof OrderRow)[];

/** Passes over an order whose id somebody else has registered meanwhile, and one whose provider's order some panel has. */
const INSERT_ORDERS = `INSERT INTO orders (${GIVEN_COLUMNS}, ${INSERTED_COLUMNS.join(", ")})
  SELECT ${GIVEN},
    ${INSERTED_COLUMNS.map((column) => `j.value->>'$.${column}'`).join(", ")}
  FROM json_each(?2) j CROSS JOIN panels p
  WHERE p.id = ?1
    AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.panel = p.id AND o.id = j.value->>'$.id')
    AND NOT ${isHeldSql("j.value->>'$.provider'", "j.value->>'$.provider_order_id'")}
  RETURNING id, n`;

const INSERT_CHANGES = insertAddedSql("j.value->>'$.data'", { rows: "?2", panel: "?1" });

/** A new order's row, the order as its `order.created` change shows it, and its entry in the audit trail, if it has one. */
type NewOrder = { readonly row: OrderRow; readonly shown: unknown; readonly entry: AuditEntry | null };

/** Some of them. `at` makes one out, and is asked once for each: what a thousand orders are made of need not be there at one time. */
type NewOrders = { readonly count: number; readonly at: (i: number) => NewOrder };

/**
 * Adds orders to a panel, with their changes and, where the panel's accounts are kept here, their charges, all in one
 * transaction. Answers the numbers of those that were added, by id; the others were registered by somebody else
 * meanwhile. None are added where a charge, by others' charges meanwhile, is more than its account holds. `claim`: of the panel's
 * share (`orderClaim`), null where it was claimed before; `share_used_up` where the panel has not so much left. Five rows
 * written an order, one more with a link and a service, with a customer, with a charge and with an audit entry each; and one. The orders must differ from each other in id and in provider's order.
 */
export async function addOrders(
  db: D1Database,
  panel: string,
  { count, at }: NewOrders,
  { now, claim }: { readonly now: number; readonly claim: string | null },
): Promise<ReadonlyMap<string, number> | "share_used_up"> {
  const [rows, changes, entries] = [new JsonChunks(), new JsonChunks(), [] as AddedEntry[]];
  for (let i = 0; i < count; i++) {
    const { row, shown, entry } = at(i);
    const back = count - 1 - i;
    rows.add(insertedRow(row, back));
    changes.add({ back, data: shown });
    if (entry !== null) entries.push({ entry, id: row.id, back });
  }
  const inserts = rows.all.map((json) => db.prepare(INSERT_ORDERS).bind(panel, json));
  const statements = [
    numberOrdersStatement(db, { panel, count }, now, claim),
    ...inserts,
    ...changes.all.map((json) => db.prepare(INSERT_CHANGES).bind(panel, json)),
    chargeStatement(db, panel, count),
    ...(entries.length === 0 ? [] : [auditAddedStatement(db, panel, entries)]),
  ];
  const results = await db.batch<{ id: string; n: number }>(statements).catch((error: unknown) => {
    if (isOverdrawn(error)) return [];
    if (isShareUsedUp(error)) return "share_used_up" as const;
    throw error;
  });
  if (results === "share_used_up") return results;
  return new Map(results.slice(1, 1 + inserts.length).flatMap(({ results: added }) => added.map(({ id, n }) => [id, n] as const)));
}

/**
 * What of a row goes to the database: a value that is left out is NULL there. Name by name, since made of the list of columns it
 * takes five times as long.
 */
function insertedRow(row: OrderRow, back: number): { readonly [C in (typeof INSERTED_COLUMNS)[number] | "back"]: unknown } {
  return {
    back,
    id: row.id,
    provider: row.provider,
    provider_order_id: row.provider_order_id,
    quantity: row.quantity ?? undefined,
    charge: row.charge ?? undefined,
    currency: row.currency,
    service: row.service ?? undefined,
    link: row.link ?? undefined,
    customer: row.customer ?? undefined,
    placed_at: row.placed_at ?? undefined,
    runs: row.runs ?? undefined,
    posts: row.posts ?? undefined,
    cost: row.cost ?? undefined,
    cost_currency: row.cost_currency ?? undefined,
    registered_status: row.registered_status ?? undefined,
    registered_refunded: row.registered_refunded,
    multi: row.multi,
    status: row.status,
    middle: row.middle,
    refunded: row.refunded,
    cadence: row.cadence ?? undefined,
    created_at: row.created_at,
    progress_at: row.progress_at,
    final_at: row.final_at ?? undefined,
    updated_at: row.updated_at,
    flags: row.flags,
    link_key: row.link_key ?? undefined,
    duplicate_of: row.duplicate_of ?? undefined,
    start_window_ms: row.start_window_ms ?? undefined,
    duration_ms: row.duration_ms ?? undefined,
  };
}
