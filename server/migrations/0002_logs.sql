-- Logs are rows: the shared log has no tenant, a tenant's own log names it.
-- right_edge holds the roots of the complete subtrees of the tree of tree_size, left to right, 32 bytes each.
CREATE TABLE logs (
  id         uuid PRIMARY KEY,
  tenant_id  uuid UNIQUE REFERENCES tenants (id),
  origin     text NOT NULL UNIQUE CHECK (length(origin) BETWEEN 1 AND 255),
  tree_size  bigint NOT NULL DEFAULT 0 CHECK (tree_size >= 0),
  right_edge bytea NOT NULL DEFAULT '' CHECK (octet_length(right_edge) % 32 = 0),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- One shared log.
CREATE UNIQUE INDEX idx_logs_shared ON logs ((tenant_id IS NULL)) WHERE tenant_id IS NULL;

-- Public keys only: private keys never enter the database.
CREATE TABLE attestation_keys (
  key_id      bytea PRIMARY KEY CHECK (octet_length(key_id) = 32),
  log_id      uuid NOT NULL REFERENCES logs (id),
  public_key  bytea NOT NULL UNIQUE CHECK (octet_length(public_key) = 32),
  provider    text NOT NULL CHECK (provider IN ('file')),
  valid_from  timestamptz NOT NULL,
  valid_until timestamptz
);

CREATE UNIQUE INDEX idx_attestation_keys_current ON attestation_keys (log_id) WHERE valid_until IS NULL;
