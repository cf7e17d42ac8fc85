/**
 * The steps of refills and cancels, written down: each fenced on what was seen of its order, with its event.
 */
import type { AskOutcome } from "../../domain/refill-cancel.ts";
import type { Order, OrderState } from "../../domain/order.ts";
import { type AskedRequest, requestedAt, type RefillCancelKind, withOutcome, withoutRefillId } from "../../domain/order-refill-cancel.ts";
import type { Polling } from "../../domain/order-view.ts";
import { applyEach, type OrderWrite } from "../orders/apply.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import { keepLearned, readSettingsVersion } from "../providers/provider-settings.ts";
import { moveWrite } from "../orders/moves.ts";

/** An order, and what it takes to show it. */
export type KnownOrder = { readonly order: Order; readonly polling: Polling };

/** A sweep may write an order in between; so many times in a row it hardly does. A try takes six statements. */
const MAX_TRIES = 3;

/** What is written of an order that moves on to a state. */
export function moveOf({ order, polling }: KnownOrder, next: OrderState, now: number): OrderWrite {
  return moveWrite(order, { next, refunds: [] }, polling, Math.max(now, order.updatedAt));
}

/** One order's number, as a text. */
export function keyText({ panel, number: n }: Pick<Order, "panel" | "number">): string {
  return `${n} ${panel}`;
}

/** The orders as they stand now, their providers' polling as it was found: it decides only how they are shown. */
async function readAgain(db: D1Database, found: readonly KnownOrder[]): Promise<KnownOrder[]> {
  const pollings = new Map(found.map(({ order, polling }) => [order.provider, polling]));
  const keys = found.map(({ order }) => order);
  return readKeys(db, keys, (provider) => pollings.get(provider) ?? null);
}

async function readKeys(
  db: D1Database,
  keys: readonly Pick<Order, "panel" | "number">[],
  pollingOf: (provider: string) => Polling,
): Promise<KnownOrder[]> {
  const { results } = await db
    .prepare("SELECT o.* FROM json_each(?1) j CROSS JOIN orders o WHERE o.panel = j.value->>0 AND o.n = j.value->>1")
    .bind(JSON.stringify(keys.map(({ panel, number: n }) => [panel, n])))
    .all<OrderRow>();
  return results.map(toOrder).map((order) => ({ order, polling: pollingOf(order.provider) }));
}

/** `missed`: orders that others kept changing, so that nothing was written. */
export type Changed = { readonly written: readonly OrderWrite[]; readonly missed: readonly Order[] };

/**
 * Moves orders on, each of them once, in as many statements at many providers as at one. One that somebody else has written meanwhile is read and decided about again;
 * `change` answers null to leave an order alone. A move takes three rows: order, change, and one for the panel.
 */
export async function changeOrders(
  db: D1Database,
  found: readonly KnownOrder[],
  change: (order: Order) => OrderState | null,
  now: number,
): Promise<Changed> {
  const done: OrderWrite[] = [];
  let left = found;
  for (let tries = 1; ; tries++) {
    const writes = left.flatMap((one) => {
      const next = change(one.order);
      return next === null ? [] : [moveOf(one, next, now)];
    });
    const written = new Set(await applyEach(db, writes));
    done.push(...written);
    const missed = new Set(writes.filter((write) => !written.has(write)).map(({ order }) => order));
    if (missed.size === 0 || tries === MAX_TRIES) return { written: done, missed: [...missed] };
    left = await readAgain(
      db,
      left.filter(({ order }) => missed.has(order)),
    );
  }
}

/** Requests that were taken up to be asked: the orders as they were found, and the writes by which that is on record. */
export type TakenUp = { readonly kind: RefillCancelKind; readonly found: readonly KnownOrder[]; readonly written: readonly OrderWrite[] };

/**
 * Writes what came of asking. Answers the orders (by `keyText`) whose refill's id is another's, so that they go without.
 * What fails is tried once more: the answer is never to be had again, and an error can come after the commit. Throws when
 * that fails, too, or an order never held still; a sweep then gives the request up in its time.
 */
export async function recordOutcomes(
  db: D1Database,
  taken: TakenUp,
  outcomeOf: (order: Order) => AskOutcome,
  now: number,
): Promise<ReadonlySet<string>> {
  if (taken.written.length === 0) return new Set();
  const write = () => writeOutcomes(db, taken, outcomeOf, now);
  return write().catch(write);
}

async function writeOutcomes(
  db: D1Database,
  { kind, found, written }: TakenUp,
  outcomeOf: (order: Order) => AskOutcome,
  now: number,
): Promise<ReadonlySet<string>> {
  const outcomes = written.map(({ order, next }) => ({
    order,
    at: requestedAt(kind, next) ?? 0,
    outcome: outcomeOf(order),
    before: order.state.refill,
  }));
  const { doubles, holders, shared } = await takenIds(db, outcomes);
  const byKey = new Map(outcomes.map((one) => [keyText(one.order), doubles.has(one.order) ? withoutId(one) : one]));
  const decide = (order: Order): OrderState | null => {
    const one = byKey.get(keyText(order));
    return one === undefined ? null : withOutcome(kind, order, one, now);
  };
  const asked = found.filter(({ order }) => byKey.has(keyText(order)));
  const { missed } = await changeOrders(db, await readAgain(db, asked), decide, now);
  if (missed.length > 0) throw new Error(`${missed.length} orders kept changing; what came of a ${kind} was not written`);
  await dropSameIds(db, holders, now);
  await learnSameIds(db, [...holders, ...shared]);
  return new Set([...doubles].map(keyText));
}

type AskedOrder = AskedRequest & { readonly order: Order };

function withoutId(one: AskedOrder): AskedOrder {
  return { ...one, outcome: { kind: "accepted", refill: null } };
}

/** An order that holds a refill's id which its provider has given for another order, too. */
type Holder = { readonly panel: string; readonly number: number; readonly provider: string; readonly refill: string };

/**
 * Orders whose refill was given an id that another order's has: some servers answer a mere yes, or the same number
 * always, and to follow it would be to follow somebody else's refill, also another panel's. `holders`: those that had it before; `shared`: those
 * that have been given it now, several at once.
 */
async function takenIds(
  db: D1Database,
  outcomes: readonly AskedOrder[],
): Promise<{ readonly doubles: ReadonlySet<Order>; readonly holders: readonly Holder[]; readonly shared: readonly Holder[] }> {
  const given = outcomes.flatMap(({ order, outcome }) =>
    outcome.kind === "accepted" && outcome.refill !== null ? [{ order, refill: outcome.refill }] : [],
  );
  if (given.length === 0) return { doubles: new Set(), holders: [], shared: [] };
  const { results } = await db
    .prepare(
      `SELECT j.key AS i, o.panel AS panel, o.n AS n FROM json_each(?1) j CROSS JOIN orders o
       WHERE o.provider = j.value->>'$.provider' AND o.refill_id = j.value->>'$.refill'
         AND (o.n <> j.value->>'$.n' OR o.panel <> j.value->>'$.panel')`,
    )
    .bind(JSON.stringify(given.map(({ order: { panel, provider, number: n }, refill }) => ({ panel, provider, n, refill }))))
    .all<{ i: number; panel: string; n: number }>();
  const inUse = new Set(results.map(({ i }) => given[i]?.order));
  const holders = results.flatMap(({ i, panel, n }) => {
    const one = given[i];
    return one === undefined ? [] : [{ panel, number: n, provider: one.order.provider, refill: one.refill }];
  });
  const byId = Map.groupBy(given, ({ order, refill }) => idText(order, refill));
  const several = [...byId.values()].filter(({ length }) => length > 1).flat();
  const shared = several.map(({ order: { panel, number, provider }, refill }) => ({ panel, number, provider, refill }));
  return { doubles: new Set([...inUse, ...several.map(({ order }) => order)].filter((order) => order !== undefined)), holders, shared };
}

/** The first order that got such an id goes without it, too: nobody knows whose refill it is. */
async function dropSameIds(db: D1Database, holders: readonly Holder[], now: number): Promise<void> {
  if (holders.length === 0) return;
  const byKey = new Map(holders.map((holder) => [keyText(holder), holder.refill]));
  const found = await readKeys(db, holders, () => null);
  await changeOrders(db, found, (order) => withoutRefillId(order, byKey.get(keyText(order)) ?? "", now), now);
}

/** The next order that gets such an id goes without it from the start. */
async function learnSameIds(db: D1Database, same: readonly Holder[]): Promise<void> {
  for (const { provider: id, refill } of new Map(same.map((one) => [one.provider, one])).values()) {
    const settingsVersion = await readSettingsVersion(db, id);
    if (settingsVersion !== null) await keepLearned(db, { id, settingsVersion }, { sameRefill: refill });
  }
}

function idText({ provider }: Order, refill: string): string {
  return `${provider}\n${refill}`;
}
