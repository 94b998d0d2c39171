/** Taking deliveries out of the queue under a lease: what is due, within what each endpoint and tenant may hold. @module */
import { timeFromMs } from '../base/clock.ts';
import type { DeliveryAttemptId, EndpointId, EventId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { Job, SendableJob } from './job.ts';
import { type JobRow, jobFromRow } from './job-row.ts';
import type { Lane, Room } from './shares.ts';

/** What is claimed, for how long, and within which bounds. */
export interface Claim {
  /** One for each delivery that may be taken. */
  readonly attemptIds: readonly DeliveryAttemptId[];
  readonly leaseMs: number;
  readonly nowMs: number;
  readonly room: Room;
}

export interface Claimed {
  readonly jobs: SendableJob[];
  /** As many due rows were looked at as one claim looks at: behind them there may be more. */
  readonly isClipped: boolean;
  /** More was due and within all shares than one claim takes of bytes. */
  readonly isCut: boolean;
}

interface SendableJobRow extends JobRow {
  lag_ms: number;
  content_type: string | null;
  headers: Record<string, string>;
  body: Buffer;
}

/** Due rows that one claim looks at. What cannot go now must not make each claim read all of the backlog. */
const WINDOW = 1024;
/** Bytes of bodies that one claim brings into memory; a single one may be more. */
const MAX_CLAIM_BYTES = 64 * 1024 * 1024;

// Rows of open circuits and of disabled endpoints are about to be set aside.
export const MAY_GO = `
         NOT EXISTS (SELECT 1 FROM endpoint_circuits c WHERE c.endpoint_id = w.endpoint_id AND c.state <> 'closed')
     AND NOT EXISTS (SELECT 1 FROM endpoints d WHERE d.id = w.endpoint_id AND d.disabled_at IS NOT NULL)
     AND NOT EXISTS (SELECT 1 FROM endpoint_room f WHERE f.id = w.endpoint_id AND f.room <= 0)
     AND NOT EXISTS (SELECT 1 FROM tenant_room f WHERE f.id = w.tenant_id AND f.room <= 0)`;

// Where the unproven hold all that they may together, their rows must not hide the others.
const HAS_PLACE =
  '($12::int > 0 OR w.endpoint_id IN (SELECT id FROM endpoint_room WHERE is_proven))';

const ROOMS = `
  endpoint_room AS MATERIALIZED (
    SELECT id, room, is_proven FROM unnest($6::uuid[], $7::int[], $11::boolean[]) AS row (id, room, is_proven)
  ), tenant_room AS MATERIALIZED (
    SELECT id, room FROM unnest($9::uuid[], $10::int[]) AS row (id, room)
  )`;

const JOB_COLUMNS = `
             q.event_id, q.endpoint_id, q.tenant_id, q.lease_id, q.uncounted, q.inflight_epoch, q.traceparent,
             e.max_attempts, e.max_delay_s, e.retry_statuses, e.max_per_s,
             CASE WHEN e.failing_since IS NULL THEN 'good'
                  WHEN e.disable_after_h > 0 AND e.failing_since + make_interval(hours => e.disable_after_h) <= now()
                  THEN 'overdue' ELSE 'failing' END AS health,
             w.payload_hash, w.payload_size, l.id AS log_id, l.origin AS log_origin`;

// The attempt row is part of the claim: once this statement has committed, a request that may have left can always be
// accounted for. Rows over a cap were locked for nothing and are due again for the next claim.
const TAKE = `
  ranked AS (
    SELECT d.event_id, d.tenant_id, d.run_at,
           e.failing_since IS NULL AND coalesce(r.is_proven, false) AS is_proven,
           CASE WHEN e.failing_since IS NULL THEN coalesce(r.room, least($5, e.max_per_s))
                ELSE least(r.room, $5, e.max_per_s) END AS room,
           row_number() OVER (PARTITION BY d.endpoint_id ORDER BY d.run_at) AS of_endpoint,
           row_number() OVER (PARTITION BY d.tenant_id ORDER BY d.run_at) AS of_tenant
      FROM due d
      JOIN endpoints e ON e.id = d.endpoint_id
      LEFT JOIN endpoint_room r ON r.id = d.endpoint_id
  ), within AS (
    SELECT r.event_id, r.run_at, r.is_proven,
           row_number() OVER (PARTITION BY r.is_proven ORDER BY r.of_endpoint, r.run_at) AS of_kind
      FROM ranked r
      LEFT JOIN tenant_room tr ON tr.id = r.tenant_id
     WHERE r.of_endpoint <= r.room AND r.of_tenant <= coalesce(tr.room, $8)
  ), weighed AS (
    SELECT i.event_id, i.run_at, row_number() OVER oldest AS place, sum(w.payload_size) OVER oldest AS bytes
      FROM within i
      JOIN webhook_events w ON w.id = i.event_id
     WHERE i.is_proven OR i.of_kind <= $12
    WINDOW oldest AS (ORDER BY i.run_at, i.event_id)
  ), numbered AS (
    SELECT event_id, run_at AS due_at, ($3::uuid[])[place] AS attempt_id
      FROM weighed
     WHERE place = 1 OR bytes <= $13
  ), claimed AS (
    UPDATE delivery_queue q
       SET run_at = now() + $2 * interval '1 millisecond',
           lease_id = q.lease_id + 1,
           attempts = q.attempts + 1,
           inflight_attempt_id = n.attempt_id,
           inflight_attempted_at = $4,
           inflight_epoch = coalesce((SELECT c.epoch FROM endpoint_circuits c WHERE c.endpoint_id = q.endpoint_id), 0)
      FROM numbered n
     WHERE q.event_id = n.event_id
    RETURNING q.event_id, q.endpoint_id, q.tenant_id, q.lease_id, q.attempts, q.uncounted,
              q.inflight_attempt_id, q.inflight_epoch, q.traceparent, n.due_at
  ), attempt AS (
    INSERT INTO delivery_attempts
           (id, event_id, endpoint_id, tenant_id, attempt_number, lease_id, endpoint_url, attempted_at)
    SELECT q.inflight_attempt_id, q.event_id, q.endpoint_id, q.tenant_id, q.attempts, q.lease_id, e.url, $4
      FROM claimed q
      JOIN endpoints e ON e.id = q.endpoint_id
  )
  SELECT seen.count AS seen, cut.is_cut, j.*
    FROM (SELECT count(*)::int AS count FROM looked_at) seen
   CROSS JOIN (SELECT (SELECT count(*) FROM weighed) > (SELECT count(*) FROM numbered) AS is_cut) cut
    LEFT JOIN (
      SELECT ${JOB_COLUMNS},
             q.inflight_attempt_id AS attempt_id, q.attempts AS attempt_number, e.url AS endpoint_url,
             $4::timestamptz AS attempted_at, false AS is_probe,
             extract(epoch FROM now() - q.due_at)::float8 * 1000 AS lag_ms,
             w.content_type, w.headers, p.body
        FROM claimed q
        JOIN endpoints e ON e.id = q.endpoint_id
        JOIN webhook_events w ON w.id = q.event_id
        JOIN event_payloads p ON p.event_id = q.event_id
       CROSS JOIN LATERAL log_of_tenant(q.tenant_id) l
    ) j ON true`;

// SKIP LOCKED lets workers pass each other; twice as many as are wanted are tried, so that they find other rows.
// The ARRAY stops the planner from asking the sub-select more than once.
const DUE = `
  due AS (
    SELECT event_id, endpoint_id, tenant_id, run_at
      FROM delivery_queue
     WHERE event_id = ANY(ARRAY(SELECT w.event_id FROM looked_at w WHERE ${MAY_GO} AND ${HAS_PLACE} ORDER BY w.run_at LIMIT $1 * 2))
       AND run_at <= now() AND inflight_attempt_id IS NULL
     ORDER BY run_at
     LIMIT $1
       FOR UPDATE SKIP LOCKED
  )`;

const CLAIM_FIRST = `
  WITH ${ROOMS}, looked_at AS MATERIALIZED (
    SELECT event_id, endpoint_id, tenant_id, run_at
      FROM delivery_queue
     WHERE attempts = 0 AND run_at <= now() AND inflight_attempt_id IS NULL
     ORDER BY run_at
     LIMIT ${WINDOW}
  ), ${DUE}, ${TAKE}`;

const CLAIM_AGAIN = `
  WITH ${ROOMS}, looked_at AS MATERIALIZED (
    SELECT event_id, endpoint_id, tenant_id, run_at
      FROM delivery_queue
     WHERE attempts > 0 AND run_at <= now() AND inflight_attempt_id IS NULL
     ORDER BY run_at
     LIMIT ${WINDOW}
  ), ${DUE}, ${TAKE}`;

/**
 * Takes due deliveries of a lane for `leaseMs`, the longest due first, and writes an attempt for each.
 * The lease runs by the database's clock, which all processes share.
 */
export async function claimAcrossTenants(db: Db, lane: Lane, claim: Claim): Promise<Claimed> {
  const isFirst = lane === 'first';
  const { rows } = await db.query<SendableJobRow & { seen: number; is_cut: boolean }>(
    isFirst ? CLAIM_FIRST : CLAIM_AGAIN,
    valuesOf(claim),
  );
  return {
    jobs: jobsFromRows(rows),
    isClipped: (rows[0]?.seen ?? 0) >= WINDOW,
    isCut: rows[0]?.is_cut ?? false,
  };
}

// For endpoints that were picked before: those whose turn it is, or those whose circuit was asked.
const CLAIM_OF = `
  WITH ${ROOMS}, looked_at AS MATERIALIZED (
    SELECT w.id FROM unnest($14::uuid[]) AS w (id)
     WHERE NOT EXISTS (SELECT 1 FROM endpoints d WHERE d.id = w.id AND d.disabled_at IS NOT NULL)
  ), due AS MATERIALIZED (
    SELECT q.event_id, q.endpoint_id, q.tenant_id, q.run_at
      FROM looked_at w
     CROSS JOIN LATERAL (
       SELECT event_id, endpoint_id, tenant_id, run_at
         FROM delivery_queue
        WHERE endpoint_id = w.id AND run_at <= now() AND inflight_attempt_id IS NULL
          AND (attempts > 0) = ANY($15::boolean[])
        ORDER BY run_at
        LIMIT $16
          FOR UPDATE SKIP LOCKED
     ) q
     LIMIT $1
  ), ${TAKE}`;

/** The same for some endpoints, whatever state their circuits are in; of each at most `perEndpoint`. */
export async function claimOfAcrossTenants(
  db: Db,
  endpoints: readonly EndpointId[],
  lanes: readonly Lane[],
  perEndpoint: number,
  claim: Claim,
): Promise<SendableJob[]> {
  const { rows } = await db.query<SendableJobRow>(CLAIM_OF, [
    ...valuesOf(claim),
    endpoints,
    lanes.map((lane) => lane === 'again'),
    perEndpoint,
  ]);
  return jobsFromRows(rows);
}

function valuesOf({ attemptIds, leaseMs, nowMs, room }: Claim): unknown[] {
  const most = attemptIds.length;
  const endpoints = [...room.endpoints.values()];
  // Only those that could be given too much by this claim.
  const tenants = [...room.tenants].filter(([, left]) => left < most);
  return [
    most,
    leaseMs,
    attemptIds,
    timeFromMs(nowMs),
    room.perUnproven,
    [...room.endpoints.keys()],
    endpoints.map(({ left }) => left),
    room.perTenant,
    tenants.map(([id]) => id),
    tenants.map(([, left]) => left),
    endpoints.map((each) => each.isProven),
    room.unproven,
    MAX_CLAIM_BYTES,
  ];
}

function jobsFromRows(
  rows: readonly (SendableJobRow & { event_id: EventId | null })[],
): SendableJob[] {
  return rows
    .filter((row) => row.event_id !== null)
    .map((row) => ({
      ...jobFromRow(row),
      lagMs: row.lag_ms,
      contentType: row.content_type,
      headers: row.headers,
      body: row.body,
    }));
}

// A claimed row that is due again: its worker is gone and nobody knows whether the request left.
// A row that an older server has claimed has no time: then all months are asked for the attempt.
const LOCK_EXPIRED = `
  SELECT ${JOB_COLUMNS}, a.id AS attempt_id, a.attempt_number, a.endpoint_url, a.attempted_at,
         coalesce(c.state = 'half_open' AND c.epoch = q.inflight_epoch, false) AS is_probe
    FROM delivery_queue q
    JOIN delivery_attempts a ON a.id = q.inflight_attempt_id
     AND a.attempted_at BETWEEN coalesce(q.inflight_attempted_at, '-infinity')
                            AND coalesce(q.inflight_attempted_at, 'infinity')
    JOIN endpoints e ON e.id = q.endpoint_id
    JOIN webhook_events w ON w.id = q.event_id
    LEFT JOIN endpoint_circuits c ON c.endpoint_id = q.endpoint_id
   CROSS JOIN LATERAL log_of_tenant(q.tenant_id) l
   WHERE q.attempts > 0 AND q.run_at <= now() AND q.inflight_attempt_id IS NOT NULL
   ORDER BY q.run_at
   LIMIT $1
     FOR UPDATE OF q SKIP LOCKED`;

/** Locks up to `limit` deliveries whose lease ran out. Call inside the transaction that settles them. */
export async function lockExpiredAcrossTenants(db: Db, limit: number): Promise<Job[]> {
  const { rows } = await db.query<JobRow>(LOCK_EXPIRED, [limit]);
  return rows.map(jobFromRow);
}
