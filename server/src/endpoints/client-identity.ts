/** Client identity: the certificate with which deliveries to an endpoint show who they are, and its key. RFC 8446 section 4.4.2, RFC 7468. @module */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { EndpointId } from '../base/ids.ts';

/** As texts (PEM); the certificate may be followed by those of its issuers. */
export interface ClientIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What everybody who may see the endpoint may see of it. */
export interface ClientCertificateInfo {
  /** Of the certificate's DER bytes, as other tools print it. */
  readonly sha256: Uint8Array;
  readonly expiresAtMs: number;
}

export interface IdentityFault {
  readonly member: 'certificate' | 'private_key';
  readonly message: string;
}

export type ParsedIdentity =
  | { readonly kind: 'identity'; readonly info: ClientCertificateInfo }
  | { readonly kind: 'fault'; readonly fault: IdentityFault };

export const MAX_CERTIFICATE_CHARS = 16_384;
export const MAX_PRIVATE_KEY_CHARS = 8_192;

const MAX_CHAIN = 4;
// One certificate and nothing else, so that what is judged here is what is used. RFC 7468 section 5.
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /^\s*-----BEGIN (?:RSA |EC )?PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END /;
const RSA_BITS = { least: 2_048, most: 8_192 };

/** Judges what a caller hands over. The faults hold nothing of the key. */
export function parseClientIdentity(identity: ClientIdentity, nowMs: number): ParsedIdentity {
  const { certificate, privateKey } = identity;
  const chain = certificate.match(CERTIFICATE) ?? [];
  if (certificate.length > MAX_CERTIFICATE_CHARS) return fault('certificate', 'is too long');
  if (chain.length === 0 || certificate.replace(CERTIFICATE, '').trim() !== '') {
    return fault('certificate', 'must be PEM certificates and nothing else');
  }
  if (chain.length > MAX_CHAIN) return fault('certificate', `must be at most ${MAX_CHAIN}`);
  const [leaf, ...issuers] = chain.map(readCertificate);
  if (leaf === undefined || leaf === null || issuers.includes(null)) {
    return fault('certificate', 'holds a certificate that cannot be read');
  }
  const expiresAtMs = Date.parse(leaf.validTo);
  if (!(expiresAtMs > nowMs)) return fault('certificate', 'has expired');
  const key = readKey(privateKey);
  if (key === null) {
    return fault('private_key', 'must be an unencrypted RSA, EC or Ed25519 key in PEM');
  }
  if (!leaf.checkPrivateKey(key)) {
    return fault('private_key', 'is not that of the first certificate');
  }
  try {
    // The library has limits of its own, such as on weak signatures.
    createSecureContext({ cert: certificate, key: privateKey });
  } catch {
    // Its words could quote what it read.
    return fault('certificate', 'cannot be used together with its key');
  }
  return {
    kind: 'identity',
    info: { sha256: Buffer.from(leaf.fingerprint256.replaceAll(':', ''), 'hex'), expiresAtMs },
  };
}

function readCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    // Why it is none says nothing that its owner could not see.
    return null;
  }
}

function readKey(pem: string): KeyObject | null {
  if (pem.length > MAX_PRIVATE_KEY_CHARS || !PRIVATE_KEY.test(pem)) return null;
  try {
    const key = createPrivateKey({ key: pem, format: 'pem' });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    switch (key.asymmetricKeyType) {
      case 'rsa':
        return bits >= RSA_BITS.least && bits <= RSA_BITS.most ? key : null;
      case 'ec':
      case 'ed25519':
        return key;
      default:
        return null;
    }
  } catch {
    // Its words could quote what it read.
    return null;
  }
}

function fault(member: IdentityFault['member'], message: string): ParsedIdentity {
  return { kind: 'fault', fault: { member, message } };
}

/** What an identity is sealed for: copied to another endpoint's row, it does not open. */
export function placeOfIdentity(endpointId: EndpointId): string {
  return `endpoint_credentials/client_identity/${endpointId}`;
}

export function encodeIdentity({ certificate, privateKey }: ClientIdentity): string {
  return JSON.stringify({ certificate, private_key: privateKey });
}

/** Throws for a text that holds none. */
export function decodeIdentity(stored: string): ClientIdentity {
  const { certificate, private_key: privateKey } = JSON.parse(stored) as Record<string, unknown>;
  if (typeof certificate !== 'string' || typeof privateKey !== 'string') {
    throw new Error('not a stored client identity');
  }
  return { certificate, privateKey };
}
