-- Keys in a query: a panel that refuses them is asked for its key in the body of a POST.
ALTER TABLE panels ADD COLUMN refuse_query_keys INTEGER NOT NULL DEFAULT 0 CHECK (refuse_query_keys IN (0, 1));

-- Finds the keys that are not sealed under the newest key, in none of its rows while all are: the sealed text begins with
-- the key's number. A change of a provider's settings writes two rows more for it.
CREATE INDEX providers_by_sealing ON providers (api_key);
