-- Orders that come through the API v2 doors: placed, adopted, refilled and canceled here; and the own catalogue.
-- Money is in micro-units (1e-6) of the row's currency; times are epoch ms.

-- By which door the order came: NULL for POST /v1/orders.
ALTER TABLE orders ADD COLUMN door TEXT CHECK (door IN ('connect', 'catalogue'));
-- The provider's service, where `service` is one of the own catalogue.
ALTER TABLE orders ADD COLUMN provider_service TEXT;
-- A digest of service and normalised link (src/domain/link.ts), and of all that an `add` asked for.
ALTER TABLE orders ADD COLUMN link_key TEXT;
ALTER TABLE orders ADD COLUMN add_digest TEXT;
-- The Request-Id of that `add`: by it a request whose write was answered by an error finds out whether it was written.
ALTER TABLE orders ADD COLUMN add_request TEXT;
-- The order that was active on this link and service when this one came.
ALTER TABLE orders ADD COLUMN duplicate_of TEXT;
-- How long the service may take to start, as the catalogue said when the order was placed.
ALTER TABLE orders ADD COLUMN start_window_ms INTEGER CHECK (start_window_ms > 0);
-- What a provider says of an order of several parts: runs, posts, expiry and the ids of its parts.
ALTER TABLE orders ADD COLUMN parts TEXT CHECK (parts IS NULL OR json_valid(parts));
-- What the first final word that the panel's script was told followed from.
ALTER TABLE orders ADD COLUMN told TEXT CHECK (told IS NULL OR json_valid(told));
-- The newest refill that was asked for, and until when one may be; and the cancel that was asked for.
ALTER TABLE orders ADD COLUMN refill_id TEXT;
ALTER TABLE orders ADD COLUMN refill_status TEXT
  CHECK (refill_status IN ('queued', 'asking', 'pending', 'in_progress', 'completed', 'rejected', 'error'));
ALTER TABLE orders ADD COLUMN refill_at INTEGER;
ALTER TABLE orders ADD COLUMN refill_days INTEGER CHECK (refill_days > 0);
ALTER TABLE orders ADD COLUMN cancel_status TEXT CHECK (cancel_status IN ('queued', 'asking', 'requested', 'granted', 'refused', 'too_late'));
ALTER TABLE orders ADD COLUMN cancel_at INTEGER;

-- One row more for an order with a link and a service; and one for a refill.
CREATE INDEX orders_link ON orders (panel, link_key) WHERE link_key IS NOT NULL;
CREATE UNIQUE INDEX orders_refill ON orders (panel, provider, refill_id) WHERE refill_id IS NOT NULL;

-- Whether an identical `add` gets the id of the one before, and whether a second order on a link is refused.
ALTER TABLE panels ADD COLUMN reuse_identical_adds INTEGER NOT NULL DEFAULT 1 CHECK (reuse_identical_adds IN (0, 1));
ALTER TABLE panels ADD COLUMN refuse_duplicate_links INTEGER NOT NULL DEFAULT 0 CHECK (refuse_duplicate_links IN (0, 1));

-- What the provider last said of its balance.
ALTER TABLE providers ADD COLUMN balance TEXT;
ALTER TABLE providers ADD COLUMN balance_currency TEXT;
ALTER TABLE providers ADD COLUMN balance_at INTEGER;

-- When a request last looked whether the provider is back, and when an `add` last had its services asked for.
ALTER TABLE providers ADD COLUMN probe_at INTEGER;
ALTER TABLE providers ADD COLUMN services_asked_at INTEGER;
-- The circuit of its adds: how much trouble they made (src/store/circuit.ts), when one last left a doubt, and when one was
-- let through for a trial.
ALTER TABLE providers ADD COLUMN add_trouble INTEGER NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN add_failed_at INTEGER;
ALTER TABLE providers ADD COLUMN add_trial_at INTEGER;

-- A provider's services as it last listed them, and the rate of each by its id: {"12":["0.90","Default"]}.
CREATE TABLE provider_services (
  provider TEXT NOT NULL PRIMARY KEY,
  -- The provider's settings that it was listed under.
  settings_version INTEGER NOT NULL,
  list TEXT NOT NULL CHECK (json_valid(list)),
  rates TEXT NOT NULL CHECK (json_valid(rates)),
  fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The operator's own catalogue: what panels buy, and whose service it is.
CREATE TABLE services (
  id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 2147483647),
  provider TEXT NOT NULL,
  provider_service TEXT NOT NULL,
  name TEXT NOT NULL,
  category TEXT NOT NULL,
  type TEXT NOT NULL,
  description TEXT,
  -- What 1,000 units cost, a decimal string; in `currency`, or in each panel's own where that is NULL.
  rate TEXT NOT NULL,
  currency TEXT,
  min INTEGER NOT NULL CHECK (min >= 1),
  max INTEGER NOT NULL CHECK (max >= min),
  dripfeed INTEGER NOT NULL CHECK (dripfeed IN (0, 1)),
  refill INTEGER NOT NULL CHECK (refill IN (0, 1)),
  cancel INTEGER NOT NULL CHECK (cancel IN (0, 1)),
  refill_days INTEGER CHECK (refill_days > 0),
  start_minutes INTEGER CHECK (start_minutes > 0),
  duration_minutes INTEGER CHECK (duration_minutes > 0),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- Counts changes: the fence of the next one. One among many that is not as it was seen is set to 0, and aborts them all.
  version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0)
) STRICT;

-- Of a part of an order of several parts: the number of the whole; 0 where both were adopted at once.
ALTER TABLE orders ADD COLUMN part_of INTEGER;

-- Until its provider's id is known, an order that is being placed stands under `placing <n>`: no id of a provider's has
-- a space. They are few, and looked for by themselves.
CREATE INDEX orders_placing ON orders (panel, n) WHERE provider_order_id >= 'placing ' AND provider_order_id < 'placing!';

-- Such an order gets its provider's id, once, while it is open; and with it its own, where nobody was told of it before
-- (`last_change` is 0, and only ever grows).
DROP TRIGGER orders_frozen;

CREATE TRIGGER orders_frozen BEFORE UPDATE ON orders
WHEN NEW.panel IS NOT OLD.panel OR NEW.n IS NOT OLD.n OR NEW.phase IS NOT OLD.phase OR NEW.provider IS NOT OLD.provider
  OR NEW.quantity IS NOT OLD.quantity OR NEW.charge IS NOT OLD.charge OR NEW.currency IS NOT OLD.currency
  OR NEW.registered_refunded IS NOT OLD.registered_refunded OR NEW.door IS NOT OLD.door OR NEW.last_change < OLD.last_change
  OR (NEW.provider_order_id IS NOT OLD.provider_order_id
    AND (OLD.provider_order_id IS NOT 'placing ' || OLD.n OR OLD.status NOT IN ('pending', 'processing', 'in_progress')))
  OR (NEW.id IS NOT OLD.id AND (OLD.last_change <> 0 OR OLD.provider_order_id IS NOT 'placing ' || OLD.n))
BEGIN SELECT RAISE(ABORT, 'what an order is cannot change'); END;

-- UPDATE OR REPLACE would put the order that has the id out of the way.
CREATE TRIGGER orders_no_update_replace BEFORE UPDATE OF id, provider_order_id ON orders
WHEN (NEW.id IS NOT OLD.id AND EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND id = NEW.id))
  OR (NEW.provider_order_id IS NOT OLD.provider_order_id AND EXISTS (
    SELECT 1 FROM orders WHERE panel = NEW.panel AND provider = NEW.provider AND provider_order_id = NEW.provider_order_id))
BEGIN SELECT RAISE(ABORT, 'another order has this id'); END;

CREATE TRIGGER orders_no_refill_replace BEFORE UPDATE OF refill_id ON orders
WHEN NEW.refill_id IS NOT OLD.refill_id AND NEW.refill_id IS NOT NULL
  AND EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND provider = NEW.provider AND refill_id = NEW.refill_id)
BEGIN SELECT RAISE(ABORT, 'another order has this refill'); END;

DROP TRIGGER orders_no_replace;

-- Look-ups by key: one with OR would read all of the panel's orders.
CREATE TRIGGER orders_no_replace BEFORE INSERT ON orders
WHEN EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND n = NEW.n)
  OR EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND id = NEW.id)
  OR EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND provider = NEW.provider AND provider_order_id = NEW.provider_order_id)
  OR (NEW.refill_id IS NOT NULL AND EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND provider = NEW.provider AND refill_id = NEW.refill_id))
BEGIN SELECT RAISE(ABORT, 'orders are never replaced'); END;

-- What a panel's script was told first stays on record until somebody has put the panel right by hand (flag 512).
CREATE TRIGGER orders_told_once BEFORE UPDATE OF told ON orders
WHEN OLD.told IS NOT NULL AND NEW.told IS NOT OLD.told AND OLD.flags & 512 = 0
BEGIN SELECT RAISE(ABORT, 'what was told stays on record'); END;

-- An order that its provider refused, and of which the feed never told, was none. Where it was charged, it stays.
DROP TRIGGER orders_no_delete;

CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
WHEN OLD.last_change <> 0 OR OLD.provider_order_id IS NOT 'placing ' || OLD.n
  OR EXISTS (SELECT 1 FROM refunds WHERE panel = OLD.panel AND order_n = OLD.n)
  OR (coalesce(OLD.charge, 0) > 0 AND EXISTS (SELECT 1 FROM panels WHERE id = OLD.panel AND money = 'ledger'))
BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END;
