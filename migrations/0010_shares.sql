-- Nobody's request takes something from somebody else: failures and floods of a panel are counted for that panel.
-- Times are epoch ms.

-- How a panel's own calls at a provider fare, where nothing but what the panel sent may be at fault. `lane`: its adds, or
-- what it asks about ids that it names. The columns are as in `providers` for adds.
CREATE TABLE panel_troubles (
  panel TEXT NOT NULL,
  provider TEXT NOT NULL,
  lane TEXT NOT NULL CHECK (lane IN ('add', 'ask')),
  level INTEGER NOT NULL,
  failed_at INTEGER,
  trial_at INTEGER,
  PRIMARY KEY (panel, provider, lane)
) STRICT, WITHOUT ROWID;

-- What a panel has used of its shares: in a minute and in a UTC day, both counted from the epoch.
CREATE TABLE panel_shares (
  panel TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('add', 'registration', 'check', 'adoption', 'unknown_id')),
  minute INTEGER NOT NULL,
  minute_used INTEGER NOT NULL,
  day INTEGER NOT NULL,
  day_used INTEGER NOT NULL,
  -- What was granted the last time.
  granted INTEGER NOT NULL,
  PRIMARY KEY (panel, kind)
) STRICT, WITHOUT ROWID;

-- Ids that a provider said it does not know when a panel asked: {"99999":<minute until which that is told again>}.
-- Under other settings the provider is asked anew.
CREATE TABLE strangers (
  panel TEXT NOT NULL,
  provider TEXT NOT NULL,
  settings_version INTEGER NOT NULL,
  ids TEXT NOT NULL CHECK (json_valid(ids)),
  PRIMARY KEY (panel, provider)
) STRICT, WITHOUT ROWID;

-- Orders that somebody asked to have checked: one message a provider and minute takes them up.
CREATE TABLE wanted_checks (
  provider TEXT NOT NULL,
  panel TEXT NOT NULL,
  n INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  PRIMARY KEY (provider, panel, n)
) STRICT, WITHOUT ROWID;

-- The minute in which the provider's last message for wanted checks was sent.
ALTER TABLE providers ADD COLUMN checks_minute INTEGER;
-- When the balance was last asked because a panel's call had failed, and whether it failed, too (NULL: not known yet).
ALTER TABLE providers ADD COLUMN witness_at INTEGER;
ALTER TABLE providers ADD COLUMN witness_failed INTEGER CHECK (witness_failed IN (0, 1));
-- Of the calls granted in `budget_minute`, those that panels asked for, and how many each of them got: {"shop":3}.
ALTER TABLE providers ADD COLUMN budget_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN budget_panels TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(budget_panels));
-- Panels whose refunds at this provider wait for the operator, and since when: {"shop":1793534400000}.
ALTER TABLE providers ADD COLUMN braked_panels TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(braked_panels));
-- Rows that polling this provider has written on `calls_day`, about.
ALTER TABLE providers ADD COLUMN rows_today INTEGER NOT NULL DEFAULT 0;
