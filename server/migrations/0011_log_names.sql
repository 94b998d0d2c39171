-- A log has a name for paths and queries beside its origin. A log that is not public answers its tenant alone.
-- A halted log takes no more leaves and signs nothing until somebody has looked.
ALTER TABLE logs ADD COLUMN name text CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$');
ALTER TABLE logs ADD COLUMN is_public boolean;
ALTER TABLE logs ADD COLUMN halted_at timestamptz;
ALTER TABLE logs ADD COLUMN halted_reason text;

UPDATE logs SET name = CASE WHEN tenant_id IS NULL THEN 'shared' ELSE 'log-' || id END, is_public = tenant_id IS NULL;

ALTER TABLE logs ALTER COLUMN name SET NOT NULL;
ALTER TABLE logs ALTER COLUMN is_public SET NOT NULL;
ALTER TABLE logs ADD CONSTRAINT logs_name_key UNIQUE (name);
-- One hash a bit of the size: whatever the tree holds, its edge stays small.
ALTER TABLE logs ADD CONSTRAINT logs_right_edge_is_small CHECK (octet_length(right_edge) <= 64 * 32);

-- The log that a tenant's leaves go into: its own, else the shared one. The only place that chooses.
CREATE FUNCTION log_of_tenant(tenant uuid) RETURNS SETOF logs LANGUAGE sql STABLE AS $$
  SELECT l.* FROM logs l WHERE l.tenant_id = tenant OR l.tenant_id IS NULL ORDER BY l.tenant_id LIMIT 1
$$;
