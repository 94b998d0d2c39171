/** Text that may be a key is never shown again; names of files are. @module */
import { describe, expect, it } from 'vitest';
import { isKeyLike, withoutKey } from '../src/key-words.ts';
import { makeLog } from './support/make-proof.ts';

const LOG = makeLog(1, [{}]);

describe('isKeyLike', () => {
  it.each([
    ['64 hex digits', LOG.publicKeyHex],
    ['64 upper-case hex digits', LOG.publicKeyHex.toUpperCase()],
    ['128 hex digits', LOG.publicKeyHex.repeat(2)],
    ['base64 of 32 bytes', Buffer.from(LOG.publicKeyHex, 'hex').toString('base64')],
    ['base64url of 32 bytes', Buffer.from(LOG.publicKeyHex, 'hex').toString('base64url')],
    ['private PEM', LOG.privateKeyPem],
    ['its base64 alone', LOG.privateKeyPem.split('\n')[1] ?? ''],
    ['a private note key', 'PRIVATE+KEY+example+12345678+AQID'],
    ['a JWK', '{"kty":"OKP","crv":"Ed25519","d":"x"}'],
  ])('knows %s', (_form, text) => {
    expect(isKeyLike(text)).toBe(true);
    expect(withoutKey(text)).not.toContain(text.slice(0, 8));
  });

  it.each([
    'proof.json',
    `${LOG.publicKeyHex}.json`,
    '/data/a/b/proof.kapsel.json',
    '-',
    '--verbose',
  ])('leaves %s alone', (text) => {
    expect(withoutKey(text)).toBe(text);
  });
});
