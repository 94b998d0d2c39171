-- Finished proofs for packages that are asked for again and again; an entry is never wrong, only unused.
CREATE TABLE proof_cache (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  leaf_hash    bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
  tree_size    bigint NOT NULL,
  proof_hashes bytea[] NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (leaf_hash, tree_size)
);
