/** The recursive definition, written down as in the RFC: slow and obvious. RFC 6962 sections 2.1 to 2.1.2. @module */
import { createHash } from 'node:crypto';

/** MTH(D[begin:end]) of some list of leaves D. */
export type Mth = (begin: number, end: number) => Uint8Array;

function sha256(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function referenceLeafHash(text: string): Uint8Array {
  return sha256(Uint8Array.of(0x00), text);
}

export function referenceNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0x01), left, right);
}

/** Leaf hashes of the texts `leaf 0`, `leaf 1`, … */
export function numberedLeaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => referenceLeafHash(`leaf ${i}`));
}

/** "k be the largest power of two smaller than n (i.e., k < n <= 2k)". */
function largestPowerOfTwoBelow(n: number): number {
  let k = 1;
  while (2 * k < n) k = 2 * k;
  return k;
}

/** Remembers what it computed, or all sizes up to 300 would take minutes. */
export function mthOfLeaves(leafHashes: readonly Uint8Array[]): Mth {
  const known = new Map<string, Uint8Array>();
  return function mth(begin, end) {
    const n = end - begin;
    if (n === 0) return sha256();
    if (n === 1) return leafHashes[begin] ?? new Uint8Array(0);
    const key = `${begin}:${end}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const k = largestPowerOfTwoBelow(n);
    const root = referenceNodeHash(mth(begin, begin + k), mth(begin + k, end));
    known.set(key, root);
    return root;
  };
}

/**
 * A tree whose leaves all have the same hash, except for those in `marked`: subtrees without a mark
 * are computed once for each level, so that a tree of 2^40 leaves costs no more than its edges.
 */
export function mthOfSparseLeaves(marked: ReadonlyMap<number, Uint8Array>): Mth {
  const plain = [referenceLeafHash('plain')];
  const positions = [...marked.keys()].sort((a, b) => a - b);
  const known = new Map<string, Uint8Array>();

  function plainRoot(level: number): Uint8Array {
    let root = plain[level];
    if (root === undefined) {
      const half = plainRoot(level - 1);
      root = referenceNodeHash(half, half);
      plain[level] = root;
    }
    return root;
  }

  return function mth(begin, end) {
    const n = end - begin;
    if (n === 1) return marked.get(begin) ?? plainRoot(0);
    const isPlain = !positions.some((position) => begin <= position && position < end);
    if (isPlain && Number.isInteger(Math.log2(n))) return plainRoot(Math.log2(n));
    const key = `${begin}:${end}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const k = largestPowerOfTwoBelow(n);
    const root = referenceNodeHash(mth(begin, begin + k), mth(begin + k, end));
    known.set(key, root);
    return root;
  };
}

/** PATH(m, D[begin:end]). */
export function referencePath(mth: Mth, m: number, begin: number, end: number): Uint8Array[] {
  const n = end - begin;
  if (n === 1) return [];
  const k = largestPowerOfTwoBelow(n);
  return m < k
    ? [...referencePath(mth, m, begin, begin + k), mth(begin + k, end)]
    : [...referencePath(mth, m - k, begin + k, end), mth(begin, begin + k)];
}

/** PROOF(m, D[n]). */
export function referenceProof(mth: Mth, m: number, n: number): Uint8Array[] {
  return subproof(mth, m, 0, n, true);
}

function subproof(mth: Mth, m: number, begin: number, end: number, whole: boolean): Uint8Array[] {
  const n = end - begin;
  if (m === n) return whole ? [] : [mth(begin, end)];
  const k = largestPowerOfTwoBelow(n);
  return m <= k
    ? [...subproof(mth, m, begin, begin + k, whole), mth(begin + k, end)]
    : [...subproof(mth, m - k, begin + k, end, false), mth(begin, begin + k)];
}
