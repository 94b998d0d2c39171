/** Logs in the database: which exist, and how far each tree is committed. @module */

import type { LogId, TenantId } from '../base/ids.ts';
import { hashesFromRow, integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';
import type { Log, TreeState } from './log.ts';

const FIND_SHARED = 'SELECT id, tenant_id, origin FROM logs WHERE tenant_id IS NULL';

interface LogRow {
  id: LogId;
  tenant_id: TenantId | null;
  origin: string;
}

export async function findSharedLog(db: Db): Promise<Log | null> {
  const { rows } = await db.query<LogRow>(FIND_SHARED);
  const row = rows[0];
  return row === undefined ? null : { id: row.id, tenantId: row.tenant_id, origin: row.origin };
}

const INSERT_LOG = 'INSERT INTO logs (id, tenant_id, origin) VALUES ($1, $2, $3)';

export async function insertLog(db: Db, log: Log): Promise<void> {
  await db.query(INSERT_LOG, [log.id, log.tenantId, log.origin]);
}

const FIND_TREE_STATE = 'SELECT tree_size, right_edge FROM logs WHERE id = $1';
const LOCK_TREE_STATE = `${FIND_TREE_STATE} FOR UPDATE`;

/** The committed tree; `lock` keeps others from moving it until the transaction ends. */
export async function getTreeState(db: Db, logId: LogId, lock = false): Promise<TreeState> {
  const { rows } = await db.query<{ tree_size: string; right_edge: Buffer }>(
    lock ? LOCK_TREE_STATE : FIND_TREE_STATE,
    [logId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the log has no row');
  return { treeSize: integerFromRow(row.tree_size), rightEdge: hashesFromRow(row.right_edge) };
}

// Compare-and-swap on the old size is what keeps one tree; the advisory lock only saves wasted work.
const MOVE_TREE_STATE = `
  UPDATE logs SET tree_size = $3, right_edge = $4
   WHERE id = $1 AND tree_size = $2`;

/** Moves the committed tree from one size to the next. Throws when somebody else moved it. */
export async function moveTreeState(
  db: Db,
  logId: LogId,
  oldSize: number,
  next: TreeState,
): Promise<void> {
  const { rowCount } = await db.query(MOVE_TREE_STATE, [
    logId,
    oldSize,
    next.treeSize,
    Buffer.concat(next.rightEdge),
  ]);
  if (rowCount !== 1) throw new Error(`the log is no longer at size ${oldSize}`);
}

const TRY_LOCK_SEQUENCER = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked';

/** True for one transaction at a time per log; held until it ends (works behind PgBouncer too). */
export async function tryLockSequencer(db: Db, logId: LogId): Promise<boolean> {
  const { rows } = await db.query<{ locked: boolean }>(TRY_LOCK_SEQUENCER, [`sequence ${logId}`]);
  return rows[0]?.locked === true;
}
