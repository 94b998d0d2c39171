/** Which errors of a real database are the fault of one row. @module */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { isRowFault } from '../../src/db/errors.ts';

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

const errorOf = (text: string, values: unknown[] = []): Promise<unknown> =>
  pool.query(text, values).then(
    () => null,
    (error: unknown) => error,
  );

const INSERT = 'INSERT INTO tenants (id, name) VALUES ($1, $2)';
const ID = '00000000-0000-7000-8000-000000000001';

describe('isRowFault', () => {
  it.each([
    ['a value of the wrong form', INSERT, ['x', 'name']],
    ['U+0000 in text', INSERT, [ID, 'a\u0000b']],
    ['a value that a CHECK refuses', INSERT, [ID, '']],
    ['a missing value', INSERT, [ID, null]],
    [
      'a reference to nothing',
      'INSERT INTO logs (id, tenant_id, origin) VALUES ($1, $1, $2)',
      [ID, 'o'],
    ],
  ])('blames the row for %s', async (_what, text, values) => {
    expect(isRowFault(await errorOf(text, values))).toBe(true);
  });

  it.each([
    ['an unknown table', 'SELECT 1 FROM nowhere'],
    ['a syntax error', 'SELEC 1'],
    ['a cancelled statement', 'SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)'],
  ])('does not blame a row for %s', async (_what, text) => {
    const error = await errorOf(text);
    expect(error).toBeInstanceOf(pg.DatabaseError);
    expect(isRowFault(error)).toBe(false);
  });

  it('does not blame a row for what is no error of the database', () => {
    const withCode = (code: unknown) => Object.assign(new Error('x'), { code });
    for (const error of [
      null,
      undefined,
      '23505',
      { code: '23505' },
      new Error('23505'),
      withCode('ECONNRESET'),
      withCode(23505),
      withCode('23'),
      withCode('235050'),
      withCode('08006'),
      withCode('40P01'),
    ]) {
      expect(isRowFault(error)).toBe(false);
    }
    expect(isRowFault(withCode('22P02'))).toBe(true);
    expect(isRowFault(withCode('23505'))).toBe(true);
  });
});
