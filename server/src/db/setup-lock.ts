/** The lock under which a new database is given its first rows, so that two servers starting together make them once. @module */
import type { Db } from './transaction.ts';

const LOCK_SETUP = "SELECT pg_advisory_xact_lock(hashtextextended('kapsel setup', 0))";

/** Waits for the lock; held until the transaction ends. */
export async function lockSetup(db: Db): Promise<void> {
  await db.query(LOCK_SETUP);
}
