/** The delivery leaf: its exact text becomes a typed leaf, or is refused. Proof format, `kapsel.delivery/v1`. @module */
import type { Commitments } from './commitments.ts';
import { readCommitments } from './commitments.ts';
import type { JsonValue } from './json.ts';
import { orNull, readLeafText, readTime, refusedMember } from './leaf-text.ts';
import { Members } from './members.ts';
import { isOrigin, ORIGIN_RULE } from './origin.ts';

const DELIVERY_TYPE = 'kapsel.delivery/v1';
const DELIVERY_MEMBERS: readonly string[] = [
  'type',
  'log',
  'delivery_attempt_id',
  'event_id',
  'endpoint_id',
  'endpoint_url',
  'attempt_number',
  'payload_hash',
  'payload_size',
  'attempted_at',
  'completed_at',
  'outcome',
  'response_status',
  'response_hash',
  'error',
  'receipt_hash',
  'commitments',
];

/** 2xx; another status; no status at all; the sender died before it knew. */
export type Outcome = 'delivered' | 'rejected' | 'failed' | 'unknown';

/** What the log says about one delivery attempt. Hashes are lower-case hex, times RFC 3339 with milliseconds. */
export interface DeliveryLeaf {
  readonly type: typeof DELIVERY_TYPE;
  readonly log: string;
  readonly deliveryAttemptId: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly endpointUrl: string;
  readonly attemptNumber: number;
  readonly payloadHash: string;
  readonly payloadSize: number;
  readonly attemptedAt: string;
  readonly attemptedAtMs: number;
  readonly completedAt: string | null;
  readonly outcome: Outcome;
  readonly responseStatus: number | null;
  readonly responseHash: string | null;
  readonly error: string | null;
  readonly receiptHash: string | null;
  readonly commitments: Commitments | null;
}

/**
 * Reads the exact text of a delivery leaf. Throws `E_TOO_LARGE`, `E_VERSION` (a later version of the type) or
 * `E_LEAF_TEXT`: any other text that says the same is refused too, since the log hashed only one.
 * @example parseLeaf(proofPackage.leafData).endpointUrl
 */
export function parseLeaf(text: string): DeliveryLeaf {
  return readLeafText(text, DELIVERY_TYPE, readDelivery);
}

function readDelivery(value: JsonValue): DeliveryLeaf {
  const members = Members.openInOrder(value, '', DELIVERY_MEMBERS);
  const attemptedAt = members.string('attempted_at');
  const outcome = readOutcome(members);
  return {
    type: DELIVERY_TYPE,
    log: members.stringThat('log', isOrigin, ORIGIN_RULE),
    deliveryAttemptId: members.uuid('delivery_attempt_id'),
    eventId: members.uuid('event_id'),
    endpointId: members.uuid('endpoint_id'),
    endpointUrl: members.stringThat('endpoint_url', isEndpointUrl, 'a URL without credentials'),
    attemptNumber: members.integer('attempt_number', 1),
    payloadHash: members.hexText('payload_hash', 32),
    payloadSize: members.integer('payload_size', 0),
    attemptedAt,
    attemptedAtMs: readTime(members, 'attempted_at'),
    completedAt: orNull(members, 'completed_at', () => {
      readTime(members, 'completed_at');
      return members.string('completed_at');
    }),
    outcome,
    responseStatus: readStatus(members, outcome),
    responseHash: orNull(members, 'response_hash', (name) => members.hexText(name, 32)),
    error: orNull(members, 'error', (name) =>
      members.stringThat(name, isErrorCode, 'a short code'),
    ),
    receiptHash: orNull(members, 'receipt_hash', (name) => members.hexText(name, 32)),
    commitments: orNull(members, 'commitments', (name) => readCommitments(members.value(name))),
  };
}

function readOutcome(members: Members): Outcome {
  const outcome = members.string('outcome');
  switch (outcome) {
    case 'delivered':
    case 'rejected':
    case 'failed':
    case 'unknown':
      return outcome;
    default:
      throw refusedMember(
        members,
        'outcome',
        'delivered, rejected, failed or unknown',
        'another string',
      );
  }
}

// The outcome is made from the status: a leaf that says "delivered" beside a 500 contradicts itself.
function readStatus(members: Members, outcome: Outcome): number | null {
  const status = orNull(members, 'response_status', (name) => members.integer(name, 100, 999));
  const isSuccess = status !== null && status >= 200 && status <= 299;
  const fits = {
    delivered: isSuccess,
    rejected: status !== null && !isSuccess,
    failed: status === null,
    unknown: status === null,
  };
  if (fits[outcome]) return status;
  const expected = `a status that fits the outcome ${outcome}`;
  throw refusedMember(members, 'response_status', expected, `${status}`);
}

// Scheme, then a host part without "@". A backslash counts as a slash, as browsers read it.
function isEndpointUrl(text: string): boolean {
  const host = /^https?:\/\/([^/\\?#]+)/.exec(text)?.[1];
  return host !== undefined && !host.includes('@');
}

function isErrorCode(text: string): boolean {
  return /^[A-Za-z0-9_.:-]{1,64}$/.test(text);
}
