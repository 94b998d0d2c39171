/** Queue rows that cannot go now: put off to the probe of their circuit, or held with their event until it is released. @module */
import type { EndpointId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

// The first two become due when the circuit may be probed, since it is with them that it is probed. The others are
// spread behind them, further with each opening in a row: a backlog of a destination that stays away is not written
// again every time, and does not fall on it all at once when it is back.
const PUT_OFF = `
  WITH due AS MATERIALIZED (
    SELECT q.event_id, q.run_at, c.endpoint_id, c.probe_at, c.openings
      FROM endpoint_circuits c
     CROSS JOIN LATERAL (
       SELECT event_id, run_at
         FROM delivery_queue
        WHERE endpoint_id = c.endpoint_id AND run_at <= now() AND inflight_attempt_id IS NULL
        ORDER BY run_at
        LIMIT $1
          FOR UPDATE SKIP LOCKED
     ) q
     WHERE c.state = 'open' AND c.probe_at > now()
     LIMIT $1
  ), late AS (
    SELECT event_id, probe_at, openings,
           row_number() OVER (PARTITION BY endpoint_id ORDER BY run_at) AS place
      FROM due
  )
  UPDATE delivery_queue q
     SET run_at = l.probe_at
                + CASE WHEN l.place <= 2 THEN 0 ELSE random() * least($3::float8, $2::float8 * (l.openings - 0.9)) END
                  * interval '1 millisecond'
    FROM late l
   WHERE q.event_id = l.event_id`;

/** Puts off at most `limit` due deliveries of open circuits; answers how many. */
export async function putOffAcrossTenants(
  db: Db,
  limit: number,
  openTimeoutMs: number,
  longestMs: number,
): Promise<number> {
  const { rowCount } = await db.query(PUT_OFF, [limit, openTimeoutMs, longestMs]);
  return rowCount ?? 0;
}

// The share of the endpoint's row keeps it disabled until this is committed.
const HOLD_DISABLED = `
  WITH disabled AS MATERIALIZED (
    SELECT e.id
      FROM endpoints e
     WHERE e.disabled_at IS NOT NULL
       AND EXISTS (SELECT 1 FROM delivery_queue q WHERE q.endpoint_id = e.id AND q.inflight_attempt_id IS NULL)
     LIMIT 100
       FOR SHARE OF e SKIP LOCKED
  ), waiting AS MATERIALIZED (
    SELECT q.event_id
      FROM disabled d
     CROSS JOIN LATERAL (
       SELECT event_id
         FROM delivery_queue
        WHERE endpoint_id = d.id AND inflight_attempt_id IS NULL
        LIMIT $1
          FOR UPDATE SKIP LOCKED
     ) q
     LIMIT $1
  ), taken AS (
    DELETE FROM delivery_queue q USING waiting w WHERE q.event_id = w.event_id RETURNING q.event_id
  )
  UPDATE webhook_events SET held = true WHERE id IN (SELECT event_id FROM taken)`;

/** Takes at most `limit` deliveries of disabled endpoints out of the queue; answers how many. */
export async function holdDisabledAcrossTenants(db: Db, limit: number): Promise<number> {
  const { rowCount } = await db.query(HOLD_DISABLED, [limit]);
  return rowCount ?? 0;
}

const HOLD_ONE = `
  WITH disabled AS MATERIALIZED (
    SELECT id FROM endpoints WHERE id = $2 AND disabled_at IS NOT NULL FOR SHARE
  ), taken AS (
    DELETE FROM delivery_queue
     WHERE event_id = ANY(ARRAY(
             SELECT event_id
               FROM delivery_queue
              WHERE endpoint_id IN (SELECT id FROM disabled) AND inflight_attempt_id IS NULL
              LIMIT $1
                FOR UPDATE))
    RETURNING event_id
  )
  UPDATE webhook_events SET held = true WHERE id IN (SELECT event_id FROM taken)`;

/** The same for one endpoint; waits for rows that others have locked. */
export async function holdOneDisabledAcrossTenants(
  db: Db,
  endpointId: EndpointId,
  limit: number,
): Promise<number> {
  const { rowCount } = await db.query(HOLD_ONE, [limit, endpointId]);
  return rowCount ?? 0;
}

// Attempt numbers go on where they ended, and so do leases: an old settlement must not fit a new row.
// An event whose body is gone stays where it is. One server at a time releases an endpoint: what one has passed by,
// because another held it, would stay behind when that one fails.
const RELEASE_HELD = `
  WITH endpoint AS MATERIALIZED (
    SELECT id, release_from
      FROM endpoints
     WHERE release_from IS NOT NULL AND disabled_at IS NULL
     LIMIT 1
       FOR NO KEY UPDATE SKIP LOCKED
  ), picked AS MATERIALIZED (
    SELECT w.id, w.endpoint_id, w.tenant_id
      FROM endpoint e
     CROSS JOIN LATERAL (
       SELECT id, endpoint_id, tenant_id
         FROM webhook_events
        WHERE endpoint_id = e.id AND held AND received_at >= e.release_from
          AND EXISTS (SELECT 1 FROM event_payloads p WHERE p.event_id = webhook_events.id)
        ORDER BY id
        LIMIT $1
          FOR NO KEY UPDATE SKIP LOCKED
     ) w
  ), freed AS (
    UPDATE webhook_events SET held = false WHERE id IN (SELECT id FROM picked)
  ), queued AS (
    INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at, attempts, uncounted, lease_id)
    SELECT p.id, p.endpoint_id, p.tenant_id, now(), n.attempts, n.attempts, n.lease_id
      FROM picked p
     CROSS JOIN LATERAL (
       SELECT coalesce(max(attempt_number), 0) AS attempts, coalesce(max(lease_id) + 1, 0) AS lease_id
         FROM delivery_attempts
        WHERE event_id = p.id
     ) n
        ON CONFLICT DO NOTHING
  )
  SELECT e.id, (SELECT count(*)::int FROM picked) AS count FROM endpoint e`;

const END_RELEASE = `
  UPDATE endpoints SET release_from = NULL WHERE id = $1`;

/**
 * Queues at most `limit` held events of one endpoint that is being released, each with its whole budget. Answers how
 * many, or null when there was no such endpoint. Call inside a transaction.
 */
export async function releaseHeldAcrossTenants(db: Db, limit: number): Promise<number | null> {
  const { rows } = await db.query<{ id: EndpointId; count: number }>(RELEASE_HELD, [limit]);
  const row = rows[0];
  if (row === undefined) return null;
  if (row.count < limit) await db.query(END_RELEASE, [row.id]);
  return row.count;
}
