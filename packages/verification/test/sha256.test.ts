/** SHA-256 against node:crypto: every length around the block, every value of every byte of a node, random pairs. @module */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { hexFromBytes } from '../src/bytes.ts';
import { sha256OfBytes, sha256OfNode } from '../src/sha256.ts';

function expectSame(left: Uint8Array, right: Uint8Array): void {
  const wanted = createHash('sha256').update(Uint8Array.of(1)).update(left).update(right);
  expect(hexFromBytes(sha256OfNode(left, right))).toBe(wanted.digest('hex'));
}

it('agrees on every value at every one of the 64 places', () => {
  for (let place = 0; place < 64; place++) {
    for (let value = 0; value < 256; value += place % 16 === 15 ? 1 : 5) {
      const pair = new Uint8Array(64);
      pair[place] = value;
      expectSame(pair.subarray(0, 32), pair.subarray(32));
    }
  }
});

it('agrees on chains of hashes, whose bits are as good as random', () => {
  let left = new Uint8Array(32);
  let right = new Uint8Array(32).fill(0xff);
  for (let i = 0; i < 2_000; i++) {
    const next = sha256OfNode(left, right);
    if (i % 4 === 0) expectSame(left, right);
    [left, right] = [right, next as Uint8Array<ArrayBuffer>];
  }
  expectSame(left, right);
});

it('reads views at any offset, takes one array twice, and hands out an array of its own', () => {
  const all = Uint8Array.from({ length: 67 }, (_, i) => 3 * i);
  expectSame(all.subarray(3, 35), all.subarray(35));
  const twice = all.subarray(1, 33);
  expectSame(twice, twice);
  const first = sha256OfNode(twice, twice);
  const kept = hexFromBytes(first);
  const second = sha256OfNode(first, first);
  expect(hexFromBytes(first)).toBe(kept);
  expect(first.buffer.byteLength).toBe(32);
  expect(second).not.toBe(first);
});

it('agrees on bytes of every length up to five blocks', () => {
  const all = Uint8Array.from({ length: 320 }, (_, i) => (37 * i) % 251);
  for (let length = 0; length <= all.length; length++) {
    const bytes = all.subarray(0, length);
    const plain = createHash('sha256').update(bytes).digest('hex');
    expect(hexFromBytes(sha256OfBytes(bytes))).toBe(plain);
  }
});

it('agrees on a megabyte, and leaves its input as it was', () => {
  const bytes = Uint8Array.from({ length: 2 ** 20 + 3 }, (_, i) => (i * i) >> 3);
  const before = createHash('sha256').update(bytes).digest('hex');
  expect(hexFromBytes(sha256OfBytes(bytes))).toBe(before);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(before);
});
