/** Writes the text of a `kapsel.delivery/v1` leaf: once, when an attempt is settled, and verbatim ever after. @module */
import { hexFromBytes, leafHash, utf8FromString } from '@kapsel/verification';
import { timeFromMs } from '../base/clock.ts';
import type { DeliveryAttemptId, EndpointId, EventId } from '../base/ids.ts';

/** What was known before the request left. */
export interface AttemptFacts {
  readonly deliveryAttemptId: DeliveryAttemptId;
  readonly eventId: EventId;
  readonly endpointId: EndpointId;
  readonly endpointUrl: string;
  readonly attemptNumber: number;
  readonly payloadHash: Uint8Array;
  readonly payloadSize: number;
  readonly attemptedAtMs: number;
}

/** What became of it. `completedAtMs` is null only for `unknown`: the sender died in between. */
export interface AttemptResult {
  readonly outcome: 'delivered' | 'rejected' | 'failed' | 'unknown';
  readonly completedAtMs: number | null;
  readonly responseStatus: number | null;
  readonly responseHash: Uint8Array | null;
  readonly error: string | null;
}

export interface Leaf {
  readonly data: string;
  readonly hash: Uint8Array;
}

const MAX_LEAF_BYTES = 65_535; // the length field of an entry in tlog-tiles has 16 bits

/** The leaf of one settled attempt. Member order is part of the format. */
export function encodeDeliveryLeaf(
  origin: string,
  attempt: AttemptFacts,
  result: AttemptResult,
): Leaf {
  const data = JSON.stringify({
    type: 'kapsel.delivery/v1',
    log: origin,
    delivery_attempt_id: attempt.deliveryAttemptId,
    event_id: attempt.eventId,
    endpoint_id: attempt.endpointId,
    endpoint_url: attempt.endpointUrl,
    attempt_number: attempt.attemptNumber,
    payload_hash: hexFromBytes(attempt.payloadHash),
    payload_size: attempt.payloadSize,
    attempted_at: timeFromMs(attempt.attemptedAtMs),
    completed_at: result.completedAtMs === null ? null : timeFromMs(result.completedAtMs),
    outcome: result.outcome,
    response_status: result.responseStatus,
    response_hash: result.responseHash === null ? null : hexFromBytes(result.responseHash),
    error: result.error,
    receipt_hash: null,
    commitments: null,
  });
  const bytes = utf8FromString(data);
  if (bytes.length > MAX_LEAF_BYTES) {
    throw new RangeError(`leaf of ${bytes.length} bytes, at most ${MAX_LEAF_BYTES}`);
  }
  return { data, hash: leafHash(bytes) };
}
