-- The second wall between tenants. Each room of the server acts in a role that may do what the room does and no more, and
-- for the role that answers tenants PostgreSQL itself hides every row of another tenant, also from a statement that forgot
-- to ask. None of the roles owns a table, is a superuser or passes row level security by.
--
--   kapsel_owner      whoever migrates is a member of it: sees all tenants, since backfills must
--   kapsel_ingest     accepts events
--   kapsel_worker     delivers, audits and tidies up, for all tenants
--   kapsel_sequencer  numbers leaves and stores heads
--   kapsel_api        answers one tenant at a time, the one that `app.tenant_id` names in the transaction
--   kapsel_reader     answers what is public, and finds out who calls
--
-- Roles belong to the cluster, so another database of it may have made them.
DO $$
DECLARE
  name text;
  names CONSTANT text[] := ARRAY['kapsel_owner', 'kapsel_ingest', 'kapsel_worker', 'kapsel_sequencer', 'kapsel_api', 'kapsel_reader'];
  wanted CONSTANT text := format('have an administrator run CREATE ROLE %s; GRANT %s TO %I',
                                 array_to_string(names, '; CREATE ROLE '), array_to_string(names, ', '), current_user);
BEGIN
  FOREACH name IN ARRAY names LOOP
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
        EXECUTE format('CREATE ROLE %I', name);
      END IF;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL; -- made at this moment for another database
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % cannot be created: %', name, wanted USING ERRCODE = 'insufficient_privilege';
    END;
    BEGIN
      -- True for superusers, who need no membership.
      IF NOT pg_has_role(current_user, name, 'USAGE') THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', name);
      END IF;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'role % cannot be granted: %', name, wanted USING ERRCODE = 'insufficient_privilege';
    END;
  END LOOP;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', current_schema(), array_to_string(names, ', '));
END $$;

-- Puts a table behind the wall. The setting is '' and not NULL on a connection that a transaction with a tenant has used
-- before, hence nullif; the sub-select is asked once a statement. For roles that work across tenants their grants decide.
CREATE FUNCTION build_tenant_wall(walled regclass, tenant_column name DEFAULT 'tenant_id') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled);
  EXECUTE format('CREATE POLICY of_one_tenant ON %s TO kapsel_api
                    USING (%I = (SELECT nullif(current_setting(''app.tenant_id'', true), ''''))::uuid)', walled, tenant_column);
  EXECUTE format('CREATE POLICY across_tenants ON %s
                    TO kapsel_owner, kapsel_ingest, kapsel_worker, kapsel_sequencer, kapsel_reader USING (true)', walled);
END $$;
REVOKE EXECUTE ON FUNCTION build_tenant_wall FROM PUBLIC;

SELECT build_tenant_wall('tenants', 'id');
SELECT build_tenant_wall(walled)
  FROM unnest(ARRAY['api_keys', 'delivery_attempts', 'delivery_queue', 'endpoint_circuits', 'endpoint_credentials',
                    'endpoint_signatures', 'endpoint_signing_secrets', 'endpoints', 'idempotency_keys', 'merkle_leaves',
                    'pending_leaves', 'share_links', 'webhook_events']::regclass[]) AS walled;

-- A body is its event's: seen by whoever sees the event, which lies behind its own wall.
ALTER TABLE event_payloads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY of_one_tenant ON event_payloads TO kapsel_api
  USING (EXISTS (SELECT 1 FROM webhook_events w WHERE w.id = event_id));
CREATE POLICY across_tenants ON event_payloads
  TO kapsel_owner, kapsel_ingest, kapsel_worker, kapsel_sequencer, kapsel_reader USING (true);

-- What is public of a log: its tree, heads and keys. Rows are only ever added, but for the state of a log and of a key.
GRANT SELECT ON logs, merkle_tiles, signed_tree_heads, cosignatures, attestation_keys, key_statements, log_halts
   TO kapsel_worker, kapsel_sequencer, kapsel_api, kapsel_reader;
GRANT INSERT, UPDATE ON logs, attestation_keys, key_statements, merkle_tiles TO kapsel_sequencer;
GRANT INSERT ON signed_tree_heads, cosignatures, log_halts TO kapsel_sequencer;

-- The ingest writes, and reads what it asks before: where a webhook goes, who may send it, how much, and which keys are taken.
GRANT INSERT ON webhook_events, event_payloads, delivery_queue, idempotency_keys TO kapsel_ingest;
GRANT SELECT (id, held) ON webhook_events TO kapsel_ingest;
GRANT SELECT ON idempotency_keys, endpoint_signatures TO kapsel_ingest;
GRANT SELECT (id, tenant_id, kept_headers, disabled_at, deleted_at) ON endpoints TO kapsel_ingest;
GRANT SELECT (tenant_id, key_hash, scopes, expires_at, revoked_at) ON api_keys TO kapsel_ingest, kapsel_reader;
GRANT SELECT (id, tier, rate_limits) ON tenants TO kapsel_ingest;
-- It keeps a disabled endpoint as it is until its commit: a lock needs the right to update, and nothing passes this policy.
GRANT UPDATE (updated_at) ON endpoints TO kapsel_ingest;
CREATE POLICY ingest_only_locks ON endpoints AS RESTRICTIVE FOR UPDATE TO kapsel_ingest USING (true) WITH CHECK (false);

GRANT SELECT, INSERT, UPDATE, DELETE ON delivery_queue TO kapsel_worker;
GRANT SELECT, INSERT, UPDATE ON delivery_attempts, endpoint_circuits, endpoint_signing_secrets, tile_exports, tenants, api_keys
   TO kapsel_worker;
GRANT SELECT, UPDATE ON webhook_events, endpoints, endpoint_signatures, endpoint_credentials TO kapsel_worker;
GRANT SELECT, INSERT ON pending_leaves TO kapsel_worker;
GRANT SELECT ON event_payloads, merkle_leaves TO kapsel_worker;
GRANT SELECT, DELETE ON idempotency_keys, share_links TO kapsel_worker;
-- To lock what it is about to delete.
GRANT UPDATE (created_at) ON idempotency_keys, share_links TO kapsel_worker;
-- An audit that finds a contradiction halts the log, and an operator lets it go on.
GRANT UPDATE (halted_at, halted_reason) ON logs TO kapsel_worker;
GRANT INSERT ON log_halts TO kapsel_worker;

GRANT SELECT, INSERT, DELETE ON pending_leaves TO kapsel_sequencer;
GRANT SELECT, INSERT ON merkle_leaves TO kapsel_sequencer;
-- Whether a month may be detached.
GRANT SELECT (event_id, inflight_attempted_at) ON delivery_queue TO kapsel_sequencer;

GRANT SELECT, INSERT, UPDATE, DELETE ON endpoint_signatures, endpoint_credentials, endpoint_signing_secrets, delivery_queue
   TO kapsel_api;
GRANT SELECT, INSERT, UPDATE ON endpoints, api_keys, share_links TO kapsel_api;
GRANT SELECT, UPDATE ON webhook_events TO kapsel_api;
GRANT SELECT ON tenants, event_payloads, delivery_attempts, endpoint_circuits, merkle_leaves, pending_leaves TO kapsel_api;

-- Hashes and places of leaves are public, their texts are not. A share link says on whose behalf its holder may read.
GRANT SELECT (log_id, leaf_index, leaf_hash) ON merkle_leaves TO kapsel_reader;
GRANT SELECT (log_id, leaf_hash) ON pending_leaves TO kapsel_reader;
GRANT SELECT (id, tenant_id, delivery_attempt_id, expires_at, revoked_at) ON share_links TO kapsel_reader;

-- What only the owner may do, or see of other sessions, goes through functions that do one thing.
CREATE FUNCTION database_vitals() RETURNS TABLE (dead_tuples bigint, xmin_age integer, replication_lag float8)
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  -- The asker's own snapshot is left out: it is the youngest, and would say "1" on an idle server.
  SELECT coalesce((SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'delivery_queue'::regclass), 0),
         greatest((SELECT max(age(backend_xmin)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()),
                  (SELECT max(greatest(age(xmin), age(catalog_xmin))) FROM pg_replication_slots),
                  (SELECT max(age(transaction)) FROM pg_prepared_xacts),
                  0),
         coalesce((SELECT max(extract(epoch FROM replay_lag)) FROM pg_stat_replication), 0)::float8
$$;
REVOKE EXECUTE ON FUNCTION database_vitals, ensure_month_partition, ensure_month_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION database_vitals TO kapsel_worker;
GRANT EXECUTE ON FUNCTION ensure_month_partitions TO kapsel_sequencer;
ALTER FUNCTION ensure_month_partitions SECURITY DEFINER;
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['database_vitals', 'ensure_month_partitions'] LOOP
    EXECUTE format('ALTER FUNCTION %I SET search_path = %I, pg_temp', name, current_schema());
  END LOOP;
END $$;
