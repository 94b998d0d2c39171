/** Prepared statements: one name a text, planned once a connection. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepared } from '../../src/db/prepared.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const ADD = 'SELECT $1::int + $2::int AS sum';

describe('prepared', () => {
  it('gives each text one name, and other texts others', () => {
    expect(prepared(ADD, [1, 2]).name).toBe(prepared(ADD, [3, 4]).name);
    expect(prepared(`${ADD} `, [1, 2]).name).not.toBe(prepared(ADD, [1, 2]).name);
  });

  it('is planned once on a connection, and answers by its values', async () => {
    await inTransaction(bench.pool, async (db) => {
      for (const [left, right, sum] of [
        [1, 2, 3],
        [40, 2, 42],
      ]) {
        const { rows } = await db.query<{ sum: number }>(prepared(ADD, [left, right]));
        expect(rows).toEqual([{ sum }]);
      }
      const { rows } = await db.query(
        'SELECT statement, from_sql FROM pg_prepared_statements WHERE name = $1',
        [prepared(ADD, []).name],
      );
      expect(rows).toEqual([{ statement: ADD, from_sql: false }]);
    });
  });
});
