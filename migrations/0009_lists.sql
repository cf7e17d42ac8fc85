-- What lists are narrowed by is found by an index of its own, however large the tables are.
--
-- On a database with orders this builds indexes anew: one row written for each order that names a customer, for each flag
-- of an order and for each refund.

-- The orders that have a flag, newest first: one index a bit of `flags`. A flag costs a row when it is set, and none when
-- it is cleared. One index on (panel, flags, n) would cost no less, and a page of a common flag some ten times its rows.
CREATE INDEX orders_overdue ON orders (panel, n) WHERE flags & 1 <> 0;
CREATE INDEX orders_stalled ON orders (panel, n) WHERE flags & 2 <> 0;
CREATE INDEX orders_unknown_status ON orders (panel, n) WHERE flags & 4 <> 0;
CREATE INDEX orders_not_found ON orders (panel, n) WHERE flags & 8 <> 0;
CREATE INDEX orders_over_refunded ON orders (panel, n) WHERE flags & 16 <> 0;
CREATE INDEX orders_refund_held ON orders (panel, n) WHERE flags & 32 <> 0;
CREATE INDEX orders_duplicate_link ON orders (panel, n) WHERE flags & 64 <> 0;
CREATE INDEX orders_completed_with_remains ON orders (panel, n) WHERE flags & 128 <> 0;
CREATE INDEX orders_canceled_after_delivery ON orders (panel, n) WHERE flags & 256 <> 0;
CREATE INDEX orders_panel_outdated ON orders (panel, n) WHERE flags & 512 <> 0;
CREATE INDEX orders_parked ON orders (panel, n) WHERE flags & 1024 <> 0;
CREATE INDEX orders_placing_unknown ON orders (panel, n) WHERE flags & 2048 <> 0;
CREATE INDEX orders_provider_order_taken ON orders (panel, n) WHERE flags & 4096 <> 0;

-- The statuses that a person looks for and few orders have.
CREATE INDEX orders_error ON orders (panel, n) WHERE status = 'error';
CREATE INDEX orders_unknown ON orders (panel, n) WHERE status = 'unknown';

-- A customer's orders, newest first. One row more for an order that names a customer.
CREATE INDEX orders_customer ON orders (panel, customer, n) WHERE customer IS NOT NULL;

-- Refunds by status, of one panel or of all. A refund costs a row, and another when it is decided later.
DROP INDEX refunds_open;
CREATE INDEX refunds_status ON refunds (status, panel, order_n, n);

-- The panel's id of the order, so that lists of refunds and of transfers read no order. NULL in those of before, and where the
-- order was charged before it had its id: those are looked up.
ALTER TABLE refunds ADD COLUMN order_id TEXT;
ALTER TABLE transfers ADD COLUMN order_id TEXT;

-- What the health page looks for, and nothing else.
CREATE INDEX providers_down ON providers (id) WHERE enabled = 1 AND retry_at IS NOT NULL AND last_failure->>'$.code' IS NOT 'rate_limited';
CREATE INDEX dead_letters_waiting ON dead_letters (id) WHERE replayed_at IS NULL;

-- How many of its orders are followed: all that are not closed. Kept with each change, since counting reads a row an order.
ALTER TABLE providers ADD COLUMN active_orders INTEGER NOT NULL DEFAULT 0;
UPDATE providers SET active_orders = (SELECT count(*) FROM orders o WHERE o.provider = providers.id AND o.cadence IS NOT NULL);

CREATE TRIGGER orders_not_followed_any_more AFTER DELETE ON orders
WHEN OLD.cadence IS NOT NULL
BEGIN UPDATE providers SET active_orders = max(active_orders - 1, 0) WHERE id = OLD.provider; END;

-- An order's id in its refunds stays as it is.
DROP TRIGGER refunds_decided_once;

CREATE TRIGGER refunds_decided_once BEFORE UPDATE ON refunds
WHEN OLD.status IN ('posted', 'rejected') OR NEW.status = OLD.status OR NEW.reason IS NOT OLD.reason
  OR NEW.panel IS NOT OLD.panel OR NEW.order_n IS NOT OLD.order_n OR NEW.n IS NOT OLD.n OR NEW.kind IS NOT OLD.kind
  OR NEW.order_id IS NOT OLD.order_id OR NEW.currency IS NOT OLD.currency OR NEW.created_at IS NOT OLD.created_at
  OR (NEW.amount IS NULL) <> (OLD.amount IS NULL)
BEGIN SELECT RAISE(ABORT, 'a decided refund is frozen'); END;
