/** Events and their bodies in the database. @module */
import { timeFromMs } from '../base/clock.ts';
import type { DeliveryAttemptId, EndpointId, EventId, TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';
import type { Event, EventAttempt, EventStatus, FailureReason, NewEvent } from './event.ts';

// Key, event, body and queue row in one statement: all of an accepted batch is durable, or none of it.
// Bodies travel as one bytea that is cut here: an array of buffers would travel as hex text.
// ON CONFLICT without a target: keys that are taken are passed over, and so are events that an earlier try has stored
// although its answer was lost. Whatever is not returned was there before, and gets no second queue row.
const INSERT_EVENTS = `
  WITH input AS (
    SELECT *
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[],
                  $7::int[], $8::int[], $9::timestamptz[], $10::text[])
        AS row (id, tenant_id, endpoint_id, content_type, headers, payload_hash,
                payload_size, payload_offset, received_at, key)
  ), claimed AS (
    INSERT INTO idempotency_keys (endpoint_id, key, tenant_id, event_id, body_sha256)
    SELECT endpoint_id, key, tenant_id, id, payload_hash FROM input WHERE key IS NOT NULL
        ON CONFLICT DO NOTHING
    RETURNING event_id
  ), event AS (
    INSERT INTO webhook_events
           (id, tenant_id, endpoint_id, content_type, headers, payload_hash, payload_size, received_at)
    SELECT id, tenant_id, endpoint_id, content_type, headers::jsonb, payload_hash, payload_size, received_at
      FROM input
     WHERE key IS NULL OR id IN (SELECT event_id FROM claimed)
        ON CONFLICT DO NOTHING
    RETURNING id
  ), payload AS (
    INSERT INTO event_payloads (event_id, body)
    SELECT id, substring($11::bytea FROM payload_offset + 1 FOR payload_size)
      FROM input
     WHERE id IN (SELECT id FROM event)
  ), queued AS (
    INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at)
    SELECT id, endpoint_id, tenant_id, now() FROM input WHERE id IN (SELECT id FROM event)
  )
  SELECT id FROM event`;

/** The ids that were stored now. Give rows sorted by endpoint and key: two batches then never wait for each other. */
export async function insertEventsAcrossTenants(
  db: Db,
  events: readonly NewEvent[],
): Promise<Set<EventId>> {
  let offset = 0;
  const offsets = events.map(({ body }) => {
    const start = offset;
    offset += body.length;
    return start;
  });
  const { rows } = await db.query<{ id: EventId }>(INSERT_EVENTS, [
    events.map(({ id }) => id),
    events.map(({ tenantId }) => tenantId),
    events.map(({ endpointId }) => endpointId),
    events.map(({ contentType }) => contentType),
    events.map(({ headers }) => JSON.stringify(headers)),
    events.map(({ payloadHash }) => Buffer.from(payloadHash)),
    events.map(({ body }) => body.length),
    offsets,
    events.map(({ receivedAtMs }) => timeFromMs(receivedAtMs)),
    events.map(({ idempotencyKey }) => idempotencyKey ?? null),
    Buffer.concat(events.map(({ body }) => body)),
  ]);
  return new Set(rows.map(({ id }) => id));
}

interface EventRow {
  id: EventId;
  endpoint_id: EndpointId;
  status: EventStatus;
  failure_reason: FailureReason | null;
  content_type: string | null;
  payload_hash: Buffer;
  payload_size: number;
  received_at: Date;
}

const FIND_EVENT = `
  SELECT id, endpoint_id, status, failure_reason, content_type, payload_hash, payload_size, received_at
    FROM webhook_events
   WHERE tenant_id = $1 AND id = $2`;

export async function findEvent(db: Db, tenantId: TenantId, id: EventId): Promise<Event | null> {
  const { rows } = await db.query<EventRow>(FIND_EVENT, [tenantId, id]);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    status: row.status,
    failureReason: row.failure_reason,
    contentType: row.content_type,
    payloadHash: row.payload_hash,
    payloadSize: row.payload_size,
    receivedAtMs: row.received_at.getTime(),
  };
}

interface AttemptRow {
  id: DeliveryAttemptId;
  attempt_number: number;
  endpoint_url: string;
  attempted_at: Date;
  completed_at: Date | null;
  outcome: EventAttempt['outcome'];
  response_status: number | null;
  error: string | null;
  leaf_hash: Buffer | null;
  leaf_index: string | null;
}

const LIST_ATTEMPTS = `
  SELECT a.id, a.attempt_number, a.endpoint_url, a.attempted_at, a.completed_at, a.outcome,
         a.response_status, a.error, coalesce(l.leaf_hash, p.leaf_hash) AS leaf_hash, l.leaf_index
    FROM delivery_attempts a
    LEFT JOIN merkle_leaves l ON l.delivery_attempt_id = a.id AND l.tenant_id = $1
    LEFT JOIN pending_leaves p ON p.delivery_attempt_id = a.id AND p.tenant_id = $1
   WHERE a.tenant_id = $1 AND a.event_id = $2
   ORDER BY a.attempt_number`;

export async function listAttempts(
  db: Db,
  tenantId: TenantId,
  eventId: EventId,
): Promise<EventAttempt[]> {
  const { rows } = await db.query<AttemptRow>(LIST_ATTEMPTS, [tenantId, eventId]);
  return rows.map((row) => ({
    id: row.id,
    attemptNumber: row.attempt_number,
    endpointUrl: row.endpoint_url,
    attemptedAtMs: row.attempted_at.getTime(),
    completedAtMs: row.completed_at?.getTime() ?? null,
    outcome: row.outcome,
    responseStatus: row.response_status,
    error: row.error,
    leafHash: row.leaf_hash,
    leafIndex: row.leaf_index === null ? null : integerFromRow(row.leaf_index),
  }));
}
