-- Which event a key has made. Not partitioned: the unique key could not hold across partitions. Kept 7 days, then swept.
-- Visible ASCII, which is judged before it comes here.
-- No foreign keys: each would cost a look-up per event, and a key says nothing that its event does not.
CREATE TABLE idempotency_keys (
  endpoint_id uuid NOT NULL,
  key         text COLLATE "C" NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
  tenant_id   uuid NOT NULL,
  event_id    uuid NOT NULL,
  body_sha256 bytea NOT NULL CHECK (octet_length(body_sha256) = 32),
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (endpoint_id, key)
) WITH (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_cost_delay = 0
);

-- For the sweep; new rows go to its right edge.
CREATE INDEX idx_idempotency_keys_created ON idempotency_keys (created_at);
