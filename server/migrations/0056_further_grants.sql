-- Anchors are public of a log, as its heads are; upkeep alone makes and moves them.
GRANT SELECT ON anchors, anchor_calendars TO kapsel_worker, kapsel_reader;
GRANT INSERT, UPDATE ON anchors, anchor_calendars TO kapsel_worker;

-- Whoever finds out who calls writes down that the key is in use.
GRANT SELECT (id, last_used_at), UPDATE (last_used_at) ON api_keys TO kapsel_ingest, kapsel_reader;

SELECT build_tenant_wall('replays');
GRANT SELECT, INSERT, UPDATE, DELETE ON replays TO kapsel_api;
