/** Backups of a test database, restored under the server that runs on it. @module */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { withAdmin } from '../../../test/support/postgres-cluster.ts';

export interface Backup {
  /** Puts the backup in the database's place; whoever was connected is thrown out and finds the old state. */
  restore(): Promise<void>;
  drop(): Promise<void>;
}

/** Copies the database as it is now. Sessions are ended for that; pools open new ones. */
export async function backUp(connectionString: string): Promise<Backup> {
  const name = new URL(connectionString).pathname.slice(1);
  const copy = `${name}_${randomBytes(3).toString('hex')}`;
  const { adminUrl } = inject('kapselPostgres');
  await copyDatabase(adminUrl, name, copy);
  return {
    restore: () =>
      withAdmin(adminUrl, async (client) => {
        await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
        await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
        await client.query(`CREATE DATABASE ${name} TEMPLATE ${copy}`);
      }),
    drop: () =>
      withAdmin(adminUrl, async (client) => {
        await client.query(`DROP DATABASE ${copy} WITH (FORCE)`);
      }),
  };
}

/** Nobody may be connected to a database while it is copied. */
async function copyDatabase(adminUrl: string, from: string, to: string): Promise<void> {
  await withAdmin(adminUrl, async (client) => {
    await client.query(`ALTER DATABASE ${from} ALLOW_CONNECTIONS false`);
    let isUsed = true;
    while (isUsed) {
      const { rowCount } = await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
        [from],
      );
      isUsed = rowCount !== 0;
    }
    await client.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
    await client.query(`ALTER DATABASE ${from} ALLOW_CONNECTIONS true`);
  });
}
