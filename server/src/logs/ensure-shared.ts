/** The shared log's row, made at the first start of a database. @module */
import { isOrigin } from '@kapsel/verification';
import type { Pool } from 'pg';
import { newId } from '../base/ids.ts';
import { lockSetup } from '../db/setup-lock.ts';
import { inTransaction } from '../db/transaction.ts';
import { type Log, SHARED_LOG_NAME } from './log.ts';
import { findSharedLog, insertLog } from './store.ts';

/** Finds the shared log or makes it with `origin`. An existing log keeps its origin, whatever is asked for. */
export async function ensureSharedLog(pool: Pool, origin: string, nowMs: number): Promise<Log> {
  return inTransaction(pool, async (db) => {
    await lockSetup(db);
    const found = await findSharedLog(db);
    if (found !== null) return found;
    // A log with a name that no checkpoint can carry would never be signed, and could not be renamed.
    if (!isOrigin(origin)) throw new TypeError('"origin" expected an origin');
    const log: Log = {
      id: newId<'log'>(nowMs),
      tenantId: null,
      name: SHARED_LOG_NAME,
      isPublic: true,
      origin,
    };
    await insertLog(db, log);
    return log;
  });
}
