-- What is still to be delivered. The lease is run_at: a claimed row becomes due again when its lease ends,
-- and inflight_attempt_id then names the attempt whose outcome nobody recorded.
CREATE TABLE delivery_queue (
  event_id            uuid PRIMARY KEY REFERENCES webhook_events (id),
  endpoint_id         uuid NOT NULL,
  tenant_id           uuid NOT NULL,
  run_at              timestamptz NOT NULL,
  lease_id            bigint NOT NULL DEFAULT 0,
  inflight_attempt_id uuid,
  attempts            integer NOT NULL DEFAULT 0
) WITH (
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0
);

CREATE INDEX idx_delivery_queue_run_at ON delivery_queue (run_at);
CREATE INDEX idx_delivery_queue_endpoint ON delivery_queue (endpoint_id);
