/** STORY: waiting leaves get their places in the tree, all in one transaction. @module */
import {
  type CompactRange,
  compactRangeFromEdge,
  type NewTile,
  planRightEdge,
  planTileWrites,
  type Tile,
} from '@kapsel/tree';
import { equalBytes } from '@kapsel/verification';
import type { Pool } from 'pg';
import { isSerializationFailure } from '../db/errors.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import { placeKeyStatement } from '../keys/statement-store.ts';
import { type Log, LogHaltedError, type TreeState } from '../logs/log.ts';
import { getTreeState, haltLog, moveTreeState, tryLockSequencer } from '../logs/store.ts';
import {
  type Batch,
  numberPendingLeavesAcrossTenants,
  pickPendingLeavesAcrossTenants,
} from './pending-store.ts';
import { findTiles, writeTiles } from './tile-store.ts';

/** Of one transaction: bounds what a tick holds in memory, and what a crash makes it do again. */
export const MAX_BATCH = 16_384;

export interface Sequenced {
  readonly added: number;
  /** Whether leaves may wait that this tick did not reach. */
  readonly more: boolean;
  /** Whether another process is at it. */
  readonly busy: boolean;
  /** Of the tree, once the batch is in it; 0 when there was none. */
  readonly treeSize: number;
  /** The traces that end here. */
  readonly traceparents: readonly string[];
}

const NOTHING: Sequenced = { added: 0, more: false, busy: false, treeSize: 0, traceparents: [] };

/**
 * One tick: takes what waits, up to `limit`, numbers it and commits. Only one process at a time gets past the
 * lock; a crash anywhere before the commit leaves the leaves waiting and the tree as it was. Throws a
 * LogHaltedError, and halts the log for all processes, when what is stored contradicts itself.
 */
export async function sequence(
  pool: Pool,
  log: Log,
  limit: number = MAX_BATCH,
): Promise<Sequenced> {
  try {
    return await inTransaction(pool, (db) => append(db, log, limit), 'REPEATABLE READ');
  } catch (error) {
    // Another process committed between our snapshot and our lock: nothing is wrong, look again.
    if (isSerializationFailure(error)) return { ...NOTHING, more: true };
    // A crash before this line leaves the contradiction, and the next tick finds it.
    if (error instanceof LogHaltedError) await haltLog(pool, log.id, error.message);
    throw error;
  }
}

async function append(db: Db, log: Log, limit: number): Promise<Sequenced> {
  if (!(await tryLockSequencer(db, log.id))) return { ...NOTHING, busy: true };
  const state = await getTreeState(db, log.id, true);
  if (state.haltedReason !== null) throw new LogHaltedError(log.id, state.haltedReason);
  const batch = await pickPendingLeavesAcrossTenants(db, log.id, limit);
  if (batch.count === 0) return NOTHING;
  if (batch.changed !== null) {
    throw new LogHaltedError(log.id, `the text of waiting leaf ${batch.changed} was changed`);
  }
  const edge = await getEdge(db, log, state);

  const numbered = numberPendingLeavesAcrossTenants(db, log.id, state.treeSize, batch);
  // Its failure is seen below; here it only must not count as unhandled while the tiles are computed.
  numbered.catch(() => undefined);
  const next = plan(state, edge, batch);
  await numbered;
  for (const position of batch.keyPositions) {
    const hash = batch.hashes[position];
    if (hash !== undefined) await placeKeyStatement(db, log.id, hash, state.treeSize + position);
  }
  await writeTiles(db, log.id, next.writes);
  await moveTreeState(db, log.id, state.treeSize, {
    treeSize: next.range.size,
    rightEdge: next.range.hashes,
  });
  return {
    added: batch.count,
    more: batch.count === limit,
    busy: false,
    treeSize: next.range.size,
    traceparents: batch.traceparents,
  };
}

/** The partial tiles, which must hold the same right edge as the log's own row. */
async function getEdge(db: Db, log: Log, { treeSize, rightEdge }: TreeState): Promise<Tile[]> {
  const wanted = planRightEdge(treeSize);
  const stored = wanted.length === 0 ? [] : await findTiles(db, log.id, wanted);
  const edge = wanted.map((id): Tile => {
    const found = stored.find(({ level, index }) => level === id.level && index === id.index);
    if (found?.hashes.length === id.width * 32) return { ...id, hashes: found.hashes };
    const width = (found?.hashes.length ?? 0) / 32;
    throw new LogHaltedError(
      log.id,
      `tile ${id.level}/${id.index} has ${width} hashes, want ${id.width}`,
    );
  });
  const { hashes } = compactRangeFromEdge(treeSize, edge);
  const isSame =
    hashes.length === rightEdge.length &&
    hashes.every((hash, i) => equalBytes(hash, rightEdge[i] ?? new Uint8Array()));
  if (!isSame) {
    throw new LogHaltedError(log.id, `the tiles of size ${treeSize} contradict the right edge`);
  }
  return edge;
}

/** The tiles to write, and the right edge after them: each node is hashed once. */
function plan(
  { treeSize }: TreeState,
  edge: readonly Tile[],
  { hashes }: Batch,
): { writes: readonly NewTile[]; range: CompactRange } {
  const writes = planTileWrites(treeSize, edge, hashes);
  const newest = [...edge, ...writes];
  const size = treeSize + hashes.length;
  const after = planRightEdge(size).map((id) => {
    const tile = newest.findLast(({ level, index }) => level === id.level && index === id.index);
    if (tile === undefined) throw new Error(`tile ${id.level}/${id.index} was not planned`);
    return tile;
  });
  return { writes, range: compactRangeFromEdge(size, after) };
}
