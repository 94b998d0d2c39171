/** Verifies a provider's signature: one verifier interprets the record of any scheme. Standard Webhooks 1.0.0; RFC 2104; RFC 8032. @module */
import {
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
  verify as verifyNatively,
} from 'node:crypto';
import { verifyEd25519 } from '@kapsel/verification';
import { keyFromSecret, MAX_SECRETS } from '../endpoints/scheme-secret.ts';
import type { SignatureAlgorithm, SignatureScheme } from '../endpoints/signature-scheme.ts';
import type { TemplatePart } from '../endpoints/signed-template.ts';
import { readEventKey } from './event-key.ts';
import { findHeader, type RawHeaders } from './raw-headers.ts';
import { decodeSignature, readSignatureEntries } from './signature-entries.ts';

export type SignatureVerdict =
  | { readonly kind: 'verified'; readonly eventKey: string | null }
  | { readonly kind: 'invalid' }
  /** Signed by the provider, but not now: a replay, or a clock that is wrong. */
  | { readonly kind: 'out_of_tolerance' };

export interface SignatureVerifier {
  /** The headers that the scheme reads, in lower case. */
  readonly headerNames: readonly string[];
  hasSignature(headers: RawHeaders): boolean;
  verify(headers: RawHeaders, body: Buffer, nowMs: number): SignatureVerdict;
}

/** True for each secret and each signature tried: all of them, so that the time taken tells nothing. */
type Match = (signed: Signed, signatures: readonly Buffer[]) => boolean;

interface Signed {
  readonly before: string;
  readonly body: Buffer;
  readonly after: string;
}

const SIGNATURE_BYTES: Readonly<Record<SignatureAlgorithm, number>> = {
  'hmac-sha256': 32,
  'hmac-sha512': 64,
  'hmac-sha1': 20,
  ed25519: 64,
};

// Each costs an elliptic curve operation, so a header full of them would be a lever for strangers.
const MAX_ED25519_SIGNATURES = 4;

const INVALID: SignatureVerdict = { kind: 'invalid' };

/** Throws SecretFormatError for a secret that is no key of the scheme, and RangeError for none or too many. */
export function createSignatureVerifier(
  scheme: SignatureScheme,
  secrets: readonly string[],
): SignatureVerifier {
  if (secrets.length === 0 || secrets.length > MAX_SECRETS) {
    throw new RangeError(`a scheme wants 1 to ${MAX_SECRETS} secrets, got ${secrets.length}`);
  }
  const keys = secrets.map((secret) => keyFromSecret(scheme, secret));
  const matches =
    scheme.algorithm === 'ed25519'
      ? ed25519Match(keys)
      : hmacMatch(
          scheme.algorithm.slice('hmac-'.length),
          keys.map((key) => createSecretKey(key)),
        );
  const { signatureHeader, idHeader, timestamp, eventKey } = scheme;
  const names = [signatureHeader, idHeader, timestamp, eventKey].flatMap((place) => {
    if (place === null || typeof place === 'string') return place ?? [];
    return place.kind === 'header' ? place.name : [];
  });
  return {
    headerNames: [...new Set(names)],
    hasSignature: (headers) => findHeader(headers, signatureHeader).kind !== 'none',
    verify: (headers, body, nowMs) => verify(scheme, matches, headers, body, nowMs),
  };
}

function verify(
  scheme: SignatureScheme,
  matches: Match,
  headers: RawHeaders,
  body: Buffer,
  nowMs: number,
): SignatureVerdict {
  const header = findHeader(headers, scheme.signatureHeader);
  if (header.kind !== 'one') return INVALID;
  const listed = scheme.timestamp.kind === 'list' ? scheme.timestamp.name : null;
  const entries = readSignatureEntries(header.value, scheme.extract, listed);
  if (entries === null) return INVALID;
  if (hasRepeatedKey(scheme, headers)) return INVALID;
  const id = readId(scheme, headers);
  const timestamp = readTimestamp(scheme, headers, entries.timestamp);
  if (id === null || timestamp === null) return INVALID;
  const size = SIGNATURE_BYTES[scheme.algorithm];
  const signatures = entries.signatures
    .map((text) => decodeSignature(text, scheme.encoding, size))
    .filter((bytes) => bytes !== null);
  const signed: Signed = {
    before: textOf(scheme.template.before, id, timestamp.text),
    body,
    after: textOf(scheme.template.after, id, timestamp.text),
  };
  if (!matches(signed, signatures)) return INVALID;
  // Judged last: only the provider itself learns that its clock is wrong.
  if (timestamp.seconds !== null) {
    const ageS = Math.floor(nowMs / 1_000) - timestamp.seconds;
    if (Math.abs(ageS) > scheme.toleranceS) return { kind: 'out_of_tolerance' };
  }
  return { kind: 'verified', eventKey: readEventKey(scheme.eventKey, headers, body) };
}

function readId({ idHeader, template }: SignatureScheme, headers: RawHeaders): string | null {
  if (idHeader === null) return '';
  const id = findHeader(headers, idHeader);
  if (id.kind !== 'one' || id.value === '') return null;
  return template.notInId !== null && id.value.includes(template.notInId) ? null : id.value;
}

/** An event with two names would be one event to us and another to whoever reads the other header. */
function hasRepeatedKey({ eventKey }: SignatureScheme, headers: RawHeaders): boolean {
  return eventKey?.kind === 'header' && findHeader(headers, eventKey.name).kind === 'repeated';
}

interface Timestamp {
  /** As it came, since that is what was signed. */
  readonly text: string;
  /** Null where the scheme signs no time. */
  readonly seconds: number | null;
}

const UNIX_SECONDS = /^[0-9]{1,12}$/;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

function readTimestamp(
  { timestamp, timestampFormat }: SignatureScheme,
  headers: RawHeaders,
  listed: string | null,
): Timestamp | null {
  if (timestamp.kind === 'none') return { text: '', seconds: null };
  let text = listed;
  if (timestamp.kind === 'header') {
    const found = findHeader(headers, timestamp.name);
    text = found.kind === 'one' ? found.value : null;
  }
  if (text === null) return null;
  if (timestampFormat === 'unix') {
    return UNIX_SECONDS.test(text) ? { text, seconds: Number(text) } : null;
  }
  const ms = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : { text, seconds: Math.floor(ms / 1_000) };
}

function textOf(parts: readonly TemplatePart[], id: string, timestamp: string): string {
  let text = '';
  for (const part of parts) {
    text += part.kind === 'literal' ? part.text : part.kind === 'id' ? id : timestamp;
  }
  return text;
}

function hmacMatch(hash: string, keys: readonly KeyObject[]): Match {
  return function matchHmac({ before, body, after }, signatures) {
    let isMatch = false;
    for (const key of keys) {
      const hmac = createHmac(hash, key);
      if (before !== '') hmac.update(before, 'latin1');
      hmac.update(body);
      if (after !== '') hmac.update(after, 'latin1');
      const expected = hmac.digest();
      for (const signature of signatures) {
        if (timingSafeEqual(signature, expected)) isMatch = true;
      }
    }
    return isMatch;
  };
}

/**
 * Our own verifier decides what is accepted. The platform's, which accepts all that ours does, goes first: it hashes
 * ten times as fast, and strangers could otherwise keep the event loop busy with large bodies and made-up signatures.
 */
function ed25519Match(keys: readonly Uint8Array[]): Match {
  const pairs = keys.map((bytes) => ({ bytes, native: publicKeyFromBytes(bytes) }));
  return function matchEd25519({ before, body, after }, signatures) {
    if (signatures.length > MAX_ED25519_SIGNATURES) return false;
    const message = Buffer.concat([
      Buffer.from(before, 'latin1'),
      body,
      Buffer.from(after, 'latin1'),
    ]);
    let isMatch = false;
    for (const { bytes, native } of pairs) {
      for (const signature of signatures) {
        if (!verifyNatively(null, message, native, signature)) continue;
        if (verifyEd25519(signature, message, bytes)) isMatch = true;
      }
    }
    return isMatch;
  };
}

function publicKeyFromBytes(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
