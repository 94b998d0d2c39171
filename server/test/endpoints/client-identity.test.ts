import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type ClientIdentity,
  decodeIdentity,
  encodeIdentity,
  MAX_CERTIFICATE_CHARS,
  MAX_PRIVATE_KEY_CHARS,
  parseClientIdentity,
} from '../../src/endpoints/client-identity.ts';
import { makeCertificate, type TestCertificate } from '../delivery/support/certificate.ts';

const NOW_MS = Date.parse('2026-01-15T00:00:00Z');
const AUTHORITY = {
  ...makeCertificate([], { commonName: 'authority', isAuthority: true }),
  commonName: 'authority',
};
const GOOD = makeCertificate([], { commonName: 'client', issuer: AUTHORITY });

function identity({ cert, key }: TestCertificate): ClientIdentity {
  return { certificate: cert, privateKey: key };
}

function verdict(given: ClientIdentity, nowMs = NOW_MS): string {
  const parsed = parseClientIdentity(given, nowMs);
  if (parsed.kind === 'identity') return 'good';
  // Whatever is wrong with a key, nothing of it is said.
  for (const line of given.privateKey.split('\n').filter((each) => /^[\w+/=]{16,}$/.test(each))) {
    expect(JSON.stringify(parsed)).not.toContain(line);
  }
  return parsed.fault.member;
}

describe('a client identity', () => {
  it('is a certificate and its key, and says who it is and how long', () => {
    const parsed = parseClientIdentity(identity(GOOD), NOW_MS);
    expect(parsed).toEqual({
      kind: 'identity',
      info: { sha256: expect.any(Uint8Array), expiresAtMs: Date.parse('2049-12-31T23:59:59Z') },
    });
    expect(decodeIdentity(encodeIdentity(identity(GOOD)))).toEqual(identity(GOOD));
  });

  it.each([
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2_048 })],
    ['EC', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['Ed25519', generateKeyPairSync('ed25519')],
  ])('may have an %s key, and issuers behind it', (_kind, keys) => {
    const { cert, key } = makeCertificate([], { commonName: 'c', issuer: AUTHORITY, keys });
    expect(verdict({ certificate: `${cert}\n${AUTHORITY.cert}`, privateKey: key })).toBe('good');
  });

  it('may have a key in the older forms', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const texts = [
      [rsa, rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })],
      [ec, ec.privateKey.export({ type: 'sec1', format: 'pem' })],
    ] as const;
    for (const [keys, privateKey] of texts) {
      const { cert } = makeCertificate([], { commonName: 'c', issuer: AUTHORITY, keys });
      expect(verdict({ certificate: cert, privateKey: String(privateKey) })).toBe('good');
    }
  });

  it.each<[string, ClientIdentity, string]>([
    ['no certificate', { certificate: '', privateKey: GOOD.key }, 'certificate'],
    ['a text', { certificate: 'canary', privateKey: GOOD.key }, 'certificate'],
    [
      'something behind the certificate',
      { certificate: `${GOOD.cert}canary`, privateKey: GOOD.key },
      'certificate',
    ],
    [
      'a key among the certificates',
      { certificate: GOOD.cert + GOOD.key, privateKey: GOOD.key },
      'certificate',
    ],
    [
      'bytes that are no certificate',
      {
        certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
        privateKey: GOOD.key,
      },
      'certificate',
    ],
    [
      'an issuer that is none',
      {
        certificate: `${GOOD.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
        privateKey: GOOD.key,
      },
      'certificate',
    ],
    [
      'too many certificates',
      { certificate: GOOD.cert.repeat(5), privateKey: GOOD.key },
      'certificate',
    ],
    [
      'a certificate that is too long',
      { certificate: GOOD.cert.padEnd(MAX_CERTIFICATE_CHARS + 1), privateKey: GOOD.key },
      'certificate',
    ],
    ['no key', { certificate: GOOD.cert, privateKey: '' }, 'private_key'],
    ['the key of another', { certificate: GOOD.cert, privateKey: AUTHORITY.key }, 'private_key'],
    ['a certificate for a key', { certificate: GOOD.cert, privateKey: GOOD.cert }, 'private_key'],
    [
      'a key that is too long',
      { certificate: GOOD.cert, privateKey: GOOD.key.padEnd(MAX_PRIVATE_KEY_CHARS + 1) },
      'private_key',
    ],
    [
      'a broken key',
      {
        certificate: GOOD.cert,
        privateKey: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      },
      'private_key',
    ],
  ])('is refused with %s', (_what, given, member) => {
    expect(verdict(given)).toBe(member);
  });

  it('is refused when it has expired, is encrypted, or too weak or strange', () => {
    expect(verdict(identity(GOOD), Date.parse('2050-01-01T00:00:00Z'))).toBe('certificate');
    const keys = generateKeyPairSync('ed25519');
    const { cert } = makeCertificate([], { commonName: 'c', issuer: AUTHORITY, keys });
    const encrypted = keys.privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' })
      .toString();
    expect(verdict({ certificate: cert, privateKey: encrypted })).toBe('private_key');
    for (const pair of [
      generateKeyPairSync('rsa', { modulusLength: 1_024 }),
      generateKeyPairSync('x25519'),
    ]) {
      const other = makeCertificate([], { commonName: 'c', issuer: AUTHORITY, keys: pair });
      expect(verdict(identity(other))).toBe('private_key');
    }
  });

  it.each(['', '{}', 'null', '{"certificate":"a"}'])('is not read from %j', (stored) => {
    expect(() => decodeIdentity(stored)).toThrow();
  });
});
