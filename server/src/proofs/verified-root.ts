/** Roots of signed sizes, each tied to a signed head by the verifier before anything is built on it. RFC 6962 section 2.1.2. @module */
import { proveConsistency, rootFromTiles } from '@kapsel/tree';
import { VerificationError, verifyConsistency } from '@kapsel/verification';
import type { TreeHead } from '../attestation/tree-head.ts';
import type { CachedTiles } from './tile-cache.ts';

/** The root of the first `size` leaves. Throws when it does not lead to the head's root. */
export async function verifiedRoot(
  tiles: CachedTiles,
  head: TreeHead,
  size: number,
): Promise<Uint8Array> {
  if (size === head.treeSize) return head.rootHash;
  const [root, path] = await Promise.all([
    rootFromTiles(tiles, size),
    proveConsistency(tiles, size, head.treeSize),
  ]);
  verifyConsistency(root, head.rootHash, size, head.treeSize, path);
  return root;
}

/**
 * Runs `make`, which checks its own answer with the core. What does not verify is not answered, and not made of the same
 * tiles again: they are read anew the next time.
 */
export async function answerVerified<T>(tiles: CachedTiles, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    tiles.forget();
    throw new Error(`a proof does not verify: ${error.code}`, { cause: error });
  }
}
