-- Accepted events and, apart from them, their bodies: exactly the bytes that came in.
CREATE TABLE webhook_events (
  id             uuid PRIMARY KEY,
  tenant_id      uuid NOT NULL REFERENCES tenants (id),
  endpoint_id    uuid NOT NULL REFERENCES endpoints (id),
  status         text NOT NULL DEFAULT 'received' CHECK (status IN ('received', 'pending', 'delivered', 'failed')),
  failure_reason text CHECK (failure_reason IN ('non_retryable', 'exhausted', 'gone', 'blocked')),
  content_type   text,
  headers        jsonb NOT NULL DEFAULT '{}',
  payload_hash   bytea NOT NULL CHECK (octet_length(payload_hash) = 32),
  payload_size   integer NOT NULL CHECK (payload_size BETWEEN 0 AND 10485760),
  received_at    timestamptz NOT NULL
);

CREATE INDEX idx_webhook_events_tenant_status ON webhook_events (tenant_id, status);

CREATE TABLE event_payloads (
  event_id uuid PRIMARY KEY REFERENCES webhook_events (id),
  body     bytea NOT NULL
);
ALTER TABLE event_payloads ALTER COLUMN body SET STORAGE EXTERNAL;
