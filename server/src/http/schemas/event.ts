/** Events and their delivery attempts as the API shows them. @module */
import { hexFromBytes } from '@kapsel/verification';
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import type { Event, EventAttempt } from '../../events/event.ts';
import { Count, Hash, Id, nullable, Time } from './values.ts';

const EVENT_MEMBERS = {
  id: Id,
  endpoint_id: Id,
  status: Type.Enum(['received', 'pending', 'delivered', 'failed'], {
    description:
      'received: no attempt yet; pending: attempted, more to come; delivered and failed are final.',
  }),
  failure_reason: nullable(
    Type.Enum(['non_retryable', 'exhausted', 'gone', 'blocked', 'endpoint_deleted']),
  ),
  held: Type.Boolean({ description: 'Waits at a disabled endpoint until it is released.' }),
  content_type: nullable(Type.String({ examples: ['application/json'] })),
  payload_hash: Hash,
  payload_size: Count,
  received_at: Time,
};

/** An event in a list: without its attempts. */
export const EventSummary = Type.Object(EVENT_MEMBERS, { title: 'EventSummary' });
export type EventSummary = Static<typeof EventSummary>;

export const DeliveryAttempt = Type.Object(
  {
    delivery_attempt_id: Id,
    event_id: Id,
    endpoint_id: Id,
    attempt_number: Type.Integer({ minimum: 1, examples: [1] }),
    endpoint_url: Type.String({ examples: ['https://example.com/webhook'] }),
    attempted_at: Time,
    completed_at: nullable(Time),
    duration_ms: nullable(Type.Integer({ minimum: 0, examples: [120] })),
    outcome: nullable(
      Type.Enum(['delivered', 'rejected', 'failed', 'unknown'], {
        description: 'Null while the request is under way.',
      }),
    ),
    response_status: nullable(Type.Integer({ examples: [200] })),
    error: nullable(Type.String({ examples: ['timeout'] })),
    leaf_state: Type.Enum(['none', 'waiting', 'committed'], {
      description:
        'none: the attempt is under way; waiting: its leaf has no place yet; committed: it has one.',
    }),
    leaf_hash: nullable(Hash),
    leaf_index: nullable(Count),
    proof_url: Type.String({
      description: 'Where the proof package is, once the leaf is committed and a head is signed.',
      examples: ['/attestation/download-proof/01935b7c-1f2e-7a3b-8c4d-5e6f708192a3'],
    }),
  },
  { title: 'DeliveryAttempt' },
);
export type DeliveryAttempt = Static<typeof DeliveryAttempt>;

export const EventJson = Type.Object(
  {
    ...EVENT_MEMBERS,
    next_attempt_at: Type.Union([Time, Type.Null()], {
      description:
        'When the next attempt is due; null while one is under way, and when none is to come.',
      examples: ['2026-01-15T10:31:17.000Z'],
    }),
    attempts: Type.Array(DeliveryAttempt, {
      description: 'The newest attempts, at most 1,000, in the order of their numbers.',
    }),
    payload_base64: Type.Optional(
      nullable(
        Type.String({
          description: 'With `payload=true`: the body as it came, null when it is no longer kept.',
          examples: ['e30='],
        }),
      ),
    ),
  },
  { title: 'Event' },
);
export type EventJson = Static<typeof EventJson>;

export const EventQuery = Type.Object(
  {
    payload: Type.Optional(
      Type.Enum(['true', 'false'], { description: 'Whether the body is answered too.' }),
    ),
  },
  { additionalProperties: false },
);
export type EventQuery = Static<typeof EventQuery>;

/** `payload`: null for a body that is gone; left out where none was asked for. */
export function encodeEventJson(
  event: Event,
  attempts: readonly EventAttempt[],
  nextAttemptMs: number | null,
  payload?: Buffer | null,
): EventJson {
  return {
    ...encodeListedEventJson(event),
    next_attempt_at: nextAttemptMs === null ? null : timeFromMs(nextAttemptMs),
    attempts: attempts.map(encodeAttemptJson),
    ...(payload === undefined ? {} : { payload_base64: payload?.toString('base64') ?? null }),
  };
}

export function encodeListedEventJson(event: Event): EventSummary {
  return {
    id: event.id,
    endpoint_id: event.endpointId,
    status: event.status,
    failure_reason: event.failureReason,
    held: event.isHeld,
    content_type: event.contentType,
    payload_hash: hexFromBytes(event.payloadHash),
    payload_size: event.payloadSize,
    received_at: timeFromMs(event.receivedAtMs),
  };
}

export function encodeAttemptJson(attempt: EventAttempt): DeliveryAttempt {
  const { completedAtMs, attemptedAtMs, leafHash, leafIndex } = attempt;
  return {
    delivery_attempt_id: attempt.id,
    event_id: attempt.eventId,
    endpoint_id: attempt.endpointId,
    attempt_number: attempt.attemptNumber,
    endpoint_url: attempt.endpointUrl,
    attempted_at: timeFromMs(attemptedAtMs),
    completed_at: completedAtMs === null ? null : timeFromMs(completedAtMs),
    duration_ms: completedAtMs === null ? null : Math.max(0, completedAtMs - attemptedAtMs),
    outcome: attempt.outcome,
    response_status: attempt.responseStatus,
    error: attempt.error,
    leaf_state: leafIndex !== null ? 'committed' : leafHash !== null ? 'waiting' : 'none',
    leaf_hash: leafHash === null ? null : hexFromBytes(leafHash),
    leaf_index: leafIndex,
    proof_url: `/attestation/download-proof/${attempt.id}`,
  };
}
