/**
 * The ledger: a row a transfer, the customer's balance after it standing in it, so that a balance is one row's read.
 */
import { IS_PLACING } from "../rows/order.ts";

/**
 * An account of a panel: one for each customer and currency, and the panel's own (`customer` is "") for orders that
 * name no customer.
 */
export type Account = { readonly panel: string; readonly currency: string; readonly customer: string };

/** What stands on an account after its last transfer, the `n`-th. Micro-units; a sum, so it may exceed 2^53. */
export type Balance = { readonly n: number; readonly balance: bigint };

/**
 * The INSERT of some transfers, selected by `source` as panel, currency, customer ('' for the panel's own account),
 * type, amount (from the customer's side), order_n, order_id, refund_n, reference, now, and `i` for their order. Numbers and
 * balances follow from each account's last row; a trigger holds them to that.
 */
export function insertTransfers(source: string): string {
  return `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, order_id, refund_n, reference, created_at)
  SELECT t.panel, t.currency, t.customer,
    row_number() OVER account + coalesce((SELECT max(l.n) FROM transfers l WHERE l.panel = t.panel AND l.currency = t.currency AND l.customer = t.customer), 0),
    t.type, t.amount,
    sum(t.amount) OVER account + coalesce((
      SELECT l.balance FROM transfers l WHERE l.panel = t.panel AND l.currency = t.currency AND l.customer = t.customer ORDER BY l.n DESC LIMIT 1), 0),
    t.order_n, t.order_id, t.refund_n, t.reference, t.now
  FROM (${source}) t
  WINDOW account AS (PARTITION BY t.panel, t.currency, t.customer ORDER BY t.i)
  ORDER BY t.i`;
}

/**
 * What the customer still pays for an order: the charge, less what the panel had returned before it was registered. An order
 * that is being placed gets another id when its provider has taken it.
 */
const INSERT_CHARGES = insertTransfers(`
    SELECT o.panel, o.currency, coalesce(o.customer, '') AS customer, 'charge' AS type, o.registered_refunded - o.charge AS amount,
      o.n AS order_n, iif(${IS_PLACING}, NULL, o.id) AS order_id, NULL AS refund_n, NULL AS reference, o.created_at AS now, o.n AS i
    FROM panels p CROSS JOIN orders o
    WHERE p.id = ?1 AND p.money = 'ledger' AND o.panel = p.id AND o.n > p.order_n - ?2 AND o.charge > o.registered_refunded`);

/**
 * Charges the panel's orders among the last `count` numbers given out, which must all be of this batch. Nothing for a
 * panel that keeps no accounts here. One row written an order.
 */
export function chargeStatement(db: D1Database, panel: string, count: number): D1PreparedStatement {
  return db.prepare(INSERT_CHARGES).bind(panel, count);
}

/** Whether the database refused a batch because an account does not hold what a transfer would take from it. */
export function isOverdrawn(error: unknown): boolean {
  return isRefusal(error, "the balance does not cover the transfer");
}

/** Whether the database refused a batch because another transfer came to the account in between. */
export function isOutOfTurn(error: unknown): boolean {
  return isRefusal(error, "a transfer must follow from the last one");
}

/** The words are the triggers' in migrations/0002_money.sql. */
function isRefusal(error: unknown, words: string): boolean {
  return error instanceof Error && error.message.includes(words);
}

/** SQL for the balance on an account, as text, since it may exceed 2^53; NULL where it has no transfer yet. */
export function balanceSql(panel: string, currency: string, customer: string): string {
  return `(SELECT CAST(t.balance AS TEXT) FROM transfers t WHERE t.panel = ${panel} AND t.currency = ${currency} AND t.customer = ${customer} ORDER BY t.n DESC LIMIT 1)`;
}
