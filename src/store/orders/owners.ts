/**
 * Whose a provider's order is: looked up by the index that makes it one panel's of all, and given to the order that was
 * placed here where that comes later.
 */
import type { FeedEvent } from "../../domain/feed.ts";
import { gaveWay, type Holder, type Standing, standingOf } from "../../domain/order-owner.ts";
import type { Order } from "../../domain/order.ts";
import type { Polling } from "../../domain/order-view.ts";
import { auditOrdersStatement, RULES } from "../operations/audit.ts";
import { chunksBySize } from "../rows/json-sets.ts";
import { ENDED, type OrderRow, PLACING, standInSql, TAKEN, toOrder } from "../rows/order.ts";
import type { Provider } from "../rows/provider.ts";
import { applyDecisions } from "./apply.ts";
import { moveWrite } from "./moves.ts";

/** SQL for whether an order came by an `add` and has not got its id from its panel's own key: nobody else's word is a proof. */
function hasProofSql(order: string): string {
  return `${order}.add_digest IS NOT NULL AND ${order}.named_at IS NULL`;
}

/** SQL for whether an order `o` was placed here, or is a part of one that was. */
export const IS_PLACED = `(${hasProofSql("o")}
  OR EXISTS (SELECT 1 FROM orders w WHERE w.panel = o.panel AND w.n = o.part_of AND ${hasProofSql("w")}))`;

/** SQL for whether some panel has a provider's order; `provider` and `id` are SQL, too. */
export function isHeldSql(provider: string, id: string): string {
  return `EXISTS (SELECT 1 FROM orders h WHERE h.provider = ${provider} AND h.provider_order_id = ${id})`;
}

/** What decides about an id besides who has it: what was learned of the provider, and the panels that may use it. */
export type Account = Pick<Provider, "id" | "panels" | "settings">;

/** Ids of a provider's orders, and the panel on whose behalf something is to be done about them. */
export type Claim = {
  readonly panel: string;
  readonly account: Account;
  readonly ids: readonly string[];
  /** Whether a restore has lost orders of the panel; where it is left out, nobody is to be told of it. */
  readonly hasLostOrders?: boolean;
};

/** How a panel stands to a provider's order; `stranger` for one that was not asked about. */
export type Standings = (panel: string, provider: string, id: string) => Standing;

/** Who has a provider's order: two rows read for each that somebody has, one for any other. */
const SELECT_HOLDERS = `SELECT j.key AS i, o.panel, coalesce(o.named_at, o.created_at) AS since, ${IS_PLACED} AS is_placed FROM json_each(?1) j CROSS JOIN orders o
  WHERE o.provider = j.value->>0 AND o.provider_order_id = j.value->>1`;

/** The text after all that begin with `PLACING`. */
const PAST_PLACING = `${PLACING.trimEnd()}!`;

/** Since when others than a panel have had an order at a provider without its id: a row read for each of them. */
const SELECT_PLACING = `SELECT j.key AS i, min(o.created_at) AS since FROM json_each(?1) j CROSS JOIN orders o
  WHERE o.provider = j.value->>0 AND o.provider_order_id >= '${PLACING}' AND o.provider_order_id < '${PAST_PLACING}'
    AND o.panel <> j.value->>1 AND o.status NOT IN (${ENDED})
  GROUP BY j.key`;

type HolderRow = { i: number; panel: string; is_placed: number; since: number };

/**
 * How panels stand to providers' orders that they name, or have on record. Every call to a provider on behalf of a panel
 * goes by this, and by `mayAct`. One round trip, two statements, whatever is claimed.
 */
export async function readStandings(db: D1Database, claims: readonly Claim[]): Promise<Standings> {
  const named = claims.flatMap(({ ids, ...claim }) => ids.map((id) => ({ ...claim, id })));
  if (named.length === 0) return () => "stranger";
  const [held, placing] = await db.batch([
    db.prepare(SELECT_HOLDERS).bind(JSON.stringify(named.map(({ account, id }) => [account.id, id]))),
    db.prepare(SELECT_PLACING).bind(JSON.stringify(claims.map(({ panel, account }) => [account.id, panel]))),
  ]);
  const holders = new Map(((held?.results ?? []) as HolderRow[]).map((row) => [named[row.i], row]));
  const since = new Map(((placing?.results ?? []) as { i: number; since: number }[]).map((row) => [claims[row.i], row.since]));
  const placingSince = new Map(
    claims.map((claim) => [accountKey(claim.panel, claim.account.id), isAlone(claim) ? null : (since.get(claim) ?? null)]),
  );
  const standings = new Map(
    named.map((one) => {
      const row = holders.get(one);
      const holder: Holder | null = row === undefined ? null : { panel: row.panel, isPlaced: row.is_placed === 1, since: row.since };
      const key = accountKey(one.panel, one.account.id);
      const { account, hasLostOrders = false } = one;
      const known = {
        holder,
        placingSince: placingSince.get(key) ?? null,
        textIds: account.settings.learned.textIds === true,
        hasLostOrders,
      };
      return [`${key}\n${one.id}`, standingOf(one.panel, one.id, known)];
    }),
  );
  return (panel, provider, id) => standings.get(`${accountKey(panel, provider)}\n${id}`) ?? "stranger";
}

function accountKey(panel: string, provider: string): string {
  return `${panel}\n${provider}`;
}

/** Where the provider is the panel's alone, nobody else's order comes to be there. */
function isAlone({ panel, account }: Claim): boolean {
  return account.panels?.every((one) => one === panel) === true;
}

/** How a panel stands to refills, by their provider's ids: a refill is whose its order is. */
export async function readRefillStandings(db: D1Database, { panel, account, ids }: Claim): Promise<ReadonlyMap<string, Standing>> {
  if (ids.length === 0) return new Map();
  const { results } = await db
    .prepare(
      `SELECT j.value AS id, o.panel, o.created_at FROM json_each(?2) j CROSS JOIN panels q CROSS JOIN orders o
       WHERE o.panel = q.id AND o.provider = ?1 AND o.refill_id = j.value`,
    )
    .bind(account.id, JSON.stringify(ids))
    .all<{ id: string; panel: string; created_at: number }>();
  // A server may give several panels one number.
  const own = new Set(results.filter((row) => row.panel === panel).map(({ id }) => id));
  const holders = new Map(results.filter(({ id, panel: its }) => its === panel || !own.has(id)).map((row) => [row.id, row]));
  const textIds = account.settings.learned.textIds === true;
  return new Map(
    ids.map((id) => {
      const row = holders.get(id);
      const holder = row === undefined ? null : { panel: row.panel, isPlaced: false, since: row.created_at };
      return [id, standingOf(panel, id, { holder, placingSince: null, textIds })];
    }),
  );
}

/** The id under which a panel has an order of a provider's; null where it has none. */
export async function readHolderId(db: D1Database, panel: string, provider: string, id: string): Promise<string | null> {
  return db
    .prepare("SELECT id FROM orders WHERE provider = ?2 AND provider_order_id = ?3 AND panel = ?1")
    .bind(panel, provider, id)
    .first<string>("id");
}

/** The order that has a provider's id, whoever's it is; null where none has. */
async function readHolder(db: D1Database, provider: string, id: string): Promise<{ order: Order; isPlaced: boolean } | null> {
  const row = await db
    .prepare(`SELECT o.*, ${IS_PLACED} AS is_placed FROM orders o WHERE o.provider = ?1 AND o.provider_order_id = ?2`)
    .bind(provider, id)
    .first<OrderRow & { is_placed: number }>();
  return row === null ? null : { order: toOrder(row), isPlaced: row.is_placed === 1 };
}

/** An order that was placed here, the provider's id that it turned out to have, and when. `polling` is its provider's. */
export type Outranking = {
  readonly placed: Pick<Order, "panel" | "number" | "id" | "provider">;
  readonly providerOrderId: string;
  readonly polling: Polling;
  readonly now: number;
};

/**
 * What stands in the way of a placed order's id, out of it: `gave_way` where the order that had it was only registered or
 * adopted, `free` where none has it (any more), `placed` where it is another's that was placed here, too; `changed` where it
 * is not as it was seen any more.
 */
export async function makeWay(
  db: D1Database,
  { placed, providerOrderId, polling, now: time }: Outranking,
): Promise<{ readonly kind: "free" | "placed" | "changed" } | { readonly kind: "gave_way"; readonly order: Order }> {
  const holder = await readHolder(db, placed.provider, providerOrderId);
  if (holder === null) return { kind: "free" };
  const { order } = holder;
  if (order.panel === placed.panel && order.number === placed.number) return { kind: "free" };
  if (holder.isPlaced) return { kind: "placed" };
  const written = await giveWay(db, [order], polling, time);
  return written === 1 ? { kind: "gave_way", order } : { kind: "changed" };
}

/**
 * Takes parts of orders that were placed here back from other panels that have registered or adopted them. One statement
 * where there are none, one row read a part. Answers how many gave way.
 */
export async function makeWayForParts(db: D1Database, parts: readonly PlacedPart[], polling: Polling, now: number): Promise<number> {
  let count = 0;
  for (const json of chunksBySize(parts)) {
    const { results } = await db.prepare(SELECT_HELD_PARTS).bind(json).all<OrderRow>();
    if (results.length > 0) count += await giveWay(db, results.map(toOrder), polling, now);
  }
  return count;
}

/** A part that a provider names, by its id there, and the number of the whole. */
export type PlacedPart = { readonly panel: string; readonly provider: string; readonly whole: number; readonly id: string };

const SELECT_HELD_PARTS = `SELECT o.* FROM json_each(?1) j CROSS JOIN orders p CROSS JOIN orders o
  WHERE p.panel = j.value->>'$.panel' AND p.n = j.value->>'$.whole' AND ${hasProofSql("p")}
    AND o.provider = j.value->>'$.provider' AND o.provider_order_id = j.value->>'$.id' AND o.panel <> p.panel AND NOT ${IS_PLACED}`;

const FREE_IDS = `UPDATE orders SET provider_order_id = ${standInSql(TAKEN, "orders.panel", "orders.n")}
  FROM json_each(?1) j WHERE orders.panel = j.value->>0 AND orders.n = j.value->>1 AND orders.version = j.value->>2`;

/** Has orders give way, each with its change and an entry in the audit trail. Answers how many were as they were seen. */
async function giveWay(db: D1Database, orders: readonly Order[], polling: Polling, time: number): Promise<number> {
  const writes = orders.map((order) => {
    const now = Math.max(time, order.updatedAt);
    const write = moveWrite({ ...order, providerOrderId: null }, gaveWay(order.state, now), polling, now);
    return { ...write, events: withFormerId(write.events, order.providerOrderId) };
  });
  const seen = JSON.stringify(orders.map(({ panel, number: n, version }) => [panel, n, version]));
  const trail = orders.map((order) => ({ entry: { ...trailOf(order), at: time }, seen: order }));
  return applyDecisions(db, writes, [auditOrdersStatement(db, trail), db.prepare(FREE_IDS).bind(seen)]);
}

/** The panel is told which id its order had: from now on it shows none. */
function withFormerId(events: readonly FeedEvent[], id: string | null): FeedEvent[] {
  return events.map((event) =>
    event.type === "order.flagged" ? { ...event, previous: { ...event.previous, provider_order_id: id } } : event,
  );
}

function trailOf({ id, panel, provider, providerOrderId }: Order) {
  return {
    actor: RULES,
    panel,
    action: "order.gave_way",
    subject: `order:${id}`,
    before: { provider, provider_order_id: providerOrderId },
    after: { provider_order_id: null, flag: "provider_order_taken" },
  } as const;
}
