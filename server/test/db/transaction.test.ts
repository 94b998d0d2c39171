/** Transactions: all or nothing, and the connection goes back whatever happens. @module */
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { type Db, inTransaction } from '../../src/db/transaction.ts';
import { failAt } from '../support/faulty-pool.ts';

let database: TestDatabase;
let pools: Pools;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pools = openPools(database.connectionString, () => {});
  pool = pools.sequencer;
  await pool.query('CREATE TABLE notes (text text NOT NULL)');
});
beforeEach(() => pool.query('TRUNCATE notes'));
afterAll(async () => {
  await closePools(pools);
  await database.drop();
});

const write = (db: Db, text: string) => db.query('INSERT INTO notes (text) VALUES ($1)', [text]);

async function notes(): Promise<string[]> {
  const { rows } = await pool.query<{ text: string }>('SELECT text FROM notes ORDER BY text');
  return rows.map(({ text }) => text);
}

/** Every connection that is open is idle: none was kept. */
function expectAllReturned(): void {
  expect(pool.idleCount).toBe(pool.totalCount);
  expect(pool.waitingCount).toBe(0);
}

describe('inTransaction', () => {
  it('commits what the work wrote and answers its result', async () => {
    const result = await inTransaction(pool, async (db) => {
      await write(db, 'a');
      await write(db, 'b');
      expect(await notes()).toEqual([]); // seen by nobody else yet
      return 7;
    });
    expect(result).toBe(7);
    expect(await notes()).toEqual(['a', 'b']);
    expectAllReturned();
  });

  it('leaves nothing behind when the work throws, and passes the error on as it is', async () => {
    const failure = new Error('no');
    const run = inTransaction(pool, async (db) => {
      await write(db, 'a');
      throw failure;
    });
    await expect(run).rejects.toBe(failure);
    expect(await notes()).toEqual([]);
    expectAllReturned();
  });

  it('leaves nothing behind when a statement fails', async () => {
    const run = inTransaction(pool, async (db) => {
      await write(db, 'a');
      await db.query('INSERT INTO notes (text) VALUES (NULL)');
    });
    await expect(run).rejects.toMatchObject({ code: '23502' }); // not_null_violation
    expect(await notes()).toEqual([]);
    expectAllReturned();
  });

  it('does not call it committed when a failed statement was overlooked', async () => {
    const run = inTransaction(pool, async (db) => {
      await write(db, 'a');
      await db.query('SELECT 1 / 0').catch(() => {});
      return 'done';
    });
    await expect(run).rejects.toThrow();
    expect(await notes()).toEqual([]);
    expectAllReturned();
  });

  it('gives back a connection that is fit for the next transaction, however the last one ended', async () => {
    for (let i = 0; i < 5; i += 1) {
      await inTransaction(pool, async () => Promise.reject(new Error('no'))).catch(() => {});
    }
    await inTransaction(pool, (db) => write(db, 'a'));
    expect(await notes()).toEqual(['a']);
    expect(pool.totalCount).toBeLessThanOrEqual(2);
  });

  it.each(['before', 'after', 'killed'] as const)(
    'is undone and the connection replaced when it is struck (%s) in the middle',
    async (fault) => {
      const faulty = failAt(pool, 2, fault);
      const run = inTransaction(faulty.pool, async (db) => {
        await write(db, 'a');
        await write(db, 'b');
      });
      await expect(run).rejects.toThrow();
      expect(faulty.statements).toHaveLength(3);
      expect(await notes()).toEqual([]);
      await inTransaction(pool, (db) => write(db, 'c'));
      expect(await notes()).toEqual(['c']);
      expectAllReturned();
    },
  );

  it('ends with an error, not with the process, when its session is ended between two statements', async () => {
    const run = inTransaction(pool, async (db) => {
      await write(db, 'a');
      const pid = await pidOf(db);
      // pg hears of it while no query of ours is running.
      const ended = new Promise<void>((resolve) => (db as pg.PoolClient).once('end', resolve));
      await pools.api.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
      await ended;
      await write(db, 'b');
    });
    await expect(run).rejects.toThrow();
    expect(await notes()).toEqual([]);
    expectAllReturned();
  });

  it('closes a connection on which even ROLLBACK failed', async () => {
    const before = await pidOf(pool);
    const run = inTransaction(pool, async (db) => {
      expect(await pidOf(db)).toBe(before);
      await pools.api.query('SELECT pg_terminate_backend($1, 5000)', [before]);
      throw new Error('no');
    });
    await expect(run).rejects.toThrow('no');
    expect(await pidOf(pool)).not.toBe(before);
    expectAllReturned();
  });

  it('closes a live connection that could not be rolled back, so that nobody works on inside its transaction', async () => {
    const before = await pidOf(pool);
    const faulty = failAt(pool, 2, 'mute');
    const run = inTransaction(faulty.pool, async (db) => {
      await write(db, 'a');
      await write(db, 'b');
    });
    await expect(run).rejects.toThrow('struck');
    expect(await pidOf(pool)).not.toBe(before);
    expect(await notes()).toEqual([]);
    expectAllReturned();
  });

  it('shows one state of the database from beginning to end at REPEATABLE READ, and writes nothing', async () => {
    await write(pool, 'a');
    await inTransaction(
      pool,
      async (db) => {
        const count = async (): Promise<number> =>
          (await db.query('SELECT text FROM notes')).rows.length;
        expect(await count()).toBe(1);
        await write(pool, 'b');
        expect(await count()).toBe(1);
      },
      'REPEATABLE READ READ ONLY',
    );
    const writing = inTransaction(pool, (db) => write(db, 'c'), 'REPEATABLE READ READ ONLY');
    await expect(writing).rejects.toMatchObject({ code: '25006' }); // read_only_sql_transaction
    expect(await notes()).toEqual(['a', 'b']);
  });
});

it('shows one state at REPEATABLE READ also to a transaction that writes', async () => {
  await inTransaction(
    pool,
    async (db) => {
      const before = (await db.query('SELECT text FROM notes')).rows.length;
      await write(pool, 'from elsewhere');
      await write(db, 'own');
      expect((await db.query('SELECT text FROM notes')).rows).toHaveLength(before + 1);
    },
    'REPEATABLE READ',
  );
  expect(await notes()).toEqual(expect.arrayContaining(['from elsewhere', 'own']));
});

async function pidOf(db: Db): Promise<number> {
  const { rows } = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}
