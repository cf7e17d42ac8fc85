-- Decisions remember what they were about, words wait like money, adds may be sent again, and what a provider writes is bounded.
-- Money is in micro-units (1e-6) of the row's currency; times are epoch ms.

-- The status that a person decided about; `decided_due` is NULL where nothing was known to be due then.
ALTER TABLE orders ADD COLUMN decided_status TEXT;
-- Whether it stood in error then.
ALTER TABLE orders ADD COLUMN decided_in_error INTEGER NOT NULL DEFAULT 0 CHECK (decided_in_error IN (0, 1));
-- When a refund or word was rejected, until a later poll confirms the order's end.
ALTER TABLE orders ADD COLUMN rejected_at INTEGER;
-- Whether the panel is told the provider's own final word, and returns by itself what follows from it.
ALTER TABLE orders ADD COLUMN left_to_panel INTEGER NOT NULL DEFAULT 0 CHECK (left_to_panel IN (0, 1));
-- The total that was due when a refund came to wait; NULL where that is not known. And the number of a word that waits:
-- an order that has one has no `hold_n`.
ALTER TABLE orders ADD COLUMN hold_due INTEGER;
ALTER TABLE orders ADD COLUMN hold_status TEXT;
ALTER TABLE orders ADD COLUMN word_hold_n INTEGER CHECK (word_hold_n IS NULL OR hold_n IS NULL);
-- When the brake last counted the order's end, and whether as a bad one.
ALTER TABLE orders ADD COLUMN counted_at INTEGER;
ALTER TABLE orders ADD COLUMN counted_badly INTEGER NOT NULL DEFAULT 0 CHECK (counted_badly IN (0, 1));

-- How often the provider went back and forth between active statuses, and when it last did.
ALTER TABLE orders ADD COLUMN flips INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN flip_at INTEGER;
-- The currency of `provider_price`.
ALTER TABLE orders ADD COLUMN provider_price_currency TEXT;
-- How many parts of orders were adopted on a UTC day (since the epoch), and how many the last time.
ALTER TABLE providers ADD COLUMN parts_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN parts_today INTEGER NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN parts_granted INTEGER NOT NULL DEFAULT 0;

-- Flags that a person has dismissed, and what each was about: {"stalled":"600"}.
ALTER TABLE orders ADD COLUMN dismissed TEXT CHECK (dismissed IS NULL OR json_valid(dismissed));
-- How long the service may take to deliver, once it has started.
ALTER TABLE orders ADD COLUMN duration_ms INTEGER CHECK (duration_ms > 0);
-- How long providers correct themselves after a final status.
ALTER TABLE providers ADD COLUMN settle_hours INTEGER NOT NULL DEFAULT 72 CHECK (settle_hours BETWEEN 1 AND 720);

-- How long a provider's service takes, for orders that do not say it themselves.
CREATE TABLE service_windows (
  provider TEXT NOT NULL,
  service TEXT NOT NULL,
  start_minutes INTEGER CHECK (start_minutes > 0),
  duration_minutes INTEGER CHECK (duration_minutes > 0),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (provider, service)
) STRICT, WITHOUT ROWID;

-- What was decided until now counts for the status that the order has; one that was taken back is forgotten.
UPDATE orders SET decided_status = status
  WHERE decided_granted IS NOT NULL AND status NOT IN ('pending', 'processing', 'in_progress', 'unknown');
UPDATE orders SET decided_due = NULL, decided_granted = NULL WHERE decided_granted IS NOT NULL AND decided_status IS NULL;
UPDATE orders SET hold_due = refunded + hold_amount WHERE hold_n IS NOT NULL AND hold_reason NOT IN ('remains_unknown', 'error_too_long');
-- Ended without a word of the rules or of a person: the panel went by the provider's word.
UPDATE orders SET left_to_panel = 1
  WHERE status IN ('completed', 'partial', 'canceled', 'refunded') AND hold_n IS NULL AND refunded = 0 AND decided_status IS NULL
    AND (reason IS NULL OR coalesce(charge, 0) = 0 AND reason <> 'not_placed');

-- A word that waits is a refund without an amount. The table is built anew for that: a CHECK cannot be altered.
DROP TRIGGER orders_refunded_adds_up;
DROP TRIGGER orders_no_delete;
DROP TRIGGER transfers_of_refunds;

CREATE TABLE refunds_anew (
  panel TEXT NOT NULL,
  order_n INTEGER NOT NULL,
  -- The n-th refund of its order.
  n INTEGER NOT NULL CHECK (n >= 1),
  -- A claw-back's counts the other way. NULL where only the provider's word waits, or waited.
  kind TEXT NOT NULL DEFAULT 'auto' CHECK (kind IN ('auto', 'goodwill', 'clawback')),
  amount INTEGER CHECK (amount > 0),
  currency TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('posted', 'held', 'delayed', 'rejected')),
  reason TEXT NOT NULL,
  remains INTEGER,
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT,
  note TEXT,
  CHECK ((status IN ('posted', 'rejected')) = (decided_at IS NOT NULL)),
  CHECK (amount IS NOT NULL OR kind = 'auto'),
  PRIMARY KEY (panel, order_n, n)
) STRICT, WITHOUT ROWID;

INSERT INTO refunds_anew (panel, order_n, n, kind, amount, currency, status, reason, remains, created_at, decided_at, decided_by, note)
  SELECT panel, order_n, n, kind, amount, currency, status, reason, remains, created_at, decided_at, decided_by, note FROM refunds;
DROP TABLE refunds;
ALTER TABLE refunds_anew RENAME TO refunds;

CREATE INDEX refunds_open ON refunds (panel, order_n, n) WHERE status IN ('held', 'delayed');

CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds
BEGIN SELECT RAISE(ABORT, 'refunds are append-only'); END;

CREATE TRIGGER refunds_no_replace BEFORE INSERT ON refunds
WHEN EXISTS (SELECT 1 FROM refunds WHERE panel = NEW.panel AND order_n = NEW.order_n AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'refunds are append-only'); END;

CREATE TRIGGER refunds_decided_once BEFORE UPDATE ON refunds
WHEN OLD.status IN ('posted', 'rejected') OR NEW.status = OLD.status OR NEW.reason IS NOT OLD.reason
  OR NEW.panel IS NOT OLD.panel OR NEW.order_n IS NOT OLD.order_n OR NEW.n IS NOT OLD.n OR NEW.kind IS NOT OLD.kind
  OR NEW.currency IS NOT OLD.currency OR NEW.created_at IS NOT OLD.created_at
  OR (NEW.amount IS NULL) <> (OLD.amount IS NULL)
BEGIN SELECT RAISE(ABORT, 'a decided refund is frozen'); END;

-- Net refunds of an order stay between nothing and its charge, claw-backs counted.
CREATE TRIGGER refunds_within_charge BEFORE INSERT ON refunds
WHEN NEW.status <> 'rejected' AND NEW.amount IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency
    AND o.registered_refunded + iif(NEW.kind = 'clawback', -NEW.amount, NEW.amount) + coalesce((
      SELECT sum(iif(r.kind = 'clawback', -r.amount, r.amount)) FROM refunds r WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted'), 0)
    BETWEEN 0 AND o.charge)
BEGIN SELECT RAISE(ABORT, 'refunds must stay between nothing and the charge'); END;

CREATE TRIGGER refunds_decided_within_charge BEFORE UPDATE ON refunds
WHEN NEW.status = 'posted' AND NEW.amount IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency
    AND o.registered_refunded + iif(NEW.kind = 'clawback', -NEW.amount, NEW.amount) + coalesce((
      SELECT sum(iif(r.kind = 'clawback', -r.amount, r.amount)) FROM refunds r WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted'), 0)
    BETWEEN 0 AND o.charge)
BEGIN SELECT RAISE(ABORT, 'refunds must stay between nothing and the charge'); END;

-- A word that waits, or waited, is an order's that is there, in its currency.
CREATE TRIGGER refunds_of_words BEFORE INSERT ON refunds
WHEN NEW.amount IS NULL AND NOT EXISTS (
  SELECT 1 FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency)
BEGIN SELECT RAISE(ABORT, 'a refund must be as its order is'); END;

CREATE TRIGGER orders_refunded_adds_up BEFORE UPDATE ON orders
WHEN NEW.refunded IS NOT OLD.refunded AND NEW.refunded IS NOT OLD.registered_refunded + coalesce((
  SELECT sum(iif(r.kind = 'clawback', -r.amount, r.amount)) FROM refunds r
  WHERE r.panel = OLD.panel AND r.order_n = OLD.n AND r.status = 'posted'), 0)
BEGIN SELECT RAISE(ABORT, 'an order''s refunded is the sum of its refunds'); END;

-- An order that its provider refused, and of which the feed never told, was none. Where it was charged, it stays.
CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
WHEN OLD.last_change <> 0 OR OLD.provider_order_id IS NOT 'placing ' || OLD.n
  OR EXISTS (SELECT 1 FROM refunds WHERE panel = OLD.panel AND order_n = OLD.n)
  OR (coalesce(OLD.charge, 0) > 0 AND EXISTS (SELECT 1 FROM panels WHERE id = OLD.panel AND money = 'ledger'))
BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END;

CREATE TRIGGER transfers_of_refunds BEFORE INSERT ON transfers
WHEN NEW.refund_n IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM refunds r WHERE r.panel = NEW.panel AND r.order_n = NEW.order_n AND r.n = NEW.refund_n AND r.status = 'posted'
    AND (r.kind = 'clawback') = (NEW.type = 'clawback') AND r.amount = abs(NEW.amount))
BEGIN SELECT RAISE(ABORT, 'a transfer must be as its refund is'); END;

-- What it takes to send an `add` again: only for orders at a provider that tells repetitions by a value of ours, and only
-- until it is known whether the order was placed. Written with the order, before anything is sent.
CREATE TABLE add_resends (
  panel TEXT NOT NULL,
  n INTEGER NOT NULL,
  -- The value, the same with every sending.
  request_value TEXT NOT NULL CHECK (length(request_value) BETWEEN 1 AND 64),
  -- Which account it was sent to: a digest of address, key and the value's field. Elsewhere it would be another order.
  account TEXT NOT NULL,
  -- What is sent, as JSON; without the key.
  fields TEXT NOT NULL CHECK (length(fields) <= 32768),
  created_at INTEGER NOT NULL,
  resends INTEGER NOT NULL DEFAULT 0 CHECK (resends >= 0),
  next_at INTEGER NOT NULL,
  PRIMARY KEY (panel, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX add_resends_due ON add_resends (next_at);

-- The row ends with the doubt, whoever ends it.
CREATE TRIGGER add_resends_settled AFTER UPDATE OF provider_order_id, status ON orders
WHEN OLD.provider_order_id IS 'placing ' || OLD.n
  AND (NEW.provider_order_id IS NOT OLD.provider_order_id OR NEW.status NOT IN ('pending', 'processing', 'in_progress'))
BEGIN DELETE FROM add_resends WHERE panel = NEW.panel AND n = NEW.n; END;

CREATE TRIGGER add_resends_forgotten AFTER DELETE ON orders
WHEN OLD.provider_order_id IS 'placing ' || OLD.n
BEGIN DELETE FROM add_resends WHERE panel = OLD.panel AND n = OLD.n; END;

-- Until when an `add` that is as this order's gets its id: its own answer was slow, so its script may send it again.
-- NULL where the answer was quick. Epoch ms.
ALTER TABLE orders ADD COLUMN reused_until INTEGER;

-- What a provider's answers have shown of how it is to be asked, such as {"cancelBy":"order"}. Kept until its URL, key or
-- request form change.
ALTER TABLE providers ADD COLUMN learned TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(learned));

-- How often an order's cancel was asked without a clear answer, and until when it is left alone, in epoch ms: while it
-- is queued, until it is asked again; while it is being asked, until that is given up. One that is queued, was asked and
-- has no such time is unclear: it is not asked again by itself.
ALTER TABLE orders ADD COLUMN cancel_tries INTEGER NOT NULL DEFAULT 0 CHECK (cancel_tries >= 0);
ALTER TABLE orders ADD COLUMN cancel_wait_until INTEGER;
