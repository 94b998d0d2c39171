-- Bodies are to lie in one partition a week, so that retention takes whole tables away (0048). What is there becomes one
-- partition, up to a Monday that no id has reached yet: ids are UUIDv7 and begin with their time. The check is not held
-- against old rows here, so that nobody is locked out while they are read (0047).
CREATE FUNCTION first_id_of(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

DO $$
DECLARE
  monday date := date_trunc('week', (now() + interval '8 days') AT TIME ZONE 'UTC')::date;
BEGIN
  EXECUTE format('ALTER TABLE event_payloads ADD CONSTRAINT %I CHECK (event_id < %L::uuid) NOT VALID',
                 'payloads_before_' || to_char(monday, 'YYYYMMDD'), first_id_of(monday AT TIME ZONE 'UTC'));
END $$;
