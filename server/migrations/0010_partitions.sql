-- Attempts and leaves only ever grow: they lie in one partition a month (UTC), made ahead and detached by age, so that
-- retention drops whole tables and never a row. A partition key must be part of every unique key, hence:
--   (event_id, attempt_number) is kept unique by the queue row, which alone counts attempts up;
--   one leaf an attempt, by the settlement (an attempt gets its outcome once) and by the unique key of pending_leaves;
--   one leaf an index, by the compare-and-swap on logs.tree_size.
-- No DEFAULT partition: its rows would block the making of the right one.

-- Makes the partition of the month that `day` lies in. LIKE and ATTACH instead of PARTITION OF: that one would lock all
-- readers and writers of the parent out.
CREATE FUNCTION ensure_month_partition(parent text, day timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  first date := date_trunc('month', day AT TIME ZONE 'UTC')::date;
  child text := parent || to_char(first, '"_"YYYY"_"MM');
BEGIN
  IF to_regclass(quote_ident(child)) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                 parent, child, first::text || ' 00:00:00+00', (first + interval '1 month')::date::text || ' 00:00:00+00');
  RETURN true;
END $$;

-- All months from that of `since` to that of `until`.
CREATE FUNCTION ensure_month_partitions(parent text, since timestamptz, until timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  made integer := 0;
  month timestamp := date_trunc('month', since AT TIME ZONE 'UTC');
BEGIN
  WHILE month <= until AT TIME ZONE 'UTC' LOOP
    IF ensure_month_partition(parent, month AT TIME ZONE 'UTC') THEN made := made + 1; END IF;
    month := month + interval '1 month';
  END LOOP;
  RETURN made;
END $$;

ALTER TABLE pending_leaves DROP CONSTRAINT pending_leaves_delivery_attempt_id_fkey;

ALTER TABLE delivery_attempts RENAME TO delivery_attempts_whole;
ALTER INDEX delivery_attempts_pkey RENAME TO delivery_attempts_whole_pkey;
ALTER INDEX idx_delivery_attempts_event_created RENAME TO idx_delivery_attempts_whole_event_created;

CREATE TABLE delivery_attempts (
  id              uuid NOT NULL,
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
  PRIMARY KEY (id, attempted_at)
) PARTITION BY RANGE (attempted_at);

CREATE INDEX idx_delivery_attempts_event_created ON delivery_attempts (event_id, created_at);

ALTER TABLE merkle_leaves RENAME TO merkle_leaves_whole;
ALTER INDEX merkle_leaves_pkey RENAME TO merkle_leaves_whole_pkey;
ALTER INDEX idx_merkle_leaves_delivery_attempt RENAME TO idx_merkle_leaves_whole_delivery_attempt;
ALTER INDEX idx_merkle_leaves_leaf_hash RENAME TO idx_merkle_leaves_whole_leaf_hash;

-- No foreign keys: leaves outlive what they tell of. A leaf about a key has no attempt, and none of the shared log a tenant.
CREATE TABLE merkle_leaves (
  log_id              uuid NOT NULL,
  leaf_index          bigint NOT NULL CHECK (leaf_index >= 0),
  tenant_id           uuid,
  delivery_attempt_id uuid,
  leaf_hash           bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
  leaf_data           text NOT NULL,
  committed_at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, leaf_index, committed_at)
) PARTITION BY RANGE (committed_at);

CREATE INDEX idx_merkle_leaves_delivery_attempt ON merkle_leaves (delivery_attempt_id);
CREATE INDEX idx_merkle_leaves_leaf_hash ON merkle_leaves (leaf_hash);

SELECT ensure_month_partitions('delivery_attempts',
         least(now(), coalesce((SELECT min(attempted_at) FROM delivery_attempts_whole), now())), now() + interval '3 months'),
       ensure_month_partitions('merkle_leaves',
         least(now(), coalesce((SELECT min(committed_at) FROM merkle_leaves_whole), now())), now() + interval '3 months');

-- Leads from a claimed delivery to its attempt's month.
ALTER TABLE delivery_queue ADD COLUMN inflight_attempted_at timestamptz;
UPDATE delivery_queue q SET inflight_attempted_at = a.attempted_at
  FROM delivery_attempts_whole a WHERE a.id = q.inflight_attempt_id;

INSERT INTO delivery_attempts SELECT * FROM delivery_attempts_whole;
INSERT INTO merkle_leaves SELECT * FROM merkle_leaves_whole;
DROP TABLE delivery_attempts_whole;
DROP TABLE merkle_leaves_whole;

ALTER TABLE pending_leaves ALTER COLUMN tenant_id DROP NOT NULL;
ALTER TABLE pending_leaves ALTER COLUMN delivery_attempt_id DROP NOT NULL;
CREATE INDEX idx_pending_leaves_leaf_hash ON pending_leaves (leaf_hash);

-- Filled and emptied all the time: by its size alone autovacuum would come too late, and by its default pace too slowly.
ALTER TABLE pending_leaves SET (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_cost_delay = 0
);
