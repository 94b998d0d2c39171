/** Properties of inclusion proofs: every leaf is provable, in trees of any size to 2^63-1, and one changed bit is refused. @module */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { inclusionSteps, rootFromInclusionProof, verifyInclusion } from '../src/inclusion.ts';
import {
  HugeTree,
  MemoTree,
  numberedLeaves,
  referencePath,
  referenceRoot,
} from './reference-tree.ts';
import { expectRefusal } from './refusal.ts';

vi.setConfig({ testTimeout: 60_000 }); // hundreds of thousands of hashes, on a machine that may be busy

const LEAVES = numberedLeaves(1_500);
const TREE = new MemoTree(LEAVES);
const MAX = 2n ** 63n - 1n;
const SETTINGS = { seed: 6962 };

/** The bytes with one bit changed. */
function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
}

/** A size near a power of two at which some arithmetic goes wrong, and an index in it, often near another one. */
const HUGE_PLACES = fc
  .tuple(fc.constantFrom(31n, 32n, 53n, 62n, 63n), fc.integer({ min: -40, max: 40 }))
  .map(([power, offset]) => 2n ** power + BigInt(offset))
  .map((size) => (size > MAX ? MAX - (size - MAX) : size))
  .chain((size) => {
    const near = [0n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 62n, size / 2n, size - 1n];
    const close = fc
      .tuple(fc.constantFrom(...near), fc.integer({ min: -40, max: 40 }))
      .map(([base, offset]) => base + BigInt(offset));
    const anywhere = fc.bigInt({ min: 0n, max: size - 1n });
    const index = fc.oneof(close, anywhere).filter((i) => i >= 0n && i < size);
    return fc.tuple(index, fc.constant(size));
  });

describe('inclusion', () => {
  it('proves every leaf of trees of 1 to 1,500 leaves', () => {
    const sizes = fc.integer({ min: 1, max: LEAVES.length });
    fc.assert(
      fc.property(sizes, (n) => {
        const root = TREE.root(n);
        for (let i = 0; i < n; i++) {
          verifyInclusion(LEAVES[i] as Uint8Array, i, n, TREE.path(i, n), root);
        }
      }),
      {
        ...SETTINGS,
        numRuns: 12,
        examples: [[1], [2], [1_000], [1_023], [1_024], [1_025], [1_500]],
      },
    );
  });

  it('is refused after any one-bit change of leaf, index, path or root', () => {
    const places = fc
      .integer({ min: 2, max: LEAVES.length })
      .chain((n) =>
        fc.tuple(fc.constant(n), fc.nat({ max: n - 1 }), fc.nat(), fc.nat({ max: 255 })),
      );
    fc.assert(
      fc.property(places, ([n, i, rung, bit]) => {
        const leaf = LEAVES[i] as Uint8Array;
        const [path, root] = [TREE.path(i, n), TREE.root(n)];
        const at = rung % path.length;
        const changed = path.with(at, flipped(path[at] as Uint8Array, bit));
        for (const refused of [
          () => verifyInclusion(flipped(leaf, bit), i, n, path, root),
          () => verifyInclusion(leaf, i, n, changed, root),
          () => verifyInclusion(leaf, i, n, path, flipped(root, bit)),
        ]) {
          expectRefusal('E_ROOT_MISMATCH', refused);
        }
        for (let power = 0n; power < 64n; power++) {
          const other = BigInt(i) ^ (1n << power);
          expect(() => verifyInclusion(leaf, other, n, path, root)).toThrow();
        }
      }),
      { ...SETTINGS, numRuns: 60 },
    );
  });

  it('does not bind the size, which is why the size is signed: 11 leaves may be shown as 12', () => {
    const leaves = LEAVES.slice(0, 11);
    const root = referenceRoot(leaves);
    const passing = leaves.filter((leaf, i) => {
      const path = referencePath(i, leaves);
      try {
        verifyInclusion(leaf, i, 12, path, root);
        return true;
      } catch {
        return false; // the path has another length at that size
      }
    });
    expect(passing).toHaveLength(10);
  });

  it('walks any tree up to 2^63-1 as the definition does, and no other index', () => {
    fc.assert(
      fc.property(HUGE_PLACES, ([i, n]) => {
        const tree = new HugeTree(n, i);
        const [leaf, path, root] = [tree.leaf(i), tree.path(i, n), tree.root(n)];
        expect(Buffer.compare(rootFromInclusionProof(leaf, i, n, path), root)).toBe(0);
        // What is left of the index where arithmetic is too narrow, or a neighbour.
        const others = [i - 1n, i + 1n, i ^ 1n, i ^ (2n ** 31n), i ^ (2n ** 32n), i ^ (2n ** 53n)]
          .concat(BigInt.asUintN(32, i), BigInt.asIntN(32, i), BigInt(Number(i)))
          .filter((other) => other !== i);
        for (const other of others) {
          expect(() => verifyInclusion(leaf, other, n, path, root)).toThrow();
        }
        for (const wrong of [path.slice(1), path.slice(0, -1), [...path, leaf]]) {
          expectRefusal('E_PATH_LENGTH', () => verifyInclusion(leaf, i, n, wrong, root));
        }
      }),
      { ...SETTINGS, numRuns: 150, examples: [[[MAX - 1n, MAX]], [[2n ** 62n, MAX]], [[0n, MAX]]] },
    );
  });

  it('gives the same root and the same steps for the same input', () => {
    fc.assert(
      fc.property(HUGE_PLACES, ([i, n]) => {
        const tree = new HugeTree(n, i);
        const path = tree.path(i, n);
        const first = inclusionSteps(tree.leaf(i), i, n, path);
        expect(inclusionSteps(tree.leaf(i), i, n, path)).toEqual(first);
        expect(first.steps).toHaveLength(path.length);
      }),
      { ...SETTINGS, numRuns: 20 },
    );
  });
});
