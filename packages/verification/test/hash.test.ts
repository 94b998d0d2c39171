/** Known answers of RFC 6962 for leaf, node and empty tree. @module */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesFromHex, hexFromBytes, utf8FromString } from '../src/bytes.ts';
import { emptyRoot, leafHash, nodeHash, sha256 } from '../src/hash.ts';

describe('tree hashes', () => {
  it('knows the empty tree', () => {
    expect(hexFromBytes(emptyRoot())).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('knows the empty leaf', () => {
    expect(hexFromBytes(leafHash(new Uint8Array(0)))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('agrees with node:crypto on leaves of all small lengths', () => {
    for (let length = 0; length < 200; length++) {
      const data = Uint8Array.from({ length }, (_, i) => (7 * i) & 255);
      const expected = createHash('sha256').update(Uint8Array.of(0)).update(data).digest('hex');
      expect(hexFromBytes(leafHash(data))).toBe(expected);
    }
  });

  it('gives a leaf of 64 bytes another hash than the node of its halves', () => {
    const left = leafHash(utf8FromString('a'));
    const right = leafHash(utf8FromString('b'));
    const pretender = new Uint8Array(64);
    pretender.set(left, 0);
    pretender.set(right, 32);
    expect(hexFromBytes(leafHash(pretender))).not.toBe(hexFromBytes(nodeHash(left, right)));
  });

  it('keeps left and right apart', () => {
    const left = leafHash(utf8FromString('a'));
    const right = leafHash(utf8FromString('b'));
    const expected = createHash('sha256').update(Uint8Array.of(1)).update(left).update(right);
    expect(hexFromBytes(nodeHash(left, right))).toBe(expected.digest('hex'));
    expect(hexFromBytes(nodeHash(left, right))).not.toBe(hexFromBytes(nodeHash(right, left)));
  });

  it('refuses a node of anything but two hashes', () => {
    const hash = emptyRoot();
    expect(() => nodeHash(hash.subarray(1), hash)).toThrow(
      new TypeError('"left" expected 32 bytes, got 31'),
    );
    expect(() => nodeHash(hash, new Uint8Array(33))).toThrow(
      new TypeError('"right" expected 32 bytes, got 33'),
    );
  });

  it('is SHA-256 without a prefix where none is wanted', () => {
    expect(hexFromBytes(sha256(bytesFromHex('616263')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
