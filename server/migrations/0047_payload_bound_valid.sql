-- Reads all rows; whoever reads and writes goes on meanwhile.
DO $$
DECLARE
  bound name;
BEGIN
  SELECT conname INTO STRICT bound FROM pg_constraint
   WHERE conrelid = 'event_payloads'::regclass AND conname LIKE 'payloads\_before\_%';
  EXECUTE format('ALTER TABLE event_payloads VALIDATE CONSTRAINT %I', bound);
END $$;
