/** Every leaf of every tree of 1 to 1,000 leaves: half a million proofs. @module */
import { expect, it } from 'vitest';
import { verifyInclusion } from '../src/inclusion.ts';
import { MemoTree, numberedLeaves } from './reference-tree.ts';

it('proves every leaf of every tree of 1 to 1,000 leaves', () => {
  const leaves = numberedLeaves(1_000);
  const tree = new MemoTree(leaves);
  let proven = 0;
  for (let n = 1; n <= leaves.length; n++) {
    const root = tree.root(n);
    for (let i = 0; i < n; i++, proven++) {
      verifyInclusion(leaves[i] as Uint8Array, i, n, tree.path(i, n), root);
    }
  }
  expect(proven).toBe(500_500);
}, 300_000);
