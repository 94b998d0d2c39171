-- Tree heads on their way into the Bitcoin chain (OpenTimestamps). What was stamped is note, byte for byte: it is never
-- made again, since another signature over the same head is another note.
-- ots follows from note, nonce and the answers of the calendars, and is made anew in the transaction that stores one.
-- next_check: when the next calendar or header is to be asked; null: nothing more is to be done.
CREATE TABLE anchors (
  log_id        uuid NOT NULL REFERENCES logs (id),
  tree_size     bigint NOT NULL CHECK (tree_size >= 1),
  sth_id        uuid NOT NULL REFERENCES signed_tree_heads (id),
  note          bytea NOT NULL CHECK (octet_length(note) BETWEEN 1 AND 65536),
  nonce         bytea NOT NULL CHECK (octet_length(nonce) = 16),
  ots           bytea CHECK (octet_length(ots) <= 1048576),
  status        text NOT NULL DEFAULT 'new'
                CHECK (status IN ('new', 'pending', 'header_not_given', 'confirmed', 'mismatch')),
  block_height  bigint CHECK (block_height >= 0),
  block_header  bytea CHECK (octet_length(block_header) = 80),
  header_source text,
  version       integer NOT NULL DEFAULT 0,
  next_check    timestamptz,
  lease_until   timestamptz,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (log_id, tree_size),
  CHECK ((status = 'confirmed') = (block_height IS NOT NULL)),
  CHECK ((block_height IS NULL) = (block_header IS NULL)),
  CHECK ((block_height IS NULL) = (header_source IS NULL)),
  CHECK ((status = 'new') = (ots IS NULL))
);

CREATE INDEX idx_anchors_next_check ON anchors (next_check) WHERE next_check IS NOT NULL;
-- For the anchor that a package comes with: of those that stand alike, the smallest tree above a leaf.
CREATE INDEX idx_anchors_status ON anchors (log_id, status, tree_size);
CREATE INDEX idx_anchors_waiting ON anchors (created_at) WHERE status IN ('new', 'pending', 'mismatch');

-- What each calendar answered for an anchor, as it came, and where the path of which commitment is asked for. state: new (not stamped there yet), pending (no path into a block
-- that is known to be right), complete (a path whose header was checked), refused (its last path leads to no block).
CREATE TABLE anchor_calendars (
  log_id         uuid NOT NULL,
  tree_size      bigint NOT NULL,
  calendar_url   text NOT NULL CHECK (length(calendar_url) BETWEEN 1 AND 1000),
  stamp_answer   bytea CHECK (octet_length(stamp_answer) BETWEEN 1 AND 10000),
  path_origin    text,
  commitment     bytea CHECK (octet_length(commitment) BETWEEN 1 AND 4096),
  upgrade_answer bytea CHECK (octet_length(upgrade_answer) BETWEEN 1 AND 10000),
  state          text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'pending', 'complete', 'refused')),
  attempts       integer NOT NULL DEFAULT 0,
  next_check     timestamptz,
  rechecked_at   timestamptz,
  last_error     text CHECK (length(last_error) <= 200),
  created_at     timestamptz NOT NULL,
  PRIMARY KEY (log_id, tree_size, calendar_url),
  FOREIGN KEY (log_id, tree_size) REFERENCES anchors (log_id, tree_size),
  CHECK ((state = 'new') = (stamp_answer IS NULL)),
  CHECK ((stamp_answer IS NULL) = (path_origin IS NULL)),
  CHECK ((stamp_answer IS NULL) = (commitment IS NULL)),
  CHECK (state <> 'complete' OR upgrade_answer IS NOT NULL),
  CHECK (state <> 'refused' OR upgrade_answer IS NULL)
);
