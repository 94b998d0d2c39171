/** Public keys as people hand them over: hex, base64, PEM, JWK, vkey. Private keys are refused by name, never echoed. @module */
import { bytesFromBase64, bytesFromHex, hexFromBytes } from './bytes.ts';
import { isStrictPublicKey, PUBLIC_KEY_BYTES } from './ed25519.ts';
import { refusalOf, VerificationError } from './errors.ts';
import { sha256 } from './hash.ts';
import type { JsonObject } from './json.ts';
import { parseJson } from './json.ts';
import { hasVkeyForm, isPrivateVkey, parseVkey } from './vkey.ts';

/** A key that passed the strict rules: canonical, of prime order. */
export interface PublicKey {
  readonly bytes: Uint8Array;
  /** Hex SHA-256 of the bytes. */
  readonly keyId: string;
  /** The name that a C2SP vkey carries, otherwise null. */
  readonly name: string | null;
}

const MAX_KEY_TEXT = 16_384;
const SPKI_PREFIX = '302a300506032b6570032100'; // RFC 8410 section 4: 12 bytes, then the key
const PKCS8_PREFIX = '300506032b6570'; // RFC 8410 section 7: the algorithm inside, at byte 5
const PEM = /^-----BEGIN ([A-Z0-9 ]+)-----([\sA-Za-z0-9+/=]*)-----END \1-----$/;
const NOT_BASE64URL = /[^A-Za-z0-9_-]/; // RFC 4648 section 5, without padding
const PRIVATE_LABEL = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z0-9 ]*-----/;

/**
 * Reads a public key in any of the accepted forms. Throws `E_KEY_PRIVATE` for a private key and `E_KEY_FORMAT` for
 * anything else; neither repeats the text.
 * @example parsePublicKey('d75a9801…').keyId
 */
export function parsePublicKey(text: string): PublicKey {
  if (text.length > MAX_KEY_TEXT) throw refusedForm();
  const trimmed = text.trim();
  // Looked for anywhere, before the form is judged: a broken private key is still a private key.
  if (PRIVATE_LABEL.test(trimmed)) throw refusedPrivate('a PEM private key');
  if (trimmed.startsWith('{')) return fromJwk(trimmed);
  if (trimmed.startsWith('-----')) return fromPem(trimmed);
  if (isPrivateVkey(trimmed)) throw refusedPrivate('a note signer key');
  if (/^[0-9a-f]{64}$/.test(trimmed)) return accept(bytesFromHex(trimmed), null);
  if (hasVkeyForm(trimmed)) return fromVkey(trimmed);
  return fromBase64(trimmed);
}

/**
 * The fingerprint of a key: hex SHA-256 of its 32 bytes.
 * @example keyIdFromPublicKey(publicKey).slice(0, 16)
 */
export function keyIdFromPublicKey(bytes: Uint8Array): string {
  return hexFromBytes(sha256(bytes));
}

function fromPem(text: string): PublicKey {
  const parts = PEM.exec(text);
  if (parts === null || parts[1] !== 'PUBLIC KEY') throw refusedForm();
  const der = hexFromBytes(decode((parts[2] as string).replace(/\s/g, '')));
  if (isPrivateDer(der)) throw refusedPrivate('a PKCS#8 private key');
  if (!der.startsWith(SPKI_PREFIX)) throw refusedForm();
  return accept(bytesFromHex(der.slice(SPKI_PREFIX.length)), null);
}

function fromJwk(text: string): PublicKey {
  const jwk = objectFromText(text);
  if (jwk.has('d') || jwk.has('k')) throw refusedPrivate('a JWK private key');
  const x = jwk.get('x');
  const isEd25519 = jwk.get('kty') === 'OKP' && jwk.get('crv') === 'Ed25519'; // RFC 8037 section 2
  if (!isEd25519 || typeof x !== 'string' || NOT_BASE64URL.test(x)) throw refusedForm();
  return accept(decode(`${x.replaceAll('-', '+').replaceAll('_', '/')}=`), null);
}

function objectFromText(text: string): JsonObject {
  try {
    return parseJson(text) as JsonObject; // it begins with a brace
  } catch (error) {
    refusalOf(error);
    throw refusedForm(); // the reader's words may quote the text, so they are dropped
  }
}

// A witness's key signs no heads, so only the type of a log is taken.
function fromVkey(text: string): PublicKey {
  const { name, publicKey } = parseVkey(text, 'log');
  return accept(publicKey, name);
}

function fromBase64(text: string): PublicKey {
  const bytes = decode(text);
  if (isPrivateDer(hexFromBytes(bytes))) throw refusedPrivate('a PKCS#8 private key');
  return accept(bytes, null);
}

function decode(base64: string): Uint8Array {
  try {
    return bytesFromBase64(base64);
  } catch (error) {
    refusalOf(error);
    throw refusedForm();
  }
}

// PKCS#8 is a SEQUENCE that begins with a version, 02 01 00 or 02 01 01, then names the algorithm.
function isPrivateDer(der: string): boolean {
  return /^30..02010[01]/.test(der) && der.startsWith(PKCS8_PREFIX, 10);
}

function accept(bytes: Uint8Array, name: string | null): PublicKey {
  if (bytes.length !== PUBLIC_KEY_BYTES || !isStrictPublicKey(bytes)) throw refusedForm();
  return { bytes, keyId: keyIdFromPublicKey(bytes), name };
}

function refusedForm(): VerificationError {
  return new VerificationError('E_KEY_FORMAT', {
    expected: 'an Ed25519 public key: 64 hex digits, base64, PEM, JWK or a C2SP vkey',
    actual: 'another text',
  });
}

function refusedPrivate(form: string): VerificationError {
  return new VerificationError('E_KEY_PRIVATE', { expected: 'a public key', actual: form });
}
