-- How far the tiles of a log were copied to a folder or an object store. Copying again does no harm.
CREATE TABLE tile_exports (
  log_id      uuid NOT NULL REFERENCES logs (id),
  sink        text NOT NULL,
  tree_size   bigint NOT NULL CHECK (tree_size >= 0),
  exported_at timestamptz NOT NULL,
  PRIMARY KEY (log_id, sink)
);
