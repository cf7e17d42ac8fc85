/**
 * Reading what is due. Rows read = rows returned, plus one for each empty bucket, however large the table is.
 */
import { chunksOf } from "../../domain/chunks.ts";
import { FLAGS, type Order } from "../../domain/order.ts";
import type { DueProvider } from "../../domain/message.ts";
import { type PackedRow, packedSql, unpackOrder } from "../rows/packed-order.ts";
import { type Provider, type ProviderRow, toProvider, WITH_POLICIES } from "../rows/provider.ts";
import { SELECT_AS_SEEN } from "./apply.ts";
import { ANY_WEBHOOK } from "../webhooks/sending.ts";

export type Page = {
  /** Panels whose refunds wait because their ledger did not add up. */
  readonly frozen: ReadonlySet<string>;
  /** Whether any webhook is on. */
  readonly anyWebhook: boolean;
  readonly providers: ReadonlyMap<string, Provider>;
  /** For each provider asked for: its due orders, bucket by bucket, each by key; one more than its limit if there are more. */
  readonly due: readonly (readonly Order[])[];
};

/** D1 takes no more arms than this in a compound SELECT. */
const MAX_ARMS = 5;

/** Reads the providers and a page of due orders for each, in one round trip: a statement for each five buckets, plus one. */
export async function readPage(db: D1Database, asked: readonly DueProvider[]): Promise<Page> {
  const statements = asked.map((provider) => chunksOf(provider.lanes, MAX_ARMS).map((lanes) => dueStatement(db, { ...provider, lanes })));
  const ids = JSON.stringify(asked.map(({ id }) => id));
  const [providers, frozen, ...pages] = await db.batch<Record<string, unknown>>([
    providersStatement(db, ids),
    frozenStatement(db),
    ...statements.flat(),
  ]);
  let next = 0;
  const due = asked.map(({ limit }, i) => {
    const results = pages.slice(next, (next += statements[i]?.length ?? 0));
    return results.flatMap((page) => (page.results as PackedRow[]).map(unpackOrder)).slice(0, limit + 1);
  });
  return { providers: byId((providers?.results ?? []) as ProviderRow[]), ...onTheSide(frozen?.results), due };
}

/** Reads named orders with their providers, in one round trip. Two rows an order. */
export async function readNamed(db: D1Database, keys: readonly (readonly [panel: string, n: number])[]): Promise<Page> {
  const param = JSON.stringify(keys);
  const [orders, providers, frozen] = await db.batch<Record<string, unknown>>([
    db
      .prepare(
        `SELECT ${packedSql("o")} FROM json_each(?1) j CROSS JOIN orders o
         WHERE o.panel = j.value->>0 AND o.n = j.value->>1 ORDER BY o.provider, o.panel, o.n`,
      )
      .bind(param),
    db
      .prepare(
        `SELECT ${WITH_POLICIES} FROM providers p WHERE p.id IN (
           SELECT o.provider FROM json_each(?1) j CROSS JOIN orders o WHERE o.panel = j.value->>0 AND o.n = j.value->>1)`,
      )
      .bind(param),
    frozenStatement(db),
  ]);
  return {
    providers: byId((providers?.results ?? []) as ProviderRow[]),
    ...onTheSide(frozen?.results),
    due: [((orders?.results ?? []) as PackedRow[]).map(unpackOrder)],
  };
}

/** Orders that are followed at a provider and whose last word was unknown. A row read for each that is followed there. */
export async function readWaitingOnWords(
  db: D1Database,
  provider: string,
  limit: number,
): Promise<(readonly [panel: string, n: number])[]> {
  const { results } = await db
    .prepare(`SELECT panel, n FROM orders WHERE provider = ?1 AND cadence IS NOT NULL AND flags & ${FLAGS.unknown_status} <> 0 LIMIT ?2`)
    .bind(provider, limit)
    .all<{ panel: string; n: number }>();
  return results.map(({ panel, n }) => [panel, n] as const);
}

/** A provider as it is now, and those of some orders that were changed since they were read. One round trip; a row or two an order. */
export async function readFresh(
  db: D1Database,
  id: string,
  orders: readonly Order[],
): Promise<{ readonly provider: Provider | undefined; readonly changed: readonly Order[] }> {
  const seen = JSON.stringify(orders.map(({ panel, number, version }) => [panel, number, version]));
  const [providers, unchanged] = await db.batch<Record<string, unknown>>([
    providersStatement(db, JSON.stringify([id])),
    db.prepare(SELECT_AS_SEEN).bind(seen),
  ]);
  const asSeen = new Set(((unchanged?.results ?? []) as { i: number }[]).map(({ i }) => i));
  return { provider: byId((providers?.results ?? []) as ProviderRow[]).get(id), changed: orders.filter((_, i) => !asSeen.has(i)) };
}

export async function readProviders(db: D1Database, ids: readonly string[]): Promise<ReadonlyMap<string, Provider>> {
  const { results } = await providersStatement(db, JSON.stringify(ids)).all<ProviderRow>();
  return byId(results);
}

function providersStatement(db: D1Database, ids: string): D1PreparedStatement {
  return db.prepare(`SELECT ${WITH_POLICIES} FROM json_each(?1) j CROSS JOIN providers p WHERE p.id = j.value`).bind(ids);
}

/**
 * The panels whose refunds wait: an index of theirs alone, so that it costs nothing while there are none. And a row without
 * an id where a webhook is on.
 */
function frozenStatement(db: D1Database): D1PreparedStatement {
  return db.prepare(`SELECT id FROM panels WHERE frozen_at IS NOT NULL UNION ALL SELECT NULL WHERE ${ANY_WEBHOOK}`);
}

function onTheSide(rows: readonly unknown[] = []): Pick<Page, "frozen" | "anyWebhook"> {
  const ids = (rows as { id: string | null }[]).map(({ id }) => id);
  return { frozen: new Set(ids.filter((id) => id !== null)), anyWebhook: ids.includes(null) };
}

/**
 * One ordered arm a bucket, joined by UNION ALL. A single sorted statement over all buckets would read them whole
 * (13,371 rows for a page of 2,001); this reads 2,001. SQLite runs the arms in turn, so that the outer LIMIT cuts
 * the last ones; a test holds it to that.
 */
function dueStatement(db: D1Database, { id, lanes, limit }: DueProvider): D1PreparedStatement {
  const arms = lanes.map((_, i) => {
    const at = 3 + i * 5;
    return `SELECT * FROM (SELECT ${packedSql("o")} FROM orders o
      WHERE provider = ?1 AND cadence = ?${at} AND (phase, panel, n) > (?${at + 1}, ?${at + 2}, ?${at + 3}) AND phase < ?${at + 4}
      ORDER BY phase, panel, n LIMIT ?2)`;
  });
  const params = lanes.flatMap(({ cadence, after, to }) => [cadence, ...after, to]);
  return db.prepare(`${arms.join(" UNION ALL ")} LIMIT ?2`).bind(id, limit + 1, ...params);
}

function byId(rows: readonly ProviderRow[]): ReadonlyMap<string, Provider> {
  return new Map(rows.map((row) => [row.id, toProvider(row)]));
}
