/** The delivery queue: claim under a lease, settle under its fence, find leases that ran out. @module */
import { insertPendingLeavesAcrossTenants } from '../attestation/pending-store.ts';
import { timeFromMs } from '../base/clock.ts';
import type { DeliveryAttemptId, EndpointId, EventId, LogId, TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import { RowFault } from '../db/errors.ts';
import type { Db } from '../db/transaction.ts';
import type { Job, SendableJob, Settlement } from './job.ts';

interface JobRow {
  event_id: EventId;
  endpoint_id: EndpointId;
  tenant_id: TenantId;
  lease_id: string;
  attempt_id: DeliveryAttemptId;
  attempt_number: number;
  endpoint_url: string;
  attempted_at: Date;
  max_attempts: number;
  payload_hash: Buffer;
  payload_size: number;
  log_id: LogId;
  log_origin: string;
}

interface SendableJobRow extends JobRow {
  content_type: string | null;
  headers: Record<string, string>;
  body: Buffer;
}

// SKIP LOCKED lets workers pass each other. The attempt row is part of the claim: once this
// statement has committed, a request that may have left can always be accounted for.
const CLAIM_DUE = `
  WITH due AS (
    SELECT event_id
      FROM delivery_queue
     WHERE run_at <= now() AND inflight_attempt_id IS NULL
     ORDER BY run_at
     LIMIT $1
       FOR UPDATE SKIP LOCKED
  ), numbered AS (
    SELECT event_id, ($3::uuid[])[row_number() OVER ()] AS attempt_id FROM due
  ), claimed AS (
    UPDATE delivery_queue q
       SET run_at = now() + $2 * interval '1 millisecond',
           lease_id = q.lease_id + 1,
           attempts = q.attempts + 1,
           inflight_attempt_id = n.attempt_id,
           inflight_attempted_at = $4
      FROM numbered n
     WHERE q.event_id = n.event_id
    RETURNING q.event_id, q.endpoint_id, q.tenant_id, q.lease_id, q.attempts, q.inflight_attempt_id
  ), attempt AS (
    INSERT INTO delivery_attempts
           (id, event_id, endpoint_id, tenant_id, attempt_number, lease_id, endpoint_url, attempted_at)
    SELECT c.inflight_attempt_id, c.event_id, c.endpoint_id, c.tenant_id, c.attempts, c.lease_id, e.url, $4
      FROM claimed c
      JOIN endpoints e ON e.id = c.endpoint_id
  ), event AS (
    UPDATE webhook_events SET status = 'pending'
     WHERE id = ANY(ARRAY(SELECT event_id FROM claimed)) AND status = 'received'
  )
  SELECT c.event_id, c.endpoint_id, c.tenant_id, c.lease_id, c.inflight_attempt_id AS attempt_id,
         c.attempts AS attempt_number, e.url AS endpoint_url, e.max_attempts,
         $4::timestamptz AS attempted_at,
         w.payload_hash, w.payload_size, w.content_type, w.headers, p.body,
         l.id AS log_id, l.origin AS log_origin
    FROM claimed c
    JOIN endpoints e ON e.id = c.endpoint_id
    JOIN webhook_events w ON w.id = c.event_id
    JOIN event_payloads p ON p.event_id = c.event_id
   CROSS JOIN LATERAL log_of_tenant(c.tenant_id) l`;

/**
 * Takes up to `attemptIds.length` due deliveries for `leaseMs` and writes an attempt for each.
 * The lease runs by the database's clock, which all processes share.
 */
export async function claimAcrossTenants(
  db: Db,
  attemptIds: readonly DeliveryAttemptId[],
  leaseMs: number,
  nowMs: number,
): Promise<SendableJob[]> {
  const { rows } = await db.query<SendableJobRow>(CLAIM_DUE, [
    attemptIds.length,
    leaseMs,
    attemptIds,
    timeFromMs(nowMs),
  ]);
  return rows.map((row) => ({
    ...jobFromRow(row),
    contentType: row.content_type,
    headers: row.headers,
    body: row.body,
  }));
}

// The fence: a worker that was thought dead holds an older lease_id and changes nothing.
// attempted_at leads to the attempts' month: the bounds $14 and $15 keep all others from being looked at.
// An attempt gets its outcome once; a second one is answered as such, and nothing of the batch may be kept.
const SETTLE = `
  WITH input AS (
    SELECT *
      FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::int[], $6::bytea[], $7::text[],
                  $8::inet[], $9::timestamptz[], $10::bigint[], $11::text[], $12::text[], $13::timestamptz[])
        AS row (event_id, lease_id, attempt_id, outcome, response_status, response_hash, error,
                peer_address, completed_at, retry_ms, status, reason, attempted_at)
  ), retried AS (
    UPDATE delivery_queue q
       SET run_at = now() + i.retry_ms * interval '1 millisecond',
           lease_id = q.lease_id + 1,
           inflight_attempt_id = NULL,
           inflight_attempted_at = NULL
      FROM input i
     WHERE q.event_id = i.event_id AND q.lease_id = i.lease_id AND i.retry_ms IS NOT NULL
    RETURNING q.event_id
  ), finished AS (
    DELETE FROM delivery_queue q
     USING input i
     WHERE q.event_id = i.event_id AND q.lease_id = i.lease_id AND i.retry_ms IS NULL
    RETURNING q.event_id
  ), won AS (
    SELECT i.* FROM input i
     WHERE i.event_id IN (SELECT event_id FROM retried UNION ALL SELECT event_id FROM finished)
  ), attempt AS (
    UPDATE delivery_attempts a
       SET outcome = w.outcome, response_status = w.response_status, response_hash = w.response_hash,
           error = w.error, peer_address = w.peer_address, completed_at = w.completed_at
      FROM won w
     WHERE a.id = w.attempt_id AND a.attempted_at = w.attempted_at
       AND a.attempted_at BETWEEN $14 AND $15 AND a.outcome IS NULL
    RETURNING a.id
  ), event AS (
    UPDATE webhook_events e
       SET status = w.status, failure_reason = w.reason
      FROM won w
     WHERE e.id = w.event_id AND w.retry_ms IS NULL
  )
  SELECT w.attempt_id, a.id IS NOT NULL AS was_open FROM won w LEFT JOIN attempt a ON a.id = w.attempt_id`;

/**
 * Writes outcomes, queue moves and pending leaves. Call inside one transaction. Answers the attempts
 * that were settled; one that is missing had lost its lease and nothing of it was written.
 * Throws a `RowFault` when one of them has an outcome already, or was never begun.
 */
export async function settleAcrossTenants(
  db: Db,
  settlements: readonly Settlement[],
): Promise<ReadonlySet<DeliveryAttemptId>> {
  if (settlements.length === 0) return new Set();
  const times = settlements.map(({ job }) => job.attemptedAtMs);
  const { rows } = await db.query<{ attempt_id: DeliveryAttemptId; was_open: boolean }>(SETTLE, [
    settlements.map(({ job }) => job.eventId),
    settlements.map(({ job }) => job.leaseId),
    settlements.map(({ job }) => job.deliveryAttemptId),
    settlements.map(({ result }) => result.outcome),
    settlements.map(({ result }) => result.responseStatus),
    settlements.map(({ result }) => result.responseHash && Buffer.from(result.responseHash)),
    settlements.map(({ result }) => result.error),
    settlements.map(({ peerAddress }) => peerAddress),
    settlements.map(({ result: { completedAtMs } }) =>
      completedAtMs === null ? null : timeFromMs(completedAtMs),
    ),
    settlements.map(({ next }) => (next.kind === 'retry' ? Math.ceil(next.delayMs) : null)),
    settlements.map(({ next }) => (next.kind === 'finish' ? next.status : null)),
    settlements.map(({ next }) => (next.kind === 'finish' ? next.reason : null)),
    times.map(timeFromMs),
    timeFromMs(Math.min(...times)),
    timeFromMs(Math.max(...times)),
  ]);
  const closed = rows.find((row) => !row.was_open);
  if (closed !== undefined) throw new RowFault(`attempt ${closed.attempt_id} is not open`);
  const won = new Set(rows.map((row) => row.attempt_id));
  await insertPendingLeavesAcrossTenants(
    db,
    settlements
      .filter(({ job }) => won.has(job.deliveryAttemptId))
      .map(({ job, leaf }) => ({
        logId: job.log.id,
        tenantId: job.tenantId,
        deliveryAttemptId: job.deliveryAttemptId,
        leaf,
      })),
  );
  return won;
}

// A claimed row that is due again: its worker is gone and nobody knows whether the request left.
// A row that an older server has claimed has no time: then all months are asked for the attempt.
const LOCK_EXPIRED = `
  SELECT q.event_id, q.endpoint_id, q.tenant_id, q.lease_id, a.id AS attempt_id, a.attempt_number,
         a.endpoint_url, a.attempted_at, e.max_attempts, w.payload_hash, w.payload_size,
         l.id AS log_id, l.origin AS log_origin
    FROM delivery_queue q
    JOIN delivery_attempts a ON a.id = q.inflight_attempt_id
     AND a.attempted_at BETWEEN coalesce(q.inflight_attempted_at, '-infinity')
                            AND coalesce(q.inflight_attempted_at, 'infinity')
    JOIN endpoints e ON e.id = q.endpoint_id
    JOIN webhook_events w ON w.id = q.event_id
   CROSS JOIN LATERAL log_of_tenant(q.tenant_id) l
   WHERE q.run_at <= now() AND q.inflight_attempt_id IS NOT NULL
   ORDER BY q.run_at
   LIMIT $1
     FOR UPDATE OF q SKIP LOCKED`;

/** Locks up to `limit` deliveries whose lease ran out. Call inside the transaction that settles them. */
export async function lockExpiredAcrossTenants(db: Db, limit: number): Promise<Job[]> {
  const { rows } = await db.query<JobRow>(LOCK_EXPIRED, [limit]);
  return rows.map(jobFromRow);
}

function jobFromRow(row: JobRow): Job {
  return {
    eventId: row.event_id,
    endpointId: row.endpoint_id,
    tenantId: row.tenant_id,
    leaseId: integerFromRow(row.lease_id),
    deliveryAttemptId: row.attempt_id,
    attemptNumber: row.attempt_number,
    endpointUrl: row.endpoint_url,
    attemptedAtMs: row.attempted_at.getTime(),
    maxAttempts: row.max_attempts,
    payloadHash: row.payload_hash,
    payloadSize: row.payload_size,
    log: { id: row.log_id, origin: row.log_origin },
  };
}
