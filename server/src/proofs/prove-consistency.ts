/** Consistency proofs between any two sizes up to the newest head. RFC 6962 section 2.1.2. @module */
import { proveConsistency, rootFromTiles } from '@kapsel/tree';
import { hexFromBytes, verifyConsistency } from '@kapsel/verification';
import { Failure } from '../base/failure.ts';
import type { LogId } from '../base/ids.ts';
import type { ConsistencyProofJson, ProofCache } from './cache.ts';
import { answerVerified, verifiedRoot } from './verified-root.ts';

/** Proof that the tree of `newSize` begins with the tree of `oldSize`; equal sizes need no hashes. */
export async function proveSizes(
  proofs: ProofCache,
  logId: LogId,
  oldSize: number,
  newSize: number,
): Promise<ConsistencyProofJson> {
  const head = (await proofs.heads.findCovering(logId, newSize)) ?? (await proofs.heads.get(logId));
  if (oldSize < 1 || oldSize > newSize || newSize > head.treeSize) {
    throw new Failure(
      'size_out_of_range',
      `Sizes must satisfy 1 <= old_size <= new_size <= ${head.treeSize}`,
    );
  }
  const known = proofs.finished.findConsistency(logId, oldSize, newSize);
  if (known !== null) return known;
  const tiles = proofs.tiles.reader(logId);
  const proof = await answerVerified(tiles, async () => {
    // Side by side, so that their tiles are one query.
    const [path, oldRoot, newRoot] = await Promise.all([
      oldSize === newSize ? [] : proveConsistency(tiles, oldSize, newSize),
      // Up to the head itself, the path below ties the old root to it.
      newSize === head.treeSize
        ? rootFromTiles(tiles, oldSize)
        : verifiedRoot(tiles, head, oldSize),
      verifiedRoot(tiles, head, newSize),
    ]);
    verifyConsistency(oldRoot, newRoot, oldSize, newSize, path);
    return {
      old_size: oldSize,
      new_size: newSize,
      old_root: hexFromBytes(oldRoot),
      new_root: hexFromBytes(newRoot),
      proof_hashes: path.map(hexFromBytes),
    };
  });
  proofs.finished.keepConsistency(logId, proof);
  return proof;
}
