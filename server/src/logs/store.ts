/** Logs in the database: which exist, and how far each tree is committed. @module */

import type { LogId, TenantId } from '../base/ids.ts';
import { hashesFromRow, integerFromRow } from '../base/rows.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';
import type { Log, NextTreeState, TreeState } from './log.ts';

const LOG_COLUMNS = 'id, tenant_id, name, is_public, origin';
const FIND_SHARED = `SELECT ${LOG_COLUMNS} FROM logs WHERE tenant_id IS NULL`;
const FIND_BY_NAME = `SELECT ${LOG_COLUMNS} FROM logs WHERE name = $1`;
const FIND_OF_TENANT = `SELECT ${LOG_COLUMNS} FROM logs WHERE tenant_id = $1`;
const FIND_FOR_TENANT = `SELECT ${LOG_COLUMNS} FROM log_of_tenant($1)`;
const LIST_LOGS = `SELECT ${LOG_COLUMNS} FROM logs ORDER BY tenant_id NULLS FIRST, created_at, id`;

interface LogRow {
  id: LogId;
  tenant_id: TenantId | null;
  name: string;
  is_public: boolean;
  origin: string;
}

export async function findSharedLog(db: Db): Promise<Log | null> {
  const { rows } = await db.query<LogRow>(FIND_SHARED);
  return rows[0] === undefined ? null : logFromRow(rows[0]);
}

export async function findLogByName(db: Db, name: string): Promise<Log | null> {
  const { rows } = await db.query<LogRow>(FIND_BY_NAME, [name]);
  return rows[0] === undefined ? null : logFromRow(rows[0]);
}

/** The tenant's own log, or null when its leaves go into the shared one. */
export async function findLogOfTenant(db: Db, tenantId: TenantId): Promise<Log | null> {
  const { rows } = await db.query<LogRow>(FIND_OF_TENANT, [tenantId]);
  return rows[0] === undefined ? null : logFromRow(rows[0]);
}

/** The log that serves the tenant; ask through `logForTenant`. */
export async function findLogForTenant(db: Db, tenantId: TenantId): Promise<Log | null> {
  const { rows } = await db.query<LogRow>(FIND_FOR_TENANT, [tenantId]);
  return rows[0] === undefined ? null : logFromRow(rows[0]);
}

/** All logs, the shared one first. */
export async function listLogs(db: Db): Promise<Log[]> {
  const { rows } = await db.query<LogRow>(LIST_LOGS);
  return rows.map(logFromRow);
}

function logFromRow(row: LogRow): Log {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    isPublic: row.is_public,
    origin: row.origin,
  };
}

const INSERT_LOG = `
  INSERT INTO logs (id, tenant_id, name, is_public, origin)
  VALUES ($1, $2, $3, $4, $5)`;

export async function insertLog(db: Db, log: Log): Promise<void> {
  await db.query(INSERT_LOG, [log.id, log.tenantId, log.name, log.isPublic, log.origin]);
}

const FIND_TREE_STATE = 'SELECT tree_size, right_edge, halted_reason FROM logs WHERE id = $1';
// NO KEY: a leaf that begins to wait refers to this row, and must not wait for the tree to move.
const LOCK_TREE_STATE = `${FIND_TREE_STATE} FOR NO KEY UPDATE`;

/** The committed tree; `lock` keeps others from moving it until the transaction ends. */
export async function getTreeState(db: Db, logId: LogId, lock = false): Promise<TreeState> {
  const { rows } = await db.query<{
    tree_size: string;
    right_edge: Buffer;
    halted_reason: string | null;
  }>(prepared(lock ? LOCK_TREE_STATE : FIND_TREE_STATE, [logId]));
  const row = rows[0];
  if (row === undefined) throw new Error('the log has no row');
  return {
    treeSize: integerFromRow(row.tree_size),
    rightEdge: hashesFromRow(row.right_edge),
    haltedReason: row.halted_reason,
  };
}

// Compare-and-swap on the old size is what keeps one tree; the advisory lock only saves wasted work.
const MOVE_TREE_STATE = `
  UPDATE logs SET tree_size = $3, right_edge = $4
   WHERE id = $1 AND tree_size = $2 AND halted_at IS NULL`;

/** Moves the committed tree from one size to the next. Throws when somebody else moved it, or it is halted. */
export async function moveTreeState(
  db: Db,
  logId: LogId,
  oldSize: number,
  next: NextTreeState,
): Promise<void> {
  const { rowCount } = await db.query(
    prepared(MOVE_TREE_STATE, [logId, oldSize, next.treeSize, Buffer.concat(next.rightEdge)]),
  );
  if (rowCount !== 1) throw new Error(`the log is no longer at size ${oldSize}`);
}

// The first reason is kept: what is found afterwards is mostly its consequence.
const HALT_LOG = `
  UPDATE logs SET halted_at = now(), halted_reason = $2
   WHERE id = $1 AND halted_at IS NULL`;

/** From now on nothing is sequenced or signed, by no process. False when the log was halted already. */
export async function haltLog(db: Db, logId: LogId, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(HALT_LOG, [logId, reason]);
  return rowCount === 1;
}

// The settings hold for the transaction alone: room for a batch of leaf texts to be sorted in memory, and plain index
// scans over the waiting room. It is full of rows that were taken and not yet vacuumed; a plain scan marks their index
// entries as dead and the next one passes them by, while a bitmap or a whole scan meets each of them again (165,000 of
// them took 18 ms in each of three statements). To compile such statements takes longer than to run them.
const TRY_LOCK_SEQUENCER = `
  SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked, set_config('work_mem', '64MB', true),
         set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true),
         set_config('jit', 'off', true)`;

/** True for one transaction at a time per log; held until it ends (works behind PgBouncer too). */
export async function tryLockSequencer(db: Db, logId: LogId): Promise<boolean> {
  const { rows } = await db.query<{ locked: boolean }>(
    prepared(TRY_LOCK_SEQUENCER, [`sequence ${logId}`]),
  );
  return rows[0]?.locked === true;
}

const TRY_LOCK_SIGNING = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked';

/** True for one transaction at a time per log that is about to insert a head; held until it ends. */
export async function tryLockSigning(db: Db, logId: LogId): Promise<boolean> {
  const { rows } = await db.query<{ locked: boolean }>(
    prepared(TRY_LOCK_SIGNING, [`sign ${logId}`]),
  );
  return rows[0]?.locked === true;
}
