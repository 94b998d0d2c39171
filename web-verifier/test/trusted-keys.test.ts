/** Reading keys from text and links, and what of them is trusted. @module */
import { hexFromBytes } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import {
  type KeyReading,
  keyFromFragment,
  readKeyText,
  trustFromKeys,
  withKey,
  withoutKey,
} from '../src/trusted-keys.ts';
import { signerFromSeed } from './support/craft-package.ts';

const { publicKeyHex, privateKey } = signerFromSeed(7);
const base64 = Buffer.from(publicKeyHex, 'hex').toString('base64');
const key = pick(readKeyText(publicKeyHex));
const other = pick(readKeyText(signerFromSeed(9).publicKeyHex));

describe('readKeyText', () => {
  it('reads a key with white space around it', () => {
    expect(hexFromBytes(pick(readKeyText(`  ${publicKeyHex}\n`)).bytes)).toBe(publicKeyHex);
  });
  it('refuses with a code that repeats nothing of the text', () => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(readKeyText(pem)).toEqual({ kind: 'refused', code: 'E_KEY_PRIVATE' });
    expect(readKeyText('not a key')).toEqual({ kind: 'refused', code: 'E_KEY_FORMAT' });
  });
});

describe('keyFromFragment', () => {
  it('finds the key among other members', () => {
    expect(keyFromFragment(`#proof=x&key=${publicKeyHex}`)?.keyId).toBe(key.keyId);
  });
  it('keeps the plus sign of base64, encoded or not', () => {
    const withPlus = [...Array(256).keys()]
      .map((seed) => signerFromSeed(seed).publicKeyHex)
      .map((hex) => Buffer.from(hex, 'hex').toString('base64'))
      .find((text) => text.includes('+'));
    const expected = pick(readKeyText(withPlus ?? '')).keyId;
    expect(keyFromFragment(`#key=${withPlus}`)?.keyId).toBe(expected);
    expect(keyFromFragment(`#key=${encodeURIComponent(withPlus ?? '')}`)?.keyId).toBe(expected);
  });
  it.each(['', '#', '#key=', '#key=%', '#key=%E0%A4%A', '#monkey=1', `#notkey=${publicKeyHex}`])(
    'finds none in %j',
    (fragment) => {
      expect(keyFromFragment(fragment)).toBeNull();
    },
  );
});

describe('the pinned keys', () => {
  it('hold each key once and forget it when asked', () => {
    const again = pick(readKeyText(base64));
    const keys = withKey(withKey(withKey([], key), again), other);
    expect(keys.map(({ keyId }) => keyId)).toEqual([key.keyId, other.keyId]);
    expect(withoutKey(keys, key.keyId)).toEqual([other]);
  });
  it('are all that is trusted', () => {
    expect(trustFromKeys([])).toEqual({ keys: [] });
    expect(trustFromKeys([key])).toEqual({ keys: [{ publicKey: key.bytes, name: null }] });
  });
});

function pick(reading: KeyReading) {
  if (reading.kind !== 'key') throw new Error(`refused with ${reading.code}`);
  return reading.key;
}
