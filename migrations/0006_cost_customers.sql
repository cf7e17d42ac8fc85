-- A customer's orders, newest first. One row more for an order that names a customer; the upgrade writes one for each.
-- A file of its own: on the free plan 100,000 such orders take a day's rows.
CREATE INDEX orders_customer ON orders (panel, customer, n) WHERE customer IS NOT NULL;
