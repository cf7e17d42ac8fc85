-- Messages that came of a provider's polls on `calls_day`, beside those that ticks send: what is handed on, and checks. They count
-- in the row that each poll writes anyway.
ALTER TABLE providers ADD COLUMN messages_today INTEGER NOT NULL DEFAULT 0;
