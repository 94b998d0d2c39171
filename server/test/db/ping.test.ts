/** Reachability and durability, asked of a real database. @module */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { findDurabilityFaults, isReachable } from '../../src/db/ping.ts';
import type { Db } from '../../src/db/transaction.ts';

let database: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.connectionString, max: 1 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('isReachable', () => {
  it('says yes while the database answers', async () => {
    expect(await isReachable(pool)).toBe(true);
  });

  it('says no, without an error, when nobody listens or the password is refused', async () => {
    const away = new URL(database.connectionString);
    away.port = '1'; // tcpmux: nothing of ours
    const nobody = new pg.Pool({ connectionString: away.href, connectionTimeoutMillis: 2_000 });
    const stranger = new URL(database.connectionString);
    stranger.pathname = '/no_such_database';
    const wrong = new pg.Pool({ connectionString: stranger.href });
    expect(await isReachable(nobody)).toBe(false);
    expect(await isReachable(wrong)).toBe(false);
    await Promise.all([nobody.end(), wrong.end()]);
  });
});

describe('findDurabilityFaults', () => {
  // fsync is a setting of the whole server; what the test server has is the base to compare with.
  const fsync = async (db: Db): Promise<string[]> => {
    const { rows } = await db.query<{ fsync: string }>('SHOW fsync');
    return rows[0]?.fsync === 'off' ? ['fsync = off'] : [];
  };

  it('finds synchronous_commit switched off, beside the state of fsync', async () => {
    const faults = await fsync(pool);
    await pool.query('SET synchronous_commit = off');
    expect(await findDurabilityFaults(pool)).toEqual([...faults, 'synchronous_commit = off']);
  });

  it.each(['on', 'local', 'remote_write', 'remote_apply'])(
    'has nothing against synchronous_commit = %s',
    async (value) => {
      await pool.query(`SET synchronous_commit = ${value}`);
      expect(await findDurabilityFaults(pool)).toEqual(await fsync(pool));
    },
  );
});
