-- Nobody's word takes another's order, and nobody's settings take the day's rows. Times are epoch ms.

-- When a panel's own key gave an order that was placed here its provider's id, without the provider's word for it. NULL for
-- every other order: the provider's answer gave the id, or the operator did, or it was given before this migration. Such an
-- id is a registration: it gives way to an order whose `add` the provider answers with it.
ALTER TABLE orders ADD COLUMN named_at INTEGER;

-- So it stands with the id, and an order that has it may give way though it was placed here.
DROP TRIGGER orders_frozen;

CREATE TRIGGER orders_frozen BEFORE UPDATE ON orders
WHEN NEW.panel IS NOT OLD.panel OR NEW.n IS NOT OLD.n OR NEW.phase IS NOT OLD.phase OR NEW.provider IS NOT OLD.provider
  OR NEW.quantity IS NOT OLD.quantity OR NEW.charge IS NOT OLD.charge OR NEW.currency IS NOT OLD.currency
  OR NEW.registered_refunded IS NOT OLD.registered_refunded OR NEW.door IS NOT OLD.door OR NEW.last_change < OLD.last_change
  OR (NEW.provider_order_id IS NOT OLD.provider_order_id
    AND (OLD.provider_order_id IS NOT 'placing ' || OLD.panel || ' ' || OLD.n OR OLD.status NOT IN ('pending', 'processing', 'in_progress'))
    AND (NEW.provider_order_id IS NOT 'taken ' || OLD.panel || ' ' || OLD.n OR (OLD.add_digest IS NOT NULL AND OLD.named_at IS NULL)))
  OR (NEW.named_at IS NOT OLD.named_at
    AND (OLD.provider_order_id IS NOT 'placing ' || OLD.panel || ' ' || OLD.n OR NEW.provider_order_id IS OLD.provider_order_id))
  OR (NEW.id IS NOT OLD.id AND (OLD.last_change <> 0 OR OLD.provider_order_id IS NOT 'placing ' || OLD.panel || ' ' || OLD.n))
BEGIN SELECT RAISE(ABORT, 'what an order is cannot change'); END;

-- Two kinds of shares more: `change`, what a panel's key writes by a request that no other share counts, in rows; and
-- `webhook_test`.
CREATE TABLE panel_shares_anew (
  panel TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('add', 'registration', 'check', 'adoption', 'unknown_id', 'change', 'webhook_test')),
  minute INTEGER NOT NULL,
  minute_used INTEGER NOT NULL,
  day INTEGER NOT NULL,
  day_used INTEGER NOT NULL,
  -- What was granted the last time.
  granted INTEGER NOT NULL,
  PRIMARY KEY (panel, kind)
) STRICT, WITHOUT ROWID;

INSERT INTO panel_shares_anew SELECT panel, kind, minute, minute_used, day, day_used, granted FROM panel_shares;
DROP TABLE panel_shares;
ALTER TABLE panel_shares_anew RENAME TO panel_shares;
