-- What the operator is told of, and where. Times are epoch ms.

-- `subject`: a provider, a panel, a key, a limit; '' for the whole. While `opened_at` is NULL, bad looks are counted;
-- `good` counts good ones until it closes. What only happens is closed in the moment that it opens. `looked_at`: when it
-- was last written; each write names the one that it saw.
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  -- Of how many it speaks: refunds, orders, words.
  count INTEGER NOT NULL,
  bad INTEGER NOT NULL,
  good INTEGER NOT NULL,
  opened_at INTEGER,
  closed_at INTEGER,
  silenced_until INTEGER,
  reminders INTEGER NOT NULL,
  told_at INTEGER,
  looked_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX alerts_live ON alerts (kind, subject) WHERE closed_at IS NULL;
CREATE INDEX alerts_undecided ON alerts (id) WHERE closed_at IS NULL AND (opened_at IS NULL OR good > 0);
CREATE INDEX alerts_silenced ON alerts (silenced_until) WHERE silenced_until IS NOT NULL;
CREATE INDEX alerts_kind ON alerts (kind, id);

-- Where alerts are told. `settings`: what may be shown; `secrets`: the rest as JSON, sealed. `console`: where the links in
-- its messages lead. While a message is on its way, the channel is leased under the message's id; one whose sender died
-- is sent again under the same id.
CREATE TABLE alert_channels (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL CHECK (type IN ('telegram', 'discord', 'slack', 'ntfy', 'webhook')),
  settings TEXT NOT NULL CHECK (json_valid(settings)),
  secrets TEXT NOT NULL,
  kinds TEXT CHECK (kinds IS NULL OR json_valid(kinds)),
  quiet_hours TEXT CHECK (quiet_hours IS NULL OR json_valid(quiet_hours)),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  console TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  lease TEXT,
  leased_until INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER,
  last_sent_at INTEGER,
  last_error TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_channels_by_sealing ON alert_channels (secrets);

-- What a channel is still to be told: the last of each alert. `claim`: the id of the message that has it.
CREATE TABLE alert_notices (
  channel TEXT NOT NULL,
  alert INTEGER NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('opened', 'reminder', 'closed')),
  at INTEGER NOT NULL,
  claim TEXT,
  PRIMARY KEY (channel, alert)
) STRICT, WITHOUT ROWID;

-- Finds the keys that are about to expire. A key that expires costs a row more when it is made.
CREATE INDEX keys_expiring ON keys (expires_at) WHERE expires_at IS NOT NULL;

-- The messages that ticks have sent on a UTC day (since the epoch): they are nearly all of what the queue is asked for.
ALTER TABLE ticks ADD COLUMN messages_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticks ADD COLUMN messages_today INTEGER NOT NULL DEFAULT 0;

-- The balance, in micro-units of the provider's currency, below which the operator is told; and what the balance was of
-- late: [[<when>,"<balance>"],…]. When a tick last asked for the balance and for the services.
ALTER TABLE providers ADD COLUMN low_balance INTEGER CHECK (low_balance >= 0);
ALTER TABLE providers ADD COLUMN balance_trail TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(balance_trail));
ALTER TABLE providers ADD COLUMN balance_asked_at INTEGER;
ALTER TABLE providers ADD COLUMN catalogue_asked_at INTEGER;

-- What a provider last listed of each service that is sold here, as JSON: changes are told against it.
CREATE TABLE watched_services (
  provider TEXT NOT NULL,
  service TEXT NOT NULL,
  listed TEXT NOT NULL CHECK (json_valid(listed)),
  PRIMARY KEY (provider, service)
) STRICT, WITHOUT ROWID;
