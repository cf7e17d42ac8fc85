-- Fewer rows written an order.

-- An order counts in its provider's `active_orders` from its first poll on, in the row that the poll writes anyway. Until then
-- it has a cadence of one minute and was never polled.
UPDATE providers SET active_orders = max(active_orders - (
  SELECT count(*) FROM orders o WHERE o.provider = providers.id AND o.cadence = 1 AND o.polled_at IS NULL), 0);

DROP TRIGGER orders_not_followed_any_more;

CREATE TRIGGER orders_not_followed_any_more AFTER DELETE ON orders
WHEN OLD.cadence IS NOT NULL AND NOT (OLD.cadence = 1 AND OLD.polled_at IS NULL)
BEGIN UPDATE providers SET active_orders = max(active_orders - 1, 0) WHERE id = OLD.provider; END;
