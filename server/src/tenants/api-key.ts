/** API keys: made once, shown once, kept only as a hash. @module */
import { createHash, randomBytes } from 'node:crypto';

export const SCOPES = [
  'ingest',
  'events:read',
  'events:write',
  'endpoints:read',
  'endpoints:write',
  'proofs:read',
] as const;
export type Scope = (typeof SCOPES)[number];

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
