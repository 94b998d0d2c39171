import { verifyConsistency, verifyInclusion } from '@kapsel/verification';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { MemoryTree } from '../src/memory-tree.ts';
import { proveConsistency, proveInclusion, rootFromTiles } from '../src/prove.ts';
import type { TileReader } from '../src/tile-reader.ts';
import {
  mthOfLeaves,
  mthOfSparseLeaves,
  numberedLeaves,
  referenceLeafHash,
  referencePath,
  referenceProof,
} from './reference.ts';
import { readerOfMth, readerOfTree } from './tile-readers.ts';

// Hashing a few hundred thousand nodes takes a second, and more on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const SIZES = [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 812];
const LEAVES = numberedLeaves(812);

function treeOf(leaves: readonly Uint8Array[]): MemoryTree {
  const tree = new MemoryTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

describe('sizes around one tile', () => {
  const mth = mthOfLeaves(LEAVES);
  const reader = readerOfTree(treeOf(LEAVES));

  test('the root is that of the RFC recursion', async () => {
    for (const size of [0, ...SIZES]) {
      expect(await rootFromTiles(reader, size)).toEqual(mth(0, size));
    }
  });

  test.each(SIZES)('each tenth path of size %i is that of the RFC recursion', async (size) => {
    for (let index = 0; index < size; index += size > 10 ? 10 : 1) {
      const path = await proveInclusion(reader, index, size);
      expect(path).toEqual(referencePath(mth, index, 0, size));
    }
  });

  test.each(SIZES)('proofs to size %i are those of the RFC recursion', async (newSize) => {
    for (const oldSize of SIZES.filter((size) => size <= newSize)) {
      const path = await proveConsistency(reader, oldSize, newSize);
      expect(path).toEqual(referenceProof(mth, oldSize, newSize));
    }
  });
});

describe('more than 65,536 leaves', () => {
  const size = 70_001;
  const leaves = numberedLeaves(size);
  const tree = treeOf(leaves);

  test('paths verify at sizes around the third row of tiles', async () => {
    for (const now of [65_535, 65_536, 65_537, 65_793, size]) {
      const reader = readerOfTree(tree);
      expect(await rootFromTiles(reader, now)).toEqual(tree.root(now));
      for (const index of [0, 255, 256, 32_768, 65_279, now - 2, now - 1]) {
        const path = await proveInclusion(reader, index, now);
        verifyInclusion(leaves[index] as Uint8Array, index, now, path, tree.root(now));
      }
    }
  });

  test('consistency verifies across rows of tiles', async () => {
    const reader = readerOfTree(tree);
    for (const oldSize of [1, 255, 256, 257, 40_000, 65_535, 65_536, 65_537, 70_000, size]) {
      const path = await proveConsistency(reader, oldSize, size);
      verifyConsistency(tree.root(oldSize), tree.root(), oldSize, size, path);
    }
  });

  test('each tile is asked for once, in the width of the size asked about', async () => {
    const reader = readerOfTree(tree);
    await proveInclusion(reader, 1000, size);
    expect([...reader.asked].sort()).toEqual(['0/003', '0/273.p/113', '1/000', '1/001.p/17']);
  });
});

describe('sizes up to 2^53', () => {
  const interesting = fc.oneof(
    fc.integer({ min: 1, max: 2 ** 40 }),
    fc
      .tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -2, max: 2 }))
      .map(([level, offset]) => Math.max(1, 2 ** level + offset)),
  );
  const pair = fc
    .tuple(interesting, interesting)
    .map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const)));
  const options = { seed: 20_260_115, numRuns: 150 };

  function sparseTree(...positions: readonly number[]) {
    return mthOfSparseLeaves(
      new Map(positions.map((position) => [position, referenceLeafHash(`marked ${position}`)])),
    );
  }

  test('paths of sampled leaves are those of the RFC recursion, and the core accepts them', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ([position, size]) => {
        const index = position - 1;
        const mth = sparseTree(index, 0, size - 1);
        const path = await proveInclusion(readerOfMth(mth), index, size);
        expect(path).toEqual(referencePath(mth, index, 0, size));
        verifyInclusion(mth(index, index + 1), index, size, path, mth(0, size));
      }),
      options,
    );
  });

  test('proofs between sampled sizes are those of the RFC recursion, and the core accepts them', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ([oldSize, newSize]) => {
        const mth = sparseTree(0, oldSize - 1, newSize - 1);
        const path = await proveConsistency(readerOfMth(mth), oldSize, newSize);
        expect(path).toEqual(referenceProof(mth, oldSize, newSize));
        verifyConsistency(mth(0, oldSize), mth(0, newSize), oldSize, newSize, path);
      }),
      options,
    );
  });

  test('the root of sampled sizes is that of the RFC recursion', async () => {
    await fc.assert(
      fc.asyncProperty(interesting, async (size) => {
        const mth = sparseTree(0, size - 1);
        expect(await rootFromTiles(readerOfMth(mth), size)).toEqual(mth(0, size));
      }),
      options,
    );
  });

  test('a path reads two tiles a row at most: the leaf’s own and the last one', async () => {
    const size = 2 ** 32 - 1;
    const reader = readerOfMth(sparseTree(0));
    await proveInclusion(reader, 123_456_789, size);
    expect(reader.asked.length).toBeLessThanOrEqual(8);
    const even = readerOfMth(sparseTree(0));
    await proveInclusion(even, 123_456_789, 2 ** 32);
    expect(even.asked).toHaveLength(4);
  });
});

test('the proof shares no bytes with the tiles', async () => {
  const shared = new Uint8Array(2 * 32).fill(7);
  const [hash] = await proveInclusion({ readTile: async () => shared }, 0, 2);
  shared.fill(9);
  expect(hash).toEqual(new Uint8Array(32).fill(7));
});

test('a reader that keeps inner nodes is asked for nothing but subtrees within its tiles', async () => {
  const tree = treeOf(LEAVES);
  const plain = readerOfTree(tree);
  const counts: number[] = [];
  const reader: TileReader = {
    readTile: () => Promise.reject(new Error('no whole tile is needed')),
    readSubtrees: async (places) =>
      places.map(({ tile, offset, count }) => {
        expect(offset % count).toBe(0);
        expect(offset + count).toBeLessThanOrEqual(tile.width);
        counts.push(count);
        const level = 8 * tile.level + Math.log2(count);
        return tree.hashOfNode({ level, index: (256 * tile.index + offset) / count });
      }),
  };
  for (const size of SIZES) {
    const index = size >> 1;
    expect(await proveInclusion(reader, index, size)).toEqual(
      await proveInclusion(plain, index, size),
    );
    expect(await rootFromTiles(reader, size)).toEqual(await rootFromTiles(plain, size));
  }
  expect(Math.max(...counts)).toBe(128);
});

test('a reader of subtrees that answers too few, or no hashes, is refused', async () => {
  const readTile = () => Promise.reject(new Error('not asked'));
  for (const roots of [[], [new Uint8Array(31)], [new Uint8Array(32), new Uint8Array(32)]]) {
    const reader: TileReader = { readTile, readSubtrees: async () => roots };
    await expect(proveInclusion(reader, 0, 2)).rejects.toThrow(/expected/);
  }
});
