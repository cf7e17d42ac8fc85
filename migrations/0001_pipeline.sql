-- Money is in micro-units (1e-6) of the row's currency; times are epoch ms; flags are bits (src/domain/order.ts).

CREATE TABLE panels (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT,
  currency TEXT NOT NULL,
  money TEXT NOT NULL CHECK (money IN ('advice', 'ledger')),
  -- SHA-256 of the panel's key, hex; the key itself is shown once and kept nowhere.
  key_hash TEXT NOT NULL,
  -- The last number given out in the panel's change feed, and to its orders.
  feed_seq INTEGER NOT NULL DEFAULT 0,
  order_n INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX panels_key ON panels (key_hash);

-- A provider's settings, and its state: one row, so that a tick reads one row a provider.
CREATE TABLE providers (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT,
  url TEXT NOT NULL,
  api_key TEXT NOT NULL,
  currency TEXT,
  panels TEXT CHECK (panels IS NULL OR json_valid(panels)),
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  batch_size INTEGER NOT NULL DEFAULT 100 CHECK (batch_size BETWEEN 1 AND 100),
  max_calls_per_minute INTEGER CHECK (max_calls_per_minute >= 1),
  timeout_ms INTEGER NOT NULL DEFAULT 15000 CHECK (timeout_ms BETWEEN 100 AND 30000),
  status_words TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(status_words)),
  request TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(request)),
  brake TEXT CHECK (brake IS NULL OR json_valid(brake)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- Counts changes of the settings: answers to calls made with older ones are dropped.
  settings_version INTEGER NOT NULL DEFAULT 1,

  -- Counts changes of the state below; the fence of everything a sweep writes.
  state_version INTEGER NOT NULL DEFAULT 0,
  -- What was learned: does it know `orders`, and how many ids a call.
  many TEXT NOT NULL DEFAULT 'unknown' CHECK (many IN ('unknown', 'yes', 'no')),
  learned_batch_size INTEGER NOT NULL DEFAULT 100 CHECK (learned_batch_size BETWEEN 1 AND 100),
  -- How often its batches are halved for now, and how long its last poll took.
  caution INTEGER NOT NULL DEFAULT 0 CHECK (caution BETWEEN 0 AND 7),
  last_poll_ms INTEGER NOT NULL DEFAULT 0,
  -- Health and the circuit breaker.
  failures INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER,
  last_success_at INTEGER,
  last_failure_at INTEGER,
  last_failure TEXT CHECK (last_failure IS NULL OR json_valid(last_failure)),
  calls_day INTEGER NOT NULL DEFAULT 0,
  calls_today INTEGER NOT NULL DEFAULT 0,
  -- Words nobody knows, with how often each was seen.
  unknown_words TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(unknown_words)),
  -- The provider's clock (src/domain/schedule.ts) and what was polled when (src/domain/freshness.ts).
  clock TEXT CHECK (clock IS NULL OR json_valid(clock)),
  marks TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(marks)),

  -- The call budget of the current minute. Claimed before calling, apart from the state above.
  budget_minute INTEGER NOT NULL DEFAULT 0,
  budget_used INTEGER NOT NULL DEFAULT 0,
  budget_granted INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  panel TEXT NOT NULL,
  -- Counts the panel's orders; gives the phase, and newest first.
  n INTEGER NOT NULL,
  id TEXT NOT NULL,
  provider TEXT NOT NULL,
  provider_order_id TEXT NOT NULL,
  service TEXT,
  link TEXT,
  customer TEXT,
  -- NULL where unknown: such an order is followed without refunds.
  quantity INTEGER CHECK (quantity > 0),
  charge INTEGER CHECK (charge >= 0),
  currency TEXT NOT NULL,
  cost TEXT,
  cost_currency TEXT,
  runs INTEGER CHECK (runs > 0),
  posts INTEGER CHECK (posts > 0),
  placed_at INTEGER,
  registered_status TEXT,
  registered_refunded INTEGER NOT NULL DEFAULT 0 CHECK (registered_refunded >= 0 AND registered_refunded <= coalesce(charge, 0)),
  created_at INTEGER NOT NULL,

  multi INTEGER NOT NULL DEFAULT 0 CHECK (multi IN (0, 1)),
  status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'in_progress', 'completed', 'partial', 'canceled', 'refunded', 'error', 'unknown')),
  middle TEXT NOT NULL CHECK (middle IN ('pending', 'processing', 'in_progress')),
  back_to TEXT CHECK (back_to IN ('pending', 'processing', 'in_progress', 'error')),
  provider_status TEXT,
  provider_charge TEXT,
  provider_currency TEXT,
  start_count INTEGER,
  remains INTEGER CHECK (remains >= 0),
  reason TEXT,
  flags INTEGER NOT NULL DEFAULT 0,
  reversals INTEGER NOT NULL DEFAULT 0,
  refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0),
  refund_count INTEGER NOT NULL DEFAULT 0,
  hold_n INTEGER,
  hold_amount INTEGER CHECK (hold_amount > 0),
  hold_reason TEXT,
  hold_at INTEGER,

  -- Minutes between two looks, NULL when closed; and the order's point on the circle (src/domain/schedule.ts).
  cadence INTEGER CHECK (cadence IN (1, 5, 15, 60, 360)),
  phase INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 65535),
  polled_at INTEGER,
  progress_at INTEGER NOT NULL,
  final_at INTEGER,
  updated_at INTEGER NOT NULL,
  -- The fence: every write names the version it saw and adds one.
  version INTEGER NOT NULL DEFAULT 1,
  -- The order's newest row in the change feed; each row points to the one before.
  last_change INTEGER NOT NULL,

  CHECK (refunded + coalesce(hold_amount, 0) <= coalesce(charge, 0)),
  CHECK ((hold_n IS NULL) = (hold_amount IS NULL)),
  PRIMARY KEY (panel, n)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX orders_id ON orders (panel, id);
CREATE UNIQUE INDEX orders_provider_order ON orders (panel, provider, provider_order_id);
CREATE INDEX orders_due ON orders (provider, cadence, phase, panel, n) WHERE cadence IS NOT NULL;

CREATE TABLE refunds (
  panel TEXT NOT NULL,
  order_n INTEGER NOT NULL,
  -- The n-th refund of its order.
  n INTEGER NOT NULL CHECK (n >= 1),
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('posted', 'held', 'delayed', 'rejected')),
  reason TEXT NOT NULL,
  remains INTEGER,
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT,
  note TEXT,
  CHECK ((status IN ('posted', 'rejected')) = (decided_at IS NOT NULL)),
  PRIMARY KEY (panel, order_n, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX refunds_open ON refunds (panel, order_n, n) WHERE status IN ('held', 'delayed');

-- The change feed, numbered per panel; also the outbox.
CREATE TABLE changes (
  panel TEXT NOT NULL,
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  order_id TEXT NOT NULL,
  -- The order's change before this one; NULL for its first.
  prev INTEGER,
  created_at INTEGER NOT NULL,
  previous TEXT NOT NULL CHECK (json_valid(previous)),
  data TEXT NOT NULL CHECK (json_valid(data)),
  PRIMARY KEY (panel, seq)
) STRICT, WITHOUT ROWID;

-- One row: the last minute that a tick covered.
CREATE TABLE ticks (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  minute INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- A remembered minute that lay too far ahead and was ignored; for the health page.
  ignored_minute INTEGER
) STRICT;

INSERT INTO ticks (id, minute, at) VALUES (1, 0, 0);

-- Messages that failed for good.
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY,
  queue_message_id TEXT NOT NULL,
  body TEXT NOT NULL,
  failed_at INTEGER NOT NULL,
  replayed_at INTEGER
) STRICT;

CREATE UNIQUE INDEX dead_letters_message ON dead_letters (queue_message_id);

-- What the application must never do, the database refuses.

CREATE TRIGGER changes_no_update BEFORE UPDATE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;

CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;

-- A change comes after all others of its panel, which also refuses INSERT OR REPLACE: that deletes without firing a
-- DELETE trigger.
CREATE TRIGGER changes_only_after BEFORE INSERT ON changes
WHEN NEW.seq <= (SELECT max(seq) FROM changes WHERE panel = NEW.panel)
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;

CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds
BEGIN SELECT RAISE(ABORT, 'refunds are append-only'); END;

CREATE TRIGGER refunds_no_replace BEFORE INSERT ON refunds
WHEN EXISTS (SELECT 1 FROM refunds WHERE panel = NEW.panel AND order_n = NEW.order_n AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'refunds are append-only'); END;

CREATE TRIGGER refunds_decided_once BEFORE UPDATE ON refunds
WHEN OLD.status IN ('posted', 'rejected') OR NEW.status = OLD.status OR NEW.reason IS NOT OLD.reason
  OR NEW.panel IS NOT OLD.panel OR NEW.order_n IS NOT OLD.order_n OR NEW.n IS NOT OLD.n
  OR NEW.currency IS NOT OLD.currency OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a decided refund is frozen'); END;

CREATE TRIGGER refunds_within_charge BEFORE INSERT ON refunds
WHEN NEW.status <> 'rejected' AND NEW.amount > coalesce((
  SELECT o.charge - o.registered_refunded - coalesce((
    SELECT sum(r.amount) FROM refunds r WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted'), 0)
  FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency), 0)
BEGIN SELECT RAISE(ABORT, 'refunds would exceed the charge'); END;

CREATE TRIGGER refunds_decided_within_charge BEFORE UPDATE ON refunds
WHEN NEW.status = 'posted' AND NEW.amount > coalesce((
  SELECT o.charge - o.registered_refunded - coalesce((
    SELECT sum(r.amount) FROM refunds r WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted'), 0)
  FROM orders o WHERE o.panel = NEW.panel AND o.n = NEW.order_n AND o.currency = NEW.currency), 0)
BEGIN SELECT RAISE(ABORT, 'refunds would exceed the charge'); END;

-- What an order says was refunded is what its refunds add up to.
CREATE TRIGGER orders_refunded_adds_up BEFORE UPDATE ON orders
WHEN NEW.refunded IS NOT OLD.refunded AND NEW.refunded IS NOT OLD.registered_refunded + coalesce((
  SELECT sum(r.amount) FROM refunds r WHERE r.panel = OLD.panel AND r.order_n = OLD.n AND r.status = 'posted'), 0)
BEGIN SELECT RAISE(ABORT, 'an order''s refunded is the sum of its refunds'); END;

CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END;

-- Three look-ups by key: one with OR would read all of the panel's orders.
CREATE TRIGGER orders_no_replace BEFORE INSERT ON orders
WHEN EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND n = NEW.n)
  OR EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND id = NEW.id)
  OR EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND provider = NEW.provider AND provider_order_id = NEW.provider_order_id)
BEGIN SELECT RAISE(ABORT, 'orders are never replaced'); END;

CREATE TRIGGER orders_frozen BEFORE UPDATE ON orders
WHEN NEW.panel IS NOT OLD.panel OR NEW.n IS NOT OLD.n OR NEW.id IS NOT OLD.id OR NEW.phase IS NOT OLD.phase
  OR NEW.provider IS NOT OLD.provider OR NEW.provider_order_id IS NOT OLD.provider_order_id
  OR NEW.quantity IS NOT OLD.quantity OR NEW.charge IS NOT OLD.charge OR NEW.currency IS NOT OLD.currency
  OR NEW.registered_refunded IS NOT OLD.registered_refunded
BEGIN SELECT RAISE(ABORT, 'what an order is cannot change'); END;
