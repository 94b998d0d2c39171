/** Is the database there, and is it one that keeps what it has committed? @module */
import type { Pool } from 'pg';
import type { Db } from './transaction.ts';

const PING = 'SELECT 1';

/** True when the database answers; bounded by the pool's connect and statement deadlines. */
export async function isReachable(pool: Pool): Promise<boolean> {
  try {
    await pool.query(PING);
    return true;
  } catch {
    // The reason is in the pool's own error log; a health check only says yes or no.
    return false;
  }
}

const READ_DURABILITY = `
  SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit`;

/** The settings under which a commit could be lost in a crash; empty when it cannot. */
export async function findDurabilityFaults(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ fsync: string; synchronous_commit: string }>(READ_DURABILITY);
  const faults: string[] = [];
  if (rows[0]?.fsync === 'off') faults.push('fsync = off');
  if (rows[0]?.synchronous_commit === 'off') faults.push('synchronous_commit = off');
  return faults;
}
