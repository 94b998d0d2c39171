/** Inclusion proofs: from a leaf and its path to the root. RFC 6962 section 2.1.1, RFC 9162 section 2.1.3.2. @module */
import { equalBytes, hexFromBytes } from './bytes.ts';
import { VerificationError } from './errors.ts';
import { nodeHash } from './hash.ts';
import type { PathStep } from './report.ts';
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
  return walk(leafHash, index, size, path, () => undefined);
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
  const steps: PathStep[] = [];
  let before = hexFromBytes(leafHash);
  const root = walk(leafHash, index, size, path, (position, siblingSide, sibling, parent) => {
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

type OnRung = (
  position: bigint,
  siblingSide: 'left' | 'right',
  sibling: Uint8Array,
  parent: Uint8Array,
) => void;

// fn, sn and r are RFC 9162's names: our node's index, the index of the level's last node, the hash so far.
function walk(
  leafHash: Uint8Array,
  index: bigint | number,
  size: bigint | number,
  path: readonly Uint8Array[],
  onRung: OnRung,
): Uint8Array {
  const i = treeNumber(index, 'leaf_index');
  const n = treeNumber(size, 'tree_size');
  if (n < 1n || n > MAX_TREE_SIZE) throw outOfRange('tree_size', `1 to ${MAX_TREE_SIZE}`, n);
  if (i < 0n || i >= n) throw outOfRange('leaf_index', `0 to ${n - 1n} in this tree`, i);
  const wanted = inclusionPathLength(i, n);
  if (path.length !== wanted) {
    throw new VerificationError('E_PATH_LENGTH', {
      field: 'proof_hashes',
      expected: `${wanted} hashes for index ${i} in a tree of ${n} leaves`,
      actual: `${path.length} hashes`,
    });
  }
  assertHashLength(leafHash, 'leaf_hash');
  let fn = i;
  let sn = n - 1n;
  let r = leafHash;
  assertHashLengths(path, 'proof_hashes');
  for (const sibling of path) {
    if ((fn & 1n) === 1n || fn === sn) {
      // A last node with an even index has no sibling on its level: go up to where it has one.
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
      r = nodeHash(sibling, r);
      onRung(fn, 'left', sibling, r);
    } else {
      r = nodeHash(r, sibling);
      onRung(fn, 'right', sibling, r);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return r;
}

function outOfRange(field: string, expected: string, actual: bigint): VerificationError {
  return new VerificationError('E_INDEX_RANGE', { field, expected, actual: `${actual}` });
}

// The lower part is a full subtree with one hash per level; above it, only levels where our node is a right one count.
function inclusionPathLength(index: bigint, size: bigint): number {
  const inner = bitLength(index ^ (size - 1n));
  return inner + countOnes(index >> BigInt(inner));
}
