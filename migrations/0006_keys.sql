-- Keys: several a panel, and the operator's own beside ADMIN_TOKEN. Kept is the SHA-256 of a key, hex; the key itself is
-- shown once. A key of an operator's has no panel. Looked up by its hash: one row read.
CREATE TABLE keys (
  hash TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  panel TEXT,
  name TEXT NOT NULL,
  -- Such as read,write (src/domain/access.ts).
  scopes TEXT NOT NULL CHECK (scopes <> ''),
  -- The key's last four characters; of one that was made before this table, unknown.
  hint TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  -- A UTC day, written once a day.
  last_used_on TEXT
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX keys_id ON keys (id);
CREATE INDEX keys_panel ON keys (panel, id);

INSERT INTO keys (hash, id, panel, name, scopes, created_at)
SELECT key_hash, 'key_' || lower(hex(randomblob(8))), id, 'first key', 'read,write,money,api_v2,keys', created_at FROM panels;

DROP TRIGGER panels_no_replace;
DROP INDEX panels_key;
ALTER TABLE panels DROP COLUMN key_hash;

CREATE TRIGGER panels_no_replace BEFORE INSERT ON panels
WHEN EXISTS (SELECT 1 FROM panels WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'panels are never replaced'); END;

-- A key is what it was made as: only the day of its use changes.
CREATE TRIGGER keys_frozen BEFORE UPDATE OF hash, id, panel, scopes, expires_at ON keys
BEGIN SELECT RAISE(ABORT, 'a key cannot change'); END;

CREATE TRIGGER keys_no_replace BEFORE INSERT ON keys
WHEN EXISTS (SELECT 1 FROM keys WHERE hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'keys are never replaced'); END;

-- A shop is the operator's own panel; a reseller buys from the operator, out of an account here. The panels that there
-- are become shops.
ALTER TABLE panels ADD COLUMN role TEXT NOT NULL DEFAULT 'shop' CHECK (role = 'shop' OR (role = 'reseller' AND money = 'ledger'));
-- 0: its keys and doors are shut.
ALTER TABLE panels ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1));

-- How far each of its accounts may go below nothing, in micro-units; NULL: without a limit.
ALTER TABLE panels ADD COLUMN credit_limit INTEGER DEFAULT 0 CHECK (credit_limit >= 0);
UPDATE panels SET credit_limit = NULL WHERE allow_credit = 1;

DROP TRIGGER transfers_within_balance;
ALTER TABLE panels DROP COLUMN allow_credit;

-- What takes from an account may not take more than is on it and the panel's credit.
CREATE TRIGGER transfers_within_balance BEFORE INSERT ON transfers
WHEN NEW.amount < 0 AND NEW.balance < 0 AND EXISTS (SELECT 1 FROM panels WHERE id = NEW.panel AND NEW.balance < -credit_limit)
BEGIN SELECT RAISE(ABORT, 'the balance does not cover the transfer'); END;

-- By which key, and in which request, something was changed.
ALTER TABLE audit ADD COLUMN key_id TEXT;
ALTER TABLE audit ADD COLUMN key_name TEXT;
ALTER TABLE audit ADD COLUMN request_id TEXT;
