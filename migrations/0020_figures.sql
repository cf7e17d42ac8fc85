-- What the overview's charts show, in rows that are seldom written. Hours are UTC hours and days UTC days, since the epoch;
-- money is in micro-units (1e-6).

-- Orders that ended and refunds that were posted in an hour, of all panels: counted of the feed with the history of services.
-- An hour without a row was not looked at: nobody knows of it, which is not zero.
CREATE TABLE order_hours (
  hour INTEGER PRIMARY KEY,
  completed INTEGER NOT NULL DEFAULT 0,
  partial INTEGER NOT NULL DEFAULT 0,
  canceled INTEGER NOT NULL DEFAULT 0,
  refunded INTEGER NOT NULL DEFAULT 0,
  refunds INTEGER NOT NULL DEFAULT 0,
  counted_at INTEGER NOT NULL
) STRICT;

-- What was refunded in it, by currency, and what was taken back from customers.
CREATE TABLE refund_hours (
  hour INTEGER NOT NULL,
  currency TEXT NOT NULL,
  refunds INTEGER NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  taken_back INTEGER NOT NULL CHECK (taken_back >= 0),
  PRIMARY KEY (hour, currency)
) STRICT, WITHOUT ROWID;

-- How polling a provider went, on each of its last hours: [[<hour>,<calls>,<failed>,<late in s, or null>],…]. It stands in
-- the row that each poll writes anyway.
ALTER TABLE providers ADD COLUMN hours TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(hours));

-- The same by day, once the day is over.
CREATE TABLE provider_days (
  day INTEGER NOT NULL,
  provider TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  late_s INTEGER,
  PRIMARY KEY (day, provider)
) STRICT, WITHOUT ROWID;
