/** Pools: deadlines on each, and broken connections that end neither the process nor the pool. @module */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';

let database: TestDatabase;
let pools: Pools;
const lost: Error[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  pools = openPools(database.connectionString, (error) => lost.push(error));
});
afterAll(async () => {
  await closePools(pools);
  await database.drop();
});

async function terminate(pid: number): Promise<void> {
  await pools.api.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
}

async function pidOf(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

describe('openPools', () => {
  it('sets deadlines for statements, locks and idle transactions in each pool', async () => {
    for (const [room, pool] of Object.entries(pools) as [keyof Pools, pg.Pool][]) {
      const { rows } = await pool.query(
        `SELECT name, setting FROM pg_settings WHERE name IN
          ('application_name', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`,
      );
      expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
        application_name: `kapsel-${room}`,
        statement_timeout: room === 'ingest' ? '5000' : '30000',
        lock_timeout: '2000',
        idle_in_transaction_session_timeout: '10000',
      });
    }
  });

  it('replaces an idle connection that PostgreSQL ended, and says so', async () => {
    const pid = await pidOf(pools.ingest);
    expect(pools.ingest.idleCount).toBe(1);
    const told = new Promise((resolve) => pools.ingest.once('error', resolve));
    lost.length = 0;
    await terminate(pid);
    await told;
    expect(lost).toMatchObject([{ code: '57P01' }]); // admin_shutdown
    expect(await pidOf(pools.ingest)).not.toBe(pid);
  });

  it('survives the end of a connection that is in use', async () => {
    const client = await pools.worker.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    await terminate(rows[0]?.pid ?? 0);
    await ended;
    await expect(client.query('SELECT 1')).rejects.toThrow();
    client.release();
    expect(await pidOf(pools.worker)).not.toBe(rows[0]?.pid);
  });

  it('keeps rooms apart: one that has used up its connections does not hold up another', async () => {
    const { max = 0 } = pools.sequencer.options;
    const clients = await Promise.all(Array.from({ length: max }, () => pools.sequencer.connect()));
    const oneMore = pools.sequencer.connect();
    expect(pools.sequencer.waitingCount).toBe(1);
    expect(await pidOf(pools.worker)).toBeGreaterThan(0);
    for (const client of clients) client.release();
    (await oneMore).release();
  });
});

describe('closePools', () => {
  it('ends every connection', async () => {
    const other = openPools(database.connectionString, () => {});
    await Promise.all(Object.values(other).map((pool: pg.Pool) => pool.query('SELECT 1')));
    await closePools(other);
    expect(Object.values(other).map((pool: pg.Pool) => pool.totalCount)).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
    await expect(other.api.query('SELECT 1')).rejects.toThrow();
  });
});

describe('pools without prepared statements', () => {
  it('send each statement without its name, on every way to ask', async () => {
    const unnamed = openPools(database.connectionString, (error) => lost.push(error), {
      preparedStatements: false,
    });
    const listed = 'SELECT count(*)::int AS count FROM pg_prepared_statements';
    const statement = { name: 'kapsel_named', text: 'SELECT $1::int AS n', values: [7] };
    for (const [all, want] of [
      [unnamed, 0],
      [pools, 1],
    ] as const) {
      const client = await all.api.connect();
      expect((await client.query(statement)).rows).toEqual([{ n: 7 }]);
      expect((await client.query('SELECT $1::int AS n', [8])).rows).toEqual([{ n: 8 }]);
      expect((await client.query(listed)).rows).toEqual([{ count: want }]);
      client.release();
    }
    expect((await unnamed.upkeep.query(statement)).rows).toEqual([{ n: 7 }]);
    await closePools(unnamed);
  });
});
