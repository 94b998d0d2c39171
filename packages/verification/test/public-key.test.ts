/** Public keys in every accepted form; private ones refused by name and never repeated. @module */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64FromBytes, hexFromBytes } from '../src/bytes.ts';
import { type ErrorCode, VerificationError } from '../src/errors.ts';
import { noteKeyId } from '../src/note.ts';
import { keyIdFromPublicKey, parsePublicKey } from '../src/public-key.ts';
import { LOG_SIGNER, signerFromSeed, TEST_SEED } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const KEY_HEX = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const KEY_ID = '21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9';
const VKEY = 'log.kapsel.example/t1+6942b0d7+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea';
const PRIVATE = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${TEST_SEED}`, 'hex'),
  format: 'der',
  type: 'pkcs8',
});
const PUBLIC = createPublicKey(PRIVATE);
const PEM = PUBLIC.export({ format: 'pem', type: 'spki' }).toString();
const JWK = PUBLIC.export({ format: 'jwk' });
const PRIVATE_PEM = PRIVATE.export({ format: 'pem', type: 'pkcs8' }).toString();

const SIGNER_2 = signerFromSeed('02'.repeat(32)); // its base64url holds both "-" and "_"

function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function publicPemOf(derHex: string): string {
  return `-----BEGIN PUBLIC KEY-----\n${base64OfHex(derHex)}\n-----END PUBLIC KEY-----\n`;
}

function jwkOf(x: string): string {
  return JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x });
}

function vkeyOf(name: string, type: number, key: Uint8Array): string {
  const typed = Uint8Array.of(type, ...key);
  return `${name}+${hexFromBytes(noteKeyId(name, type, key))}+${base64FromBytes(typed)}`;
}

describe('accepted forms', () => {
  it.each([
    ['hex', KEY_HEX],
    ['hex with white space around', `\n ${KEY_HEX}\r\n`],
    ['base64', Buffer.from(KEY_HEX, 'hex').toString('base64')],
    ['PEM', PEM],
    ['PEM with carriage returns', PEM.replaceAll('\n', '\r\n')],
    ['JWK', JSON.stringify(JWK)],
    ['JWK with more members, laid out', JSON.stringify({ ...JWK, kid: 'x', use: 'sig' }, null, 2)],
    ['vkey', VKEY],
    ['16384 characters, most of them white space', KEY_HEX.padEnd(16_384)],
  ])('reads %s', (_, text) => {
    const key = parsePublicKey(text);
    expect(hexFromBytes(key.bytes)).toBe(KEY_HEX);
    expect(key.keyId).toBe(KEY_ID);
  });

  it('keeps the name of a vkey, and has none otherwise', () => {
    expect(parsePublicKey(VKEY).name).toBe('log.kapsel.example/t1');
    expect(parsePublicKey(KEY_HEX).name).toBeNull();
  });

  it('reads the vkey of a key whose base64 holds a plus sign', () => {
    expect(VKEY.split('+').length).toBeGreaterThan(3);
    expect(parsePublicKey(vkeyOf('a', 1, LOG_SIGNER.publicKey)).name).toBe('a');
  });

  it('reads a JWK in the alphabet of base64url', () => {
    const x = Buffer.from(SIGNER_2.publicKey).toString('base64url');
    expect([x.includes('-'), x.includes('_')]).toEqual([true, true]);
    expect(parsePublicKey(jwkOf(x)).bytes).toEqual(SIGNER_2.publicKey);
  });

  // Points found by counting: in base64 they must not be taken for PKCS#8, of which they hold one mark of two.
  it.each([
    ['begins like a PKCS#8 of version 0', '302e0201000f'],
    ['begins like a PKCS#8 of version 1', '302e02010106'],
    ['names the algorithm where PKCS#8 does', '0000000000300506032b6570302e02010001'],
  ])('reads a public key that %s', (_, start) => {
    const hex = start.padEnd(64, '0');
    expect(hexFromBytes(parsePublicKey(hex).bytes)).toBe(hex);
    expect(hexFromBytes(parsePublicKey(base64OfHex(hex)).bytes)).toBe(hex);
  });

  it('makes the key id from the bytes', () => {
    expect(keyIdFromPublicKey(LOG_SIGNER.publicKey)).toBe(KEY_ID);
  });
});

describe('private keys', () => {
  const body = PRIVATE_PEM.split('\n')[1] as string;
  const openssh = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ';
  it.each([
    ['PKCS#8 PEM', PRIVATE_PEM, body],
    ['PKCS#8 PEM after other lines', `Bag Attributes\n${PRIVATE_PEM}`, body],
    ['a PKCS#8 PEM that is cut off', PRIVATE_PEM.slice(0, 70), body.slice(0, 20)],
    ['PKCS#8 base64 without armour', body, body],
    ['PKCS#8 under the label of a public key', PRIVATE_PEM.replaceAll('PRIVATE', 'PUBLIC'), body],
    ['encrypted PEM', PRIVATE_PEM.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'), body],
    [
      'OpenSSH',
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${openssh}\n-----END OPENSSH PRIVATE KEY-----\n`,
      openssh,
    ],
    ['JWK', JSON.stringify(PRIVATE.export({ format: 'jwk' })), TEST_SEED],
    ['the JWK of a shared secret', JSON.stringify({ kty: 'oct', k: TEST_SEED }), TEST_SEED],
    ['a note signer key', `PRIVATE+KEY+log.example+6942b0d7+${body}`, body],
  ])('refuses %s and repeats nothing of it', (_, text, secret) => {
    const refusal = expectRefusal('E_KEY_PRIVATE', () => parsePublicKey(text));
    const told = [refusal.message, refusal.field, refusal.expected, refusal.actual].join(' ');
    expect(told).not.toContain(secret);
    expect(refusal.cause).toBeUndefined();
  });
});

describe('refused forms', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const rsaPem = rsa.export({ format: 'pem', type: 'spki' }).toString();
  const x25519 = generateKeyPairSync('x25519').publicKey;
  const x25519Pem = x25519.export({ format: 'pem', type: 'spki' }).toString();
  it.each([
    ['nothing', ''],
    ['63 digits', KEY_HEX.slice(1)],
    ['upper-case hex', KEY_HEX.toUpperCase()],
    ['128 digits', KEY_HEX + KEY_HEX],
    ['base64 of 31 bytes', Buffer.alloc(31, 1).toString('base64')],
    ['base64 without padding', Buffer.from(KEY_HEX, 'hex').toString('base64').slice(0, -1)],
    ['the all-zero key', '0'.repeat(64)],
    ['a key of small order', `01${'0'.repeat(62)}`],
    ['a key that is no point', `02${'0'.repeat(62)}`],
    ['a key that is not canonical', `f0${'f'.repeat(60)}7f`],
    ['an RSA key', rsaPem],
    ['an X25519 key', x25519Pem],
    ['an X25519 JWK', JSON.stringify({ ...JWK, crv: 'X25519' })],
    ['an EC JWK', JSON.stringify({ ...JWK, kty: 'EC' })],
    ['a JWK with a padded key', JSON.stringify({ ...JWK, x: `${JWK.x}=` })],
    ['a JWK with a key in the alphabet of base64', jwkOf(base64OfHex(KEY_HEX).slice(0, -1))],
    ['a JWK without key', JSON.stringify({ kty: 'OKP', crv: 'Ed25519' })],
    ['a JWK with a duplicate member', '{"kty":"OKP","kty":"OKP"}'],
    ['broken JSON', '{'],
    ['a certificate', PEM.replaceAll('PUBLIC KEY', 'CERTIFICATE')],
    ['a PEM with other labels at its ends', PEM.replace('END PUBLIC KEY', 'END KEY')],
    ['a PEM with text behind it', `${PEM}x`],
    ['a PEM with a line of dashes before it', `-----\n${PEM}`],
    [
      'a PEM of a good key under another algorithm',
      publicPemOf(`302a300506032b656e032100${KEY_HEX}`),
    ],
    ['an OpenSSH public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me'],
    ['a vkey with another key id', VKEY.replace('6942b0d7', '6942b0d8')],
    ['a vkey with an upper-case key id', VKEY.replace('6942b0d7', '6942B0D7')],
    ['a vkey of type 04', vkeyOf('a', 4, LOG_SIGNER.publicKey)],
    ['a vkey of type 04 under the key id of type 01', VKEY.replace('+Add', '+BNd')],
    ['a vkey with a space in its name', vkeyOf('a b', 1, LOG_SIGNER.publicKey)],
    ['a vkey without name', vkeyOf('', 1, LOG_SIGNER.publicKey)],
    ['a vkey with a name that begins like a PEM', vkeyOf('-----a', 1, LOG_SIGNER.publicKey)],
    ['a vkey with 31 bytes', vkeyOf('a', 1, LOG_SIGNER.publicKey.subarray(1))],
    [
      'a PKCS#8 with another first byte, and its beginning again further in',
      base64OfHex(`312e020100300506032b6570302e020100${TEST_SEED}`),
    ],
    ['a key in 16385 characters', KEY_HEX.padEnd(16_385)],
    ['a text of 20 kB', KEY_HEX.repeat(320)],
  ])('refuses %s', (_, text) => {
    const refusal = expectRefusal('E_KEY_FORMAT', () => parsePublicKey(text));
    expect(refusal.cause).toBeUndefined();
    if (text.length > 20) expect(refusal.message).not.toContain(text.slice(0, 20));
  });

  it('throws nothing but its own error, and never repeats the text', () => {
    const start = fc.constantFrom('', '{', '-----BEGIN ', 'PRIVATE+KEY+', 'a+00000000+', KEY_HEX);
    const codes: readonly ErrorCode[] = ['E_KEY_FORMAT', 'E_KEY_PRIVATE'];
    fc.assert(
      fc.property(start, fc.string({ minLength: 1, maxLength: 60 }), (head, tail) => {
        try {
          parsePublicKey(head + tail);
        } catch (error) {
          expect(error).toBeInstanceOf(VerificationError);
          expect(codes).toContain((error as VerificationError).code);
        }
      }),
      { seed: 8410, numRuns: 500 },
    );
  });
});
