/** Inclusion proofs: from a leaf and its path to the root. RFC 6962 section 2.1.1, RFC 9162 section 2.1.3.2. @module */
import { equalBytes, hexFromBytes } from './bytes.ts';
import { VerificationError } from './errors.ts';
import type { PathStep } from './report.ts';
import { sha256OfNode } from './sha256.ts';
import {
  assertHashLength,
  assertHashLengths,
  bitLength,
  countOnes,
  MAX_TREE_SIZE,
  treeNumber,
} from './tree-numbers.ts';

/** The root a path leads to, and each step on the way. */
export interface InclusionSteps {
  readonly root: Uint8Array;
  readonly steps: readonly PathStep[];
}

/**
 * Throws unless the path leads from this leaf hash, at this index of a tree of this size, to exactly this root.
 * Throws `E_INDEX_RANGE`, `E_PATH_LENGTH` or `E_ROOT_MISMATCH`.
 *
 * A path does not bind the size: take `size` and `root` from a signed head.
 * @example verifyInclusion(leafHash(leafData), 5, 7, path, root)
 */
export function verifyInclusion(
  leafHash: Uint8Array,
  index: bigint | number,
  size: bigint | number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): void {
  assertHashLength(root, 'root');
  const computed = rootFromInclusionProof(leafHash, index, size, path);
  if (!equalBytes(computed, root)) {
    throw new VerificationError('E_ROOT_MISMATCH', {
      expected: hexFromBytes(root),
      actual: hexFromBytes(computed),
    });
  }
}

/**
 * The root that a path leads to. Index, size and path length are checked; whether the root is the right one is the
 * caller's comparison (`verifyInclusion` makes it).
 * @example rootFromInclusionProof(leafHash(leafData), 5, 7, path)
 */
export function rootFromInclusionProof(
  leafHash: Uint8Array,
  index: bigint | number,
  size: bigint | number,
  path: readonly Uint8Array[],
): Uint8Array {
  const place = placeOf(leafHash, index, size, path);
  return walk(leafHash, place, path);
}

/**
 * The same walk, told rung by rung for people.
 * @example inclusionSteps(hash, 5, 7, path).steps.map((step) => step.siblingSide)
 */
export function inclusionSteps(
  leafHash: Uint8Array,
  index: bigint | number,
  size: bigint | number,
  path: readonly Uint8Array[],
): InclusionSteps {
  return stepsOfWalk(leafHash, placeOf(leafHash, index, size, path), path);
}

/** Where a leaf stands: its index and the size of the tree. */
export interface Place {
  readonly index: bigint;
  readonly size: bigint;
}

function placeOf(
  leafHash: Uint8Array,
  index: bigint | number,
  size: bigint | number,
  path: readonly Uint8Array[],
): Place {
  const place = { index: treeNumber(index, 'leaf_index'), size: treeNumber(size, 'tree_size') };
  assertPlace(place, path.length);
  assertHashLength(leafHash, 'leaf_hash');
  assertHashLengths(path, 'proof_hashes');
  return place;
}

/** Throws `E_INDEX_RANGE`, or `E_PATH_LENGTH` unless a path to this place has so many hashes. */
export function assertPlace({ index: i, size: n }: Place, pathLength: number): void {
  if (n < 1n || n > MAX_TREE_SIZE) throw outOfRange('tree_size', `1 to ${MAX_TREE_SIZE}`, n);
  if (i < 0n || i >= n) throw outOfRange('leaf_index', `0 to ${n - 1n} in this tree`, i);
  const wanted = inclusionPathLength(i, n);
  if (pathLength === wanted) return;
  throw new VerificationError('E_PATH_LENGTH', {
    field: 'proof_hashes',
    expected: `${wanted} hashes for index ${i} in a tree of ${n} leaves`,
    actual: `${pathLength} hashes`,
  });
}

type OnRung = (
  position: bigint,
  siblingSide: 'left' | 'right',
  sibling: Uint8Array,
  parent: Uint8Array,
) => void;

/**
 * The way up, where `assertPlace` has passed and all hashes have 32 bytes. fn, sn and r are RFC 9162's names: our node's
 * index, the index of the level's last node, the hash so far.
 */
export function walk(
  leafHash: Uint8Array,
  { index, size }: Place,
  path: readonly Uint8Array[],
  onRung?: OnRung,
): Uint8Array {
  let fn = index;
  let sn = size - 1n;
  let r = leafHash;
  for (const sibling of path) {
    const isRight = (fn & 1n) === 1n || fn === sn;
    // A last node with an even index has no sibling on its level: go up to where it has one.
    while (isRight && (fn & 1n) === 0n && fn !== 0n) {
      fn >>= 1n;
      sn >>= 1n;
    }
    r = isRight ? sha256OfNode(sibling, r) : sha256OfNode(r, sibling);
    onRung?.(fn, isRight ? 'left' : 'right', sibling, r);
    fn >>= 1n;
    sn >>= 1n;
  }
  return r;
}

/** The same walk as steps; the same conditions. */
export function stepsOfWalk(
  leafHash: Uint8Array,
  place: Place,
  path: readonly Uint8Array[],
): InclusionSteps {
  const steps: PathStep[] = [];
  let before = hexFromBytes(leafHash);
  const root = walk(leafHash, place, path, (position, siblingSide, sibling, parent) => {
    const after = hexFromBytes(parent);
    steps.push({
      kind: 'path',
      rung: steps.length + 1,
      rungs: path.length,
      index: position.toString(),
      siblingSide,
      sibling: hexFromBytes(sibling),
      before,
      after,
    });
    before = after;
  });
  return { root, steps };
}

function outOfRange(field: string, expected: string, actual: bigint): VerificationError {
  return new VerificationError('E_INDEX_RANGE', { field, expected, actual: `${actual}` });
}

// The lower part is a full subtree with one hash per level; above it, only levels where our node is a right one count.
function inclusionPathLength(index: bigint, size: bigint): number {
  const inner = bitLength(index ^ (size - 1n));
  return inner + countOnes(index >> BigInt(inner));
}
