/** The delivery leaf: its exact text becomes a typed leaf, or is refused. Proof format, `kapsel.delivery/v1`. @module */
import type { Commitments } from './commitments.ts';
import { readCommitments } from './commitments.ts';
import { VerificationError } from './errors.ts';
import { HASH_BYTES } from './hash.ts';
import type { JsonValue } from './json.ts';
import { readLeafText, time } from './leaf-text.ts';
import type { Reader } from './members.ts';
import {
  hexText,
  integer,
  objectInOrder,
  oneOf,
  origin,
  orNull,
  textThat,
  uuid,
} from './members.ts';

const DELIVERY_TYPE = 'kapsel.delivery/v1';
const OUTCOMES = ['delivered', 'rejected', 'failed', 'unknown'] as const;

/** 2xx; another status; no status at all; the sender died before it knew. */
export type Outcome = (typeof OUTCOMES)[number];

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

const readMembers: Reader<Omit<DeliveryLeaf, 'attemptedAtMs'>> = /* @__PURE__ */ objectInOrder({
  type: oneOf([DELIVERY_TYPE]),
  log: origin,
  deliveryAttemptId: uuid,
  eventId: uuid,
  endpointId: uuid,
  endpointUrl: textThat(isEndpointUrl, 'url'),
  attemptNumber: integer(1),
  payloadHash: hexText(HASH_BYTES),
  payloadSize: integer(0),
  attemptedAt: time,
  completedAt: orNull(time),
  outcome: oneOf(OUTCOMES),
  responseStatus: orNull(integer(100, 999)),
  responseHash: orNull(hexText(HASH_BYTES)),
  error: orNull(textThat(isErrorCode, 'error-code')),
  receiptHash: orNull(hexText(HASH_BYTES)),
  commitments: orNull(readCommitments),
});

function readDelivery(value: JsonValue): DeliveryLeaf {
  const leaf = readMembers(value);
  assertStatusFits(leaf.responseStatus, leaf.outcome);
  return { ...leaf, attemptedAtMs: Date.parse(leaf.attemptedAt) };
}

// The outcome is made from the status: a leaf that says "delivered" beside a 500 contradicts itself.
function assertStatusFits(status: number | null, outcome: Outcome): void {
  const isSuccess = status !== null && status >= 200 && status <= 299;
  const fits = {
    delivered: isSuccess,
    rejected: status !== null && !isSuccess,
    failed: status === null,
    unknown: status === null,
  };
  if (fits[outcome]) return;
  throw new VerificationError('E_LEAF_TEXT', {
    field: 'response_status',
    rule: 'status-of-outcome',
    expected: outcome,
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
