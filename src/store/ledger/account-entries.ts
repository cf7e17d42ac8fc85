/**
 * Reading accounts for their panel: what stands on one, and how it came about.
 */
import type { TransferType } from "../../domain/ledger-check.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import type { PageWanted } from "../rows/page.ts";

/** A transfer from the customer's side: what is taken is negative. Micro-units, epoch ms. */
export type AccountEntry = {
  /** The n-th of its account. */
  readonly n: number;
  readonly currency: string;
  readonly type: TransferType;
  readonly amount: number;
  /** What stood on the account after it. */
  readonly balance: bigint;
  /** The panel's order id. */
  readonly order: string | null;
  readonly reference: string | null;
  readonly createdAt: number;
};

/** `entries` of an account that has none at all are null: nobody has heard of that customer. */
export type EntriesRead = { readonly panel: Panel; readonly entries: readonly AccountEntry[] | null };

type EntryRow = {
  n: number;
  currency: string;
  type: TransferType;
  amount: number;
  balance: string;
  order_id: string | null;
  reference: string | null;
  created_at: number;
};

/** A customer's account in a currency; in the panel's own where that is null. */
export type AccountWanted = { readonly customer: string; readonly currency: string | null };

const ABOVE_ALL = Number.MAX_SAFE_INTEGER;

/**
 * Entries of a customer's account, newest first; a place among them is an entry's number. One round trip, a row read
 * an entry, and another for one that tells no order's id; null when there is no such panel.
 */
export async function readEntries(
  db: D1Database,
  ref: PanelRef,
  { customer, currency }: AccountWanted,
  { cursor, limit }: PageWanted,
): Promise<EntriesRead | null> {
  const panel = panelIdSql(ref);
  const account = `t.panel = ${panel} AND t.currency = coalesce(?3, (SELECT currency FROM panels WHERE id = ${panel})) AND t.customer = ?2`;
  const found = await readForPanel(db, ref, [
    db.prepare(`SELECT 1 FROM transfers t WHERE ${account} LIMIT 1`).bind(ref.value, customer, currency),
    db
      .prepare(
        `SELECT t.n, t.currency, t.type, t.amount, CAST(t.balance AS TEXT) AS balance, t.reference, t.created_at,
           coalesce(t.order_id, (SELECT o.id FROM orders o WHERE o.panel = t.panel AND o.n = t.order_n)) AS order_id
         FROM transfers t WHERE ${account} AND t.n < ?4 ORDER BY t.n DESC LIMIT ?5`,
      )
      .bind(ref.value, customer, currency, cursor ?? ABOVE_ALL, limit),
  ]);
  if (found === null) return null;
  const [any, entries] = found.results;
  const rows = (entries?.results ?? []) as EntryRow[];
  return { panel: found.panel, entries: any?.results.length === 0 ? null : rows.map(toEntry) };
}

function toEntry({ n, currency, type, amount, balance, order_id, reference, created_at }: EntryRow): AccountEntry {
  return { n, currency, type, amount, balance: BigInt(balance), order: order_id, reference, createdAt: created_at };
}
