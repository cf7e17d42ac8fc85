-- Webhooks to panels. A subscriber is a row with a place in its panel's change feed, and at most one message under way.
-- Times are epoch ms.

CREATE TABLE webhooks (
  panel TEXT NOT NULL,
  id TEXT NOT NULL,
  url TEXT NOT NULL,
  -- Types of changes that are sent: ["refund.posted"]. NULL: all.
  types TEXT CHECK (types IS NULL OR json_valid(types)),
  description TEXT,
  -- Sealed JSON: {"secret":"whsec_…","old":null,"headers":{"Authorization":"…"}}. `old`: the secret before the last rotation.
  secrets TEXT NOT NULL,
  -- Until when `old` signs as well.
  old_secret_until INTEGER,
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  -- Why it was switched off by itself: gone, no_success, url_refused. NULL where nobody or a person has done it.
  disabled_reason TEXT,
  -- Goes up with each change of the settings: a claim is of those that were read.
  version INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,

  -- The attempt that was claimed last, and what it sends. A claim writes this row, and no index of it.
  n INTEGER NOT NULL DEFAULT 0,
  -- The number of the feed after which the message begins.
  place INTEGER NOT NULL,
  -- Its frozen end. NULL: no message is under way.
  last_seq INTEGER,
  message_id TEXT,
  -- SHA-256 of its body. What is built anew for another attempt must come to the same, else it is another message.
  digest TEXT,
  frozen_at INTEGER,
  behind INTEGER,
  attempt INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  -- When the first attempt failed since the last success.
  failing_since INTEGER,
  -- Messages that begin before this number are a replay.
  replay_until INTEGER NOT NULL DEFAULT 0,
  -- How many tests were sent.
  tests INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (panel, id),
  CHECK ((last_seq IS NULL) = (message_id IS NULL)),
  CHECK (last_seq IS NULL OR last_seq > place)
) STRICT, WITHOUT ROWID;

-- Finds the secrets that are not sealed under the newest key, as for providers.
CREATE INDEX webhooks_by_sealing ON webhooks (secrets);

-- What became of attempts. Each has the slot n modulo 100, and takes the place of the one 100 before it: one row written, and
-- nothing to clear away. Tests have the slots from 100 on.
CREATE TABLE webhook_deliveries (
  panel TEXT NOT NULL,
  webhook TEXT NOT NULL,
  slot INTEGER NOT NULL,
  n INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  -- schedule, test or replay.
  cause TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  -- The first and the last change in it; NULL in a test.
  first_seq INTEGER,
  last_seq INTEGER,
  succeeded INTEGER NOT NULL CHECK (succeeded IN (0, 1)),
  -- HTTP; NULL where no answer came.
  status INTEGER,
  duration_ms INTEGER NOT NULL,
  error TEXT,
  -- The beginning of the answer.
  response TEXT,
  -- When the message is sent again; NULL after a success, and for a test.
  next_attempt_at INTEGER,
  PRIMARY KEY (panel, webhook, slot)
) STRICT, WITHOUT ROWID;
