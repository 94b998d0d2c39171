-- Leaves wait in pending_leaves until the sequencer numbers them; taking a row deletes it, so no cursor can skip one.
CREATE TABLE pending_leaves (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  log_id              uuid NOT NULL REFERENCES logs (id),
  tenant_id           uuid NOT NULL REFERENCES tenants (id),
  delivery_attempt_id uuid NOT NULL UNIQUE REFERENCES delivery_attempts (id),
  leaf_hash           bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
  leaf_data           text NOT NULL CHECK (octet_length(leaf_data) <= 65535)
);

CREATE INDEX idx_pending_leaves_log ON pending_leaves (log_id, id);

CREATE TABLE merkle_leaves (
  log_id              uuid NOT NULL REFERENCES logs (id),
  leaf_index          bigint NOT NULL CHECK (leaf_index >= 0),
  tenant_id           uuid NOT NULL REFERENCES tenants (id),
  delivery_attempt_id uuid NOT NULL,
  leaf_hash           bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
  leaf_data           text NOT NULL,
  committed_at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, leaf_index)
);

CREATE UNIQUE INDEX idx_merkle_leaves_delivery_attempt ON merkle_leaves (delivery_attempt_id);
CREATE UNIQUE INDEX idx_merkle_leaves_leaf_hash ON merkle_leaves (leaf_hash);

-- 256-wide tiles; level 0 holds leaf hashes, level n + 1 the roots of full tiles of level n.
CREATE TABLE merkle_tiles (
  log_id     uuid NOT NULL REFERENCES logs (id),
  level      smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
  tile_index bigint NOT NULL CHECK (tile_index >= 0),
  width      smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
  hashes     bytea NOT NULL CHECK (octet_length(hashes) = width * 32),
  PRIMARY KEY (log_id, level, tile_index)
);
ALTER TABLE merkle_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- A full tile never changes; a partial tile is only replaced by a wider one with the same prefix.
CREATE FUNCTION refuse_tile_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.width <= OLD.width OR substring(NEW.hashes FROM 1 FOR octet_length(OLD.hashes)) <> OLD.hashes THEN
    RAISE EXCEPTION 'tile %/% of log % must only grow', OLD.level, OLD.tile_index, OLD.log_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER merkle_tiles_only_grow BEFORE UPDATE ON merkle_tiles
  FOR EACH ROW EXECUTE FUNCTION refuse_tile_rewrite();
