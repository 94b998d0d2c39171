/** API keys: made once, shown once, kept only as a hash. @module */
import { createHash, randomBytes } from 'node:crypto';

/** What a key may be allowed, with what it means. */
export const SCOPE_WORDS = {
  ingest: 'send events to the tenant’s endpoints',
  'events:read': 'see events, their bodies and delivery attempts, and the statistics',
  'events:write': 'deliver events again',
  'endpoints:read': 'see endpoints, without their secrets',
  'endpoints:write': 'make, change, test and delete endpoints',
  'proofs:read': 'download proofs, and share them by links',
  admin: 'see, make and revoke the tenant’s API keys, with any scopes',
} as const;
export type Scope = keyof typeof SCOPE_WORDS;
export const SCOPES: readonly Scope[] = Object.keys(SCOPE_WORDS) as Scope[];

const SHAPE = /^ksk_[A-Za-z0-9_-]{43}$/;
const PREFIX_LENGTH = 12;

export interface NewApiKey {
  /** The secret itself: `ksk_` and 32 random bytes in base64url. Never stored, never logged. */
  readonly secret: string;
  readonly prefix: string;
  readonly hash: Buffer;
}

export function makeApiKey(): NewApiKey {
  const secret = `ksk_${randomBytes(32).toString('base64url')}`;
  return { secret, prefix: secret.slice(0, PREFIX_LENGTH), hash: hashApiKey(secret) };
}

/** True for text that could be a key at all; anything else needs no look-up. */
export function isApiKeyShaped(secret: string): boolean {
  return SHAPE.test(secret);
}

/** A plain SHA-256 is enough: the key has 256 random bits, so there is nothing to guess slowly. */
export function hashApiKey(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
