-- Keys in a query: a panel that refuses them is asked for its key in the body of a POST.
ALTER TABLE panels ADD COLUMN refuse_query_keys INTEGER NOT NULL DEFAULT 0 CHECK (refuse_query_keys IN (0, 1));

-- Finds the keys that are not sealed under the newest key: a sealed text begins with its key's number. While all are, a
-- tick reads two rows of it, however many providers there are. A change of a provider's settings writes two rows more.
CREATE INDEX providers_by_sealing ON providers (api_key);
