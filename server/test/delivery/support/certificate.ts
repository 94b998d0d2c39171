/** Makes a self-signed certificate for a test, so that no private key is kept and none expires. RFC 5280, RFC 8410. @module */
import { generateKeyPairSync, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

const ED25519 = sequence(Buffer.from('06032b6570', 'hex')); // 1.3.101.112
const COMMON_NAME = Buffer.from('0603550403', 'hex'); // 2.5.4.3
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex'); // 2.5.29.17
const UTC_TIME = 0x17; // YYMMDDhhmmssZ: 50 and above are years of the last century

/** `names` are host names or IPv4 addresses; `notAfter` is a UTCTime. */
export function makeCertificate(
  names: readonly string[],
  notAfter = '491231235959Z',
): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('kapsel test')))));
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
  const extensions = der(0xa3, sequence(sequence(SUBJECT_ALT_NAME, der(0x04, alternatives))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))), // version 3
    der(0x02, Buffer.of(1)), // serial number
    ED25519,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = der(0x03, Buffer.of(0), sign(null, body, privateKey));
  const base64 = sequence(body, ED25519, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
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
