/** Events and their delivery attempts as the API shows them. @module */
import { hexFromBytes } from '@kapsel/verification';
import { timeFromMs } from '../../base/clock.ts';
import type { Event, EventAttempt } from '../../events/event.ts';

export function encodeEventJson(event: Event, attempts: readonly EventAttempt[]): object {
  return { ...encodeListedEventJson(event), attempts: attempts.map(encodeAttemptJson) };
}

/** An event in a list: without its attempts. */
export function encodeListedEventJson(event: Event): object {
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

function encodeAttemptJson(attempt: EventAttempt): object {
  return {
    delivery_attempt_id: attempt.id,
    attempt_number: attempt.attemptNumber,
    endpoint_url: attempt.endpointUrl,
    attempted_at: timeFromMs(attempt.attemptedAtMs),
    completed_at: attempt.completedAtMs === null ? null : timeFromMs(attempt.completedAtMs),
    outcome: attempt.outcome,
    response_status: attempt.responseStatus,
    error: attempt.error,
    leaf_hash: attempt.leafHash === null ? null : hexFromBytes(attempt.leafHash),
    leaf_index: attempt.leafIndex,
    proof_url: `/attestation/download-proof/${attempt.id}`,
  };
}
