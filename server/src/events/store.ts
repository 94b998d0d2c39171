/** Events and their bodies in the database. @module */
import { timeFromMs } from '../base/clock.ts';
import type { DeliveryAttemptId, EndpointId, EventId, TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';
import type { Event, EventAttempt, EventStatus, FailureReason, NewEvent } from './event.ts';

// Key, event, body and queue row in one statement: all of an accepted batch is durable, or none of it.
// Bodies travel as one bytea that is cut here: an array of buffers would travel as hex text.
// ON CONFLICT without a target: keys that are taken are passed over, and so are events that an earlier try has stored
// although its answer was lost. Whatever is not returned was there before, and gets no second queue row.
// Events for a disabled endpoint are held: they get no queue row. The share of the endpoint's row makes its enabling
// wait for this commit; an enabling that comes first is seen, since a locked row is read again.
const INSERT_EVENTS = `
  WITH input AS (
    SELECT *
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[],
                  $7::int[], $8::int[], $9::timestamptz[], $10::text[], $12::text[])
        AS row (id, tenant_id, endpoint_id, content_type, headers, payload_hash,
                payload_size, payload_offset, received_at, key, traceparent)
  ), stopped AS MATERIALIZED (
    SELECT id FROM endpoints WHERE id = ANY($3::uuid[]) AND disabled_at IS NOT NULL FOR SHARE
  ), claimed AS (
    INSERT INTO idempotency_keys (endpoint_id, key, tenant_id, event_id, body_sha256)
    SELECT endpoint_id, key, tenant_id, id, payload_hash FROM input WHERE key IS NOT NULL
        ON CONFLICT DO NOTHING
    RETURNING event_id
  ), event AS (
    INSERT INTO webhook_events
           (id, tenant_id, endpoint_id, content_type, headers, payload_hash, payload_size, received_at, held)
    SELECT id, tenant_id, endpoint_id, content_type, headers::jsonb, payload_hash, payload_size, received_at,
           endpoint_id IN (SELECT id FROM stopped)
      FROM input
     WHERE key IS NULL OR id IN (SELECT event_id FROM claimed)
        ON CONFLICT DO NOTHING
    RETURNING id, held
  ), payload AS (
    INSERT INTO event_payloads (event_id, body)
    SELECT id, substring($11::bytea FROM payload_offset + 1 FOR payload_size)
      FROM input
     WHERE id IN (SELECT id FROM event)
  ), queued AS (
    INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at, traceparent)
    SELECT id, endpoint_id, tenant_id, now(), traceparent FROM input
     WHERE id IN (SELECT id FROM event WHERE NOT held)
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
  const { rows } = await db.query<{ id: EventId }>(
    prepared(INSERT_EVENTS, [
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
      events.map(({ traceparent }) => traceparent ?? null),
    ]),
  );
  return new Set(rows.map(({ id }) => id));
}

interface EventRow {
  id: EventId;
  endpoint_id: EndpointId;
  status: EventStatus;
  failure_reason: FailureReason | null;
  held: boolean;
  content_type: string | null;
  payload_hash: Buffer;
  payload_size: number;
  received_at: Date;
}

// `pending` is written with the first outcome; while the first attempt is on its way the queue knows of it.
const COLUMNS = `
         w.id, w.endpoint_id, w.failure_reason, w.held, w.content_type, w.payload_hash, w.payload_size, w.received_at,
         CASE WHEN w.status = 'received'
                   AND EXISTS (SELECT 1 FROM delivery_queue q WHERE q.event_id = w.id AND q.attempts > 0)
              THEN 'pending' ELSE w.status END AS status
    FROM webhook_events w`;

const FIND_EVENT = `
  SELECT ${COLUMNS}
   WHERE w.tenant_id = $1 AND w.id = $2`;

export async function findEvent(db: Db, tenantId: TenantId, id: EventId): Promise<Event | null> {
  const { rows } = await db.query<EventRow>(FIND_EVENT, [tenantId, id]);
  return rows[0] === undefined ? null : eventFromRow(rows[0]);
}

// No row is a delivery that is over; an attempt that is under way has no next one yet.
const FIND_NEXT_ATTEMPT = `
  SELECT run_at
    FROM delivery_queue
   WHERE tenant_id = $1 AND event_id = $2 AND inflight_attempt_id IS NULL`;

/** When the next attempt is due, or null. */
export async function findNextAttemptMs(
  db: Db,
  tenantId: TenantId,
  id: EventId,
): Promise<number | null> {
  const { rows } = await db.query<{ run_at: Date }>(FIND_NEXT_ATTEMPT, [tenantId, id]);
  return rows[0]?.run_at.getTime() ?? null;
}

/** What a list of events is narrowed to; null members narrow nothing. */
export interface EventFilter {
  readonly status: EventStatus | null;
  readonly endpointId: EndpointId | null;
  readonly held: boolean | null;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
}

// Plain conditions: each call is planned with its values, so those of failed and held events find their small indexes.
const MATCHING = `
     w.tenant_id = $1
     AND ($2::text IS NULL OR w.status = $2)
     AND ($3::uuid IS NULL OR w.endpoint_id = $3)
     AND ($4::boolean IS NULL OR w.held = $4)
     AND ($5::timestamptz IS NULL OR w.received_at >= $5)
     AND ($6::timestamptz IS NULL OR w.received_at < $6)`;

const LIST_EVENTS = `
  SELECT ${COLUMNS}
   WHERE ${MATCHING}
     AND ($7::uuid IS NULL OR w.id < $7)
   ORDER BY w.id DESC
   LIMIT $8 OFFSET $9`;

/** Newest first: ids are UUIDv7, so their order is the order of arrival. `before` is the last id of the page before. */
export async function listEvents(
  db: Db,
  tenantId: TenantId,
  filter: EventFilter,
  page: { readonly before: EventId | null; readonly offset: number; readonly limit: number },
): Promise<Event[]> {
  const { before, offset, limit } = page;
  const { rows } = await db.query<EventRow>(LIST_EVENTS, [
    tenantId,
    ...valuesOf(filter),
    before,
    limit,
    offset,
  ]);
  return rows.map(eventFromRow);
}

const COUNT_EVENTS = `
  SELECT count(*)::int AS count
    FROM (SELECT 1 FROM webhook_events w WHERE ${MATCHING} LIMIT $7) AS counted`;

/** How many there are, counted up to `most`. */
export async function countEvents(
  db: Db,
  tenantId: TenantId,
  filter: EventFilter,
  most: number,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(COUNT_EVENTS, [
    tenantId,
    ...valuesOf(filter),
    most,
  ]);
  return rows[0]?.count ?? 0;
}

function valuesOf({ status, endpointId, held, sinceMs, untilMs }: EventFilter): unknown[] {
  const time = (ms: number | null): string | null => (ms === null ? null : timeFromMs(ms));
  return [status, endpointId, held, time(sinceMs), time(untilMs)];
}

function eventFromRow(row: EventRow): Event {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    status: row.status,
    failureReason: row.failure_reason,
    isHeld: row.held,
    contentType: row.content_type,
    payloadHash: row.payload_hash,
    payloadSize: row.payload_size,
    receivedAtMs: row.received_at.getTime(),
  };
}

interface AttemptRow {
  id: DeliveryAttemptId;
  endpoint_id: EndpointId;
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
  SELECT a.id, a.endpoint_id, a.attempt_number, a.endpoint_url, a.attempted_at, a.completed_at, a.outcome,
         a.response_status, a.error, coalesce(l.leaf_hash, p.leaf_hash) AS leaf_hash, l.leaf_index
    FROM delivery_attempts a
    LEFT JOIN merkle_leaves l ON l.delivery_attempt_id = a.id AND l.tenant_id = $1
    LEFT JOIN pending_leaves p ON p.delivery_attempt_id = a.id AND p.tenant_id = $1
   WHERE a.tenant_id = $1 AND a.event_id = $2
   ORDER BY a.attempt_number DESC
   LIMIT $3`;

/** An event that is sent again and again by request has no bound of attempts: so many of the newest are shown. */
const MAX_ATTEMPTS_SHOWN = 1_000;

export async function listAttempts(
  db: Db,
  tenantId: TenantId,
  eventId: EventId,
): Promise<EventAttempt[]> {
  const { rows } = await db.query<AttemptRow>(LIST_ATTEMPTS, [
    tenantId,
    eventId,
    MAX_ATTEMPTS_SHOWN,
  ]);
  return rows.reverse().map((row) => ({
    id: row.id,
    eventId,
    endpointId: row.endpoint_id,
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
