/** Makes certificates for a test, self-signed or under an authority, so that no private key is kept and none expires. RFC 5280, RFC 8410. @module */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

const ED25519 = sequence(Buffer.from('06032b6570', 'hex')); // 1.3.101.112
const COMMON_NAME = Buffer.from('0603550403', 'hex'); // 2.5.4.3
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex'); // 2.5.29.17
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex'); // 2.5.29.19
const IS_AUTHORITY = Buffer.from('0101ff', 'hex');
const UTC_TIME = 0x17; // YYMMDDhhmmssZ: 50 and above are years of the last century

export interface CertificateOptions {
  /** A UTCTime. */
  readonly notAfter?: string;
  readonly commonName?: string;
  /** Whose key signs; without it the certificate's own. */
  readonly issuer?: TestCertificate & { readonly commonName: string };
  /** May sign others. */
  readonly isAuthority?: boolean;
  /** Of any kind; without it a new Ed25519 pair. */
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

/** `names` are host names or IPv4 addresses. */
export function makeCertificate(
  names: readonly string[],
  {
    notAfter = '491231235959Z',
    commonName = 'kapsel test',
    issuer,
    isAuthority = false,
    keys,
  }: CertificateOptions = {},
): TestCertificate {
  const { publicKey, privateKey } = keys ?? generateKeyPairSync('ed25519');
  const validity = sequence(
    der(UTC_TIME, Buffer.from('200101000000Z')),
    der(UTC_TIME, Buffer.from(notAfter)),
  );
  const alternatives = sequence(
    ...names.map((text) =>
      isIPv4(text)
        ? der(0x87, Buffer.from(text.split('.').map(Number)))
        : der(0x82, Buffer.from(text)),
    ),
  );
  const extensions = sequence(
    ...(names.length > 0 ? [sequence(SUBJECT_ALT_NAME, der(0x04, alternatives))] : []),
    sequence(BASIC_CONSTRAINTS, der(0x04, sequence(...(isAuthority ? [IS_AUTHORITY] : [])))),
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))), // version 3
    der(0x02, Buffer.of(1)), // serial number
    ED25519,
    nameOf(issuer?.commonName ?? commonName),
    validity,
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  // The signature is Ed25519 in any case, so another kind of key needs an issuer.
  const signingKey = issuer === undefined ? privateKey : createPrivateKey(issuer.key);
  const signature = der(0x03, Buffer.of(0), sign(null, body, signingKey));
  const base64 = sequence(body, ED25519, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(commonName)))));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

/** tag | length | content; lengths up to 65,535. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const lengthBytes =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...lengthBytes), content]);
}
