/** Settling deliveries under the fence of their lease: outcome, queue and waiting leaf in one statement each. @module */
import { insertPendingLeavesAcrossTenants } from '../attestation/pending-store.ts';
import { timeFromMs } from '../base/clock.ts';
import type { DeliveryAttemptId } from '../base/ids.ts';
import { RowFault } from '../db/errors.ts';
import type { Db } from '../db/transaction.ts';
import type { Settlement } from './job.ts';

// The fence: a worker that was thought dead holds an older lease_id and changes nothing.
// attempted_at leads to the attempts' month: the bounds $14 and $15 keep all others from being looked at.
// An attempt gets its outcome once; a second one is answered as such, and nothing of the batch may be kept.
const SETTLE = `
  WITH input AS (
    SELECT *
      FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::int[], $6::bytea[], $7::text[],
                  $8::inet[], $9::timestamptz[], $10::bigint[], $11::text[], $12::text[], $13::timestamptz[], $16::int[])
        AS row (event_id, lease_id, attempt_id, outcome, response_status, response_hash, error,
                peer_address, completed_at, retry_ms, status, reason, attempted_at, uncounted)
  ), retried AS (
    UPDATE delivery_queue q
       SET run_at = now() + i.retry_ms * interval '1 millisecond',
           lease_id = q.lease_id + 1,
           inflight_attempt_id = NULL,
           inflight_attempted_at = NULL,
           inflight_epoch = NULL,
           uncounted = q.uncounted + i.uncounted
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
       SET status = coalesce(w.status, 'pending'), failure_reason = w.reason
      FROM won w
     WHERE e.id = w.event_id AND (w.retry_ms IS NULL OR e.status = 'received')
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
    settlements.map(({ next }) => (next.kind === 'retry' && !next.counts ? 1 : 0)),
  ]);
  const closed = rows.find((row) => !row.was_open);
  if (closed !== undefined) throw new RowFault(`attempt ${closed.attempt_id} is not open`);
  const won = new Set(rows.map((row) => row.attempt_id));
  await insertPendingLeavesAcrossTenants(
    db,
    settlements
      .filter(({ job }) => won.has(job.deliveryAttemptId))
      .map(({ job, leaf, traceparent }) => ({
        logId: job.log.id,
        tenantId: job.tenantId,
        deliveryAttemptId: job.deliveryAttemptId,
        leaf,
        traceparent: traceparent ?? job.traceparent,
      })),
  );
  return won;
}
