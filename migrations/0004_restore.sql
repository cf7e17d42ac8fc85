-- After a restore of the database (docs/restore.md): the numbers from here to the next 100,000 may have been given to
-- orders that are lost. Null where none ever were.
ALTER TABLE panels ADD COLUMN lost_orders_from INTEGER CHECK (lost_orders_from >= 1);
