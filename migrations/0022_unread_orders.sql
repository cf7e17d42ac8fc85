-- Orders that a provider is asked about and says nothing readable of, by panel: since when, when they were asked about last, and
-- what came instead.
ALTER TABLE providers ADD COLUMN unread_orders TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(unread_orders));
