/** Inclusion proofs against the recursive definition of RFC 6962 and its published roots. @module */
import { describe, expect, it } from 'vitest';
import { bytesFromHex, hexFromBytes } from '../src/bytes.ts';
import { leafHash } from '../src/hash.ts';
import { inclusionSteps, rootFromInclusionProof, verifyInclusion } from '../src/inclusion.ts';
import { HugeTree, numberedLeaves, referencePath, referenceRoot } from './reference-tree.ts';
import { expectRefusal } from './refusal.ts';

const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((data) => leafHash(bytesFromHex(data)));
const CT_ROOTS = [
  [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
] as const;

const ROOT_OF_7 = bytesFromHex(CT_ROOTS[3][1]);
const LEAVES_OF_7 = CT_LEAVES.slice(0, 7);
const LEAF_5 = LEAVES_OF_7[5] as Uint8Array;
const PATH_5_OF_7 = referencePath(5, LEAVES_OF_7);

describe('inclusion', () => {
  it.each(CT_ROOTS)(
    'leads every leaf of the CT test tree of %i to its published root',
    (n, root) => {
      const leaves = CT_LEAVES.slice(0, n);
      for (const [i, leaf] of leaves.entries()) {
        const path = referencePath(i, leaves);
        expect(hexFromBytes(rootFromInclusionProof(leaf, i, n, path))).toBe(root);
      }
    },
  );

  it('agrees with the recursive definition for every index of every size up to 64', () => {
    const leaves = numberedLeaves(64);
    for (let n = 1; n <= 64; n++) {
      const tree = leaves.slice(0, n);
      const root = referenceRoot(tree);
      for (let i = 0; i < n; i++) {
        const path = referencePath(i, tree);
        expect(() => verifyInclusion(tree[i] as Uint8Array, i, n, path, root)).not.toThrow();
      }
    }
  });

  it('refuses a path of every wrong length for every index of every size up to 32', () => {
    const leaves = numberedLeaves(32);
    const extra = leaves[0] as Uint8Array;
    for (let n = 1; n <= 32; n++) {
      const tree = leaves.slice(0, n);
      const root = referenceRoot(tree);
      for (let i = 0; i < n; i++) {
        const path = referencePath(i, tree);
        const leaf = tree[i] as Uint8Array;
        const wrong = [
          [...path, extra],
          [extra, ...path],
        ];
        if (path.length > 0) wrong.push(path.slice(1), path.slice(0, -1));
        for (const candidate of wrong) {
          expectRefusal('E_PATH_LENGTH', () => verifyInclusion(leaf, i, n, candidate, root));
        }
      }
    }
  });

  it('needs 3 hashes for index 5 of 7, and none in a tree of one', () => {
    expect(PATH_5_OF_7).toHaveLength(3);
    verifyInclusion(LEAF_5, 5, 7, PATH_5_OF_7, ROOT_OF_7);
    verifyInclusion(LEAF_5, 0, 1, [], LEAF_5);
    expectRefusal('E_PATH_LENGTH', () => verifyInclusion(LEAF_5, 0, 1, [LEAF_5], LEAF_5));
  });

  it('refuses swapped hashes, another leaf, another root and another index', () => {
    const [a, b, c] = PATH_5_OF_7 as [Uint8Array, Uint8Array, Uint8Array];
    const otherLeaf = LEAVES_OF_7[4] as Uint8Array;
    const mismatch = expectRefusal('E_ROOT_MISMATCH', () =>
      verifyInclusion(LEAF_5, 5, 7, PATH_5_OF_7, LEAF_5),
    );
    expect(mismatch).toMatchObject({ expected: hexFromBytes(LEAF_5), actual: CT_ROOTS[3][1] });
    const cases: readonly (() => void)[] = [
      () => verifyInclusion(LEAF_5, 5, 7, [b, a, c], ROOT_OF_7),
      () => verifyInclusion(otherLeaf, 5, 7, PATH_5_OF_7, ROOT_OF_7),
      () => verifyInclusion(LEAF_5, 5, 7, PATH_5_OF_7, LEAF_5),
      () => verifyInclusion(LEAF_5, 4, 7, PATH_5_OF_7, ROOT_OF_7),
    ];
    for (const call of cases) expectRefusal('E_ROOT_MISMATCH', call);
  });

  it('refuses an index at or beyond the size, below zero, and an empty tree', () => {
    for (const [i, n] of [
      [7, 7],
      [8, 7],
      [-1, 7],
      [0, 0],
      [0, -1],
      [2n ** 63n, 2n ** 64n],
      [0n, 2n ** 63n],
      [0.5, 7],
      [0, 2 ** 53],
    ] as const) {
      expectRefusal('E_INDEX_RANGE', () => rootFromInclusionProof(LEAF_5, i, n, PATH_5_OF_7));
    }
  });

  it.each([
    [7, 7, 'leaf_index', '0 to 6 in this tree', '7'],
    [-1, 7, 'leaf_index', '0 to 6 in this tree', '-1'],
    [0.5, 7, 'leaf_index', 'an integer below 2^53, or a bigint', '0.5'],
    [0, 0, 'tree_size', '1 to 9223372036854775807', '0'],
    [0n, 2n ** 63n, 'tree_size', '1 to 9223372036854775807', '9223372036854775808'],
    [0, 2 ** 53, 'tree_size', 'an integer below 2^53, or a bigint', '9007199254740992'],
  ] as const)('says of index %d of %d which of them is wrong', (i, n, field, expected, actual) => {
    const refusal = expectRefusal('E_INDEX_RANGE', () =>
      rootFromInclusionProof(LEAF_5, i, n, PATH_5_OF_7),
    );
    expect(refusal).toMatchObject({ field, expected, actual });
  });

  it('says how many hashes a path of this index has', () => {
    const refusal = expectRefusal('E_PATH_LENGTH', () => rootFromInclusionProof(LEAF_5, 5, 7, []));
    expect(refusal).toMatchObject({
      field: 'proof_hashes',
      expected: '3 hashes for index 5 in a tree of 7 leaves',
      actual: '0 hashes',
    });
  });

  it('refuses hashes that are not 32 bytes', () => {
    const short = new Uint8Array(31);
    const [a, b] = PATH_5_OF_7 as [Uint8Array, Uint8Array, Uint8Array];
    const cases: readonly [string, () => void][] = [
      ['leaf_hash', () => verifyInclusion(short, 5, 7, PATH_5_OF_7, ROOT_OF_7)],
      ['root', () => verifyInclusion(LEAF_5, 5, 7, PATH_5_OF_7, short)],
      ['proof_hashes[2]', () => verifyInclusion(LEAF_5, 5, 7, [a, b, short], ROOT_OF_7)],
    ];
    for (const [field, call] of cases) {
      const refusal = expectRefusal('E_FIELD', call);
      expect(refusal).toMatchObject({ field, expected: '32 bytes', actual: '31 bytes' });
    }
  });

  it('walks trees around 2^31, 2^32, 2^53, 2^62 and up to 2^63-1', () => {
    const sizes = [31n, 32n, 53n, 62n]
      .flatMap((power) => [2n ** power - 1n, 2n ** power, 2n ** power + 1n])
      .concat(2n ** 63n - 2n, 2n ** 63n - 1n);
    for (const n of sizes) {
      const indexes = [0n, 1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, n / 2n, n - 2n, n - 1n];
      for (const i of indexes.filter((index) => index < n)) {
        const tree = new HugeTree(i === 0n ? 1n : i);
        const path = tree.path(i, n);
        const leaf = tree.leaf(i);
        expect(() => verifyInclusion(leaf, i, n, path, tree.root(n))).not.toThrow();
        const neighbour = i === 0n ? 1n : i - 1n;
        expect(() => verifyInclusion(leaf, neighbour, n, path, tree.root(n))).toThrow();
      }
    }
  });
});

describe('inclusion steps', () => {
  it('tells each rung: our index on its level, the side of the sibling, before and after', () => {
    const { root, steps } = inclusionSteps(LEAF_5, 5, 7, PATH_5_OF_7);
    expect(hexFromBytes(root)).toBe(CT_ROOTS[3][1]);
    expect(steps.map(({ rung, index, siblingSide }) => [rung, index, siblingSide])).toEqual([
      [1, '5', 'left'],
      [2, '2', 'right'],
      [3, '1', 'left'],
    ]);
    expect(steps.map((step) => step.sibling)).toEqual(PATH_5_OF_7.map(hexFromBytes));
    expect(steps[0]?.before).toBe(hexFromBytes(LEAF_5));
    expect(steps[1]?.before).toBe(steps[0]?.after);
    expect(steps[2]?.after).toBe(CT_ROOTS[3][1]);
    expect(steps.every(({ rungs }) => rungs === 3)).toBe(true);
  });

  it('passes levels on which the last node has no sibling', () => {
    const leaf = LEAVES_OF_7[6] as Uint8Array;
    const { steps } = inclusionSteps(leaf, 6, 7, referencePath(6, LEAVES_OF_7));
    // Leaf 6 of 7 stands alone on its level: the first sibling is met one level up, where its index is 3.
    expect(steps.map(({ index, siblingSide }) => [index, siblingSide])).toEqual([
      ['3', 'left'],
      ['1', 'left'],
    ]);
  });
});
