import { bytesFromHex } from '@kapsel/verification';
import { expect, it } from 'vitest';
import { pinnedTrust } from '../src/pinned-keys.ts';

const KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'; // RFC 8032 7.1, test 1

it('trusts what the verifier page has kept, with the names it had', () => {
  const trust = pinnedTrust(() => ({ getItem: () => `${KEY} acme\nrubbish\n${KEY}` }));
  const publicKey = bytesFromHex(KEY);
  expect(trust.keys).toEqual([
    { publicKey, name: 'acme' },
    { publicKey, name: null },
  ]);
});

it('trusts nobody where nothing is kept, or nothing can be', () => {
  expect(pinnedTrust(() => ({ getItem: () => null })).keys).toEqual([]);
  const off = (): never => {
    throw new DOMException('off', 'SecurityError');
  };
  expect(pinnedTrust(off).keys).toEqual([]);
});
