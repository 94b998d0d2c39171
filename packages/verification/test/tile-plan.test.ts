/** Which tiles a client needs: the published example of tlog-tiles, sizes to 2^63-1, and what is refused. @module */
import { describe, expect, it } from 'vitest';
import { encodeTilePath } from '../src/tile.ts';
import {
  consistencyRanges,
  edgeTiles,
  fullSubtreeLevel,
  inclusionRanges,
  largestPowerBelow,
  planConsistencyTiles,
  planInclusionTiles,
  planLeafTiles,
  planRootTiles,
} from '../src/tile-plan.ts';
import { expectRefusal } from './refusal.ts';

function pathsOf(plan: ReturnType<typeof planRootTiles>): readonly string[] {
  return plan.map(encodeTilePath);
}

describe('tile plans', () => {
  it('name the partial tiles of the example in tlog-tiles, size 70,000', () => {
    expect(pathsOf(planRootTiles(70_000))).toEqual([
      'tile/0/273.p/112',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);
    expect(pathsOf(planRootTiles(256))).toEqual(['tile/1/000.p/1']);
    expect(planRootTiles(0)).toEqual([]);
  });

  it('name the tiles between a leaf and the edge, from the top down, and none beside them', () => {
    expect(pathsOf(planInclusionTiles(5, 812))).toEqual([
      'tile/0/003.p/44',
      'tile/1/000.p/3',
      'tile/0/000',
    ]);
    expect(pathsOf(planInclusionTiles(811, 812))).toEqual(['tile/0/003.p/44', 'tile/1/000.p/3']);
    expect(pathsOf(planInclusionTiles(0, 70_000))).toEqual([
      'tile/0/273.p/112',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
      'tile/1/000',
      'tile/0/000',
    ]);
    expect(pathsOf(planLeafTiles(2, 812))).toEqual([
      'tile/0/003.p/44',
      'tile/1/000.p/3',
      'tile/0/002',
    ]);
  });

  it('name what lies along the old edge of a consistency proof', () => {
    expect(pathsOf(planConsistencyTiles(256, 812))).toEqual(['tile/0/003.p/44', 'tile/1/000.p/3']);
    expect(pathsOf(planConsistencyTiles(300, 812))).toEqual([
      'tile/0/003.p/44',
      'tile/1/000.p/3',
      'tile/0/001',
    ]);
    expect(pathsOf(planConsistencyTiles(812, 812))).toEqual(pathsOf(planRootTiles(812)));
  });

  it('need at most 7 tiles up to 2^32 leaves and 15 up to 2^63-1, each a tile of that size', () => {
    const sizes = [31n, 32n, 53n, 62n]
      .flatMap((power) => [2n ** power - 1n, 2n ** power, 2n ** power + 1n])
      .concat(2n ** 63n - 2n, 2n ** 63n - 1n);
    for (const n of sizes) {
      for (const i of [0n, 2n ** 31n - 2n, n / 3n, n - 1n]) {
        const plan = planInclusionTiles(i, n);
        expect(plan.length).toBeLessThanOrEqual(n <= 2n ** 32n ? 7 : 15);
        for (const { level, index, width } of plan) {
          const row = n / 256n ** BigInt(level);
          const left = row - 256n * index;
          expect(BigInt(width)).toBe(left > 256n ? 256n : left);
        }
        expect(new Set(pathsOf(plan)).size).toBe(plan.length);
      }
    }
  });

  it('refuse indexes, sizes and pairs of sizes that no tree has', () => {
    for (const [i, n] of [
      [0, 0],
      [5, 5],
      [-1, 5],
      [0n, 2n ** 63n],
      [0.5, 5],
      [0, 2 ** 53],
    ] as const) {
      expectRefusal('E_INDEX_RANGE', () => planInclusionTiles(i, n));
    }
    expectRefusal('E_INDEX_RANGE', () => planRootTiles(-1));
    expectRefusal('E_INDEX_RANGE', () => planRootTiles(2n ** 63n));
    expectRefusal('E_INDEX_RANGE', () => planLeafTiles(4, 812));
    expectRefusal('E_INDEX_RANGE', () => planLeafTiles(-1, 812));
    expectRefusal('E_INDEX_RANGE', () => planConsistencyTiles(1, 2 ** 53));
    for (const [m, n] of [
      [0, 7],
      [-1, 7],
      [8, 7],
      [1n, 2n ** 63n],
    ] as const) {
      const refusal = expectRefusal('E_CONSISTENCY', () => planConsistencyTiles(m, n));
      expect(refusal.field).toBe('old_size');
    }
  });
});

describe('refusals', () => {
  const LAST = 2n ** 63n - 1n;

  it('name the size, and which sizes there are', () => {
    const refusalOf = (call: () => unknown) => expectRefusal('E_INDEX_RANGE', call);
    const none = { field: 'tree_size', expected: `1 to ${LAST}`, actual: '0' };
    expect(refusalOf(() => planInclusionTiles(0, 0))).toMatchObject(none);
    const below = { field: 'tree_size', expected: `0 to ${LAST}`, actual: '-1' };
    expect(refusalOf(() => planRootTiles(-1))).toMatchObject(below);
    const fraction = { field: 'tree_size', actual: '0.5' };
    expect(refusalOf(() => planRootTiles(0.5))).toMatchObject(fraction);
  });

  it('name the index, and which indexes the tree has', () => {
    const refusalOf = (call: () => unknown) => expectRefusal('E_INDEX_RANGE', call);
    const range = { field: 'leaf_index', expected: '0 to 4 in this tree', actual: '5' };
    expect(refusalOf(() => planInclusionTiles(5, 5))).toMatchObject(range);
    expect(refusalOf(() => planInclusionTiles(0.5, 5)).field).toBe('leaf_index');
    expect(refusalOf(() => planLeafTiles(0.5, 5)).field).toBe('tile_index');
  });

  it('name that one of two sizes which is no integer', () => {
    const refusalOf = (call: () => unknown) => expectRefusal('E_INDEX_RANGE', call);
    expect(refusalOf(() => planConsistencyTiles(0.5, 7)).field).toBe('old_size');
    expect(refusalOf(() => planConsistencyTiles(1, 7.5)).field).toBe('new_size');
  });

  it('leave the smallest and the largest trees alone', () => {
    expect(pathsOf(planInclusionTiles(0, 1))).toEqual(['tile/0/000.p/1']);
    expect(pathsOf(planInclusionTiles(0, 256))).toEqual(['tile/1/000.p/1', 'tile/0/000']);
    expect(pathsOf(planConsistencyTiles(1, 1))).toEqual(['tile/0/000.p/1']);
    expect(planConsistencyTiles(1n, LAST)).toHaveLength(15);
    expect(planConsistencyTiles(LAST, LAST)).toHaveLength(8);
  });
});

describe('ranges', () => {
  it('split as the RFC splits: leaf 5 of 7 and the proof from 3 to 7', () => {
    expect(inclusionRanges(5n, 7n)).toEqual([
      { begin: 4n, end: 5n },
      { begin: 6n, end: 7n },
      { begin: 0n, end: 4n },
    ]);
    expect(consistencyRanges(3n, 7n)).toEqual([
      { begin: 2n, end: 3n },
      { begin: 3n, end: 4n },
      { begin: 0n, end: 2n },
      { begin: 4n, end: 7n },
    ]);
    expect(consistencyRanges(4n, 7n)).toEqual([{ begin: 4n, end: 7n }]);
    expect(consistencyRanges(7n, 7n)).toEqual([]);
    expect(inclusionRanges(0n, 1n)).toEqual([]);
  });

  it('are full subtrees only where a power of two begins at its multiple', () => {
    expect(fullSubtreeLevel(0n, 1n)).toBe(0);
    expect(fullSubtreeLevel(4n, 8n)).toBe(2);
    expect(fullSubtreeLevel(2n, 6n)).toBeNull();
    expect(fullSubtreeLevel(0n, 3n)).toBeNull();
    expect(fullSubtreeLevel(2n ** 62n, 2n ** 63n)).toBe(62);
    expect([2n, 3n, 4n, 5n, 2n ** 62n, 2n ** 62n + 1n].map(largestPowerBelow)).toEqual([
      1n,
      2n,
      2n,
      4n,
      2n ** 61n,
      2n ** 62n,
    ]);
  });

  it('have an edge for each level whose last tile is partial', () => {
    expect(edgeTiles(0n)).toEqual([]);
    expect(edgeTiles(2n ** 63n - 1n).map(({ width }) => width)).toEqual([
      255, 255, 255, 255, 255, 255, 255, 127,
    ]);
    expect(edgeTiles(2n ** 62n)).toEqual([{ level: 7, index: 0n, width: 64 }]);
  });
});
