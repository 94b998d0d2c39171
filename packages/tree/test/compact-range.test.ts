import { expect, test } from 'vitest';
import { type CompactRange, compactRangeFromHashes } from '../src/compact-range.ts';
import type { NodeId } from '../src/node-id.ts';
import { mthOfLeaves, numberedLeaves } from './reference.ts';

const LEAVES = numberedLeaves(300);
const mth = mthOfLeaves(LEAVES);

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

test('the empty tree has the hash of nothing as its root', () => {
  expect(hexOf(compactRangeFromHashes(0, []).root())).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});

test('gives the root of the RFC recursion at each size up to 300', () => {
  const range = compactRangeFromHashes(0, []);
  LEAVES.forEach((leaf, i) => {
    range.append(leaf);
    expect(range.size).toBe(i + 1);
    expect(range.root()).toEqual(mth(0, i + 1));
  });
});

test('can be taken up again at any size', () => {
  let range: CompactRange = compactRangeFromHashes(0, []);
  for (const leaf of LEAVES) {
    range = compactRangeFromHashes(range.size, range.hashes);
    range.append(leaf);
  }
  expect(range.root()).toEqual(mth(0, 300));
});

test('holds one hash for each one bit of the size', () => {
  const range = compactRangeFromHashes(0, []);
  for (const leaf of LEAVES.slice(0, 11)) range.append(leaf);
  expect(range.hashes).toEqual([mth(0, 8), mth(8, 10), mth(10, 11)]);
});

test('reports each node that an append completes, the leaf first', () => {
  const range = compactRangeFromHashes(0, []);
  for (const leaf of LEAVES.slice(0, 7)) range.append(leaf);
  const nodes: [NodeId, Uint8Array][] = [];
  range.append(LEAVES[7] as Uint8Array, (node, hash) => nodes.push([node, hash]));
  expect(nodes).toEqual([
    [{ level: 0, index: 7 }, mth(7, 8)],
    [{ level: 1, index: 3 }, mth(6, 8)],
    [{ level: 2, index: 1 }, mth(4, 8)],
    [{ level: 3, index: 0 }, mth(0, 8)],
  ]);
});

test('counts beyond 32 bits', () => {
  const size = 2 ** 40 + 2 ** 31 + 1;
  const range = compactRangeFromHashes(size, LEAVES.slice(0, 3));
  const indexes: number[] = [];
  range.append(LEAVES[3] as Uint8Array, ({ index }) => indexes.push(index));
  expect(range.size).toBe(size + 1);
  expect(indexes).toEqual([size, 2 ** 39 + 2 ** 30]);
  expect(range.hashes).toHaveLength(3);
});

test('refuses a right edge that does not fit the size', () => {
  expect(() => compactRangeFromHashes(3, LEAVES.slice(0, 1))).toThrow(RangeError);
  expect(() => compactRangeFromHashes(0, LEAVES.slice(0, 1))).toThrow(RangeError);
  expect(() => compactRangeFromHashes(1, [new Uint8Array(31)])).toThrow(TypeError);
  expect(() => compactRangeFromHashes(-1, [])).toThrow(RangeError);
});

test('refuses a leaf hash of another length and stays as it was', () => {
  const range = compactRangeFromHashes(1, LEAVES.slice(0, 1));
  expect(() => range.append(new Uint8Array(33))).toThrow(TypeError);
  expect(range.size).toBe(1);
  expect(range.root()).toEqual(LEAVES[0]);
});

test('refuses to grow past 2^53-1', () => {
  const size = Number.MAX_SAFE_INTEGER;
  const range = compactRangeFromHashes(size, LEAVES.slice(0, 53));
  expect(() => range.append(LEAVES[0] as Uint8Array)).toThrow(RangeError);
});

test('what it hands out cannot change it', () => {
  const range = compactRangeFromHashes(1, LEAVES.slice(0, 1));
  (range.hashes as Uint8Array[]).push(new Uint8Array(32));
  expect(range.hashes).toHaveLength(1);
});
