-- Taking back: a wrong registration, a mistaken credit, a panel or provider that nothing ever used.
-- Money is in micro-units (1e-6) of the row's currency; times are epoch ms.
--
-- On a database with accounts this builds the ledger anew: one row written for each transfer.

-- The ledger learns two types: a `debit` takes a credit back, and a `void` gives the charge of a removed order back. The
-- table is built anew for that: a CHECK cannot be altered.
DROP TRIGGER panels_money_fixed;
DROP TRIGGER orders_no_delete;

CREATE TABLE transfers_anew (
  panel TEXT NOT NULL,
  currency TEXT NOT NULL,
  -- '' is the panel's own account, for orders that name no customer.
  customer TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 1),
  type TEXT NOT NULL CHECK (type IN ('charge', 'refund', 'credit', 'clawback', 'debit', 'void')),
  -- From the customer's side: a charge is negative.
  amount INTEGER NOT NULL CHECK (amount <> 0 AND (amount < 0) = (type IN ('charge', 'clawback', 'debit'))),
  balance INTEGER NOT NULL,
  debit TEXT NOT NULL AS (CASE WHEN amount < 0 THEN 'customer:' || customer WHEN type = 'credit' THEN 'deposits' ELSE 'sales' END) VIRTUAL,
  credit TEXT NOT NULL AS (CASE WHEN amount > 0 THEN 'customer:' || customer WHEN type = 'debit' THEN 'deposits' ELSE 'sales' END) VIRTUAL,
  order_n INTEGER,
  refund_n INTEGER,
  reference TEXT,
  created_at INTEGER NOT NULL,
  -- Credits and debits concern the world outside; everything else belongs to an order, and what is returned or taken back
  -- to a refund of it.
  CHECK ((order_n IS NULL) = (type IN ('credit', 'debit'))),
  CHECK ((refund_n IS NULL) = (type NOT IN ('refund', 'clawback'))),
  PRIMARY KEY (panel, currency, customer, n)
) STRICT, WITHOUT ROWID;

INSERT INTO transfers_anew (panel, currency, customer, n, type, amount, balance, order_n, refund_n, reference, created_at)
  SELECT panel, currency, customer, n, type, amount, balance, order_n, refund_n, reference, created_at FROM transfers;
DROP TABLE transfers;
ALTER TABLE transfers_anew RENAME TO transfers;

CREATE UNIQUE INDEX transfers_refund ON transfers (panel, order_n, refund_n) WHERE refund_n IS NOT NULL;
-- The charge of a removed order is given back once.
CREATE UNIQUE INDEX transfers_void ON transfers (panel, order_n) WHERE type = 'void';

CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

CREATE TRIGGER transfers_follow BEFORE INSERT ON transfers
WHEN NEW.n IS NOT 1 + coalesce((SELECT max(n) FROM transfers WHERE panel = NEW.panel AND currency = NEW.currency AND customer = NEW.customer), 0)
  OR NEW.balance IS NOT NEW.amount + coalesce((
    SELECT balance FROM transfers WHERE panel = NEW.panel AND currency = NEW.currency AND customer = NEW.customer ORDER BY n DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'a transfer must follow from the last one'); END;

CREATE TRIGGER transfers_within_balance BEFORE INSERT ON transfers
WHEN NEW.amount < 0 AND NEW.balance < 0 AND EXISTS (SELECT 1 FROM panels WHERE id = NEW.panel AND NEW.balance < -credit_limit)
BEGIN SELECT RAISE(ABORT, 'the balance does not cover the transfer'); END;

CREATE TRIGGER transfers_of_ledgers BEFORE INSERT ON transfers
WHEN NOT EXISTS (SELECT 1 FROM panels WHERE id = NEW.panel AND money = 'ledger')
BEGIN SELECT RAISE(ABORT, 'the panel keeps no accounts here'); END;

CREATE TRIGGER transfers_of_orders BEFORE INSERT ON transfers
WHEN NEW.type NOT IN ('credit', 'debit') AND NOT EXISTS (
  SELECT 1 FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency AND coalesce(o.customer, '') = NEW.customer
    AND (NEW.type <> 'charge' OR NEW.amount = o.registered_refunded - o.charge)
    AND (NEW.type <> 'void' OR (NEW.amount = o.charge - o.registered_refunded AND o.refunded = o.registered_refunded)))
BEGIN SELECT RAISE(ABORT, 'a transfer must be as its order is'); END;

CREATE TRIGGER transfers_of_refunds BEFORE INSERT ON transfers
WHEN NEW.refund_n IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM refunds r WHERE r.panel = NEW.panel AND r.order_n = NEW.order_n AND r.n = NEW.refund_n AND r.status = 'posted'
    AND (r.kind = 'clawback') = (NEW.type = 'clawback') AND r.amount = abs(NEW.amount))
BEGIN SELECT RAISE(ABORT, 'a transfer must be as its refund is'); END;

CREATE TRIGGER panels_money_fixed BEFORE UPDATE OF money ON panels
WHEN NEW.money IS NOT OLD.money AND (OLD.order_n > 0 OR EXISTS (SELECT 1 FROM transfers WHERE panel = OLD.id))
BEGIN SELECT RAISE(ABORT, 'the money mode is fixed'); END;

-- An order is deleted in two cases. Either its provider refused it, nobody was told of it and nobody was charged. Or it was
-- registered by mistake: it was not placed here, no refund of it was posted or waits, no script was told its end, nothing
-- was asked of its provider for it, its charge was given back, and its feed ends with the change that tells of it.
CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
WHEN NOT (
  (OLD.last_change = 0 AND OLD.provider_order_id IS 'placing ' || OLD.panel || ' ' || OLD.n
    AND NOT EXISTS (SELECT 1 FROM refunds WHERE panel = OLD.panel AND order_n = OLD.n)
    AND NOT (coalesce(OLD.charge, 0) > 0 AND EXISTS (SELECT 1 FROM panels WHERE id = OLD.panel AND money = 'ledger')))
  OR (OLD.add_digest IS NULL AND OLD.part_of IS NULL AND OLD.told IS NULL AND OLD.refill_status IS NULL AND OLD.cancel_status IS NULL
    AND NOT EXISTS (SELECT 1 FROM refunds WHERE panel = OLD.panel AND order_n = OLD.n AND status <> 'rejected')
    AND (coalesce(OLD.charge, 0) <= OLD.registered_refunded
      OR EXISTS (SELECT 1 FROM panels WHERE id = OLD.panel AND money <> 'ledger')
      OR EXISTS (SELECT 1 FROM transfers WHERE panel = OLD.panel AND order_n = OLD.n AND type = 'void'))
    AND EXISTS (SELECT 1 FROM changes WHERE panel = OLD.panel AND seq = (SELECT feed_seq FROM panels WHERE id = OLD.panel)
      AND order_id = OLD.id AND type = 'order.removed')))
BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END;

-- A panel that nothing ever used may go: it has had no order, no account, and answers no repeated request.
DROP TRIGGER panels_no_delete;

CREATE TRIGGER panels_no_delete BEFORE DELETE ON panels
WHEN OLD.order_n > 0 OR OLD.feed_seq > 0 OR EXISTS (SELECT 1 FROM transfers WHERE panel = OLD.id)
  OR EXISTS (SELECT 1 FROM idempotency WHERE panel = OLD.id)
BEGIN SELECT RAISE(ABORT, 'a panel that was used is never deleted'); END;

-- A provider may go while no order and no service of the catalogue is its own; neither comes to be without one.
CREATE TRIGGER providers_no_delete BEFORE DELETE ON providers
WHEN EXISTS (SELECT 1 FROM orders WHERE provider = OLD.id)
  OR EXISTS (SELECT 1 FROM services WHERE provider = OLD.id)
BEGIN SELECT RAISE(ABORT, 'a provider that was used is never deleted'); END;

CREATE TRIGGER orders_of_providers BEFORE INSERT ON orders
WHEN NOT EXISTS (SELECT 1 FROM providers WHERE id = NEW.provider)
BEGIN SELECT RAISE(ABORT, 'there is no such provider'); END;

CREATE TRIGGER services_of_providers BEFORE INSERT ON services
WHEN NOT EXISTS (SELECT 1 FROM providers WHERE id = NEW.provider)
BEGIN SELECT RAISE(ABORT, 'there is no such provider'); END;

CREATE TRIGGER services_move_to_providers BEFORE UPDATE OF provider ON services
WHEN NEW.provider IS NOT OLD.provider AND NOT EXISTS (SELECT 1 FROM providers WHERE id = NEW.provider)
BEGIN SELECT RAISE(ABORT, 'there is no such provider'); END;
