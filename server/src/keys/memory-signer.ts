/** A signer whose private key is in the memory of this process, wherever it came from. RFC 8032. @module */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Secret } from '../base/secret.ts';
import { KeyError, type KeyProvider, type Signer } from './signer.ts';

const ENCRYPTED = /^-----BEGIN ENCRYPTED PRIVATE KEY-----/m;

/**
 * The private key in a PKCS#8 PEM text, encrypted or not. Throws KeyError when there is none of Ed25519 in it;
 * `place` is what the message calls the text.
 */
export function parsePrivateKey(pem: string, passphrase: Secret | null, place: string): KeyObject {
  const isEncrypted = ENCRYPTED.test(pem);
  if (isEncrypted && passphrase === null) {
    throw new KeyError(`${place} is encrypted: set KAPSEL_KEY_PASSPHRASE`);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey({
      key: pem,
      ...(isEncrypted && passphrase !== null ? { passphrase: passphrase.reveal() } : {}),
    });
  } catch (cause) {
    // OpenSSL cannot always tell a wrong passphrase from a damaged file, and neither can we.
    const message = isEncrypted
      ? `${place} cannot be decrypted: KAPSEL_KEY_PASSPHRASE is not its passphrase, or it is damaged`
      : `${place} is not a readable PKCS#8 PEM key`;
    throw new KeyError(message, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new KeyError(`${place} is not an Ed25519 key`);
  return key;
}

/** True for a PEM text that needs a passphrase. */
export function isEncryptedPem(pem: string): boolean {
  return ENCRYPTED.test(pem);
}

export function signerFromPrivateKey(key: KeyObject, provider: KeyProvider): Signer {
  return {
    provider,
    publicKey: publicKeyFromPrivate(key),
    sign: async (message) => new Uint8Array(sign(null, message, key)),
  };
}

// The public half is derived from the private one: a mismatched pair would leak the key when signing.
function publicKeyFromPrivate(key: KeyObject): Uint8Array {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new TypeError('"key" expected an Ed25519 key');
  return new Uint8Array(Buffer.from(x, 'base64url'));
}
