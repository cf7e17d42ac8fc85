/**
 * The ledger: a row a transfer, the customer's balance after it standing in it, so that a balance is one row's read.
 */

/**
 * The INSERT of some transfers, selected by `source` as panel, currency, customer ('' for the panel's own account),
 * type, amount (from the customer's side), order_n, refund_n, reference, now, and `i` for their order. Numbers and
 * balances follow from each account's last row; a trigger holds them to that.
 */
export function insertTransfers(source: string): string {
  return `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, refund_n, reference, created_at)
  SELECT t.panel, t.currency, t.customer,
    row_number() OVER account + coalesce((SELECT max(l.n) FROM transfers l WHERE l.panel = t.panel AND l.currency = t.currency AND l.customer = t.customer), 0),
    t.type, t.amount,
    sum(t.amount) OVER account + coalesce((
      SELECT l.balance FROM transfers l WHERE l.panel = t.panel AND l.currency = t.currency AND l.customer = t.customer ORDER BY l.n DESC LIMIT 1), 0),
    t.order_n, t.refund_n, t.reference, t.now
  FROM (${source}) t
  WINDOW account AS (PARTITION BY t.panel, t.currency, t.customer ORDER BY t.i)
  ORDER BY t.i`;
}
