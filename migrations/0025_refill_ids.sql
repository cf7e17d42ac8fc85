-- A refill's id that a provider gives for two orders is none, whichever panels have them. An index by provider finds the other
-- one at once, and keeps two that come in one moment apart. Those that have one id go without it: nobody knows whose refill it is.
DROP INDEX orders_refill;
CREATE INDEX orders_refill_of_several ON orders (provider, refill_id) WHERE refill_id IS NOT NULL;

CREATE TABLE shared_refills (provider TEXT NOT NULL, refill_id TEXT NOT NULL, PRIMARY KEY (provider, refill_id)) STRICT, WITHOUT ROWID;
INSERT INTO shared_refills
  SELECT provider, refill_id FROM orders INDEXED BY orders_refill_of_several WHERE refill_id IS NOT NULL
  GROUP BY provider, refill_id HAVING count(*) > 1;

UPDATE orders SET refill_id = NULL, version = version + 1
  WHERE refill_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM shared_refills s WHERE s.provider = orders.provider AND s.refill_id = orders.refill_id);

DROP TABLE shared_refills;
DROP INDEX orders_refill_of_several;
CREATE UNIQUE INDEX orders_refill ON orders (provider, refill_id) WHERE refill_id IS NOT NULL;

-- UPDATE OR REPLACE and INSERT OR REPLACE would put the order that has the id out of the way, another panel's, too.
DROP TRIGGER orders_no_refill_replace;
CREATE TRIGGER orders_no_refill_replace BEFORE UPDATE OF refill_id ON orders
WHEN NEW.refill_id IS NOT OLD.refill_id AND NEW.refill_id IS NOT NULL
  AND EXISTS (SELECT 1 FROM orders WHERE provider = NEW.provider AND refill_id = NEW.refill_id)
BEGIN SELECT RAISE(ABORT, 'another order has this refill'); END;

DROP TRIGGER orders_no_replace;
-- Look-ups by key: one with OR would read all of the panel's orders.
CREATE TRIGGER orders_no_replace BEFORE INSERT ON orders
WHEN EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND n = NEW.n)
  OR EXISTS (SELECT 1 FROM orders WHERE panel = NEW.panel AND id = NEW.id)
  OR EXISTS (SELECT 1 FROM orders WHERE provider = NEW.provider AND provider_order_id = NEW.provider_order_id)
  OR (NEW.refill_id IS NOT NULL AND EXISTS (SELECT 1 FROM orders WHERE provider = NEW.provider AND refill_id = NEW.refill_id))
BEGIN SELECT RAISE(ABORT, 'orders are never replaced'); END;
