/** Proofs from tiles against the recursive definition, and tile servers that lie, each noticed. @module */
import { describe, expect, it } from 'vitest';
import { verifyConsistency } from '../src/consistency.ts';
import { verifyInclusion } from '../src/inclusion.ts';
import { encodeTilePath, type TileId } from '../src/tile.ts';
import {
  planConsistencyTiles,
  planInclusionTiles,
  planLeafTiles,
  planRootTiles,
} from '../src/tile-plan.ts';
import {
  consistencyProofFromTiles,
  inclusionProofFromTiles,
  leafHashesFromTiles,
  rootFromTiles,
} from '../src/tile-proof.ts';
import {
  HugeTree,
  MemoTree,
  numberedLeaves,
  referenceConsistency,
  referencePath,
  referenceRoot,
} from './reference-tree.ts';
import { expectRefusal } from './refusal.ts';

/** Whoever serves tiles. */
interface Tiles {
  tile(level: number, index: bigint, width: number): Uint8Array;
}

/** Compared as text: the comparison of byte arrays takes ten times as long. */
function hexOf(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => Buffer.from(hash).toString('hex')).join('\n');
}

function fetched(source: Tiles, plan: readonly TileId[]): Uint8Array[] {
  return plan.map(({ level, index, width }) => source.tile(level, index, width));
}

const HUGE_SIZES = [31n, 32n, 53n, 62n]
  .flatMap((power) => [2n ** power - 1n, 2n ** power, 2n ** power + 1n])
  .concat(2n ** 63n - 2n, 2n ** 63n - 1n);

describe('proofs from tiles', () => {
  it('equal the recursive definition for every index of every size up to 64', () => {
    const leaves = numberedLeaves(64);
    const tree = new MemoTree(leaves);
    for (let n = 1; n <= 64; n++) {
      const root = referenceRoot(leaves.slice(0, n));
      expect(rootFromTiles(n, fetched(tree, planRootTiles(n)))).toEqual(root);
      for (let i = 0; i < n; i++) {
        const tiles = fetched(tree, planInclusionTiles(i, n));
        const { leafHash, proofHashes } = inclusionProofFromTiles(i, n, tiles, root);
        expect(hexOf([leafHash])).toBe(hexOf([leaves[i] as Uint8Array]));
        expect(hexOf(proofHashes)).toBe(hexOf(referencePath(i, leaves.slice(0, n))));
      }
    }
  });

  it('equal the recursive definition for all pairs of sizes up to 64', () => {
    const leaves = numberedLeaves(64);
    const tree = new MemoTree(leaves);
    for (let n = 1; n <= 64; n++) {
      const root = referenceRoot(leaves.slice(0, n));
      for (let m = 1; m <= n; m++) {
        const tiles = fetched(tree, planConsistencyTiles(m, n));
        const path = consistencyProofFromTiles(m, n, tiles, root);
        expect(hexOf(path)).toBe(hexOf(referenceConsistency(m, leaves.slice(0, n))));
      }
    }
  });

  it('hold in trees of more than one tile, around each full tile', () => {
    const tree = new MemoTree(numberedLeaves(66_000));
    for (const n of [255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000]) {
      const root = tree.root(n);
      expect(rootFromTiles(n, fetched(tree, planRootTiles(n)))).toEqual(root);
      for (const i of [0, 1, 254, 255, 256, 511, 512, 65_535, 65_536, n - 1].filter((i) => i < n)) {
        const tiles = fetched(tree, planInclusionTiles(i, n));
        const { leafHash, proofHashes } = inclusionProofFromTiles(i, n, tiles, root);
        expect(hexOf(proofHashes)).toBe(hexOf(tree.path(i, n)));
        verifyInclusion(leafHash, i, n, proofHashes, root);
        const m = i + 1;
        const path = consistencyProofFromTiles(
          m,
          n,
          fetched(tree, planConsistencyTiles(m, n)),
          root,
        );
        verifyConsistency(tree.root(m), root, m, n, path);
      }
    }
  });

  it('hold in trees around 2^31, 2^32, 2^53, 2^62 and up to 2^63-1', () => {
    for (const n of HUGE_SIZES) {
      for (const i of [1n, 255n, 256n, 2n ** 31n - 1n, 2n ** 31n - 2n, n / 3n, n - 2n, n - 1n]) {
        if (i >= n) continue;
        const tree = new HugeTree(i);
        const root = tree.root(n);
        expect(rootFromTiles(n, fetched(tree, planRootTiles(n)))).toEqual(root);
        const tiles = fetched(tree, planInclusionTiles(i, n));
        const { leafHash, proofHashes } = inclusionProofFromTiles(i, n, tiles, root);
        expect(leafHash).toEqual(tree.leaf(i));
        expect(hexOf(proofHashes)).toBe(hexOf(tree.path(i, n)));
        const path = consistencyProofFromTiles(
          i,
          n,
          fetched(tree, planConsistencyTiles(i, n)),
          root,
        );
        expect(hexOf(path)).toBe(hexOf(tree.consistency(i, n)));
        verifyConsistency(tree.root(i), root, i, n, path);
      }
    }
  }, 60_000);

  it('give the root of the empty tree from no tile, and bytes that share nothing with the tiles', () => {
    expect(rootFromTiles(0, [])).toEqual(referenceRoot([]));
    const leaves = numberedLeaves(2);
    const tree = new MemoTree(leaves);
    const single = fetched(tree, planRootTiles(1));
    const root = rootFromTiles(1, single);
    const tiles = fetched(tree, planInclusionTiles(0, 2));
    const { leafHash, proofHashes } = inclusionProofFromTiles(0, 2, tiles, tree.root(2));
    const path = consistencyProofFromTiles(1, 2, tiles, tree.root(2));
    const hashes = leafHashesFromTiles(0, 2, tiles, tree.root(2));
    for (const bytes of [...single, ...tiles]) bytes.fill(0);
    expect(root).toEqual(tree.root(1));
    expect(leafHash).toEqual(leaves[0]);
    expect(proofHashes).toEqual([leaves[1]]);
    expect(path).toEqual([leaves[1]]);
    expect(hashes).toEqual(leaves);
  });

  it('take a full tile where a partial one was asked for, and cut it', () => {
    const tree = new MemoTree(numberedLeaves(66_000));
    const plan = planInclusionTiles(300, 812);
    const full = plan.map(({ level, index }) => tree.tile(level, index, level === 0 ? 256 : 3));
    const proof = inclusionProofFromTiles(300, 812, full, tree.root(812));
    expect(proof.proofHashes).toEqual(tree.path(300, 812));
  });

  it('give the leaf hashes of a tile', () => {
    const leaves = numberedLeaves(812);
    const tree = new MemoTree(leaves);
    for (const [index, count] of [
      [0, 256],
      [2, 256],
      [3, 44],
    ] as const) {
      const tiles = fetched(tree, planLeafTiles(index, 812));
      const hashes = leafHashesFromTiles(index, 812, tiles, tree.root(812));
      expect(hexOf(hashes)).toBe(hexOf(leaves.slice(256 * index, 256 * index + count)));
    }
    const single = fetched(tree, planLeafTiles(0, 1));
    expect(leafHashesFromTiles(0, 1, single, tree.root(1))).toEqual(leaves.slice(0, 1));
  });
});

describe('a tile server that lies', () => {
  const tree = new MemoTree(numberedLeaves(70_000));
  const [i, m, n] = [300, 65_836, 70_000];
  const root = tree.root(n);

  const proofs: readonly [string, readonly TileId[], (tiles: readonly Uint8Array[]) => unknown][] =
    [
      [
        'an inclusion proof',
        planInclusionTiles(i, n),
        (tiles) => inclusionProofFromTiles(i, n, tiles, root),
      ],
      [
        'a consistency proof',
        planConsistencyTiles(m, n),
        (tiles) => consistencyProofFromTiles(m, n, tiles, root),
      ],
      ['leaf hashes', planLeafTiles(1, n), (tiles) => leafHashesFromTiles(1, n, tiles, root)],
    ];

  it.each(proofs)('is noticed in any hash of any tile, needed for %s or not', (_, plan, prove) => {
    const honest = fetched(tree, plan);
    expect(() => prove(honest)).not.toThrow();
    for (const [at, tile] of plan.entries()) {
      for (let hash = 0; hash < tile.width; hash += tile.width === 256 ? 17 : 1) {
        const tiles = honest.map((bytes) => bytes.slice());
        const lie = tiles[at] as Uint8Array;
        lie[32 * hash + 7] = (lie[32 * hash + 7] as number) ^ 0x10;
        const refusal = expectRefusal('E_ROOT_MISMATCH', () => prove(tiles));
        // A lie in a full tile is told from the hash in the tile above it, one at the edge from the root.
        const isFull = tile.width === 256;
        expect(refusal.field).toBe(isFull ? encodeTilePath(tile) : 'root_hash');
      }
    }
  });

  it('is noticed when two tiles are exchanged, and when another tree is served', () => {
    const [, plan, prove] = proofs[0] as (typeof proofs)[number];
    const honest = fetched(tree, plan);
    const swapped = honest.with(3, honest[4] as Uint8Array).with(4, honest[3] as Uint8Array);
    expectRefusal('E_ROOT_MISMATCH', () => prove(swapped));
    const other = new MemoTree(numberedLeaves(70_001).slice(1));
    expect(expectRefusal('E_ROOT_MISMATCH', () => prove(fetched(other, plan))).field).toBe(
      'root_hash',
    );
  });

  it('is noticed when a tile has another length, by its path', () => {
    const [, plan, prove] = proofs[0] as (typeof proofs)[number];
    const honest = fetched(tree, plan);
    for (const [at, tile] of plan.entries()) {
      for (const length of [0, 31, 32 * tile.width - 1, 32 * tile.width + 32, 8_193]) {
        const tiles = honest.with(at, new Uint8Array(length));
        expect(expectRefusal('E_FIELD', () => prove(tiles))).toMatchObject({
          field: encodeTilePath(tile),
          expected: `${32 * tile.width} bytes`,
          actual: `${length} bytes`,
        });
      }
    }
  });

  it('cannot make a root of 31 bytes, another number of tiles or an impossible size pass', () => {
    const honest = fetched(tree, planInclusionTiles(i, n));
    const short = root.slice(1);
    const root31 = expectRefusal('E_FIELD', () => inclusionProofFromTiles(i, n, honest, short));
    expect(root31).toMatchObject({ field: 'root_hash', actual: '31 bytes' });
    expect(() => inclusionProofFromTiles(i, n, honest.slice(1), root)).toThrow(RangeError);
    expect(() => rootFromTiles(n, honest)).toThrow(RangeError);
    expectRefusal('E_INDEX_RANGE', () => inclusionProofFromTiles(n, n, honest, root));
    expectRefusal('E_INDEX_RANGE', () => leafHashesFromTiles(274, n, honest, root));
    expectRefusal('E_CONSISTENCY', () => consistencyProofFromTiles(0, n, honest, root));
    expectRefusal('E_INDEX_RANGE', () => rootFromTiles(-1, []));
    const empty = expectRefusal('E_INDEX_RANGE', () => inclusionProofFromTiles(0, 0, [], root));
    expect(empty.field).toBe('tree_size');
    const half = expectRefusal('E_INDEX_RANGE', () => leafHashesFromTiles(0.5, n, honest, root));
    expect(half.field).toBe('tile_index');
  });
});
