/** Consistency proofs: that a later tree begins with an earlier one. RFC 6962 section 2.1.2, RFC 9162 section 2.1.4.2. @module */
import { equalBytes, hexFromBytes } from './bytes.ts';
import { VerificationError } from './errors.ts';
import { sha256OfNode } from './sha256.ts';
import {
  assertHashLength,
  assertHashLengths,
  bitLength,
  countOnes,
  MAX_TREE_SIZE,
  trailingZeros,
  treeNumber,
} from './tree-numbers.ts';

/** Both roots that a consistency proof leads to. */
export interface ConsistencyRoots {
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
}

/**
 * Throws `E_CONSISTENCY` unless the first `oldSize` leaves of the new tree are the old tree.
 *
 * An old size of 0 is refused: a proof from nothing says nothing, and whoever sees a first head must know that.
 * @example verifyConsistency(oldHead.rootHash, newHead.rootHash, 3, 7, path)
 */
export function verifyConsistency(
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  oldSize: bigint | number,
  newSize: bigint | number,
  path: readonly Uint8Array[],
): void {
  const computed = rootsFromConsistencyProof(oldRoot, newRoot, oldSize, newSize, path);
  assertSameRoot(computed.oldRoot, oldRoot, 'old_root');
  assertSameRoot(computed.newRoot, newRoot, 'new_root');
}

/**
 * Both roots as the path gives them. The given roots serve as its start where the RFC leaves them out of the path;
 * the comparison is the caller's (`verifyConsistency` makes it).
 * @example rootsFromConsistencyProof(oldRoot, newRoot, 3, 7, path).newRoot
 */
export function rootsFromConsistencyProof(
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  oldSize: bigint | number,
  newSize: bigint | number,
  path: readonly Uint8Array[],
): ConsistencyRoots {
  const m = treeNumber(oldSize, 'old_size');
  const n = treeNumber(newSize, 'new_size');
  if (m < 1n || m > n || n > MAX_TREE_SIZE) {
    throw new VerificationError('E_CONSISTENCY', {
      field: 'old_size',
      expected: `1 to ${n}`,
      actual: `${m}`,
    });
  }
  const wanted = consistencyPathLength(m, n);
  if (path.length !== wanted) {
    throw new VerificationError('E_CONSISTENCY', {
      field: 'proof_hashes',
      expected: `${wanted} hashes from size ${m} to ${n}`,
      actual: `${path.length} hashes`,
    });
  }
  assertHashLength(oldRoot, 'old_root');
  assertHashLength(newRoot, 'new_root');
  assertHashLengths(path, 'proof_hashes');
  // Nothing lies between equal trees: the new root must be the old one.
  if (m === n) return { oldRoot: newRoot, newRoot: oldRoot };
  return walk(m, n, isPowerOfTwo(m) ? [oldRoot, ...path] : path);
}

// fn, sn, fr and sr are RFC 9162's names: our node's index, the level's last index, old and new root so far.
function walk(m: bigint, n: bigint, path: readonly Uint8Array[]): ConsistencyRoots {
  let fn = m - 1n;
  let sn = n - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let fr = path[0] as Uint8Array; // never empty: the length was checked, and m < n
  let sr = fr;
  for (const hash of path.slice(1)) {
    // Once both are the same node they stay so: the RFC's way up to an odd index would change no step after it.
    if ((fn & 1n) === 1n || fn === sn) {
      fr = sha256OfNode(hash, fr);
      sr = sha256OfNode(hash, sr);
    } else {
      sr = sha256OfNode(sr, hash);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return { oldRoot: fr, newRoot: sr };
}

function consistencyPathLength(m: bigint, n: bigint): number {
  if (m === n) return 0;
  const inner0 = bitLength((m - 1n) ^ (n - 1n));
  const border = countOnes((m - 1n) >> BigInt(inner0));
  return inner0 - trailingZeros(m) + border + (isPowerOfTwo(m) ? 0 : 1);
}

function isPowerOfTwo(value: bigint): boolean {
  return (value & (value - 1n)) === 0n;
}

function assertSameRoot(computed: Uint8Array, given: Uint8Array, field: string): void {
  if (!equalBytes(computed, given)) {
    throw new VerificationError('E_CONSISTENCY', {
      field,
      expected: hexFromBytes(given),
      actual: hexFromBytes(computed),
    });
  }
}
