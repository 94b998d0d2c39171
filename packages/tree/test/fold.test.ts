import { expect, test } from 'vitest';
import { foldFullSubtree, foldRightEdge } from '../src/fold.ts';
import { mthOfLeaves, numberedLeaves, referenceNodeHash } from './reference.ts';

const [a, b, c] = numberedLeaves(3) as [Uint8Array, Uint8Array, Uint8Array];

test('joins the right edge from the right', () => {
  expect(foldRightEdge([a])).toEqual(a);
  expect(foldRightEdge([a, b, c])).toEqual(referenceNodeHash(a, referenceNodeHash(b, c)));
});

test('joins a full subtree level by level', () => {
  const leaves = numberedLeaves(256);
  const mth = mthOfLeaves(leaves);
  for (const count of [1, 2, 4, 8, 64, 256]) {
    expect(foldFullSubtree(leaves.slice(0, count))).toEqual(mth(0, count));
  }
});

test('refuses a subtree that is empty or not full', () => {
  expect(() => foldRightEdge([])).toThrow(RangeError);
  for (const count of [0, 3, 5, 6, 255]) {
    expect(() => foldFullSubtree(numberedLeaves(count))).toThrow(RangeError);
  }
});
