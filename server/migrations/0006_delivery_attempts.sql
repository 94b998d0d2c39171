-- One row per HTTP request, written before the request leaves; outcome is null while nobody knows it.
CREATE TABLE delivery_attempts (
  id              uuid PRIMARY KEY,
  event_id        uuid NOT NULL REFERENCES webhook_events (id),
  endpoint_id     uuid NOT NULL REFERENCES endpoints (id),
  tenant_id       uuid NOT NULL REFERENCES tenants (id),
  attempt_number  integer NOT NULL CHECK (attempt_number >= 1),
  lease_id        bigint NOT NULL,
  endpoint_url    text NOT NULL,
  attempted_at    timestamptz NOT NULL,
  completed_at    timestamptz,
  outcome         text CHECK (outcome IN ('delivered', 'rejected', 'failed', 'unknown')),
  response_status integer CHECK (response_status BETWEEN 100 AND 999),
  response_hash   bytea CHECK (octet_length(response_hash) = 32),
  error           text,
  peer_address    inet,
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (event_id, attempt_number)
);

CREATE INDEX idx_delivery_attempts_event_created ON delivery_attempts (event_id, created_at);
