/** The idempotency key that a sender gives with a request. @module */
import { Failure } from '../base/failure.ts';
import { isIdempotencyKey } from './event-key.ts';
import { findHeader, type RawHeaders } from './raw-headers.ts';

/** A sender that says its key stands by it; a provider may write an event anew when it sends it again. */
export interface RequestKey {
  readonly text: string;
  readonly from: 'sender' | 'provider';
}

const NAME = 'idempotency-key';
const OLDER_NAME = 'x-idempotency-key';

/** The sender's own key, else that of the provider, else none. Throws a Failure for a key that cannot be kept. */
export function readRequestKey(headers: RawHeaders, eventKey: string | null): RequestKey | null {
  const own = readHeader(headers, NAME);
  const older = readHeader(headers, OLDER_NAME);
  if (own !== null && older !== null && own !== older) throw badKey('has two values');
  const text = own ?? older;
  if (text !== null) return { text, from: 'sender' };
  return eventKey === null ? null : { text: eventKey, from: 'provider' };
}

function readHeader(headers: RawHeaders, name: string): string | null {
  const found = findHeader(headers, name);
  if (found.kind === 'none') return null;
  // Not passed over: the sender would believe that repeating the request is safe.
  if (found.kind === 'repeated') throw badKey('is there more than once');
  if (!isIdempotencyKey(found.value)) throw badKey('must be 1 to 255 visible ASCII characters');
  return found.value;
}

function badKey(message: string): Failure {
  return new Failure('invalid_request', 'The request is not valid', {
    details: [{ path: '/Idempotency-Key', message }],
  });
}
