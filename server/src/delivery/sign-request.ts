/** Signs deliveries for their destination: Standard Webhooks 1.0.0, one signature for each key that is active. @module */
import { createHmac, type KeyObject, sign } from 'node:crypto';
import type { ActiveKey, SigningKey } from '../endpoints/signing-secret.ts';

export interface SignedFacts {
  /** `webhook-id`: the same for every attempt of an event. */
  readonly eventId: string;
  /** `webhook-timestamp`: Unix seconds of this attempt. */
  readonly timestampS: number;
  /** The raw bytes that are sent. */
  readonly body: Uint8Array;
}

/** The value of `webhook-signature`, one entry for each key that is active; null when none is. */
export async function signatureHeader(
  { eventId, timestampS, body }: SignedFacts,
  keys: readonly ActiveKey[],
  nowMs: number,
): Promise<string | null> {
  // A full stop in the id would let a receiver find the border elsewhere.
  if (eventId.includes('.')) throw new RangeError('an event id has no full stop');
  const head = `${eventId}.${timestampS}.`;
  const entries = keys
    .filter(({ untilMs }) => untilMs === null || nowMs < untilMs)
    .map(({ signingKey }) => entryOf(signingKey, head, body));
  return entries.length === 0 ? null : (await Promise.all(entries)).join(' ');
}

function entryOf(
  { version, key }: SigningKey,
  head: string,
  body: Uint8Array,
): string | Promise<string> {
  if (version === 'v1') {
    return `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`;
  }
  return ed25519Entry(key, Buffer.concat([Buffer.from(head), body]));
}

// Fifteen times the work of the HMAC (46 us against 3 us for 1 KiB), so another thread does it.
function ed25519Entry(key: KeyObject, message: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    sign(null, message, key, (error, signature) => {
      if (error === null) resolve(`v1a,${signature.toString('base64')}`);
      else reject(error);
    });
  });
}
