-- What witnesses signed: further lines of the note of that size. A tree of one size has one root, so the size names it.
CREATE TABLE cosignatures (
  log_id       uuid NOT NULL REFERENCES logs (id),
  tree_size    bigint NOT NULL CHECK (tree_size >= 1),
  witness      text NOT NULL,
  public_key   bytea NOT NULL CHECK (octet_length(public_key) = 32),
  cosigned_at  timestamptz NOT NULL,
  line         text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, tree_size, public_key)
);

CREATE INDEX idx_cosignatures_witness ON cosignatures (log_id, public_key, tree_size);
