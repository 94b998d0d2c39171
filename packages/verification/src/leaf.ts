/** The delivery leaf: its exact text becomes a typed leaf, or is refused. Proof format, `kapsel.delivery/v1`. @module */
import { utf8Length } from './bytes.ts';
import type { Commitments } from './commitments.ts';
import { readCommitments } from './commitments.ts';
import { VerificationError } from './errors.ts';
import type { JsonValue } from './json.ts';
import { parseJson } from './json.ts';
import { isJsonObject, Members } from './members.ts';
import { isOrigin, ORIGIN_RULE } from './origin.ts';
import { msFromTime } from './time.ts';

/** A leaf is served as a tile entry whose length is 16 bits. C2SP tlog-tiles. */
export const MAX_LEAF_BYTES = 65_535;

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
  try {
    assertLeafSize(text);
    const value = parseJson(text);
    assertType(value);
    const leaf = readDelivery(value);
    assertExactText(text);
    return leaf;
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    throw asLeafRefusal(error);
  }
}

function assertLeafSize(text: string): void {
  const lengthBytes = utf8Length(text);
  if (lengthBytes > MAX_LEAF_BYTES) {
    throw new VerificationError('E_TOO_LARGE', {
      expected: `at most ${MAX_LEAF_BYTES} bytes`,
      actual: `${lengthBytes} bytes`,
    });
  }
}

function assertType(value: JsonValue): void {
  const type = isJsonObject(value) ? value.get('type') : undefined;
  if (type === DELIVERY_TYPE) return;
  const isLaterVersion = typeof type === 'string' && /^kapsel\.delivery\/v[0-9]{1,6}$/.test(type);
  throw new VerificationError(isLaterVersion ? 'E_VERSION' : 'E_LEAF_TEXT', {
    field: 'type',
    expected: DELIVERY_TYPE,
    actual: isLaterVersion ? type : 'another type or none',
  });
}

// The strict reader has passed the text, so the engine's parser sees the same members and the same integers.
function assertExactText(text: string): void {
  if (JSON.stringify(JSON.parse(text)) === text) return;
  throw new VerificationError('E_LEAF_TEXT', {
    expected: 'the text that JSON.stringify writes',
    actual: 'white space or needless escapes',
  });
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

function orNull<Value>(
  members: Members,
  name: string,
  read: (name: string) => Value,
): Value | null {
  return members.isNull(name) ? null : read(name);
}

function readTime(members: Members, name: string): number {
  const ms = msFromTime(members.string(name));
  if (ms !== null) return ms;
  throw new VerificationError('E_LEAF_TEXT', {
    field: members.pathOf(name),
    expected: 'a time like 2026-01-15T10:30:45.000Z',
    actual: 'another string',
  });
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
      throw new VerificationError('E_LEAF_TEXT', {
        field: members.pathOf('outcome'),
        expected: 'delivered, rejected, failed or unknown',
        actual: 'another string',
      });
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
  throw new VerificationError('E_LEAF_TEXT', {
    field: members.pathOf('response_status'),
    expected: `a status that fits the outcome ${outcome}`,
    actual: `${status}`,
  });
}

// Scheme, then a host part without "@". A backslash counts as a slash, as browsers read it.
function isEndpointUrl(text: string): boolean {
  const host = /^https?:\/\/([^/\\?#]+)/.exec(text)?.[1];
  return host !== undefined && !host.includes('@');
}

function isErrorCode(text: string): boolean {
  return /^[A-Za-z0-9_.:-]{1,64}$/.test(text);
}

const KEPT_CODES: readonly string[] = ['E_LEAF_TEXT', 'E_TOO_LARGE', 'E_VERSION'];

function asLeafRefusal(error: VerificationError): VerificationError {
  const code = KEPT_CODES.includes(error.code) ? error.code : 'E_LEAF_TEXT';
  const joint = /^(?:line|column) \d/.test(error.field ?? '') ? ' at ' : '.';
  return new VerificationError(code, {
    field: error.field === undefined ? 'leaf_data' : `leaf_data${joint}${error.field}`,
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.actual === undefined ? {} : { actual: error.actual }),
    cause: error,
  });
}
