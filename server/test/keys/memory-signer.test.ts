/** Signers in memory: the key of a text, or a refusal that repeats nothing of it. @module */
import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { verifyEd25519 } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import {
  isEncryptedPem,
  parsePrivateKey,
  signerFromPrivateKey,
} from '../../src/keys/memory-signer.ts';
import { KeyError } from '../../src/keys/signer.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const FORM = { type: 'pkcs8', format: 'pem' } as const;
const PLAIN = privateKey.export(FORM).toString();
const SEALED = privateKey.export({ ...FORM, cipher: 'aes-256-cbc', passphrase: 'p' }).toString();

describe('parsePrivateKey', () => {
  it('reads both forms of PKCS#8', () => {
    expect(parsePrivateKey(PLAIN, null, 'x').equals(privateKey)).toBe(true);
    expect(parsePrivateKey(SEALED, new Secret('p'), 'x').equals(privateKey)).toBe(true);
    expect([PLAIN, SEALED].map(isEncryptedPem)).toEqual([false, true]);
  });

  it.each([
    ['no passphrase', SEALED, null],
    ['another passphrase', SEALED, new Secret('q')],
    ['garbage', 'garbage', null],
    ['another kind of key', generateKeyPairSync('x25519').privateKey.export(FORM).toString(), null],
  ])('refuses %s, and names the place', (_what, pem, passphrase) => {
    const parse = (): unknown => parsePrivateKey(pem, passphrase, 'the place');
    expect(parse).toThrow(KeyError);
    expect(parse).toThrow('the place');
  });
});

describe('signerFromPrivateKey', () => {
  it('signs as pure Ed25519 under the public half, and shows nothing of the private one', async () => {
    const signer = signerFromPrivateKey(privateKey, 'env');
    const message = new TextEncoder().encode('message');
    expect(verifyEd25519(await signer.sign(message), message, signer.publicKey)).toBe(true);
    const { d = '' } = privateKey.export({ format: 'jwk' });
    const seed = Buffer.from(d, 'base64url');
    for (const shown of [JSON.stringify(signer), inspect(signer, { depth: 9 })]) {
      for (const form of ['hex', 'base64', 'base64url'] as const) {
        expect(shown).not.toContain(seed.toString(form));
      }
    }
  });
});
