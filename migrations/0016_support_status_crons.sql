-- What support shows of an order's end, what a panel's customers may see, and the panel scripts' own crons. Times are epoch ms.

-- The provider's last final answer: when it came, a space, and its first 500 characters, word for word.
ALTER TABLE orders ADD COLUMN final_answer TEXT;

-- Whether anyone may read how the panel's orders are followed.
ALTER TABLE panels ADD COLUMN public_status INTEGER NOT NULL DEFAULT 0 CHECK (public_status IN (0, 1));

-- URLs of the panel's script that ticks call. `url` is sealed: it often has a key in it. `hint`: what is shown of it.
-- A call is claimed before it is made and its outcome noted after it, in this row both times: one row written each, and no
-- index named.
CREATE TABLE panel_crons (
  panel TEXT NOT NULL,
  id TEXT NOT NULL,
  -- Its place in the panel's list.
  place INTEGER NOT NULL,
  name TEXT,
  url TEXT NOT NULL,
  hint TEXT NOT NULL,
  every_minutes INTEGER NOT NULL CHECK (every_minutes >= 1),
  -- The minute of the last call, counted from the epoch.
  called_minute INTEGER NOT NULL,
  lease_until INTEGER NOT NULL DEFAULT 0,
  -- Failed calls in a row.
  failures INTEGER NOT NULL DEFAULT 0,
  -- The last calls, newest first: [[<when>,<ms>,<HTTP status or null>,<why it failed, or null>],…].
  calls TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(calls)),
  PRIMARY KEY (panel, id)
) STRICT, WITHOUT ROWID;

-- Finds the URLs that are not sealed under the newest key, as for providers.
CREATE INDEX panel_crons_by_sealing ON panel_crons (url);
