-- So many deliveries a second an endpoint takes of one server, and as many at once; null is no limit.
ALTER TABLE endpoints ADD COLUMN max_per_s integer CHECK (max_per_s BETWEEN 1 AND 10000);
