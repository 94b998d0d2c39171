/** Consistency proofs between any two sizes up to the newest head. RFC 6962 section 2.1.2. @module */
import { proveConsistency, rootFromTiles } from '@kapsel/tree';
import { hexFromBytes } from '@kapsel/verification';
import type { Pool } from 'pg';
import { Failure } from '../base/failure.ts';
import type { Log } from '../logs/log.ts';
import { withSnapshot } from './snapshot.ts';

export interface ConsistencyProofJson {
  readonly old_size: number;
  readonly new_size: number;
  readonly old_root: string;
  readonly new_root: string;
  readonly proof_hashes: readonly string[];
}

/** Proof that the tree of `newSize` begins with the tree of `oldSize`; equal sizes need no hashes. */
export async function proveSizes(
  pool: Pool,
  log: Log,
  oldSize: number,
  newSize: number,
): Promise<ConsistencyProofJson> {
  return withSnapshot(pool, log, async ({ head, tiles }) => {
    if (oldSize < 1 || oldSize > newSize || newSize > head.treeSize) {
      throw new Failure(
        'size_out_of_range',
        `Sizes must satisfy 1 <= old_size <= new_size <= ${head.treeSize}`,
      );
    }
    const path = oldSize === newSize ? [] : await proveConsistency(tiles, oldSize, newSize);
    return {
      old_size: oldSize,
      new_size: newSize,
      old_root: hexFromBytes(await rootFromTiles(tiles, oldSize)),
      new_root: hexFromBytes(await rootFromTiles(tiles, newSize)),
      proof_hashes: path.map(hexFromBytes),
    };
  });
}
