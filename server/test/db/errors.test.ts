/** Which errors of a real database are the fault of one row. @module */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import {
  isContention,
  isDatabaseAway,
  isLockTimeout,
  isMissingParent,
  isRowFault,
  isSerializationFailure,
  RowFault,
  violatedConstraint,
} from '../../src/db/errors.ts';

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

describe('isSerializationFailure', () => {
  it('is what a snapshot meets that another transaction has overtaken, and nothing else', async () => {
    await pool.query(INSERT, [ID, 'first']);
    const other = new pg.Client({ connectionString: database.connectionString });
    await other.connect();
    await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await other.query('SELECT name FROM tenants');
    await pool.query('UPDATE tenants SET name = $2 WHERE id = $1', [ID, 'second']);
    const error: unknown = await other
      .query('UPDATE tenants SET name = $2 WHERE id = $1', [ID, 'third'])
      .catch((reason: unknown) => reason);
    await other.end();
    expect(isSerializationFailure(error)).toBe(true);
    expect(isRowFault(error)).toBe(false);
    expect(isSerializationFailure(await errorOf('SELEC 1'))).toBe(false);
    expect(isSerializationFailure(new RowFault('40001'))).toBe(false);
    await pool.query('DELETE FROM tenants WHERE id = $1', [ID]);
  });
});

describe('isLockTimeout', () => {
  it('is a row that somebody else holds, and nothing else', async () => {
    await pool.query(INSERT, [ID, 'held']);
    const other = new pg.Client({ connectionString: database.connectionString });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM tenants FOR UPDATE');
    const error = await errorOf('SELECT 1 FROM tenants FOR UPDATE NOWAIT');
    await other.end();
    expect(isLockTimeout(error)).toBe(true);
    expect(isLockTimeout(await errorOf('SELEC 1'))).toBe(false);
    expect(isLockTimeout(null)).toBe(false);
    await pool.query('DELETE FROM tenants WHERE id = $1', [ID]);
  });
});

describe('isRowFault', () => {
  it('blames the row that a store refuses itself', () => {
    expect(isRowFault(new RowFault('refused'))).toBe(true);
  });

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

describe('violatedConstraint', () => {
  it('names what is taken or not there, and nothing else', async () => {
    const insertLog =
      'INSERT INTO logs (id, tenant_id, origin, name, is_public) VALUES ($1, $2, $3, $4, false)';
    const other = '00000000-0000-7000-8000-000000000002';
    expect(violatedConstraint(await errorOf(insertLog, [ID, other, 'o', 'n']))).toBe(
      'logs_tenant_id_fkey',
    );
    await pool.query(INSERT, [ID, 'a']);
    expect(violatedConstraint(await errorOf(INSERT, [ID, 'b']))).toBe('tenants_pkey');
    expect(violatedConstraint(await errorOf(INSERT, [other, '']))).toBeNull();
    expect(violatedConstraint(await errorOf('SELECT 1 FROM nowhere'))).toBeNull();
    expect(violatedConstraint(new Error('x'))).toBeNull();
    expect(violatedConstraint(null)).toBeNull();
  });
});

describe('what the ingest tells apart', () => {
  const withCode = (code: string) => Object.assign(new Error('x'), { code });

  it.each(['40P01', '40001'])('%s is contention', (code) => {
    expect(isContention(withCode(code))).toBe(true);
    expect(isDatabaseAway(withCode(code))).toBe(false);
  });

  it.each([
    '08006',
    '57P01',
    '57014',
    '53100',
    '53300',
    '58030',
    '55P03',
    '25006',
    'ECONNRESET',
    'EPIPE',
  ])('%s is a database that is away', (code) => {
    expect(isDatabaseAway(withCode(code))).toBe(true);
    expect(isContention(withCode(code))).toBe(false);
  });

  it.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Query read timeout',
  ])('%j is too', (message) => {
    expect(isDatabaseAway(new Error(message))).toBe(true);
  });

  it.each(['22021', '23505', '42703', '', 'ENOENT'])('%j is neither', (code) => {
    expect(isDatabaseAway(withCode(code))).toBe(false);
    expect(isContention(withCode(code))).toBe(false);
  });

  it('what is no error is neither', () => {
    expect([isDatabaseAway('x'), isContention(null), isMissingParent(undefined)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(isMissingParent(withCode('23503'))).toBe(true);
    expect(isMissingParent(withCode('23505'))).toBe(false);
  });
});
