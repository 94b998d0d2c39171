/** Inclusion proofs for a leaf hash under the newest head, or under any smaller size. @module */
import { proveInclusion, rootFromTiles } from '@kapsel/tree';
import { hexFromBytes } from '@kapsel/verification';
import type { Pool } from 'pg';
import { findLeafIndexByHash } from '../attestation/leaf-store.ts';
import { Failure, notFound } from '../base/failure.ts';
import type { Log } from '../logs/log.ts';
import { type Snapshot, withSnapshot } from './snapshot.ts';

/** As the API and proof packages carry it; hashes in lower-case hex. */
export interface InclusionProofJson {
  readonly leaf_hash: string;
  readonly leaf_index: number;
  readonly tree_size: number;
  readonly proof_hashes: readonly string[];
  readonly root_hash: string;
}

/** Proof that `leafHash` is in the log. Without `treeSize`, under the newest head. */
export async function proveLeafHash(
  pool: Pool,
  log: Log,
  leafHash: Uint8Array,
  treeSize: number | null,
): Promise<InclusionProofJson> {
  return withSnapshot(pool, log, async (snapshot) => {
    const size = treeSize ?? snapshot.head.treeSize;
    if (size < 1 || size > snapshot.head.treeSize) {
      throw new Failure(
        'size_out_of_range',
        `tree_size must be from 1 to ${snapshot.head.treeSize}`,
      );
    }
    const index = await findLeafIndexByHash(snapshot.db, log.id, leafHash);
    if (index === null || index >= size) throw notFound();
    return inclusionProofAt(snapshot, leafHash, index, size);
  });
}

/** The proof for one place in a tree of `size`, read from the snapshot's tiles. */
export async function inclusionProofAt(
  { head, tiles }: Snapshot,
  leafHash: Uint8Array,
  index: number,
  size: number,
): Promise<InclusionProofJson> {
  const path = await proveInclusion(tiles, index, size);
  const root = size === head.treeSize ? head.rootHash : await rootFromTiles(tiles, size);
  return {
    leaf_hash: hexFromBytes(leafHash),
    leaf_index: index,
    tree_size: size,
    proof_hashes: path.map(hexFromBytes),
    root_hash: hexFromBytes(root),
  };
}
