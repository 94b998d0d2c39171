-- How an endpoint is retried, and whether it takes deliveries at all. `failing_since` is the time since when no delivery
-- of it has succeeded; null while the last one did. `release_from`: held events that were received since then are being
-- released, a chunk at a time; null when that is done.
ALTER TABLE endpoints
  ADD COLUMN max_delay_s     integer NOT NULL DEFAULT 512 CHECK (max_delay_s BETWEEN 1 AND 36000),
  ADD COLUMN retry_statuses  integer[] NOT NULL DEFAULT '{}' CHECK (cardinality(retry_statuses) <= 100),
  ADD COLUMN disable_after_h integer NOT NULL DEFAULT 120 CHECK (disable_after_h BETWEEN 0 AND 8760),
  ADD COLUMN failing_since   timestamptz,
  ADD COLUMN disabled_at     timestamptz,
  ADD COLUMN release_from    timestamptz,
  ADD COLUMN disabled_reason text CHECK (disabled_reason IN ('gone', 'failing', 'requested')),
  ADD CONSTRAINT endpoints_disabled_with_reason CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL));

CREATE INDEX idx_endpoints_releasing ON endpoints (id) WHERE release_from IS NOT NULL;

-- Asked at each claim and each commit of accepted events; few rows ever stand in it.
CREATE INDEX idx_endpoints_disabled ON endpoints (id) WHERE disabled_at IS NOT NULL;

-- Accepted for, or waiting at, an endpoint that was disabled: kept, without a queue row, until somebody releases it.
ALTER TABLE webhook_events ADD COLUMN held boolean NOT NULL DEFAULT false;
CREATE INDEX idx_webhook_events_held ON webhook_events (endpoint_id, id) WHERE held;

-- Dead letters, newest first.
CREATE INDEX idx_webhook_events_failed ON webhook_events (tenant_id, id) WHERE status = 'failed';
