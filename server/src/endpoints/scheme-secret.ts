/** Secrets of a signature scheme: from the text a provider shows to the bytes of the key. @module */
import { isStrictPublicKey } from '@kapsel/verification';
import type { SignatureScheme } from './signature-scheme.ts';

/** So many may be active at once; a rotation needs two. */
export const MAX_SECRETS = 4;
export const MAX_SECRET_LENGTH = 512;

const ED25519_KEY_BYTES = 32;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A secret that cannot be a key of its scheme. The message says what is wanted and holds nothing of the secret. */
export class SecretFormatError extends Error {}

/** The bytes of the key. Throws SecretFormatError. */
export function keyFromSecret({ key, algorithm }: SignatureScheme, secret: string): Buffer {
  const bytes =
    key.kind === 'utf8'
      ? keyFromText(secret)
      : key.kind === 'hex'
        ? keyFromHex(secret)
        : keyFromBase64(secret, key.prefix);
  if (algorithm === 'ed25519' && !isStrictPublicKey(bytes)) {
    throw new SecretFormatError(`must be an Ed25519 public key of ${ED25519_KEY_BYTES} bytes`);
  }
  return bytes;
}

function keyFromText(secret: string): Buffer {
  // Half a surrogate pair would become U+FFFD: another secret than the one that was given.
  if (secret === '' || LONE_SURROGATE.test(secret))
    throw new SecretFormatError('must be Unicode text');
  return Buffer.from(secret, 'utf8');
}

function keyFromHex(secret: string): Buffer {
  const bytes = Buffer.from(secret, 'hex');
  if (bytes.length === 0 || bytes.length * 2 !== secret.length) {
    throw new SecretFormatError('must be hex digits, two for each byte');
  }
  return bytes;
}

function keyFromBase64(secret: string, prefix: string): Buffer {
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : '';
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== text) {
    throw new SecretFormatError(
      prefix === '' ? 'must be base64' : `must be "${prefix}" followed by base64`,
    );
  }
  return bytes;
}
