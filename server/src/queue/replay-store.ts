/** Events back into the queue by their tenant's wish. @module */
import type { EventId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

// The queue's row before the event's: the order in which settlements take them.
const LOCK_QUEUED = `
  SELECT inflight_attempt_id IS NOT NULL AS in_flight
    FROM delivery_queue
   WHERE tenant_id = $1 AND event_id = $2
     FOR UPDATE`;

/** Null when the event does not wait in the queue. Call inside a transaction. */
export async function lockQueued(
  db: Db,
  tenantId: TenantId,
  eventId: EventId,
): Promise<{ readonly isInFlight: boolean } | null> {
  const { rows } = await db.query<{ in_flight: boolean }>(LOCK_QUEUED, [tenantId, eventId]);
  return rows[0] === undefined ? null : { isInFlight: rows[0].in_flight };
}

const LOCK_EVENT = `
  SELECT w.held, e.disabled_at IS NOT NULL AS disabled,
         EXISTS (SELECT 1 FROM event_payloads p WHERE p.event_id = w.id) AS has_payload
    FROM webhook_events w
    JOIN endpoints e ON e.id = w.endpoint_id
   WHERE w.tenant_id = $1 AND w.id = $2 AND e.deleted_at IS NULL
     FOR NO KEY UPDATE OF w
     FOR SHARE OF e`;

export interface LockedEvent {
  readonly isHeld: boolean;
  readonly isEndpointDisabled: boolean;
  readonly hasPayload: boolean;
}

/** Null when there is no such event, or its endpoint was deleted. The endpoint stays as it is until the end of the transaction. */
export async function lockEvent(
  db: Db,
  tenantId: TenantId,
  eventId: EventId,
): Promise<LockedEvent | null> {
  const { rows } = await db.query<{ held: boolean; disabled: boolean; has_payload: boolean }>(
    LOCK_EVENT,
    [tenantId, eventId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { isHeld: row.held, isEndpointDisabled: row.disabled, hasPayload: row.has_payload };
}

const HURRY = `
  UPDATE delivery_queue SET run_at = now(), uncounted = attempts
   WHERE tenant_id = $1 AND event_id = $2 AND inflight_attempt_id IS NULL`;

/** A delivery that waits in the queue is due now, with its whole budget. */
export async function hurryQueued(db: Db, tenantId: TenantId, eventId: EventId): Promise<void> {
  await db.query(HURRY, [tenantId, eventId]);
}

// Numbers and leases go on where they ended: an attempt number is never used twice, and an old settlement fits no new row.
// Somebody else may have queued it since this transaction looked: then it is queued, as was wanted.
const QUEUE_AGAIN = `
  INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at, attempts, uncounted, lease_id)
  SELECT w.id, w.endpoint_id, w.tenant_id, now(), n.attempts, n.attempts, n.lease_id
    FROM webhook_events w
   CROSS JOIN LATERAL (
     SELECT coalesce(max(attempt_number), 0) AS attempts, coalesce(max(lease_id) + 1, 0) AS lease_id
       FROM delivery_attempts
      WHERE event_id = w.id
   ) n
   WHERE w.tenant_id = $1 AND w.id = $2
      ON CONFLICT DO NOTHING`;

export async function queueAgain(db: Db, tenantId: TenantId, eventId: EventId): Promise<void> {
  await db.query(QUEUE_AGAIN, [tenantId, eventId]);
}

const REOPEN_EVENT = `
  UPDATE webhook_events
     SET held = $3, failure_reason = NULL, status = CASE status WHEN 'received' THEN status ELSE 'pending' END
   WHERE tenant_id = $1 AND id = $2`;

export async function reopenEvent(
  db: Db,
  tenantId: TenantId,
  eventId: EventId,
  isHeld: boolean,
): Promise<void> {
  await db.query(REOPEN_EVENT, [tenantId, eventId, isHeld]);
}
