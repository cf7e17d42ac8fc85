-- Run once, right after the database was put back to an earlier time: `npm run restored`. What was given out in the time
-- that is lost must not be given out again: the numbers of orders go on far above anything that can have been reached, and
-- those of changes, which are times in microseconds, a day from now, in case a clock was ahead.
UPDATE panels SET lost_orders_from = order_n + 1,
  -- planted: order-numbers-go-on
  order_n = order_n + 100000,
  feed_seq = max(feed_seq, unixepoch() * 1000000) + 86400000000;
