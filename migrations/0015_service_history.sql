-- What services teach by how their orders went, for each panel from its own orders alone: what one panel registers says
-- nothing to another. Times are epoch ms, days UTC days since the epoch.

CREATE TABLE service_history (
  panel TEXT NOT NULL,
  provider TEXT NOT NULL,
  service TEXT NOT NULL,
  -- By day: what ended and how, and after how many minutes orders started and ended, in steps. 190 days at most.
  days TEXT NOT NULL CHECK (json_valid(days)),
  -- What new orders may be expected to take: NULL until enough of them have ended.
  start_ms INTEGER CHECK (start_ms > 0),
  duration_ms INTEGER CHECK (duration_ms > 0),
  -- Where too many of the last orders ended badly: on which day that was found, of how many, and how many.
  bad_day INTEGER,
  bad_of INTEGER,
  bad INTEGER,
  updated_at INTEGER NOT NULL,
  CHECK ((bad_day IS NULL) = (bad IS NULL)),
  CHECK ((bad_day IS NULL) = (bad_of IS NULL)),
  PRIMARY KEY (panel, provider, service)
) STRICT, WITHOUT ROWID;

CREATE INDEX service_history_bad ON service_history (bad_day) WHERE bad_day IS NOT NULL;

-- How far the history was made of the panel's feed.
ALTER TABLE panels ADD COLUMN history_seq INTEGER NOT NULL DEFAULT 0;

-- Feeds that are there already are read from now on.
UPDATE panels SET history_seq = feed_seq;
