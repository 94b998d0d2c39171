/** A database of its own for each test file: a copy of the migrated template. @module */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { inject } from 'vitest';
import { type TestCluster, urlOfDatabase, withAdmin } from './postgres-cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kapselPostgres: TestCluster;
  }
}

export interface TestDatabase {
  readonly connectionString: string;
  /** Fails when a session is still open: a pool that a test file forgets is a defect of that file. */
  drop(): Promise<void>;
}

// One every 50 ms.
const CLOSING_CHECKS = 20;

/**
 * Makes a migrated, empty database. Safe to call from any number of test files at once.
 * @example const database = await createTestDatabase(); afterAll(() => database.drop());
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, template, prefix } = inject('kapselPostgres');
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  await withAdmin(adminUrl, (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`),
  );
  return {
    connectionString: urlOfDatabase(adminUrl, name),
    drop: () => withAdmin(adminUrl, (client) => dropDatabase(client, name)),
  };
}

async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  const left = await untilUnused(client, name);
  await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  if (left.length === 0) return;
  const sessions = left.map((row) => `${row.application_name || 'unnamed'} (${row.query})`);
  throw new Error(`sessions left open at the end of the test file: ${sessions.join('; ')}`);
}

interface SessionRow {
  readonly application_name: string;
  readonly query: string;
}

/** A session that was just closed takes PostgreSQL a moment to end. The sessions that are still there after it. */
async function untilUnused(client: pg.Client, name: string): Promise<readonly SessionRow[]> {
  for (let i = 0; ; i++) {
    const { rows } = await client.query<SessionRow>(
      `SELECT application_name, query FROM pg_stat_activity
       WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || i === CLOSING_CHECKS) return rows;
    await client.query('SELECT pg_sleep(0.05)');
  }
}
