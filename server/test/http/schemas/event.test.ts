import { expect, it } from 'vitest';
import type { Event, EventAttempt } from '../../../src/events/event.ts';
import { encodeEventJson } from '../../../src/http/schemas/event.ts';

const EVENT: Event = {
  id: 'event' as never,
  endpointId: 'endpoint' as never,
  status: 'failed',
  failureReason: 'gone',
  isHeld: true,
  contentType: null,
  payloadHash: new Uint8Array(32).fill(0xab),
  payloadSize: 0,
  receivedAtMs: 0,
};

const ATTEMPT: EventAttempt = {
  id: 'attempt' as never,
  eventId: 'event' as never,
  endpointId: 'endpoint' as never,
  attemptNumber: 1,
  endpointUrl: 'https://example.com/',
  attemptedAtMs: 1,
  completedAtMs: null,
  outcome: 'unknown',
  responseStatus: null,
  error: 'lease_expired',
  leafHash: null,
  leafIndex: null,
};

it('shows an event with its attempts, absent values as null', () => {
  expect(encodeEventJson(EVENT, [ATTEMPT], null)).toEqual({
    id: 'event',
    endpoint_id: 'endpoint',
    status: 'failed',
    failure_reason: 'gone',
    held: true,
    content_type: null,
    payload_hash: 'ab'.repeat(32),
    payload_size: 0,
    received_at: '1970-01-01T00:00:00.000Z',
    next_attempt_at: null,
    attempts: [
      {
        delivery_attempt_id: 'attempt',
        event_id: 'event',
        endpoint_id: 'endpoint',
        attempt_number: 1,
        endpoint_url: 'https://example.com/',
        attempted_at: '1970-01-01T00:00:00.001Z',
        completed_at: null,
        duration_ms: null,
        outcome: 'unknown',
        response_status: null,
        error: 'lease_expired',
        leaf_state: 'none',
        leaf_hash: null,
        leaf_index: null,
        proof_url: '/attestation/download-proof/attempt',
      },
    ],
  });
});

it('shows the first leaf of a log as index 0, not as absent', () => {
  const leafHash = new Uint8Array(32).fill(0x0c);
  const attempt = { ...ATTEMPT, completedAtMs: 2, leafHash, leafIndex: 0 };
  expect(encodeEventJson(EVENT, [attempt], 1_000)).toMatchObject({
    next_attempt_at: '1970-01-01T00:00:01.000Z',
    attempts: [
      { completed_at: '1970-01-01T00:00:00.002Z', leaf_hash: '0c'.repeat(32), leaf_index: 0 },
    ],
  });
});
