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
