/**
 * The steps of refills and cancels, written down: each fenced on what was seen of its order, with its event.
 */
import type { AskOutcome } from "../domain/after-care.ts";
import type { Order, OrderState } from "../domain/order.ts";
import { requestedAt, type RequestKind, withOutcome } from "../domain/requests.ts";
import type { Polling } from "../domain/shown.ts";
import { applyEach, type OrderWrite } from "./apply.ts";
import { readNamed } from "./due.ts";
import { moveWrite } from "./order-writes.ts";

/** An order, and what it takes to show it. */
export type Found = { readonly order: Order; readonly polling: Polling };

/** A sweep may write an order in between; so many times in a row it hardly does. */
const MAX_TRIES = 5;

/** What is written of an order that moves on to a state. */
export function moveOf({ order, polling }: Found, next: OrderState, now: number): OrderWrite {
  return moveWrite(order, next, [], polling, Math.max(now, order.updatedAt));
}

/** One order's number, as a text. */
export function keyText({ panel, n }: Pick<Order, "panel" | "n">): string {
  return `${n} ${panel}`;
}

async function readAgain(db: D1Database, orders: readonly Pick<Order, "panel" | "n">[]): Promise<Found[]> {
  const { providers, due } = await readNamed(
    db,
    orders.map(({ panel, n }) => [panel, n]),
  );
  return (due[0] ?? []).map((order) => ({ order, polling: providers.get(order.provider)?.state ?? null }));
}

/** `missed`: orders that others kept changing, so that nothing was written. */
export type Changed = { readonly written: readonly OrderWrite[]; readonly missed: readonly Order[] };

/**
 * Moves orders on, each of them once. One that somebody else has written meanwhile is read and decided about again;
 * `change` answers null to leave an order alone. A move takes three rows: order, change, and one for the panel.
 */
export async function changeOrders(
  db: D1Database,
  found: readonly Found[],
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
    const missed = writes.filter((write) => !written.has(write)).map(({ order }) => order);
    if (missed.length === 0 || tries === MAX_TRIES) return { written: done, missed };
    left = await readAgain(db, missed);
  }
}

/**
 * Writes what came of asking. `asked`: the writes by which the orders' requests were taken up, before. Throws when an
 * order never held still, or the database fails; a sweep then gives the request up in its time.
 */
export async function recordOutcomes(
  db: D1Database,
  kind: RequestKind,
  asked: readonly OrderWrite[],
  outcomeOf: (order: Order) => AskOutcome,
  now: number,
): Promise<void> {
  if (asked.length === 0) return;
  const outcomes = asked.map(({ order, next }) => ({ order, at: requestedAt(kind, next) ?? 0, outcome: outcomeOf(order) }));
  const taken = await takenIds(db, outcomes);
  const byKey = new Map(outcomes.map((one) => [keyText(one.order), taken.has(one.order) ? withoutId(one) : one]));
  const { missed } = await changeOrders(
    db,
    await readAgain(
      db,
      outcomes.map(({ order }) => order),
    ),
    (order) => {
      const one = byKey.get(keyText(order));
      return one === undefined ? null : withOutcome(kind, order, one.at, one.outcome, now);
    },
    now,
  );
  if (missed.length > 0) throw new Error(`${missed.length} orders kept changing; what came of a ${kind} was not written`);
}

type Outcome = { readonly order: Order; readonly at: number; readonly outcome: AskOutcome };

function withoutId(one: Outcome): Outcome {
  return { ...one, outcome: { kind: "accepted", refill: null } };
}

/**
 * Orders whose refill was given an id that another order's has: some servers answer a mere yes, or the same number
 * always, and to follow it would be to follow somebody else's refill.
 */
async function takenIds(db: D1Database, outcomes: readonly Outcome[]): Promise<ReadonlySet<Order>> {
  const given = outcomes.flatMap(({ order, outcome }) =>
    outcome.kind === "accepted" && outcome.refill !== null ? [{ order, refill: outcome.refill }] : [],
  );
  if (given.length === 0) return new Set();
  const { results } = await db
    .prepare(
      `SELECT j.key AS i FROM json_each(?1) j CROSS JOIN orders o
       WHERE o.panel = j.value->>'$.panel' AND o.provider = j.value->>'$.provider' AND o.refill_id = j.value->>'$.refill'
         AND o.n <> j.value->>'$.n'`,
    )
    .bind(JSON.stringify(given.map(({ order: { panel, provider, n }, refill }) => ({ panel, provider, n, refill }))))
    .all<{ i: number }>();
  const inUse = new Set(results.map(({ i }) => given[i]?.order));
  const firsts = new Map(given.toReversed().map(({ order, refill }) => [idText(order, refill), order]));
  return new Set(
    given.filter(({ order, refill }) => inUse.has(order) || firsts.get(idText(order, refill)) !== order).map(({ order }) => order),
  );
}

function idText({ panel, provider }: Order, refill: string): string {
  return `${panel}\n${provider}\n${refill}`;
}
