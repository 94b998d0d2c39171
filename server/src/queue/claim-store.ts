/** Taking deliveries out of the queue under a lease: what is due, within what each endpoint and tenant may hold. @module */
import { timeFromMs } from '../base/clock.ts';
import type { DeliveryAttemptId, EndpointId, EventId, TenantId } from '../base/ids.ts';
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
}

interface SendableJobRow extends JobRow {
  lag_ms: number;
  content_type: string | null;
  headers: Record<string, string>;
  body: Buffer;
}

/** Due rows that one claim looks at. What cannot go now must not make each claim read all of the backlog. */
const WINDOW = 1024;

// Rows of open circuits and of disabled endpoints are about to be set aside.
const MAY_GO = `
         NOT EXISTS (SELECT 1 FROM endpoint_circuits c WHERE c.endpoint_id = w.endpoint_id AND c.state <> 'closed')
     AND NOT EXISTS (SELECT 1 FROM endpoints d WHERE d.id = w.endpoint_id AND d.disabled_at IS NOT NULL)
     AND NOT EXISTS (SELECT 1 FROM endpoint_room f WHERE f.id = w.endpoint_id AND f.room <= 0)
     AND NOT EXISTS (SELECT 1 FROM tenant_room f WHERE f.id = w.tenant_id AND f.room <= 0)`;

const ROOMS = `
  endpoint_room AS MATERIALIZED (
    SELECT id, room FROM unnest($6::uuid[], $7::int[]) AS row (id, room)
  ), tenant_room AS MATERIALIZED (
    SELECT id, room FROM unnest($9::uuid[], $10::int[]) AS row (id, room)
  )`;

const JOB_COLUMNS = `
             q.event_id, q.endpoint_id, q.tenant_id, q.lease_id, q.uncounted, q.inflight_epoch, q.traceparent,
             e.max_attempts, e.max_delay_s, e.retry_statuses,
             CASE WHEN e.failing_since IS NULL THEN 'good'
                  WHEN e.disable_after_h > 0 AND e.failing_since + make_interval(hours => e.disable_after_h) <= now()
                  THEN 'overdue' ELSE 'failing' END AS health,
             w.payload_hash, w.payload_size, l.id AS log_id, l.origin AS log_origin`;

// The attempt row is part of the claim: once this statement has committed, a request that may have left can always be
// accounted for. Rows over a cap were locked for nothing and are due again for the next claim.
const TAKE = `
  ranked AS (
    SELECT event_id, endpoint_id, tenant_id, run_at,
           row_number() OVER (PARTITION BY endpoint_id ORDER BY run_at) AS of_endpoint,
           row_number() OVER (PARTITION BY tenant_id ORDER BY run_at) AS of_tenant
      FROM due
  ), numbered AS (
    SELECT r.event_id, r.run_at AS due_at, ($3::uuid[])[row_number() OVER ()] AS attempt_id
      FROM ranked r
      LEFT JOIN endpoint_room er ON er.id = r.endpoint_id
      LEFT JOIN tenant_room tr ON tr.id = r.tenant_id
      JOIN endpoints e ON e.id = r.endpoint_id
     WHERE r.of_endpoint <= coalesce(er.room, CASE WHEN e.failing_since IS NULL THEN $5 ELSE greatest(1, $5 / 8) END)
       AND r.of_tenant <= coalesce(tr.room, $8)
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
  SELECT seen.count AS seen, j.*
    FROM (SELECT count(*)::int AS count FROM looked_at) seen
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
     WHERE event_id = ANY(ARRAY(SELECT w.event_id FROM looked_at w WHERE ${MAY_GO} ORDER BY w.run_at LIMIT $1 * 2))
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
  const { rows } = await db.query<SendableJobRow & { seen: number }>(
    isFirst ? CLAIM_FIRST : CLAIM_AGAIN,
    valuesOf(claim),
  );
  return { jobs: jobsFromRows(rows), isClipped: (rows[0]?.seen ?? 0) >= WINDOW };
}

// For endpoints that were picked before: those whose turn it is, or those whose circuit was asked.
const CLAIM_OF = `
  WITH ${ROOMS}, looked_at AS MATERIALIZED (
    SELECT w.id FROM unnest($11::uuid[]) AS w (id)
     WHERE NOT EXISTS (SELECT 1 FROM endpoints d WHERE d.id = w.id AND d.disabled_at IS NOT NULL)
  ), due AS MATERIALIZED (
    SELECT q.event_id, q.endpoint_id, q.tenant_id, q.run_at
      FROM looked_at w
     CROSS JOIN LATERAL (
       SELECT event_id, endpoint_id, tenant_id, run_at
         FROM delivery_queue
        WHERE endpoint_id = w.id AND run_at <= now() AND inflight_attempt_id IS NULL
          AND (attempts > 0) = ANY($12::boolean[])
        ORDER BY run_at
        LIMIT $13
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
  // Only those that could be given too much by this claim.
  const endpoints = [...room.endpoints].filter(([, left]) => left < most);
  const tenants = [...room.tenants].filter(([, left]) => left < most);
  return [
    most,
    leaseMs,
    attemptIds,
    timeFromMs(nowMs),
    room.perEndpoint,
    endpoints.map(([id]) => id),
    endpoints.map(([, left]) => left),
    room.perTenant,
    tenants.map(([id]) => id),
    tenants.map(([, left]) => left),
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

export interface Turn {
  readonly endpoints: readonly EndpointId[];
  /** Where the next turn begins, or null when this one came to the end. */
  readonly next: EndpointId | null;
}

// From one endpoint that has rows to the next, by one step in the index each.
const LIST_WAITING = `
  WITH RECURSIVE endpoint_room AS MATERIALIZED (
    SELECT id, 0 AS room FROM unnest($4::uuid[]) AS id
  ), tenant_room AS MATERIALIZED (
    SELECT id, 0 AS room FROM unnest($5::uuid[]) AS id
  ), turn AS (
    SELECT (SELECT endpoint_id FROM delivery_queue WHERE endpoint_id > $1 ORDER BY endpoint_id LIMIT 1) AS endpoint_id, 1 AS step
    UNION ALL
    SELECT (SELECT q.endpoint_id FROM delivery_queue q WHERE q.endpoint_id > t.endpoint_id ORDER BY q.endpoint_id LIMIT 1), t.step + 1
      FROM turn t
     WHERE t.endpoint_id IS NOT NULL AND t.step < $2
  ), w AS (
    SELECT t.endpoint_id, t.step, e.tenant_id FROM turn t JOIN endpoints e ON e.id = t.endpoint_id
  )
  SELECT w.endpoint_id,
         ${MAY_GO}
         AND EXISTS (SELECT 1 FROM delivery_queue q
                      WHERE q.endpoint_id = w.endpoint_id AND q.run_at <= now() AND q.inflight_attempt_id IS NULL
                        AND (q.attempts > 0) = $3) AS is_due
    FROM w
   ORDER BY w.step`;

/** Which of the next `steps` endpoints after `after` have due deliveries of a lane, and may hold more. */
export async function listWaitingAcrossTenants(
  db: Db,
  lane: Lane,
  room: Room,
  after: EndpointId | null,
  steps: number,
): Promise<Turn> {
  const full = <Id extends EndpointId | TenantId>(rooms: ReadonlyMap<Id, number>): Id[] =>
    [...rooms].filter(([, left]) => left <= 0).map(([id]) => id);
  const { rows } = await db.query<{ endpoint_id: EndpointId; is_due: boolean }>(LIST_WAITING, [
    after ?? '00000000-0000-0000-0000-000000000000',
    steps,
    lane === 'again',
    full(room.endpoints),
    full(room.tenants),
  ]);
  return {
    endpoints: rows.filter((row) => row.is_due).map((row) => row.endpoint_id),
    next: rows.length < steps ? null : (rows.at(-1)?.endpoint_id ?? null),
  };
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
