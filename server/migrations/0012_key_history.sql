-- announced: its statement is on the way into the log. active: signs heads now. retired, revoked: signs no more.
ALTER TABLE attestation_keys DROP CONSTRAINT attestation_keys_provider_check;
ALTER TABLE attestation_keys ADD CONSTRAINT attestation_keys_provider_check CHECK (provider IN ('file', 'env'));
ALTER TABLE attestation_keys ADD COLUMN state text NOT NULL DEFAULT 'active'
  CHECK (state IN ('announced', 'active', 'retired', 'revoked'));
UPDATE attestation_keys SET state = 'retired' WHERE valid_until IS NOT NULL;
ALTER TABLE attestation_keys ALTER COLUMN state DROP DEFAULT;

DROP INDEX idx_attestation_keys_current;
CREATE UNIQUE INDEX idx_attestation_keys_active ON attestation_keys (log_id) WHERE state = 'active';
CREATE UNIQUE INDEX idx_attestation_keys_announced ON attestation_keys (log_id) WHERE state = 'announced';

-- The exact text of each kapsel.key/v1 leaf, kept here for ever: packages carry them as long as there are proofs.
-- leaf_index is null until the statement has its place in the tree.
CREATE TABLE key_statements (
  leaf_hash  bytea PRIMARY KEY CHECK (octet_length(leaf_hash) = 32),
  log_id     uuid NOT NULL REFERENCES logs (id),
  action     text NOT NULL CHECK (action IN ('rotate', 'revoke')),
  key_id     bytea NOT NULL REFERENCES attestation_keys (key_id),
  leaf_data  text NOT NULL CHECK (octet_length(leaf_data) <= 65535),
  leaf_index bigint CHECK (leaf_index >= 0),
  valid_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (log_id, leaf_index)
);
