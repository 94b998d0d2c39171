/** Keys from the environment: every form, all or nothing, and no byte of them in a refusal. @module */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { verifyEd25519 } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { openEnvSigners } from '../../src/keys/env-signer.ts';
import { KeyError } from '../../src/keys/signer.ts';

const pemOf = (key: KeyObject, passphrase?: string): string =>
  key
    .export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    })
    .toString();
const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
const open = (text: string, passphrase: string | null = null) =>
  openEnvSigners(new Secret(text), passphrase === null ? null : new Secret(passphrase));
const publicOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url'));

// RFC 8032 section 7.1, TEST 1.
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PUBLIC = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

describe('openEnvSigners', () => {
  it('reads a seed in base64, white space around it aside', async () => {
    for (const text of [SEED.toString('base64'), ` ${SEED.toString('base64')}\n`]) {
      const [signer, ...more] = open(text);
      expect(more).toEqual([]);
      expect(signer?.provider).toBe('env');
      expect(Buffer.from(signer?.publicKey ?? []).toString('hex')).toBe(PUBLIC);
      const message = new Uint8Array(50);
      const signature = (await signer?.sign(message)) ?? new Uint8Array();
      expect(verifyEd25519(signature, message, Buffer.from(PUBLIC, 'hex'))).toBe(true);
    }
  });

  it('reads one PEM block or several, in order, encrypted ones too', () => {
    const keys = [newKey(), newKey(), newKey()];
    const [first, second, third] = keys as [KeyObject, KeyObject, KeyObject];
    const text = `${pemOf(first)}\n${pemOf(second, 'secret')}${pemOf(third)}`;
    expect(open(text, 'secret').map(({ publicKey }) => publicKey)).toEqual(keys.map(publicOf));
    expect(open(pemOf(first))).toHaveLength(1);
  });

  it('reads line breaks that are written out', () => {
    const key = newKey();
    const [signer] = open(pemOf(key).replaceAll('\n', '\\n'));
    expect(signer?.publicKey).toEqual(publicOf(key));
  });

  it.each<[string, string]>([
    ['a short seed', SEED.subarray(1).toString('base64')],
    ['a long seed', Buffer.concat([SEED, SEED]).toString('base64')],
    ['hex', SEED.toString('hex')],
    ['base64 for addresses', Buffer.alloc(32, 0xff).toString('base64url')],
    ['words', 'correct horse battery staple'],
    ['text beside a block', `${pemOf(newKey())}hunter2`],
    ['half a block', pemOf(newKey()).slice(0, 60)],
    ['a good block and a bad one', pemOf(newKey()) + pemOf(newKey()).replace(/M/g, 'N')],
    [
      'a public key',
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ],
    ['a key of another kind', pemOf(generateKeyPairSync('ed448').privateKey)],
    ['an encrypted key without the passphrase', pemOf(newKey(), 'secret')],
    ['too many keys', Array.from({ length: 17 }, () => pemOf(newKey())).join('')],
  ])('refuses %s, without repeating any of it', (_what, text) => {
    let error: unknown = null;
    try {
      open(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(KeyError);
    let shown = '';
    for (let at = error; at instanceof Error; at = at.cause) shown += `${at.message}${at.stack}`;
    expect(shown).toContain('KAPSEL_SIGNING_KEY');
    for (const part of text.split(/\s+/).filter((each) => each.length > 6)) {
      if (!part.startsWith('-----') && part !== 'PRIVATE' && part !== 'ENCRYPTED') {
        expect(shown).not.toContain(part);
      }
    }
  });

  it('does not take a seed for a PEM block, nor the other way round', () => {
    expect(() => open('-----')).toThrow(KeyError);
    const key = createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), SEED]),
      format: 'der',
      type: 'pkcs8',
    });
    expect(open(pemOf(key))[0]?.publicKey).toEqual(open(SEED.toString('base64'))[0]?.publicKey);
  });
});
