-- A provider's order belongs to one panel of all. Times are epoch ms; flags are bits (src/domain/order.ts).
--
-- On a database with orders this builds an index anew: one row written for each order.

DROP TRIGGER orders_frozen;
DROP TRIGGER orders_no_update_replace;
DROP TRIGGER orders_no_replace;
DROP TRIGGER orders_no_delete;
DROP TRIGGER add_resends_settled;
DROP TRIGGER add_resends_forgotten;
DROP INDEX orders_provider_order;

-- Until its provider's id is known, an order that is being placed stands under `placing <panel> <n>`.
UPDATE orders SET provider_order_id = 'placing ' || panel || ' ' || n
  WHERE provider_order_id >= 'placing ' AND provider_order_id < 'placing!';

-- Orders that have to give way to another, and the id that they had.
CREATE TABLE giving_way (
  panel TEXT NOT NULL,
  n INTEGER NOT NULL,
  provider_order_id TEXT NOT NULL,
  PRIMARY KEY (panel, n)
) STRICT, WITHOUT ROWID;

-- Of orders that have one provider's order, the one that was placed here keeps it, else the first on record.
INSERT INTO giving_way (panel, n, provider_order_id)
  SELECT panel, n, provider_order_id FROM (
    SELECT o.panel, o.n, o.provider_order_id, row_number() OVER (
      PARTITION BY o.provider, o.provider_order_id
      ORDER BY o.add_digest IS NULL AND NOT EXISTS (
          SELECT 1 FROM orders w WHERE w.panel = o.panel AND w.n = o.part_of AND w.add_digest IS NOT NULL),
        o.created_at, o.panel, o.n) AS place
    FROM orders o)
  WHERE place > 1;

UPDATE orders SET provider_order_id = 'taken ' || panel || ' ' || n
  WHERE EXISTS (SELECT 1 FROM giving_way g WHERE g.panel = orders.panel AND g.n = orders.n);

CREATE UNIQUE INDEX orders_provider_order ON orders (provider, provider_order_id);

-- One that was registered under another spelling of a number (`023501`, `+23501`, `23501abc`) gives way, too: lenient servers
-- read the order 23501 out of it. A longer text of digits and letters may be a hash that the provider has given; it gives way
-- only where its number is an order here.
INSERT INTO giving_way (panel, n, provider_order_id)
  SELECT o.panel, o.n, o.provider_order_id FROM orders o
  WHERE o.add_digest IS NULL AND o.part_of IS NULL AND CAST(o.provider_order_id AS INTEGER) <> 0
    AND (o.provider_order_id GLOB '*[^0-9]*' OR o.provider_order_id GLOB '0*')
    AND (length(o.provider_order_id) < 16 OR o.provider_order_id GLOB '*[^A-Za-z0-9_-]*' OR o.provider_order_id NOT GLOB '*[A-Za-z]*'
      OR EXISTS (SELECT 1 FROM orders h
        WHERE h.provider = o.provider AND h.provider_order_id = CAST(CAST(o.provider_order_id AS INTEGER) AS TEXT)));

-- The audit trail reports each.
INSERT INTO audit (at, actor, panel, action, subject, before, after)
  SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER), 'rules', o.panel, 'order.gave_way', 'order:' || o.id,
    json_object('provider', o.provider, 'provider_order_id', g.provider_order_id),
    json_object('provider_order_id', NULL, 'flag', 'provider_order_taken')
  FROM giving_way g CROSS JOIN orders o WHERE o.panel = g.panel AND o.n = g.n
  ORDER BY o.panel, o.n;

-- A refund whose time would come by itself waits for a person: what the provider said was about another order.
UPDATE refunds SET status = 'held'
  WHERE status = 'delayed' AND EXISTS (SELECT 1 FROM giving_way g WHERE g.panel = refunds.panel AND g.n = refunds.order_n);

-- 4096 is `provider_order_taken`, 32 `refund_held`.
UPDATE orders SET provider_order_id = 'taken ' || panel || ' ' || n, reason = 'provider_order_taken',
    flags = flags | 4096 | iif(coalesce(hold_n, word_hold_n) IS NULL, 0, 32),
    cadence = NULL, back_to = NULL, hold_posts_at = NULL, refill_id = NULL,
    refill_status = iif(refill_status IN ('queued', 'asking', 'pending', 'in_progress'), 'error', refill_status),
    cancel_status = iif(cancel_status IN ('queued', 'asking', 'requested'), 'refused', cancel_status), cancel_wait_until = NULL,
    version = version + 1
  WHERE EXISTS (SELECT 1 FROM giving_way g WHERE g.panel = orders.panel AND g.n = orders.n);

DROP TABLE giving_way;

-- An order that is being placed gets its provider's id, once, while it is open; and with it its own, where nobody was told of
-- it before (`last_change` is 0, and only ever grows). One that was not placed here may lose the provider's for good.
CREATE TRIGGER orders_frozen BEFORE UPDATE ON orders
WHEN NEW.panel IS NOT OLD.panel OR NEW.n IS NOT OLD.n OR NEW.phase IS NOT OLD.phase OR NEW.provider IS NOT OLD.provider
  OR NEW.quantity IS NOT OLD.quantity OR NEW.charge IS NOT OLD.charge OR NEW.currency IS NOT OLD.currency
  OR NEW.registered_refunded IS NOT OLD.registered_refunded OR NEW.door IS NOT OLD.door OR NEW.last_change < OLD.last_change
  OR (NEW.provider_order_id IS NOT OLD.provider_order_id
    AND (OLD.provider_order_id IS NOT 'placing ' || OLD.panel || ' ' || OLD.n OR OLD.status NOT IN ('pending', 'processing', 'in_progress'))
    AND (NEW.provider_order_id IS NOT 'taken ' || OLD.panel || ' ' || OLD.n OR OLD.add_digest IS NOT NULL))
  OR (NEW.id IS NOT OLD.id AND (OLD.last_change <> 0 OR OLD.provider_order_id IS NOT 'placing ' || OLD.panel || ' ' || OLD.n))
BEGIN SELECT RAISE(ABORT, 'what an order is cannot change'); END;

-- UPDATE OR REPLACE would put the order that has the id out of the way.
CREATE TRIGGER orders_no_update_replace BEFORE UPDATE OF id, provider_order_id ON orders
WHEN (NEW.id IS NOT OLD.id AND EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND id = NEW.id))
  OR (NEW.provider_order_id IS NOT OLD.provider_order_id AND EXISTS (
    SELECT 1 FROM orders WHERE provider = NEW.provider AND provider_order_id = NEW.provider_order_id))
BEGIN SELECT RAISE(ABORT, 'another order has this id'); END;

-- Look-ups by key: one with OR would read all of the panel's orders.
CREATE TRIGGER orders_no_replace BEFORE INSERT ON orders
WHEN EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND n = NEW.n)
  OR EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND id = NEW.id)
  OR EXISTS (SELECT 1 FROM orders WHERE provider = NEW.provider AND provider_order_id = NEW.provider_order_id)
  OR (NEW.refill_id IS NOT NULL AND EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND provider = NEW.provider AND refill_id = NEW.refill_id))
BEGIN SELECT RAISE(ABORT, 'orders are never replaced'); END;

-- An order that its provider refused, and of which the feed never told, was none. Where it was charged, it stays.
CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
WHEN OLD.last_change <> 0 OR OLD.provider_order_id IS NOT 'placing ' || OLD.panel || ' ' || OLD.n
  OR EXISTS (SELECT 1 FROM refunds WHERE panel = OLD.panel AND order_n = OLD.n)
  OR (coalesce(OLD.charge, 0) > 0 AND EXISTS (SELECT 1 FROM panels WHERE id = OLD.panel AND money = 'ledger'))
BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END;

-- The row of an `add` that may be sent again ends with the doubt, whoever ends it.
CREATE TRIGGER add_resends_settled AFTER UPDATE OF provider_order_id, status ON orders
WHEN OLD.provider_order_id IS 'placing ' || OLD.panel || ' ' || OLD.n
  AND (NEW.provider_order_id IS NOT OLD.provider_order_id OR NEW.status NOT IN ('pending', 'processing', 'in_progress'))
BEGIN DELETE FROM add_resends WHERE panel = NEW.panel AND n = NEW.n; END;

CREATE TRIGGER add_resends_forgotten AFTER DELETE ON orders
WHEN OLD.provider_order_id IS 'placing ' || OLD.panel || ' ' || OLD.n
BEGIN DELETE FROM add_resends WHERE panel = OLD.panel AND n = OLD.n; END;
