/** Says which nodes prove something and how they fold, without fetching any. RFC 6962 sections 2.1.1 and 2.1.2. @module */
import { assertSize, type NodeId } from './node-id.ts';

/**
 * One hash of a proof: the root over a stretch of leaves. It is given as the full subtrees that
 * make up the stretch, the largest first; `foldRightEdge` of their hashes is the hash. A stretch
 * that ends inside the tree is one node; only the one at the right edge may be more.
 */
export interface SubtreePlan {
  readonly nodes: readonly NodeId[];
}

/** The path of leaf `index` in a tree of `size` leaves, from the leaf upwards. */
export function planInclusion(index: number, size: number): SubtreePlan[] {
  assertSize('index', index);
  assertSize('size', size);
  if (index >= size) throw new RangeError(`"index" expected less than size ${size}, got ${index}`);
  const path: SubtreePlan[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = splitPoint(begin, end);
    if (index < middle) {
      path.push(planSubtree(middle, end));
      end = middle;
    } else {
      path.push(planSubtree(begin, middle));
      begin = middle;
    }
  }
  return path.reverse();
}

/** The proof that the tree of `oldSize` leaves is the beginning of the tree of `newSize` leaves. */
export function planConsistency(oldSize: number, newSize: number): SubtreePlan[] {
  assertSize('oldSize', oldSize);
  assertSize('newSize', newSize);
  if (oldSize < 1 || oldSize > newSize) {
    throw new RangeError(`"oldSize" expected 1 to ${newSize}, got ${oldSize}`);
  }
  const path: SubtreePlan[] = [];
  let [begin, end] = [0, newSize];
  while (oldSize < end) {
    const middle = splitPoint(begin, end);
    if (oldSize <= middle) {
      path.push(planSubtree(middle, end));
      end = middle;
    } else {
      path.push(planSubtree(begin, middle));
      begin = middle;
    }
  }
  // Where the old tree is one full subtree of the new one, the verifier holds its root already.
  if (begin > 0) path.push(planSubtree(begin, end));
  return path.reverse();
}

/** The root of a tree of `size` leaves, which has at least one. */
export function planRoot(size: number): SubtreePlan {
  assertSize('size', size);
  if (size < 1) throw new RangeError(`"size" expected at least 1, got ${size}`);
  return planSubtree(0, size);
}

/** `begin` is a multiple of the largest power of two in the stretch, as each split leaves it. */
function planSubtree(begin: number, end: number): SubtreePlan {
  const nodes: NodeId[] = [];
  let level = highestBit(end - begin);
  for (let start = begin; start < end; level -= 1) {
    const width = 2 ** level;
    if (start + width > end) continue;
    nodes.push({ level, index: start / width });
    start += width;
  }
  return { nodes };
}

/** RFC 6962 2.1: k is the largest power of two below n, strictly. */
function splitPoint(begin: number, end: number): number {
  return begin + 2 ** highestBit(end - begin - 1);
}

/** Position of the highest bit of n >= 1. Not by `Math.log2`, which rounds 2^49 - 1 up to 49. */
function highestBit(n: number): number {
  if (n < 2 ** 31) return 31 - Math.clz32(n);
  let level = 31;
  while (2 ** (level + 1) <= n) level += 1;
  return level;
}
