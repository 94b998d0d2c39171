import { describe, expect, it } from 'vitest';
import { presetScheme } from '../../src/endpoints/scheme-presets.ts';
import { keyFromSecret, SecretFormatError } from '../../src/endpoints/scheme-secret.ts';
import type { SignatureScheme } from '../../src/endpoints/signature-scheme.ts';

const github = presetScheme('github');
const hex: SignatureScheme = { ...github, key: { kind: 'hex' } };
const base64: SignatureScheme = { ...github, key: { kind: 'base64', prefix: '' } };
const PUBLIC_KEY = '1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';

describe('a secret', () => {
  it.each([
    [
      'a text as it stands, prefix and all',
      presetScheme('stripe'),
      'whsec_é',
      Buffer.from('whsec_é'),
    ],
    ['hex', hex, '00fF', Buffer.from([0, 255])],
    ['base64', base64, 'AP8=', Buffer.from([0, 255])],
    ['base64 after its prefix', presetScheme('standard'), 'whsec_AP8=', Buffer.from([0, 255])],
    [
      'a public key',
      presetScheme('standard-v1a'),
      `whpk_${PUBLIC_KEY}`,
      Buffer.from(PUBLIC_KEY, 'base64'),
    ],
  ])('may be %s', (_what, scheme, secret, expected) => {
    expect(keyFromSecret(scheme, secret)).toEqual(expected);
  });

  it.each([
    ['empty', github, ''],
    ['half a character', github, 'canary\ud800'],
    ['odd hex', hex, 'canary0'],
    ['hex with white space', hex, '00 ff'],
    ['nothing in hex', hex, ''],
    ['base64 without padding', base64, 'AP8'],
    ['base64url', base64, 'A_8='],
    ['without its prefix', presetScheme('standard'), 'AP8='],
    ['its prefix alone', presetScheme('standard'), 'whsec_'],
    ['a short public key', presetScheme('standard-v1a'), 'whpk_AP8='],
    [
      'a key of small order',
      presetScheme('standard-v1a'),
      `whpk_${Buffer.from([1, ...new Uint8Array(31)]).toString('base64')}`,
    ],
    ['a private key', presetScheme('standard-v1a'), `whsk_${PUBLIC_KEY}`],
  ])('may not be %s, and is not repeated in the refusal', (_what, scheme, secret) => {
    let message = '';
    try {
      keyFromSecret(scheme, secret);
    } catch (error) {
      expect(error).toBeInstanceOf(SecretFormatError);
      message = (error as Error).message;
    }
    expect(message).toMatch(/^must/);
    if (secret !== '' && secret !== 'whsec_') expect(message).not.toContain(secret);
  });
});
