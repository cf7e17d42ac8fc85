-- Run once, right after the database was put back to an earlier time: `npm run restored`. What was given out in the time
-- that is lost must not be given out again, so the numbers of orders go on far above anything that can have been reached.
UPDATE panels SET order_n = order_n + 100000;
