import { verifyConsistency, verifyInclusion } from '@kapsel/verification';
import { expect, test, vi } from 'vitest';
import { MemoryTree } from '../src/memory-tree.ts';
import {
  mthOfLeaves,
  numberedLeaves,
  referenceLeafHash,
  referencePath,
  referenceProof,
} from './reference.ts';

// Hashing a few hundred thousand nodes takes a second, and more on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const LEAVES = numberedLeaves(300);
const mth = mthOfLeaves(LEAVES);
const TREE = treeOf(LEAVES);

function treeOf(leaves: readonly Uint8Array[]): MemoryTree {
  const tree = new MemoryTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function joined(hashes: readonly Uint8Array[]): string {
  return hashes.map(hexOf).join(' ');
}

test('the published roots of the classic test leaves', () => {
  const texts = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
  texts.push('606162636465666768696a6b6c6d6e6f');
  const leaves = texts.map((hex) => referenceLeafHash(Buffer.from(hex, 'hex').toString('latin1')));
  const tree = treeOf(leaves);
  // from certificate-transparency-go and RFC 6962 implementations since
  expect(hexOf(tree.root(0))).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(hexOf(tree.root(2))).toBe(
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  );
  expect(hexOf(tree.root(3))).toBe(
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  );
  expect(hexOf(tree.root(7))).toBe(
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  );
  expect(hexOf(tree.root())).toBe(
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  );
});

test('gives the root of the RFC recursion at each size up to 300', () => {
  for (let size = 0; size <= 300; size += 1) expect(TREE.root(size)).toEqual(mth(0, size));
});

test('gives the path of the RFC recursion for each leaf of each size up to 300', () => {
  for (let size = 1; size <= 300; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const path = joined(TREE.proveInclusion(index, size));
      if (path !== joined(referencePath(mth, index, 0, size))) expect.fail(`${index} of ${size}`);
    }
  }
});

test('the core accepts the path of each leaf of each size up to 300', () => {
  for (let size = 1; size <= 300; size += 1) {
    const root = TREE.root(size);
    for (let index = 0; index < size; index += 1) {
      const leaf = LEAVES[index] as Uint8Array;
      verifyInclusion(leaf, index, size, TREE.proveInclusion(index, size), root);
    }
  }
});

test('the core refuses the path of a neighbour', () => {
  const root = TREE.root();
  for (let index = 0; index + 1 < 300; index += 1) {
    const path = TREE.proveInclusion(index + 1);
    expect(() => verifyInclusion(LEAVES[index] as Uint8Array, index, 300, path, root)).toThrow();
  }
});

test('gives the proof of the RFC recursion between all sizes up to 130, and the core accepts it', () => {
  for (let newSize = 1; newSize <= 130; newSize += 1) {
    for (let oldSize = 1; oldSize <= newSize; oldSize += 1) {
      const path = TREE.proveConsistency(oldSize, newSize);
      if (joined(path) !== joined(referenceProof(mth, oldSize, newSize))) {
        expect.fail(`${oldSize} to ${newSize}`);
      }
      verifyConsistency(TREE.root(oldSize), TREE.root(newSize), oldSize, newSize, path);
    }
  }
});

test('append gives the index of the new leaf', () => {
  const tree = new MemoryTree();
  expect(LEAVES.slice(0, 3).map((leaf) => tree.append(leaf))).toEqual([0, 1, 2]);
  expect(tree.size).toBe(3);
});

test('refuses sizes that it has not reached', () => {
  expect(() => TREE.root(301)).toThrow(RangeError);
  expect(() => TREE.proveInclusion(0, 301)).toThrow(RangeError);
  expect(() => TREE.proveConsistency(1, 301)).toThrow(RangeError);
  expect(() => TREE.hashOfNode({ level: 0, index: 300 })).toThrow(RangeError);
  expect(() => TREE.append(new Uint8Array(20))).toThrow(TypeError);
});
