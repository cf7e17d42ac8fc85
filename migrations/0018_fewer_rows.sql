-- Fewer rows written an order.

-- An order counts in its provider's `active_orders` from its first poll on, in the row that the poll writes anyway. Until then
-- it has a cadence of one minute and was never polled.
UPDATE providers SET active_orders = max(active_orders - (
  SELECT count(*) FROM orders o WHERE o.provider = providers.id AND o.cadence = 1 AND o.polled_at IS NULL), 0);

DROP TRIGGER orders_not_followed_any_more;

CREATE TRIGGER orders_not_followed_any_more AFTER DELETE ON orders
WHEN OLD.cadence IS NOT NULL AND NOT (OLD.cadence = 1 AND OLD.polled_at IS NULL)
BEGIN UPDATE providers SET active_orders = max(active_orders - 1, 0) WHERE id = OLD.provider; END;

-- What a panel has used of its shares of adds and registrations stands in its own row, which each of them writes for the order's
-- number. Minutes and days are counted from the epoch, as in `panel_shares`, which has the others; its rows of these two are of no
-- use any more.
ALTER TABLE panels ADD COLUMN add_minute INTEGER NOT NULL DEFAULT 0;
ALTER TABLE panels ADD COLUMN add_minute_used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE panels ADD COLUMN add_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE panels ADD COLUMN add_day_used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE panels ADD COLUMN registration_minute INTEGER NOT NULL DEFAULT 0;
ALTER TABLE panels ADD COLUMN registration_minute_used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE panels ADD COLUMN registration_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE panels ADD COLUMN registration_day_used INTEGER NOT NULL DEFAULT 0;
UPDATE panels SET
  add_minute = coalesce((SELECT minute FROM panel_shares s WHERE s.panel = panels.id AND s.kind = 'add'), 0),
  add_minute_used = coalesce((SELECT minute_used FROM panel_shares s WHERE s.panel = panels.id AND s.kind = 'add'), 0),
  add_day = coalesce((SELECT day FROM panel_shares s WHERE s.panel = panels.id AND s.kind = 'add'), 0),
  add_day_used = coalesce((SELECT day_used FROM panel_shares s WHERE s.panel = panels.id AND s.kind = 'add'), 0),
  registration_minute = coalesce((SELECT minute FROM panel_shares s WHERE s.panel = panels.id AND s.kind = 'registration'), 0),
  registration_minute_used = coalesce((SELECT minute_used FROM panel_shares s WHERE s.panel = panels.id AND s.kind = 'registration'), 0),
  registration_day = coalesce((SELECT day FROM panel_shares s WHERE s.panel = panels.id AND s.kind = 'registration'), 0),
  registration_day_used = coalesce((SELECT day_used FROM panel_shares s WHERE s.panel = panels.id AND s.kind = 'registration'), 0);

-- The panels that have used up what the free plan gives for a day (src/domain/panel-share.ts): few, and no row for the others.
CREATE INDEX panels_adds_used_up ON panels (id) WHERE add_day_used >= 3000;
CREATE INDEX panels_registrations_used_up ON panels (id) WHERE registration_day_used >= 4000;

-- Orders that are being placed, or in doubt, are looked for provider by provider in the index of providers' orders, where they
-- stand together. An index of theirs alone was a row written more for each order that is placed.
DROP INDEX orders_placing;
