-- The upper inner nodes of full tiles, joined once when a tile becomes full: 30 hashes, from those over 16 leaves up to
-- those over 128. A proof reads them and 16 hashes instead of all 256. Tiles from before have none; they are joined anew
-- when a proof needs them, as all were before.
ALTER TABLE merkle_tiles ADD COLUMN upper_nodes bytea;
ALTER TABLE merkle_tiles ADD CONSTRAINT merkle_tiles_upper_nodes_check
  CHECK (upper_nodes IS NULL OR (width = 256 AND octet_length(upper_nodes) = 960));
-- Random bytes do not compress. The hashes are the longer half and lie outside of the row; these fit in it.
ALTER TABLE merkle_tiles ALTER COLUMN upper_nodes SET STORAGE EXTERNAL;

-- A tile still only grows. The upper nodes of a full one may be added later, and never be changed.
CREATE OR REPLACE FUNCTION refuse_tile_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.width = OLD.width AND NEW.hashes = OLD.hashes AND OLD.upper_nodes IS NULL AND NEW.upper_nodes IS NOT NULL THEN
    RETURN NEW;
  END IF;
  IF NEW.width <= OLD.width OR substring(NEW.hashes FROM 1 FOR octet_length(OLD.hashes)) <> OLD.hashes THEN
    RAISE EXCEPTION 'tile %/% of log % must only grow', OLD.level, OLD.tile_index, OLD.log_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
