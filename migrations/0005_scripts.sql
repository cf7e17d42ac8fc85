-- Until when an `add` that is as this order's gets its id: its own answer was slow, so its script may send it again.
-- NULL where the answer was quick. Epoch ms.
ALTER TABLE orders ADD COLUMN reused_until INTEGER;
