/** Seals small secrets for the database: AES-256-GCM, bound to their place, with the name of the key. NIST SP 800-38D. @module */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * What a sealed secret looks like:
 *
 *     version 1 | key id 8 | nonce 12 | ciphertext n | tag 16
 */
const VERSION = 1;
const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12; // SP 800-38D 8.2.2: 96 random bits, good for 2^32 secrets under one key
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

const SECRET_KEY_BYTES = 32;
const ALGORITHM = 'aes-256-gcm';

/** A sealed secret that cannot be opened; the message holds nothing of it. */
export class SealError extends Error {}

export interface Sealer {
  /** `place` says where the secret is kept: moved to another row, it does not open. */
  seal(secret: string, place: string): Buffer;
  /** Throws SealError. */
  open(sealed: Uint8Array, place: string): string;
  /** False for what was sealed under another key, and should be sealed again. */
  isCurrent(sealed: Uint8Array): boolean;
  /** Names the key that seals, as it stands in what is sealed. */
  readonly currentKeyId: Buffer;
  /** Is the key of this name here? */
  hasKey(keyId: Uint8Array): boolean;
}

interface Key {
  readonly id: Buffer;
  readonly bytes: Buffer;
}

/** Seals under `secretKey`; opens also what the other keys have sealed. */
export function createSealer(secretKey: Uint8Array, otherKeys: readonly Uint8Array[] = []): Sealer {
  const current = keyFromSecret(secretKey);
  const keys = [current, ...otherKeys.map(keyFromSecret)];
  return {
    currentKeyId: current.id,
    hasKey: (keyId) => keys.some(({ id }) => id.equals(keyId)),
    seal(secret, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const head = Buffer.concat([Buffer.of(VERSION), current.id, nonce]);
      const cipher = createCipheriv(ALGORITHM, current.bytes, nonce);
      cipher.setAAD(boundTo(head, place));
      const text = cipher.update(secret, 'utf8');
      return Buffer.concat([head, text, cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, place) {
      const blob = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const id = idOf(blob);
      const key = keys.find((each) => each.id.equals(id));
      if (key === undefined) throw new SealError('sealed under a key that is not here');
      const head = blob.subarray(0, HEAD_BYTES);
      const tagAt = blob.length - TAG_BYTES;
      const decipher = createDecipheriv(ALGORITHM, key.bytes, head.subarray(1 + KEY_ID_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(boundTo(head, place)).setAuthTag(blob.subarray(tagAt));
      try {
        const text = decipher.update(blob.subarray(HEAD_BYTES, tagAt));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new SealError('changed, or sealed for another place', { cause });
      }
    },
    isCurrent: (sealed) => idOf(Buffer.from(sealed)).equals(current.id),
  };
}

// The secret key also stands behind other things; each gets a key of its own.
function keyFromSecret(secretKey: Uint8Array): Key {
  if (secretKey.length !== SECRET_KEY_BYTES) {
    throw new RangeError(`"secretKey" expected ${SECRET_KEY_BYTES} bytes, got ${secretKey.length}`);
  }
  const derive = (info: string, size: number) =>
    Buffer.from(hkdfSync('sha256', secretKey, '', info, size));
  return {
    id: derive('kapsel.seal/v1 key id', KEY_ID_BYTES),
    bytes: derive('kapsel.seal/v1 key', 32),
  };
}

function idOf(blob: Buffer): Buffer {
  if (blob.length < HEAD_BYTES + TAG_BYTES || blob[0] !== VERSION) {
    throw new SealError('not a sealed secret of this version');
  }
  return blob.subarray(1, 1 + KEY_ID_BYTES);
}

function boundTo(head: Buffer, place: string): Buffer {
  return Buffer.concat([head, Buffer.from(place, 'utf8')]);
}
