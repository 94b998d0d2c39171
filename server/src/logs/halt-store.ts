/** Halts of logs in the database: who ended one, and on what grounds. @module */
import type { LogId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';

/** A halt that stands. */
export interface Halt {
  readonly reason: string;
  readonly atMs: number;
}

/** On what grounds a log goes on: an audit that found it whole, an operator's word, or both. */
export interface Resumption {
  readonly auditedSize: number | null;
  readonly reason: string | null;
}

export interface EndedHalt extends Resumption {
  readonly haltedReason: string;
  readonly resumedAtMs: number;
}

const FIND_HALT = `
  SELECT halted_reason, halted_at
    FROM logs
   WHERE id = $1 AND halted_at IS NOT NULL`;

export async function findHalt(db: Db, logId: LogId): Promise<Halt | null> {
  const { rows } = await db.query<{ halted_reason: string; halted_at: Date }>(FIND_HALT, [logId]);
  const row = rows[0];
  return row === undefined ? null : { reason: row.halted_reason, atMs: row.halted_at.getTime() };
}

// One statement: a halt is never ended without its record, and a later one, for another reason, is not ended with it.
const END_HALT = `
  WITH halted AS (
    SELECT id, halted_at, halted_reason
      FROM logs
     WHERE id = $1 AND halted_reason = $2 AND halted_at IS NOT NULL
       FOR NO KEY UPDATE
  ), resumed AS (
    UPDATE logs SET halted_at = NULL, halted_reason = NULL
      FROM halted
     WHERE logs.id = halted.id
    RETURNING halted.id, halted.halted_at, halted.halted_reason
  )
  INSERT INTO log_halts (log_id, halted_at, halted_reason, audited_size, reason)
  SELECT id, halted_at, halted_reason, $3, $4 FROM resumed`;

/** The log goes on; false when it was not halted for `haltedReason` any more, and nothing was changed. */
export async function endHalt(
  db: Db,
  logId: LogId,
  haltedReason: string,
  { auditedSize, reason }: Resumption,
): Promise<boolean> {
  const { rowCount } = await db.query(END_HALT, [logId, haltedReason, auditedSize, reason]);
  return rowCount === 1;
}

const LIST_HALTS = `
  SELECT halted_reason, resumed_at, audited_size, reason
    FROM log_halts
   WHERE log_id = $1
   ORDER BY id DESC
   LIMIT 100`;

/** The newest halts of a log that were ended, newest first. */
export async function listEndedHalts(db: Db, logId: LogId): Promise<EndedHalt[]> {
  const { rows } = await db.query<{
    halted_reason: string;
    resumed_at: Date;
    audited_size: string | null;
    reason: string | null;
  }>(LIST_HALTS, [logId]);
  return rows.map((row) => ({
    haltedReason: row.halted_reason,
    resumedAtMs: row.resumed_at.getTime(),
    auditedSize: row.audited_size === null ? null : integerFromRow(row.audited_size),
    reason: row.reason,
  }));
}
