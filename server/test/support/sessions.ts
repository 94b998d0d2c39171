/** What other sessions of a database are doing, and how to end them. @module */
import { vi } from 'vitest';
import type { Db } from '../../src/db/transaction.ts';

/** Waits until a session of that name waits for a lock. */
export async function untilBlocked(db: Db, applicationName: string): Promise<void> {
  await vi.waitFor(
    async () => {
      // Within a transaction PostgreSQL would show the same picture again and again.
      await db.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await db.query(
        `SELECT pid FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock'`,
        [applicationName],
      );
      if (rows.length === 0) throw new Error(`no session of ${applicationName} waits for a lock`);
    },
    { interval: 10, timeout: 5_000 },
  );
}

/** Ends all sessions of that name as an administrator would; answers how many. */
export async function terminate(db: Db, applicationName: string): Promise<number> {
  await db.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await db.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = $1`,
    [applicationName],
  );
  return rows.length;
}
