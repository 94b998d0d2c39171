-- What the management of endpoints and keys needs. `version` counts the replacements of an endpoint's settings, for
-- If-Match. `closing`: the endpoint was deleted, and what it leaves waiting is being ended, a chunk at a time.
ALTER TABLE endpoints
  ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  ADD COLUMN closing boolean NOT NULL DEFAULT false;
CREATE INDEX idx_endpoints_closing ON endpoints (id) WHERE closing;

-- Not checked against the rows that are there, which would lock everybody out meanwhile: each fits the narrower list.
ALTER TABLE webhook_events DROP CONSTRAINT webhook_events_failure_reason_check;
ALTER TABLE webhook_events ADD CONSTRAINT webhook_events_failure_reason_check
  CHECK (failure_reason IN ('non_retryable', 'exhausted', 'gone', 'blocked', 'endpoint_deleted')) NOT VALID;

-- `last_used_at` is written once a minute at most.
ALTER TABLE api_keys
  ADD COLUMN name text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
  ADD COLUMN last_used_at timestamptz;

-- Which answer a bulk replay with an idempotency key got. Kept 7 days.
CREATE TABLE replays (
  tenant_id      uuid NOT NULL REFERENCES tenants (id),
  key            text COLLATE "C" NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
  request_sha256 bytea NOT NULL CHECK (octet_length(request_sha256) = 32),
  answer         jsonb,
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);
