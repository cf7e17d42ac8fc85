-- Money that can be audited: policies, decisions, the brake, the ledger, the audit trail.
-- Money is in micro-units (1e-6) of the row's currency; times are epoch ms.

ALTER TABLE panels ADD COLUMN allow_credit INTEGER NOT NULL DEFAULT 0 CHECK (allow_credit IN (0, 1));
-- Since when the panel's refunds wait, because its books did not add up; and what did not.
ALTER TABLE panels ADD COLUMN frozen_at INTEGER;
ALTER TABLE panels ADD COLUMN frozen_because TEXT;
CREATE INDEX panels_frozen ON panels (id) WHERE frozen_at IS NOT NULL;

-- Since when the provider's refunds wait; and how its orders ended of late (src/domain/brake.ts).
ALTER TABLE providers ADD COLUMN brake_engaged_at INTEGER;
ALTER TABLE providers ADD COLUMN endings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(endings));

ALTER TABLE orders ADD COLUMN goodwill INTEGER NOT NULL DEFAULT 0 CHECK (goodwill >= 0);
-- A person's decision: what was due in total then, and what was granted in total.
ALTER TABLE orders ADD COLUMN decided_due INTEGER;
ALTER TABLE orders ADD COLUMN decided_granted INTEGER;
ALTER TABLE orders ADD COLUMN error_at INTEGER;
-- What the provider first asked for the order, in its own currency and decimals; `provider_charge` is what it says now.
ALTER TABLE orders ADD COLUMN provider_price TEXT;
-- When the refund that waits is posted by itself; NULL when it waits for a person.
ALTER TABLE orders ADD COLUMN hold_posts_at INTEGER;

-- A claw-back's amount counts the other way.
ALTER TABLE refunds ADD COLUMN kind TEXT NOT NULL DEFAULT 'auto' CHECK (kind IN ('auto', 'goodwill', 'clawback'));

-- One layer of policy: of a provider (service ''), or of one of its services. JSON with the fields that it sets.
CREATE TABLE refund_policies (
  provider TEXT NOT NULL,
  service TEXT NOT NULL,
  policy TEXT NOT NULL CHECK (json_valid(policy)),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (provider, service)
) STRICT, WITHOUT ROWID;

-- The ledger of panels that keep their customers' balances here. One row a transfer between a customer's account and
-- the panel's sales (charge, refund, clawback) or deposits (credit); the customer's balance after it stands in it.
CREATE TABLE transfers (
  panel TEXT NOT NULL,
  currency TEXT NOT NULL,
  -- '' is the panel's own account, for orders that name no customer.
  customer TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 1),
  type TEXT NOT NULL CHECK (type IN ('charge', 'refund', 'credit', 'clawback')),
  -- From the customer's side: a charge is negative.
  amount INTEGER NOT NULL CHECK (amount <> 0 AND (amount < 0) = (type IN ('charge', 'clawback'))),
  balance INTEGER NOT NULL,
  debit TEXT NOT NULL AS (CASE WHEN amount < 0 THEN 'customer:' || customer WHEN type = 'credit' THEN 'deposits' ELSE 'sales' END) VIRTUAL,
  credit TEXT NOT NULL AS (CASE WHEN amount < 0 THEN 'sales' ELSE 'customer:' || customer END) VIRTUAL,
  order_n INTEGER,
  refund_n INTEGER,
  reference TEXT,
  created_at INTEGER NOT NULL,
  -- A credit comes from outside; everything else belongs to an order, and what is returned or taken back to a refund of it.
  CHECK ((order_n IS NULL) = (type = 'credit')),
  CHECK ((refund_n IS NULL) = (type IN ('charge', 'credit'))),
  PRIMARY KEY (panel, currency, customer, n)
) STRICT, WITHOUT ROWID;

-- A refund goes to its account once. A row more a refund; the same for charges would be one more an order.
CREATE UNIQUE INDEX transfers_refund ON transfers (panel, order_n, refund_n) WHERE refund_n IS NOT NULL;

-- Answers to requests with an Idempotency-Key: the same key and body gets the first answer again.
CREATE TABLE idempotency (
  panel TEXT NOT NULL,
  key TEXT NOT NULL,
  -- SHA-256 of method, path and body, hex.
  request TEXT NOT NULL,
  status INTEGER NOT NULL,
  answer TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (panel, key)
) STRICT, WITHOUT ROWID;

-- Who changed what, with what was before and after. `actor`: 'operator' or 'panel:<id>'.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  panel TEXT,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  before TEXT NOT NULL CHECK (json_valid(before)),
  after TEXT NOT NULL CHECK (json_valid(after))
) STRICT;

-- One row: how far the daily check of the books has come.
CREATE TABLE audits_of_books (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- The UTC day (since the epoch) it was last worked on, the messages of that day so far, and the rows they read.
  day INTEGER NOT NULL,
  page INTEGER NOT NULL,
  rows_read INTEGER NOT NULL,
  -- Where it goes on; NULL when it is through.
  place TEXT CHECK (place IS NULL OR json_valid(place)),
  finished_at INTEGER
) STRICT;

INSERT INTO audits_of_books (id, day, page, rows_read) VALUES (1, 0, 0, 0);

-- The UTC day (since the epoch) for which the tick has sent the check of the books on its way.
ALTER TABLE ticks ADD COLUMN books_day INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

-- A transfer follows the account's last one, and its balance follows from that one's; which also refuses REPLACE.
CREATE TRIGGER transfers_follow BEFORE INSERT ON transfers
WHEN NEW.n IS NOT 1 + coalesce((SELECT max(n) FROM transfers WHERE panel = NEW.panel AND currency = NEW.currency AND customer = NEW.customer), 0)
  OR NEW.balance IS NOT NEW.amount + coalesce((
    SELECT balance FROM transfers WHERE panel = NEW.panel AND currency = NEW.currency AND customer = NEW.customer ORDER BY n DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'a transfer must follow from the last one'); END;

-- What takes from an account may not take more than is on it, unless the panel allows credit.
CREATE TRIGGER transfers_within_balance BEFORE INSERT ON transfers
WHEN NEW.amount < 0 AND NEW.balance < 0 AND NOT EXISTS (SELECT 1 FROM panels WHERE id = NEW.panel AND allow_credit = 1)
BEGIN SELECT RAISE(ABORT, 'the balance does not cover the transfer'); END;

CREATE TRIGGER transfers_of_ledgers BEFORE INSERT ON transfers
WHEN NOT EXISTS (SELECT 1 FROM panels WHERE id = NEW.panel AND money = 'ledger')
BEGIN SELECT RAISE(ABORT, 'the panel keeps no accounts here'); END;

-- No money from nowhere: a charge is its order's, a refund or claw-back is one that was posted, in the order's account.
CREATE TRIGGER transfers_of_orders BEFORE INSERT ON transfers
WHEN NEW.type <> 'credit' AND NOT EXISTS (
  SELECT 1 FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency AND coalesce(o.customer, '') = NEW.customer
    AND (NEW.type <> 'charge' OR NEW.amount = o.registered_refunded - o.charge))
BEGIN SELECT RAISE(ABORT, 'a transfer must be as its order is'); END;

CREATE TRIGGER transfers_of_refunds BEFORE INSERT ON transfers
WHEN NEW.refund_n IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM refunds r WHERE r.panel = NEW.panel AND r.order_n = NEW.order_n AND r.n = NEW.refund_n AND r.status = 'posted'
    AND (r.kind = 'clawback') = (NEW.type = 'clawback') AND r.amount = abs(NEW.amount))
BEGIN SELECT RAISE(ABORT, 'a transfer must be as its refund is'); END;

-- Refunds go to the account that was charged.
CREATE TRIGGER orders_customer_frozen BEFORE UPDATE OF customer ON orders
WHEN NEW.customer IS NOT OLD.customer
BEGIN SELECT RAISE(ABORT, 'what an order is cannot change'); END;

-- Accounts begun later, or left in the middle, would be half kept.
CREATE TRIGGER panels_money_fixed BEFORE UPDATE OF money ON panels
WHEN NEW.money IS NOT OLD.money AND (OLD.order_n > 0 OR EXISTS (SELECT 1 FROM transfers WHERE panel = OLD.id))
BEGIN SELECT RAISE(ABORT, 'the money mode is fixed'); END;

-- REPLACE would change what a panel is, its counters among it, past every other trigger.
CREATE TRIGGER panels_no_replace BEFORE INSERT ON panels
WHEN EXISTS (SELECT 1 FROM panels WHERE id = NEW.id OR key_hash = NEW.key_hash)
BEGIN SELECT RAISE(ABORT, 'panels are never replaced'); END;

CREATE TRIGGER panels_no_delete BEFORE DELETE ON panels
BEGIN SELECT RAISE(ABORT, 'panels are never deleted'); END;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Net refunds of an order stay between nothing and its charge, claw-backs counted.
DROP TRIGGER refunds_within_charge;
DROP TRIGGER refunds_decided_within_charge;
DROP TRIGGER refunds_decided_once;
DROP TRIGGER orders_refunded_adds_up;

CREATE TRIGGER orders_refunded_adds_up BEFORE UPDATE ON orders
WHEN NEW.refunded IS NOT OLD.refunded AND NEW.refunded IS NOT OLD.registered_refunded + coalesce((
  SELECT sum(iif(r.kind = 'clawback', -r.amount, r.amount)) FROM refunds r
  WHERE r.panel = OLD.panel AND r.order_n = OLD.n AND r.status = 'posted'), 0)
BEGIN SELECT RAISE(ABORT, 'an order''s refunded is the sum of its refunds'); END;

CREATE TRIGGER refunds_decided_once BEFORE UPDATE ON refunds
WHEN OLD.status IN ('posted', 'rejected') OR NEW.status = OLD.status OR NEW.reason IS NOT OLD.reason
  OR NEW.panel IS NOT OLD.panel OR NEW.order_n IS NOT OLD.order_n OR NEW.n IS NOT OLD.n OR NEW.kind IS NOT OLD.kind
  OR NEW.currency IS NOT OLD.currency OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a decided refund is frozen'); END;

CREATE TRIGGER refunds_within_charge BEFORE INSERT ON refunds
WHEN NEW.status <> 'rejected' AND NOT EXISTS (
  SELECT 1 FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency
    AND o.registered_refunded + iif(NEW.kind = 'clawback', -NEW.amount, NEW.amount) + coalesce((
      SELECT sum(iif(r.kind = 'clawback', -r.amount, r.amount)) FROM refunds r WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted'), 0)
    BETWEEN 0 AND o.charge)
BEGIN SELECT RAISE(ABORT, 'refunds must stay between nothing and the charge'); END;

CREATE TRIGGER refunds_decided_within_charge BEFORE UPDATE ON refunds
WHEN NEW.status = 'posted' AND NOT EXISTS (
  SELECT 1 FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency
    AND o.registered_refunded + iif(NEW.kind = 'clawback', -NEW.amount, NEW.amount) + coalesce((
      SELECT sum(iif(r.kind = 'clawback', -r.amount, r.amount)) FROM refunds r WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted'), 0)
    BETWEEN 0 AND o.charge)
BEGIN SELECT RAISE(ABORT, 'refunds must stay between nothing and the charge'); END;
