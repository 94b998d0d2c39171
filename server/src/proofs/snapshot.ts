/** One snapshot of a log: the newest head and tiles that agree with it, however fast the log grows. @module */
import type { TileReader } from '@kapsel/tree';
import type { Pool } from 'pg';
import { findNewestHead } from '../attestation/head-store.ts';
import { tileReader } from '../attestation/tile-store.ts';
import type { TreeHead } from '../attestation/tree-head.ts';
import { Failure } from '../base/failure.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';

export interface Snapshot {
  readonly db: Db;
  /** The newest signed head: nothing above it is served. */
  readonly head: TreeHead;
  readonly tiles: TileReader;
}

/** Runs `work` on a snapshot. Failure `no_tree_head` before the first head. */
export async function withSnapshot<T>(
  pool: Pool,
  log: Log,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  return inTransaction(
    pool,
    async (db) => {
      const head = await findNewestHead(db, log.id);
      if (head === null) throw new Failure('no_tree_head', 'The log has no tree head yet');
      return work({ db, head, tiles: tileReader(db, log.id) });
    },
    'REPEATABLE READ READ ONLY',
  );
}
