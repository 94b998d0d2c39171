-- Bodies lie in one partition a week (UTC, from Monday), by the time in their event's id. Only a moment is needed for this:
-- the check of 0046 spares PostgreSQL from reading what it attaches.
DO $$
DECLARE
  bound name;
  monday date;
  before name;
BEGIN
  SELECT conname INTO STRICT bound FROM pg_constraint
   WHERE conrelid = 'event_payloads'::regclass AND conname LIKE 'payloads\_before\_%';
  monday := to_date(right(bound, 8), 'YYYYMMDD');
  before := 'event_payloads_before_' || right(bound, 8);

  EXECUTE format('ALTER TABLE event_payloads RENAME TO %I', before);
  EXECUTE format('ALTER INDEX event_payloads_pkey RENAME TO %I', before || '_pkey');
  -- It is reached through its parent alone from here on, whose wall then counts.
  EXECUTE format('REVOKE ALL ON %I FROM kapsel_ingest, kapsel_worker, kapsel_api', before);
  EXECUTE format('DROP POLICY of_one_tenant ON %I', before);
  EXECUTE format('DROP POLICY across_tenants ON %I', before);
  EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', before);

  CREATE TABLE event_payloads (event_id uuid PRIMARY KEY, body bytea NOT NULL) PARTITION BY RANGE (event_id);
  ALTER TABLE event_payloads ALTER COLUMN body SET STORAGE EXTERNAL;
  EXECUTE format('ALTER TABLE event_payloads ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
                 before, first_id_of(monday AT TIME ZONE 'UTC'));
  EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', before, bound);
END $$;

ALTER TABLE event_payloads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY of_one_tenant ON event_payloads TO kapsel_api
  USING (EXISTS (SELECT 1 FROM webhook_events w WHERE w.id = event_id));
CREATE POLICY across_tenants ON event_payloads
  TO kapsel_owner, kapsel_ingest, kapsel_worker, kapsel_sequencer, kapsel_reader USING (true);
GRANT INSERT ON event_payloads TO kapsel_ingest;
GRANT SELECT ON event_payloads TO kapsel_worker, kapsel_api;

-- All weeks from that of `since` to that of `until` that are not there; none that the first partition covers. LIKE and
-- ATTACH instead of PARTITION OF: that one would lock all readers and writers of the parent out.
CREATE FUNCTION ensure_payload_weeks(since timestamptz, until timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  made integer := 0;
  monday date;
  child name;
BEGIN
  SELECT greatest(date_trunc('week', since AT TIME ZONE 'UTC')::date, max(to_date(right(relname, 8), 'YYYYMMDD')))
    INTO monday
    FROM pg_class
   WHERE relnamespace = current_schema()::regnamespace AND relname ~ '^event_payloads_before_[0-9]{8}$';
  WHILE monday <= until AT TIME ZONE 'UTC' LOOP
    child := 'event_payloads_' || to_char(monday, 'YYYYMMDD');
    IF to_regclass(quote_ident(child)) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE event_payloads INCLUDING ALL)', child);
      EXECUTE format('ALTER TABLE event_payloads ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', child,
                     first_id_of(monday AT TIME ZONE 'UTC'), first_id_of((monday + 7) AT TIME ZONE 'UTC'));
      made := made + 1;
    END IF;
    monday := monday + 7;
  END LOOP;
  RETURN made;
END $$;
REVOKE EXECUTE ON FUNCTION ensure_payload_weeks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_payload_weeks TO kapsel_sequencer;
DO $$ BEGIN
  EXECUTE format('ALTER FUNCTION ensure_payload_weeks SET search_path = %I, pg_temp', current_schema());
END $$;

SELECT ensure_payload_weeks(now(), now() + interval '4 weeks');
