/**
 * Placing orders: the row is written before anything is sent, and what became of it after. Nothing is told to the
 * change feed until it is known whether the order was placed, so that one that was refused has never been.
 *
 * Every statement names the version it saw; the INSERT of changes stands before the UPDATE of orders.
 */
import { windowSql } from "../providers/service-windows.ts";
import { CONNECT_IDS_FROM, SPARE_IDS_FROM } from "../../domain/order-ids.ts";
import { type Channel, FLAGS, type Order } from "../../domain/order.ts";
import type { Parts } from "../../domain/order-report.ts";
import type { Cadence } from "../../domain/poll-pacing.ts";
import { applyDecision, type OrderWrite } from "../orders/apply.ts";
import { insertCreatedSql, phaseSql } from "../orders/new-orders.ts";
import { nextNumberSql } from "../feed/feed-numbers.ts";
import { activeSql, newestOfLink } from "../orders/link-reads.ts";
import { ENDED, IS_PLACING, type OrderRow, PLACING, standInSql, toOrder } from "../rows/order.ts";
import { type PanelRef, panelIdSql } from "../panels/panels.ts";
import { claimOrdersSql, isShareUsedUp } from "../panels/shares.ts";
import { keepResendStatement, type Resend } from "./resends.ts";
import { chargeStatement, isOverdrawn } from "../ledger/transfers.ts";

/** What an `add` asks for: the columns of its order's row. Money in micro-units, times in epoch ms. */
export type Intent = {
  readonly door: Channel;
  readonly provider: string;
  readonly service: string;
  readonly provider_service: string | null;
  readonly link: string | null;
  readonly quantity: number | null;
  readonly charge: number | null;
  readonly currency: string;
  readonly cost: string | null;
  readonly cost_currency: string | null;
  readonly runs: number | null;
  readonly posts: number | null;
  /** Null but for a subscription whose posts nobody counted. */
  readonly parts: Parts | null;
  readonly link_key: string;
  readonly add_digest: string;
  readonly add_request: string;
  /** Null where not known: then the windows that are set for the provider's service count. */
  readonly start_window_ms: number | null;
  readonly duration_ms: number | null;
  readonly refill_days: number | null;
};

const COLUMNS = [
  ...(["door", "provider", "service", "provider_service", "link", "quantity", "charge", "currency", "cost", "cost_currency"] as const),
  ...(["runs", "posts", "parts", "link_key", "add_digest", "add_request", "start_window_ms", "duration_ms", "refill_days"] as const),
] as const satisfies readonly (keyof Intent)[];

/**
 * SQL for what an `add` is known by: its panel's id, the providers that one like it may be at, a list or a SELECT; the keys of
 * its link, the digest of all its fields, and when it came.
 */
type AddSql = {
  readonly panel: string;
  readonly providers: string;
  readonly linkKeys: readonly string[];
  readonly digest: string;
  readonly now: string;
};

/** Those of a panel's orders `o` at some providers that are being placed, or in doubt: few, and for each next to each other in the index. */
function placingSql(panel: string, providers: string): string {
  return `orders o INDEXED BY orders_provider_order
        WHERE o.provider IN (${providers}) AND o.provider_order_id >= 'placing ' || ${panel} || ' ' AND o.provider_order_id < 'placing ' || ${panel} || '!'
          AND o.panel = ${panel}`;
}

/**
 * The newest order whose id an identical `add` gets: one that is being placed or in doubt, however old; or one whose
 * answer was slow, for a while, unless its script has shown since that it has the id: it was told the order's end.
 */
function identicalSql(columns: string, { panel, providers, linkKeys, digest, now }: AddSql): string {
  const answered = linkKeys.map(
    (linkKey) => `UNION ALL
      SELECT * FROM (SELECT * FROM ${newestOfLink(panel, linkKey)} o
        WHERE o.add_digest = ${digest} AND o.reused_until > ${now} AND o.told IS NULL
          AND NOT (${IS_PLACING} AND o.status IN (${ENDED})) LIMIT 1)`,
  );
  return `SELECT ${columns} FROM (
      SELECT * FROM (SELECT * FROM ${placingSql(panel, providers)} AND o.add_digest = ${digest} AND o.status NOT IN (${ENDED}) LIMIT 1)
      ${answered.join(" ")}
    ) o ORDER BY o.n DESC LIMIT 1`;
}

/**
 * Condition on an order `o`: it is of the very service that an `add` names, in SQL all three. A service of the own catalogue
 * may have moved from one provider to the other.
 */
function ofServiceSql(door: string, provider: string, service: string): string {
  return `o.service = ${service} AND (o.door IS 'catalogue') = (${door} = 'catalogue') AND (${door} = 'catalogue' OR o.provider = ${provider})`;
}

/** A service of the own catalogue may have moved since an order of it was sent. */
const ALL_PROVIDERS = "SELECT q.id FROM providers q";

/** What an `add` is looked up by. `formerLinkKey`: as orders from before 0.5 have it. */
export type AddLookup = {
  readonly service: string;
  readonly linkKey: string;
  readonly formerLinkKey: string;
  readonly digest: string;
  readonly now: number;
};

/**
 * The orders that stand in an `add`'s way, for a batch of reads: one identical, and one of its service that is under way on its
 * link. `provider` is null for the own catalogue.
 */
export function inTheWayStatements(
  db: D1Database,
  ref: PanelRef,
  { service, linkKey, formerLinkKey, digest, now }: AddLookup,
  provider: string | null,
): D1PreparedStatement[] {
  const panel = panelIdSql(ref);
  const providers = provider === null ? ALL_PROVIDERS : "?6";
  const identical = identicalSql("o.*", { panel, providers, linkKeys: ["?2", "?5"], digest: "?3", now: "?4" });
  const active = activeSql("o.id", panel, "?2", ofServiceSql(provider === null ? "'catalogue'" : "'connect'", "?4", "?3"));
  return [
    db.prepare(identical).bind(ref.value, linkKey, digest, now, formerLinkKey, ...(provider === null ? [] : [provider])),
    db.prepare(active).bind(ref.value, linkKey, service, provider),
  ];
}

const J = (column: string): string => `?2->>'$.${column}'`;

/** The `add` that is being written, of the panel `p`. */
const THIS_ADD: AddSql = {
  panel: "p.id",
  providers: `${ALL_PROVIDERS} WHERE ${J("door")} = 'catalogue' UNION ALL SELECT ${J("provider")}`,
  linkKeys: [J("link_key")],
  digest: J("add_digest"),
  now: "?3",
};

/** What the panel is told until the provider's id is known, or for good (src/domain/order-ids.ts). */
const ID = `CASE ${J("door")} WHEN 'connect' THEN CAST(${CONNECT_IDS_FROM} + p.order_n AS TEXT)
  ELSE CAST(iif(EXISTS (SELECT 1 FROM orders x WHERE x.panel = p.id AND x.id = CAST(p.order_n AS TEXT)), ${SPARE_IDS_FROM}, 0) + p.order_n AS TEXT) END`;

// planted: identical-add-in-the-way
const REUSES_IDENTICAL_ADDS = "p.reuse_identical_adds = 1";

const valueSql = (column: (typeof COLUMNS)[number]): string =>
  column === "start_window_ms" || column === "duration_ms"
    ? `coalesce(${J(column)}, ${windowSql(column, { panel: "p.id", provider: J("provider"), service: `coalesce(${J("provider_service")}, ${J("service")})` })})`
    : J(column);

/**
 * The new order's row, unless an identical one, or one on its link that the panel's policy minds, came first, or its id
 * is taken: two requests at once see each other here, where no third is between them. Its number was given out by the
 * statement before. Nobody polls it: it has no id to be asked for.
 */
const INSERT_ORDER = `INSERT INTO orders (panel, n, phase, id, provider_order_id, last_change, duplicate_of, flags,
    status, middle, multi, cadence, placed_at, created_at, progress_at, updated_at, ${COLUMNS.join(", ")})
  SELECT p.id, p.order_n, ${phaseSql("p.order_n")}, ${ID}, ${standInSql(PLACING, "p.id", "p.order_n")}, 0,
    (SELECT a.id FROM (${activeSql("o.id, o.last_change", "p.id", J("link_key"))}) a WHERE a.last_change <> 0),
    iif(EXISTS (${activeSql("1", "p.id", J("link_key"))}), ?4, 0),
    'pending', 'pending', coalesce(${J("runs")}, 0) > 1 OR ${J("posts")} IS NOT NULL OR ${J("parts")} IS NOT NULL, NULL, ?3, ?3, ?3, ?3,
    ${COLUMNS.map(valueSql).join(", ")}
  FROM panels p
  WHERE p.id = ?1
    AND NOT (${REUSES_IDENTICAL_ADDS} AND EXISTS (${identicalSql("1", THIS_ADD)}))
    AND NOT (p.refuse_duplicate_links = 1
      AND EXISTS (${activeSql("1", "p.id", J("link_key"), ofServiceSql(J("door"), J("provider"), J("service")))}))
    AND NOT EXISTS (SELECT 1 FROM orders x WHERE x.panel = p.id AND x.id = ${ID})
  RETURNING *`;

/** An order to be placed. `resend` is what it takes to send it again; null where it is never sent twice. */
export type Placing = { readonly intent: Intent; readonly resend: Resend | null };

/**
 * Why nothing was written. `in_the_way`: an order that came first, which is to be read again. `overdrawn`: the panel's account
 * does not hold the charge. `share_used_up`: the panel has had as many adds as it may.
 */
export type Unrecorded = "in_the_way" | "overdrawn" | "share_used_up";

export type Begun = { readonly order: Order } | Unrecorded;

const NUMBER_ADD = `UPDATE panels SET ${claimOrdersSql("add", "?2")} WHERE id = ?1`;

/**
 * Writes the order that is about to be sent, and charges it where the panel's accounts are kept here. Throws when the
 * database fails: then nothing may be sent. `claim`: of the panel's share (`orderClaim`). An error can come after the commit, so what was written is looked for then.
 * Five rows written, one more with a link, one more for a charge, two more where it may be sent again.
 */
export async function beginPlacing(
  db: D1Database,
  { panel, claim }: { readonly panel: string; readonly claim: string },
  { intent, resend }: Placing,
  now: number,
): Promise<Begun> {
  try {
    const [, inserted] = await db.batch<OrderRow>([
      db.prepare(NUMBER_ADD).bind(panel, claim),
      db.prepare(INSERT_ORDER).bind(panel, JSON.stringify(intent), now, FLAGS.duplicate_link),
      chargeStatement(db, panel, 1),
      ...(resend === null ? [] : [keepResendStatement(db, { panel, request: intent.add_request }, resend, now)]),
    ]);
    const row = inserted?.results[0];
    return row === undefined ? "in_the_way" : { order: toOrder(row) };
  } catch (error) {
    if (isOverdrawn(error)) return "overdrawn";
    if (isShareUsedUp(error)) return "share_used_up";
    const row = await db
      .prepare(`SELECT * FROM ${placingSql("?1", "?3")} AND o.add_request = ?2`)
      .bind(panel, intent.add_request, intent.provider)
      .first<OrderRow>();
    if (row === null) throw error;
    return { order: toOrder(row) };
  }
}

/** The order's first change: it was placed. */
const INSERT_CREATED = insertCreatedSql(
  { seq: nextNumberSql("p", "?5 * 1000"), id: "?4", at: "?5", data: "?6" },
  `FROM orders o CROSS JOIN panels p
  WHERE o.panel = ?1 AND o.n = ?2 AND o.version = ?3 AND o.last_change = 0 AND p.id = o.panel`,
);

/** A placed order is looked at in the next minute. */
const FIRST_CADENCE: Cadence = 1;

const UPDATE_PLACED = `UPDATE orders SET id = ?4, provider_order_id = ?6, cadence = ${FIRST_CADENCE}, updated_at = ?5, version = version + 1,
    reused_until = ?7,
    last_change = (SELECT max(seq) FROM changes WHERE panel = ?1)
  WHERE panel = ?1 AND n = ?2 AND version = ?3 AND last_change = 0`;

/**
 * Writes that the provider took the order, which nobody was told of yet: `after` is the order with its id there. `shown`
 * is `after` as shown. Until `reusedUntil` an identical `add` gets its id. `taken`: the panel has another order by its id,
 * or some panel has one by the provider's. `changed`: somebody else has changed the order meanwhile. Five rows written.
 */
export async function recordPlaced(
  db: D1Database,
  seen: Order,
  after: Pick<Order, "id" | "providerOrderId" | "updatedAt">,
  { shown, reusedUntil }: { readonly shown: unknown; readonly reusedUntil: number | null },
): Promise<"written" | "changed" | "taken"> {
  const at = [seen.panel, seen.number, seen.version] as const;
  try {
    const results = await db.batch([
      db.prepare(INSERT_CREATED).bind(...at, after.id, after.updatedAt, JSON.stringify(shown)),
      db.prepare(UPDATE_PLACED).bind(...at, after.id, after.updatedAt, after.providerOrderId, reusedUntil),
    ]);
    return results.at(-1)?.meta.changes === 1 ? "written" : "changed";
  } catch (error) {
    if (isTaken(error)) return "taken";
    throw error;
  }
}

/** At most so many are found left behind at once; the next tick takes the others. */
const LEFT_BEHIND_AT_ONCE = 20;

/**
 * Has an identical `add` get an order's id until `until`; for a batch that writes the orders. One row written more each. The
 * LIMIT keeps SQLite from reading all orders for each.
 */
export function reuseStatement(db: D1Database, orders: readonly Order[], until: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE orders SET reused_until = ?2
       FROM (SELECT value->>0 AS panel, value->>1 AS n, value->>2 AS version FROM json_each(?1) LIMIT ${LEFT_BEHIND_AT_ONCE}) k
       WHERE orders.panel = k.panel AND orders.n = k.n AND orders.version = k.version`,
    )
    .bind(JSON.stringify(orders.map(({ panel, number, version }) => [panel, number, version])), until);
}

/**
 * The same for an order in doubt whose script may have had no answer: an identical `add` was to get its id, or nobody has noted
 * yet that the placement is unknown. At most one row written more.
 */
export function reuseUnheardStatement(db: D1Database, { panel, number: n, version }: Order, until: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE orders SET reused_until = ?4
       WHERE panel = ?1 AND n = ?2 AND version = ?3 AND (reused_until IS NOT NULL OR flags & ${FLAGS.placing_unknown} = 0)`,
    )
    .bind(panel, n, version, until);
}

/**
 * The same for an order of which nobody knows here whether it was written as placed: its script got no answer. False
 * where it is not, so that an identical `add` waits for a person's word anyway. One row written.
 */
export async function reuseUnanswered(db: D1Database, { panel, number: n }: Order, until: number): Promise<boolean> {
  const { meta } = await db
    .prepare(`UPDATE orders AS o SET reused_until = ?3 WHERE o.panel = ?1 AND o.n = ?2 AND NOT (${IS_PLACING})`)
    .bind(panel, n, until)
    .run();
  return meta.changes > 0;
}

/** Whether the database refused a batch because an id is another order's: the panel's own, or the provider's at any panel. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && /UNIQUE constraint failed: orders\.|another order has this id/.test(error.message);
}

/** Forgets an order that its provider refused. False where the feed has told of it, or somebody was charged for it: then it stays. */
export async function forgetOrder(db: D1Database, { panel, number: n, version }: Order): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `DELETE FROM orders WHERE panel = ?1 AND n = ?2 AND version = ?3 AND last_change = 0
       AND (coalesce(charge, 0) = 0 OR NOT EXISTS (SELECT 1 FROM panels WHERE id = ?1 AND money = 'ledger'))`,
    )
    .bind(panel, n, version)
    .run();
  return meta.changes > 0;
}

/**
 * Gives an order that is on the feed its provider's id, with what follows from it in `write`; and other statements,
 * guarded by the order's version themselves. `namedAt`: when the panel's own key named the id; null where it is known. `changed`: it is not as it was seen any more. `taken`: some panel has
 * another order by that id. The database refuses it for an order that has an id, or has ended: then it throws.
 */
export async function attachProviderOrder(
  db: D1Database,
  { id, namedAt }: { readonly id: string; readonly namedAt: number | null },
  write: OrderWrite,
  others: readonly D1PreparedStatement[],
): Promise<"written" | "changed" | "taken"> {
  const { panel, number: n, version } = write.order;
  const attach = db
    .prepare("UPDATE orders SET provider_order_id = ?4, named_at = ?5 WHERE panel = ?1 AND n = ?2 AND version = ?3")
    .bind(panel, n, version, id, namedAt);
  try {
    return (await applyDecision(db, write, [...others, attach])) ? "written" : "changed";
  } catch (error) {
    if (isTaken(error)) return "taken";
    throw error;
  }
}

/** One order as it stands, by its number. */
export async function readByNumber(db: D1Database, { panel, number: n }: Pick<Order, "panel" | "number">): Promise<Order | null> {
  const row = await db.prepare("SELECT * FROM orders WHERE panel = ?1 AND n = ?2").bind(panel, n).first<OrderRow>();
  return row === null ? null : toOrder(row);
}

/**
 * Selects orders that were being placed before `until` (epoch ms), and were not written since: the request that
 * placed them has died. Reads the orders that are being placed, or in doubt, and no others; and two rows a provider.
 */
export function leftBehindStatement(db: D1Database, until: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT o.* FROM providers p CROSS JOIN orders o INDEXED BY orders_provider_order
       WHERE o.provider = p.id AND ${IS_PLACING} AND o.flags & ${FLAGS.placing_unknown} = 0 AND o.created_at <= ?1 AND o.status NOT IN (${ENDED})
       LIMIT ${LEFT_BEHIND_AT_ONCE}`,
    )
    .bind(until);
}
