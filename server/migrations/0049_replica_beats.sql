-- One row that servers with read replicas write twice a second. What a replica shows of it says how old its data is, also
-- when it is cut off, or follows another primary than we do: positions in the log would look the same then.
CREATE TABLE replica_beats (
  id      smallint PRIMARY KEY CHECK (id = 1),
  beat_at timestamptz NOT NULL
) WITH (fillfactor = 50);
INSERT INTO replica_beats VALUES (1, now());

GRANT SELECT, UPDATE ON replica_beats TO kapsel_worker;
GRANT SELECT ON replica_beats TO kapsel_reader;
