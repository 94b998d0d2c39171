/** Consistency proofs against the recursive definition of RFC 6962. @module */
import { describe, expect, it } from 'vitest';
import { hexFromBytes } from '../src/bytes.ts';
import { rootsFromConsistencyProof, verifyConsistency } from '../src/consistency.ts';
import type { ErrorCode, VerificationError } from '../src/errors.ts';
import {
  HugeTree,
  numberedLeaves,
  referenceConsistency,
  referenceNodeHash,
  referenceRoot,
} from './reference-tree.ts';
import { expectRefusal } from './refusal.ts';

const LEAVES = numberedLeaves(64);
const ROOTS = LEAVES.map((_, i) => referenceRoot(LEAVES.slice(0, i + 1)));

function rootOf(size: number): Uint8Array {
  return ROOTS[size - 1] as Uint8Array;
}

function proofOf(m: number, n: number): readonly Uint8Array[] {
  return referenceConsistency(m, LEAVES.slice(0, n));
}

interface Walk {
  readonly isWhole: boolean;
  readonly roots: readonly (Uint8Array | undefined)[];
}

/** RFC 9162 section 2.1.4.2, steps 1 to 6, word by word; `isWhole` says whether no step failed and sn ended at 0. */
function literalWalk(m: number, n: number, oldRoot: Uint8Array, path: readonly Uint8Array[]): Walk {
  const whole = (m & (m - 1)) === 0 ? [oldRoot, ...path] : path;
  let [fn, sn] = [m - 1, n - 1];
  const shift = (): void => {
    fn >>= 1;
    sn >>= 1;
  };
  while ((fn & 1) === 1) shift();
  let [fr, sr] = [whole[0], whole[0]];
  let isWhole = path.length > 0;
  for (const c of whole.slice(1)) {
    if (sn === 0) isWhole = false;
    if ((fn & 1) === 1 || fn === sn) {
      fr = referenceNodeHash(c, fr as Uint8Array);
      sr = referenceNodeHash(c, sr as Uint8Array);
      while ((fn & 1) === 0 && fn !== 0) shift();
    } else {
      sr = referenceNodeHash(sr as Uint8Array, c);
    }
    shift();
  }
  return { isWhole: isWhole && sn === 0, roots: [fr, sr] };
}

describe('the walk of RFC 9162', () => {
  it('takes a path of one length alone for each pair of sizes, and leads where ours leads', () => {
    const anyHashes = numberedLeaves(1_000).slice(500); // hashes of no tree in question
    for (let n = 2; n <= 48; n++) {
      for (let m = 1; m < n; m++) {
        const wanted = proofOf(m, n).length;
        for (let length = 0; length <= wanted + 2; length++) {
          const path = anyHashes.slice(m + n, m + n + length);
          const { isWhole, roots } = literalWalk(m, n, rootOf(m), path);
          expect(isWhole).toBe(length === wanted);
          if (!isWhole) continue;
          const ours = rootsFromConsistencyProof(rootOf(m), rootOf(n), m, n, path);
          expect([ours.oldRoot, ours.newRoot]).toEqual(roots);
        }
      }
    }
  });
});

describe('consistency', () => {
  it('agrees with the recursive definition for all pairs of sizes up to 64', () => {
    for (let n = 1; n <= 64; n++) {
      for (let m = 1; m <= n; m++) {
        const path = proofOf(m, n);
        expect(() => verifyConsistency(rootOf(m), rootOf(n), m, n, path)).not.toThrow();
        const roots = rootsFromConsistencyProof(rootOf(m), rootOf(n), m, n, path);
        expect(hexFromBytes(roots.newRoot)).toBe(hexFromBytes(rootOf(n)));
      }
    }
  });

  it('has the known lengths', () => {
    expect([proofOf(3, 7), proofOf(4, 7), proofOf(6, 8)].map((path) => path.length)).toEqual([
      4, 1, 3,
    ]);
  });

  it('refuses an old size of zero, a shrinking tree and sizes beyond 2^63-1', () => {
    for (const [m, n] of [
      [0, 7],
      [-1, 7],
      [7, 3],
      [1n, 2n ** 63n],
    ] as const) {
      const refuse = (): void => verifyConsistency(rootOf(3), rootOf(7), m, n, []);
      expect(expectRefusal('E_CONSISTENCY', refuse).field).toBe('old_size');
    }
  });

  it('says which size is out of range, and which one is no integer', () => {
    const refusalOf = (code: ErrorCode, m: number, n: number): VerificationError =>
      expectRefusal(code, () => rootsFromConsistencyProof(rootOf(3), rootOf(7), m, n, []));
    const range = { field: 'old_size', expected: '1 to 7' };
    expect(refusalOf('E_CONSISTENCY', 0, 7)).toMatchObject({ ...range, actual: '0' });
    expect(refusalOf('E_CONSISTENCY', 8, 7)).toMatchObject({ ...range, actual: '8' });
    const old = refusalOf('E_INDEX_RANGE', 0.5, 7);
    expect(old).toMatchObject({ field: 'old_size', actual: '0.5' });
    const later = refusalOf('E_INDEX_RANGE', 3, 7.5);
    expect(later).toMatchObject({ field: 'new_size', actual: '7.5' });
  });

  it('says how many hashes lie between two sizes', () => {
    const refusal = expectRefusal('E_CONSISTENCY', () =>
      verifyConsistency(rootOf(3), rootOf(7), 3, 7, [rootOf(1)]),
    );
    expect(refusal).toMatchObject({
      field: 'proof_hashes',
      expected: '4 hashes from size 3 to 7',
      actual: '1 hashes',
    });
  });

  it('refuses a path of every wrong length for all pairs up to 16', () => {
    for (let n = 1; n <= 16; n++) {
      for (let m = 1; m <= n; m++) {
        const path = proofOf(m, n);
        const wrong = [
          [...path, rootOf(1)],
          [rootOf(1), ...path],
        ];
        if (path.length > 0) wrong.push(path.slice(1), path.slice(0, -1));
        for (const candidate of wrong) {
          expectRefusal('E_CONSISTENCY', () =>
            verifyConsistency(rootOf(m), rootOf(n), m, n, candidate),
          );
        }
      }
    }
  });

  it('refuses another old root and another new root, also where the old size is a power of two', () => {
    for (const [m, n] of [
      [3, 7],
      [4, 7],
      [6, 8],
      [8, 9],
      [1, 2],
    ] as const) {
      const path = proofOf(m, n);
      const other = rootOf(5);
      expectRefusal('E_CONSISTENCY', () => verifyConsistency(other, rootOf(n), m, n, path));
      expectRefusal('E_CONSISTENCY', () => verifyConsistency(rootOf(m), other, m, n, path));
      expectRefusal('E_CONSISTENCY', () => verifyConsistency(rootOf(n), rootOf(m), m, n, path));
    }
  });

  it('says which root is another one, and what the path leads to', () => {
    const other = rootOf(5);
    const path = proofOf(3, 7);
    const old = expectRefusal('E_CONSISTENCY', () =>
      verifyConsistency(other, rootOf(7), 3, 7, path),
    );
    expect(old).toMatchObject({
      field: 'old_root',
      expected: hexFromBytes(other),
      actual: hexFromBytes(rootOf(3)),
    });
    const later = expectRefusal('E_CONSISTENCY', () =>
      verifyConsistency(rootOf(3), other, 3, 7, path),
    );
    expect(later).toMatchObject({
      field: 'new_root',
      expected: hexFromBytes(other),
      actual: hexFromBytes(rootOf(7)),
    });
  });

  it('compares the roots of trees of equal size', () => {
    verifyConsistency(rootOf(5), rootOf(5), 5, 5, []);
    expectRefusal('E_CONSISTENCY', () => verifyConsistency(rootOf(5), rootOf(6), 5, 5, []));
  });

  it('refuses each changed hash of a path', () => {
    const path = proofOf(3, 7);
    for (let i = 0; i < path.length; i++) {
      const changed = path.map((hash, at) => (at === i ? rootOf(9) : hash));
      expectRefusal('E_CONSISTENCY', () => verifyConsistency(rootOf(3), rootOf(7), 3, 7, changed));
    }
  });

  it('refuses hashes that are not 32 bytes', () => {
    const short = new Uint8Array(31);
    const cases: readonly [string, () => void][] = [
      ['old_root', () => verifyConsistency(short, rootOf(7), 4, 7, proofOf(4, 7))],
      ['new_root', () => verifyConsistency(rootOf(4), short, 4, 7, proofOf(4, 7))],
      ['proof_hashes[0]', () => verifyConsistency(rootOf(4), rootOf(7), 4, 7, [short])],
    ];
    for (const [field, call] of cases) {
      const refusal = expectRefusal('E_FIELD', call);
      expect(refusal).toMatchObject({ field, expected: '32 bytes', actual: '31 bytes' });
    }
  });

  it('walks trees around 2^31, 2^32, 2^53, 2^62 and up to 2^63-1', () => {
    const sizes = [31n, 32n, 53n, 62n]
      .flatMap((power) => [2n ** power - 1n, 2n ** power, 2n ** power + 1n])
      .concat(2n ** 63n - 1n);
    for (const n of sizes) {
      const oldSizes = [1n, 2n, 3n, 2n ** 31n - 1n, 2n ** 31n, n / 2n, n / 3n, n - 1n];
      for (const m of oldSizes.filter((size) => size < n)) {
        const tree = new HugeTree(m - (m > 1n ? 1n : 0n));
        const path = tree.consistency(m, n);
        expect(() => verifyConsistency(tree.root(m), tree.root(n), m, n, path)).not.toThrow();
        expect(() => verifyConsistency(tree.root(m), tree.root(m), m, n, path)).toThrow();
      }
    }
  });
});
