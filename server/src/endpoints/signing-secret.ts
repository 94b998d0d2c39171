/** Signing secrets of an endpoint: the two kinds of Standard Webhooks 1.0.0, `v1` with HMAC and `v1a` with Ed25519. @module */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

const HMAC_PREFIX = 'whsec_';
const PRIVATE_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';

const LEAST_HMAC_BYTES = 24;
const MOST_HMAC_BYTES = 64;
const SEED_BYTES = 32;
const NEW_SECRET_BYTES = 32;

// PKCS#8 of an Ed25519 seed, up to the seed. RFC 8410 section 7.
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export const SIGNING_VERSIONS = ['v1', 'v1a'] as const;
export type SigningVersion = (typeof SIGNING_VERSIONS)[number];

export function isSigningVersion(text: string): text is SigningVersion {
  return (SIGNING_VERSIONS as readonly string[]).includes(text);
}

/** A secret whose key is made once; keep it as long as the secret is used. */
export interface SigningKey {
  readonly version: SigningVersion;
  /** `whpk_…` of a `v1a` key, for whoever verifies; null for `v1`, where both sides hold the secret. */
  readonly publicKey: string | null;
  readonly key: KeyObject;
}

/** During a rotation both secrets sign, the old one until its time is over. */
export interface ActiveKey {
  readonly signingKey: SigningKey;
  readonly untilMs: number | null;
}

/** A text that is no signing secret. The message holds nothing of it. */
export class SigningSecretError extends Error {}

export function parseSigningSecret(secret: string): SigningKey {
  if (secret.startsWith(HMAC_PREFIX)) {
    const bytes = bytesFromBase64(secret.slice(HMAC_PREFIX.length));
    if (bytes.length < LEAST_HMAC_BYTES || bytes.length > MOST_HMAC_BYTES) {
      throw new SigningSecretError(
        `must hold ${LEAST_HMAC_BYTES} to ${MOST_HMAC_BYTES} bytes after "${HMAC_PREFIX}"`,
      );
    }
    return { version: 'v1', publicKey: null, key: createSecretKey(bytes) };
  }
  if (secret.startsWith(PRIVATE_PREFIX)) {
    return ed25519Key(bytesFromBase64(secret.slice(PRIVATE_PREFIX.length)));
  }
  throw new SigningSecretError(`must begin with "${HMAC_PREFIX}" or "${PRIVATE_PREFIX}"`);
}

/** A new secret of either kind. */
export function makeSigningSecret(version: SigningVersion): string {
  const prefix = version === 'v1' ? HMAC_PREFIX : PRIVATE_PREFIX;
  return `${prefix}${randomBytes(NEW_SECRET_BYTES).toString('base64')}`;
}

/** 32 bytes are the seed; 64 are the seed and its public key, which must be that of the seed. */
function ed25519Key(bytes: Buffer): SigningKey {
  if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES) {
    throw new SigningSecretError(`must hold 32 or 64 bytes after "${PRIVATE_PREFIX}"`);
  }
  const der = Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const publicBytes = spki.subarray(-SEED_BYTES); // RFC 8410 section 4: the key ends the structure
  if (bytes.length > SEED_BYTES && !publicBytes.equals(bytes.subarray(SEED_BYTES))) {
    throw new SigningSecretError('holds a public key that is not that of its seed');
  }
  return { version: 'v1a', publicKey: `${PUBLIC_PREFIX}${publicBytes.toString('base64')}`, key };
}

function bytesFromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new SigningSecretError('must be base64');
  return bytes;
}
