/** Properties of consistency proofs: any two sizes are provable, to 2^63-1, and one changed bit is refused. @module */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { rootsFromConsistencyProof, verifyConsistency } from '../src/consistency.ts';
import { HugeTree, MemoTree, numberedLeaves } from './reference-tree.ts';
import { expectRefusal } from './refusal.ts';

vi.setConfig({ testTimeout: 60_000 });

const TREE = new MemoTree(numberedLeaves(1_500));
const MAX = 2n ** 63n - 1n;
const SETTINGS = { seed: 6962 };

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
}

const PAIRS = fc
  .integer({ min: 2, max: 1_500 })
  .chain((n) => fc.tuple(fc.integer({ min: 1, max: n }), fc.constant(n)));

const HUGE_NUMBERS = fc
  .tuple(fc.constantFrom(1n, 31n, 32n, 53n, 62n, 63n), fc.integer({ min: -40, max: 40 }))
  .map(([power, offset]) => 2n ** power + BigInt(offset))
  .filter((size) => size >= 1n && size <= MAX);
const HUGE_PAIRS = fc
  .tuple(fc.oneof(HUGE_NUMBERS, fc.bigInt({ min: 1n, max: MAX })), HUGE_NUMBERS)
  .map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const)));

describe('consistency', () => {
  it('proves any size up to 1,500 to begin with any smaller one', () => {
    fc.assert(
      fc.property(PAIRS, ([m, n]) => {
        const path = TREE.consistency(m, n);
        verifyConsistency(TREE.root(m), TREE.root(n), m, n, path);
      }),
      { ...SETTINGS, numRuns: 400 },
    );
  });

  it('is refused after any one-bit change of either root or of the path', () => {
    fc.assert(
      fc.property(PAIRS, fc.nat(), fc.nat({ max: 255 }), ([m, n], rung, bit) => {
        const [older, newer, path] = [TREE.root(m), TREE.root(n), TREE.consistency(m, n)];
        const refuse = (call: () => void): unknown => expectRefusal('E_CONSISTENCY', call);
        refuse(() => verifyConsistency(flipped(older, bit), newer, m, n, path));
        refuse(() => verifyConsistency(older, flipped(newer, bit), m, n, path));
        if (path.length === 0) return;
        const at = rung % path.length;
        const changed = path.with(at, flipped(path[at] as Uint8Array, bit));
        refuse(() => verifyConsistency(older, newer, m, n, changed));
      }),
      { ...SETTINGS, numRuns: 200 },
    );
  });

  it('holds in any tree up to 2^63-1 as the definition says, and with no other length', () => {
    fc.assert(
      fc.property(HUGE_PAIRS, ([m, n]) => {
        // The leaf at the old edge is of the other kind, so the roots of all other sizes differ.
        const tree = new HugeTree(m);
        const [older, newer, path] = [tree.root(m), tree.root(n), tree.consistency(m, n)];
        verifyConsistency(older, newer, m, n, path);
        const wrong = [
          [...path, older],
          ...(path.length === 0 ? [] : [path.slice(1), path.slice(0, -1)]),
        ];
        for (const each of wrong) {
          expectRefusal('E_CONSISTENCY', () => verifyConsistency(older, newer, m, n, each));
        }
        if (m < n) {
          expectRefusal('E_CONSISTENCY', () => verifyConsistency(newer, newer, m, n, path));
          expectRefusal('E_CONSISTENCY', () => verifyConsistency(older, older, m, n, path));
          expectRefusal('E_CONSISTENCY', () => verifyConsistency(newer, older, n, m, path));
        }
      }),
      {
        ...SETTINGS,
        numRuns: 150,
        examples: [
          [[2n ** 62n, MAX]],
          [[MAX - 1n, MAX]],
          [[MAX, MAX]],
          [[1n, MAX]],
          [[2n ** 62n + 1n, MAX]],
        ],
      },
    );
  });

  it('gives the same roots for the same input', () => {
    fc.assert(
      fc.property(HUGE_PAIRS, ([m, n]) => {
        const tree = new HugeTree(m);
        const path = tree.consistency(m, n);
        const first = rootsFromConsistencyProof(tree.root(m), tree.root(n), m, n, path);
        expect(rootsFromConsistencyProof(tree.root(m), tree.root(n), m, n, path)).toEqual(first);
      }),
      { ...SETTINGS, numRuns: 20 },
    );
  });
});
