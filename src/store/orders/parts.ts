/**
 * The parts of an order of several parts are orders of their own at the provider. Those of orders that came by a
 * channel are adopted, so that their panel's script can ask about them; and those of orders with a charge, since they say
 * what is due. Rule [M5].
 */
import type { Order } from "../../domain/order.ts";
import type { StatusReport } from "../../domain/order-report.ts";
import type { PartFacts } from "../../domain/refund-rules.ts";
import type { Status } from "../../domain/status.ts";
import { type Polling, orderView } from "../../domain/order-view.ts";
import { DAY_MS } from "../../domain/poll-cadence.ts";
import { MAX_PARTS } from "../../domain/reconcile.ts";
import { claimPartsOfPanels } from "../panels/shares.ts";
import { type Adopted, adoptOrders } from "./adoption.ts";
import { chunksBySize } from "../rows/json-sets.ts";
import { makeWayForParts } from "./owners.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { bareRegistration, newOrderRow } from "./registration.ts";

/** What a message can write; an order's parts come over hours. */
const MAX_PARTS_AT_ONCE = 1000;

/** A provider that names parts without end must not fill the database: so many are adopted of one provider a UTC day. */
const MAX_PARTS_A_DAY = 2000;

/** An order of several parts, and what its provider says of it now. */
export type Whole = { readonly order: Order; readonly report: StatusReport };
type Naming = { readonly order: Order; readonly report: Pick<StatusReport, "parts"> };

/** Of these, half are what one panel may have of them, so that none is left without by another's orders. */
const MAX_PARTS_OF_A_PANEL = MAX_PARTS_A_DAY / 2;

/**
 * Which of the parts that answers name may not be adopted today: those beyond their panel's share of the day and the provider's,
 * which are claimed by this. They are left out as if they had not been named yet. Nothing is read or written without new parts.
 */
export async function partsPutOff(db: D1Database, provider: string, wholes: readonly Whole[], now: number): Promise<ReadonlySet<string>> {
  const named = new Map(wholes.flatMap(({ order, report }) => partsToAdopt(order, report).map((id) => [id, order.panel] as const)));
  if (named.size === 0) return new Set();
  const ids = Map.groupBy(named.keys(), (id) => named.get(id) ?? "");
  const wanted = [...ids].map(([panel, own]) => ({ panel, wanted: own.length }));
  const shares = await claimPartsOfPanels(db, wanted, { most: MAX_PARTS_OF_A_PANEL, now });
  // The panels in turn: what does not fit is put off of whoever has named the most.
  const granted = [...ids].flatMap(([panel, own]) => own.slice(0, shares.get(panel) ?? 0).map((id, turn) => ({ id, turn })));
  const inTurn = granted.toSorted((a, b) => a.turn - b.turn).map(({ id }) => id);
  const taken = new Set(inTurn.slice(0, await claimOfProvider(db, provider, Math.min(inTurn.length, MAX_PARTS_AT_ONCE), now)));
  return new Set([...named.keys()].filter((id) => !taken.has(id)));
}

async function claimOfProvider(db: D1Database, provider: string, wanted: number, now: number): Promise<number> {
  if (wanted === 0) return 0;
  const day = Math.floor(now / DAY_MS);
  const claimed = await db.prepare(CLAIM_PARTS).bind(provider, day, wanted, MAX_PARTS_A_DAY).first<{ granted: number }>();
  return claimed?.granted ?? 0;
}

const PARTS_SO_FAR = "iif(parts_day = ?2, parts_today, 0)";

const CLAIM_PARTS = `UPDATE providers SET
  parts_granted = min(?3, max(0, ?4 - ${PARTS_SO_FAR})), parts_today = min(?4, ${PARTS_SO_FAR} + ?3), parts_day = ?2
  WHERE id = ?1 RETURNING parts_granted AS granted`;

/** The report without the parts that were put off. */
export function withoutParts(report: StatusReport, putOff: ReadonlySet<string>): StatusReport {
  if (report.parts === null || putOff.size === 0) return report;
  return { ...report, parts: { ...report.parts, orders: report.parts.orders.filter((id) => !putOff.has(id)) } };
}

/**
 * Adopts the parts that answers name for the first time. It goes before the answers are written down: were it to fail
 * after them, nobody would name the parts anew. Nothing is read or written where there are none.
 */
export async function adoptParts(db: D1Database, wholes: readonly Whole[], polling: Polling, now: number): Promise<void> {
  const parts = wholes.flatMap(({ order, report }) => {
    return partsToAdopt(order, report).map((id): Adopted => {
      const row = { ...partRow(order, id, now), door: order.channel };
      return { row, partOf: order.number, shown: orderView(toOrder(row), polling, now) };
    });
  });
  const named = parts.map(({ row, partOf }) => ({
    panel: row.panel,
    provider: row.provider,
    whole: partOf ?? 0,
    id: row.provider_order_id,
  }));
  // A part that two wholes name is the first one's, whichever panels they are of.
  const each = new Map(parts.toReversed().map((part) => [`${part.row.provider} ${part.row.provider_order_id}`, part]));
  const wanted = [...each.values()].toReversed();
  await makeWayForParts(db, named, polling, now);
  const adopted = await adoptOrders(db, wanted, now);
  // Another panel may have taken one in between, and nobody names it anew.
  if (adopted < wanted.length && (await makeWayForParts(db, named, polling, now)) > 0) await adoptOrders(db, wanted, now);
}

/**
 * How the parts of some orders stand, those that are on record here, and those that were put off: of these nothing was heard.
 * One statement, and two rows read a part; none for orders without parts or without a charge.
 */
export async function readParts(
  db: D1Database,
  wholes: readonly Naming[],
  putOff: ReadonlySet<string>,
): Promise<ReadonlyMap<Order, readonly PartFacts[]>> {
  const named = wholes.flatMap(({ order, report }, i) => {
    if ((order.state.charge ?? 0) === 0) return [];
    const ids = new Set([...(order.state.parts?.orders ?? []), ...(report.parts?.orders ?? [])]);
    return [...ids].map((id) => ({ i, panel: order.panel, provider: order.provider, id }));
  });
  const found = new Map<Order, Map<string, PartFacts>>();
  const note = (i: number, id: string, part: PartFacts): void => {
    const whole = wholes[i]?.order;
    if (whole !== undefined) found.set(whole, (found.get(whole) ?? new Map<string, PartFacts>()).set(id, part));
  };
  for (const { i, id } of named) if (putOff.has(id)) note(i, id, { status: "pending", remains: null, heard: false });
  for (const json of chunksBySize(named)) {
    const { results } = await db.prepare(SELECT_PARTS).bind(json).all<PartRow>();
    for (const { i, id, status, remains, heard } of results) note(i, id, { status, remains, heard: heard === 1 });
  }
  return new Map([...found].map(([whole, parts]) => [whole, [...parts.values()]]));
}

/** How the parts of orders stand that these have named so far. Nothing is read where none has named any. */
export function readPartsOfEach(db: D1Database, orders: readonly Order[]): Promise<ReadonlyMap<Order, readonly PartFacts[]>> {
  const wholes = orders.map((order) => ({ order, report: { parts: null } }));
  return readParts(db, wholes, new Set());
}

/** The same of one order. */
export async function readPartsOf(db: D1Database, order: Order): Promise<readonly PartFacts[]> {
  return (await readPartsOfEach(db, [order])).get(order) ?? [];
}

type PartRow = { i: number; id: string; status: Status; remains: number | null; heard: 0 | 1 };

/** What is left of a part that was returned in whole is an old number: as `hasReturnedAll` of src/domain/refund-rules.ts. */
const SELECT_PARTS = `SELECT j.value->>'$.i' AS i, o.provider_order_id AS id, o.status,
    iif(o.status = 'refunded' AND o.provider_charge NOT GLOB '*[1-9]*', NULL, o.remains) AS remains, o.polled_at IS NOT NULL AS heard
  FROM json_each(?1) j CROSS JOIN orders o
  WHERE o.panel = j.value->>'$.panel' AND o.provider = j.value->>'$.provider' AND o.provider_order_id = j.value->>'$.id'`;

/** The parts that were not named before, of an order whose parts are adopted: without a script or a charge nothing follows from them. */
function partsToAdopt(order: Order, { parts }: StatusReport): string[] {
  // planted: parts-adopted
  const isWanted = order.channel !== null || (order.state.charge ?? 0) > 0;
  return parts === null || !isWanted ? [] : newParts(order, parts.orders);
}

/** Parts have no parts, and an order no more than it can follow: a provider that says so of them would fill the database. Rule [M6]. */
function newParts({ state, partOf: whole, providerOrderId }: Order, ids: readonly string[]): string[] {
  const before = state.parts?.orders ?? [];
  const known = new Set([...before, providerOrderId]);
  return whole === null ? ids.filter((id) => !known.has(id)).slice(0, Math.max(0, MAX_PARTS - before.length)) : [];
}

function partRow({ panel, provider, providerService, currency, service, link, customer }: Order, id: string, now: number): OrderRow {
  const registration = { ...bareRegistration(provider, id, currency), service, link, customer };
  return { ...newOrderRow({ panel, n: 0 }, registration, now), provider_service: providerService };
}
