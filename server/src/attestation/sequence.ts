/** STORY: pending leaves get their places in the tree, all in one transaction. @module */
import { compactRangeFromHashes, planTileWrites, readRightEdge } from '@kapsel/tree';
import { equalBytes, leafHash, utf8FromString } from '@kapsel/verification';
import type { Pool } from 'pg';
import { inTransaction } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import { getTreeState, moveTreeState, tryLockSequencer } from '../logs/store.ts';
import { insertLeavesAcrossTenants } from './leaf-store.ts';
import { type PendingLeaf, takePendingLeavesAcrossTenants } from './pending-store.ts';
import { tileReader, writeTiles } from './tile-store.ts';

const MAX_BATCH = 8_192;

/** A leaf whose text and hash disagree: somebody changed the database. Nothing is sequenced past it. */
export class LogHaltedError extends Error {}

/**
 * One tick: takes what waits, up to `limit`, numbers it and commits. Answers how many leaves were added and
 * whether more may wait. Only one process at a time gets past the lock; a crash anywhere before
 * the commit leaves the leaves waiting and the tree as it was.
 */
export async function sequence(
  pool: Pool,
  log: Log,
  limit: number = MAX_BATCH,
): Promise<{ added: number; more: boolean }> {
  return inTransaction(pool, async (db) => {
    if (!(await tryLockSequencer(db, log.id))) return { added: 0, more: false };
    const { treeSize, rightEdge } = await getTreeState(db, log.id, true);
    const leaves = await takePendingLeavesAcrossTenants(db, log.id, limit);
    if (leaves.length === 0) return { added: 0, more: false };
    for (const leaf of leaves) assertUnchanged(leaf);

    const hashes = leaves.map(({ leaf }) => leaf.hash);
    const edge = await readRightEdge(tileReader(db, log.id), treeSize);
    const range = compactRangeFromHashes(treeSize, rightEdge);
    for (const hash of hashes) range.append(hash);

    await insertLeavesAcrossTenants(db, log.id, treeSize, leaves);
    await writeTiles(db, log.id, planTileWrites(treeSize, edge, hashes));
    await moveTreeState(db, log.id, treeSize, { treeSize: range.size, rightEdge: range.hashes });
    return { added: leaves.length, more: leaves.length === limit };
  });
}

function assertUnchanged({ deliveryAttemptId, leaf }: PendingLeaf): void {
  if (!equalBytes(leafHash(utf8FromString(leaf.data)), leaf.hash)) {
    throw new LogHaltedError(`the leaf of delivery attempt ${deliveryAttemptId} was changed`);
  }
}
