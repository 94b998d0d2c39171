-- Every head that was ever signed. timestamp_ms strictly grows within a log.
CREATE TABLE signed_tree_heads (
  id           uuid PRIMARY KEY,
  log_id       uuid NOT NULL REFERENCES logs (id),
  tree_size    bigint NOT NULL CHECK (tree_size >= 1),
  root_hash    bytea NOT NULL CHECK (octet_length(root_hash) = 32),
  timestamp_ms bigint NOT NULL,
  signature    bytea NOT NULL CHECK (octet_length(signature) = 64),
  key_id       bytea NOT NULL REFERENCES attestation_keys (key_id),
  checkpoint   text NOT NULL,
  UNIQUE (log_id, timestamp_ms)
);

CREATE INDEX idx_signed_tree_heads_size ON signed_tree_heads (log_id, tree_size);
