-- What browsers and providers' webhooks are let in by.

-- Signs the tokens with which a panel's customers read their orders; sealed. A new one ends every token made before.
ALTER TABLE panels ADD COLUMN token_secret TEXT;
CREATE INDEX panels_by_sealing ON panels (token_secret) WHERE token_secret IS NOT NULL;
