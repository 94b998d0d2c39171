-- First attempts and further ones lie in two lanes, so that each can be claimed in the order of its due times without
-- looking at the other. A row stands in exactly one of the two indexes: together they cost what one did.
CREATE INDEX idx_delivery_queue_first ON delivery_queue (run_at) WHERE attempts = 0;
CREATE INDEX idx_delivery_queue_again ON delivery_queue (run_at) WHERE attempts > 0;
DROP INDEX idx_delivery_queue_run_at;

-- The due rows of one endpoint: for its probes, for putting them off, and for going round all endpoints in turn.
CREATE INDEX idx_delivery_queue_endpoint_run_at ON delivery_queue (endpoint_id, run_at);
DROP INDEX idx_delivery_queue_endpoint;

-- An attempt is written out of a queue row, whose event, endpoint and tenant are there: three look-ups and row locks for
-- each attempt said no more than that, and cost more than writing it.
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'delivery_attempts'::regclass AND contype = 'f' LOOP
    EXECUTE format('ALTER TABLE delivery_attempts DROP CONSTRAINT %I', name);
  END LOOP;
END $$;

-- The same holds for what one statement writes together with its event, whose endpoint is still looked up.
ALTER TABLE delivery_queue DROP CONSTRAINT delivery_queue_event_id_fkey;
ALTER TABLE event_payloads DROP CONSTRAINT event_payloads_event_id_fkey;
ALTER TABLE webhook_events DROP CONSTRAINT webhook_events_tenant_id_fkey;

ALTER TABLE delivery_queue
  -- Attempts that do not count against the budget: those before a replay, and those that were never sent.
  ADD COLUMN uncounted      integer NOT NULL DEFAULT 0,
  -- The epoch of the endpoint's circuit in which the attempt in flight was permitted.
  ADD COLUMN inflight_epoch bigint;
