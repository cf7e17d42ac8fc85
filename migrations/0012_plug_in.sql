-- What browsers and providers' webhooks are let in by.

-- Signs the tokens with which a panel's customers read their orders; sealed. A new one ends every token made before.
ALTER TABLE panels ADD COLUMN token_secret TEXT;
CREATE INDEX panels_by_sealing ON panels (token_secret) WHERE token_secret IS NOT NULL;

-- Where a provider's webhooks come in: hints at orders that have news. `token_hash`: SHA-256 of the token in the URL.
-- `signature`: how it signs, as JSON; `secret`: with what, sealed. `memory`: what was polled for hints, what waits for a tick,
-- signatures that were seen; small, pruned with each change, and written with `version` as it was seen.
CREATE TABLE provider_hooks (
  provider TEXT NOT NULL PRIMARY KEY,
  token_hash TEXT NOT NULL,
  signature TEXT CHECK (signature IS NULL OR json_valid(signature)),
  secret TEXT,
  memory TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(memory)),
  -- Whether orders wait for a tick.
  waits INTEGER NOT NULL DEFAULT 0 CHECK (waits = 0 OR waits = 1),
  version INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_hooks_by_sealing ON provider_hooks (secret) WHERE secret IS NOT NULL;

-- `sealed_under`: the number of the key under which the last look found all secrets sealed; NULL where it did not.
-- `stale_under`: the numbers of other keys that it found, 0 for plain text.
ALTER TABLE ticks ADD COLUMN sealed_under INTEGER;
ALTER TABLE ticks ADD COLUMN stale_under TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(stale_under));
