-- What a provider's answers have shown of how it is to be asked, such as {"cancelBy":"order"}. Kept until its URL, key or
-- request form change.
ALTER TABLE providers ADD COLUMN learned TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(learned));

-- How often an order's cancel was asked without a clear answer, and until when it is left alone, in epoch ms: while it
-- is queued, until it is asked again; while it is being asked, until that is given up. One that is queued, was asked and
-- has no such time is unclear: it is not asked again by itself.
ALTER TABLE orders ADD COLUMN cancel_tries INTEGER NOT NULL DEFAULT 0 CHECK (cancel_tries >= 0);
ALTER TABLE orders ADD COLUMN cancel_wait_until INTEGER;
