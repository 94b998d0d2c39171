/** Log lines: one JSON object each, named fields alone, and no secret out of any error. @module */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { createLogger, type LogFields, type Logger } from '../../src/telemetry/logger.ts';

const SECRET = 'hunter2-planted-secret';

let database: TestDatabase;
let pool: pg.Pool;
const idle: Error[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  const url = new URL(database.connectionString);
  url.searchParams.set('application_name', SECRET);
  pool = new pg.Pool({ connectionString: url.href, max: 1 });
  pool.on('error', (error) => idle.push(error));
  pool.on('connect', (client) => client.on('error', () => {}));
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** What a logger of this level writes. */
function written(write: (logger: Logger) => void, level = 'trace'): string {
  let text = '';
  write(
    createLogger(level, {
      write: (line) => {
        text += line;
      },
    }),
  );
  return text;
}

const logged = (error: unknown): string =>
  written((logger) => logger.error('request failed', { error }));

const parse = (line: string): Record<string, unknown> => JSON.parse(line);

const failureOf = (text: string, values: unknown[] = []): Promise<pg.DatabaseError> =>
  pool.query(text, values).then(
    () => {
      throw new Error('the statement did not fail');
    },
    (error: pg.DatabaseError) => error,
  );

const ID = '019bc0e2-6d88-7000-8000-000000000001';

describe('a log line', () => {
  it('is one JSON object with its event, level, time and fields', () => {
    const line = written((logger) =>
      logger.info('tree head signed', { log: 'log.kapsel.test/a', tree_size: 7 }),
    );
    expect(line.endsWith('\n')).toBe(true);
    expect(parse(line)).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: 'tree head signed',
      log: 'log.kapsel.test/a',
      tree_size: 7,
    });
  });

  it('is not written below the level', () => {
    const all = (logger: Logger): void => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](level);
    };
    const eventsAt = (level: string): unknown[] =>
      written(all, level)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => parse(line).event);
    expect(eventsAt('trace')).toEqual(['debug', 'info', 'warn', 'error']);
    expect(eventsAt('warn')).toEqual(['warn', 'error']);
    expect(eventsAt('silent')).toEqual([]);
  });

  it('stays one line whatever its fields hold', () => {
    const line = written((logger) => logger.warn('x', { reason: 'a\n{"level":60}\u2028\u0000' }));
    expect(line.trimEnd().split('\n')).toHaveLength(1);
    expect(parse(line)).toMatchObject({ reason: 'a\n{"level":60}\u2028\u0000' });
  });

  it('drops every field that is not on the list', () => {
    const more = { authorization: SECRET, body: SECRET, constructor: SECRET, __proto__: SECRET };
    const fields = { status: 500, ...more } as unknown as LogFields;
    const line = written((logger) => logger.error('request failed', fields));
    expect(line).not.toContain(SECRET);
    expect(parse(line)).toMatchObject({ status: 500 });
  });
});

describe('an error', () => {
  it('is written with name, message, code, frames and causes', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNRESET' });
    const { error } = parse(logged(new RangeError('outer', { cause })));
    expect(error).toMatchObject({
      name: 'RangeError',
      message: 'outer',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { name: 'TypeError', message: 'inner', code: 'ECONNRESET' },
    });
  });

  it('shows nothing else that hangs on it or on its causes', () => {
    const deep = Object.assign(new Error('deep'), {
      payload: SECRET,
      config: { headers: [SECRET] },
    });
    const error = Object.assign(new Error('top', { cause: deep }), {
      detail: SECRET,
      where: SECRET,
      parameters: [SECRET],
      client: { password: SECRET },
      toJSON: () => SECRET,
    });
    expect(logged(error)).not.toContain(SECRET);
    expect(parse(logged(error))).toMatchObject({ error: { cause: { message: 'deep' } } });
  });

  it('may be no error at all, or its own cause', () => {
    expect(parse(logged(SECRET))).toMatchObject({ error: { message: 'string' } });
    expect(parse(logged(null))).toMatchObject({ error: { message: 'object' } });
    expect(logged({ message: SECRET })).not.toContain(SECRET);
    const circle = new Error('circle');
    circle.cause = circle;
    expect(parse(logged(circle))).toMatchObject({ error: { message: 'circle' } });
  });
});

describe('an error of PostgreSQL', () => {
  const INSERT = 'INSERT INTO tenants (id, name) VALUES ($1, $2)';

  it('is logged without the row that it carries in its detail', async () => {
    await pool.query(INSERT, [ID, SECRET]);
    const twice = await failureOf(INSERT, [ID, SECRET]);
    const tooLong = await failureOf(INSERT, [ID, SECRET.repeat(20)]);
    await pool.query('CREATE UNIQUE INDEX tenants_name ON tenants (name)');
    const sameName = await failureOf(INSERT, [ID.replace('1', '2'), SECRET]);
    expect([tooLong, sameName].every(({ detail }) => detail?.includes(SECRET))).toBe(true);
    for (const error of [twice, tooLong, sameName]) {
      expect(logged(error)).not.toContain(SECRET);
      expect(parse(logged(error))).toMatchObject({ error: { code: error.code } });
    }
  });

  it('is logged without the statement and the values that it carries in its context', async () => {
    const error = await failureOf(
      `DO $$ BEGIN EXECUTE 'SELECT ''${SECRET}''::text, nowhere'; END $$`,
    );
    expect(`${error.where}${error.internalQuery}`).toContain(SECRET);
    expect(logged(error)).not.toContain(SECRET);
  });

  it.each([
    ['uuid', SECRET],
    ['integer', SECRET],
    ['jsonb', SECRET],
    ['timestamptz', SECRET],
    ['bytea', `\\x${SECRET}`],
    ['uuid', `x\n    at ${SECRET}`],
  ])('is logged without the value that was no %s', async (type, value) => {
    const error = await failureOf(`SELECT $1::${type}`, [value]);
    expect(`${error.message}${error.detail}${error.where}`).toMatch(/hunter2|"h"|"hu"|digit/);
    expect(logged(error)).not.toContain('hunter2');
    expect(parse(logged(error))).toMatchObject({
      error: { code: expect.stringMatching(/^22/), stack: expect.stringContaining('    at ') },
    });
    expect(logged(new Error('writing failed', { cause: error }))).not.toContain('hunter2');
  });

  it('is logged without the client and its password when a connection is lost', async () => {
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const lost = new Promise((resolve) => pool.once('error', resolve));
    const other = new pg.Client({ connectionString: database.connectionString });
    await other.connect();
    await other.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await lost;
    await other.end();
    const error = idle.at(-1) as Error & { client?: { password: unknown } };
    expect(error.client).toBeDefined();
    const line = logged(error);
    expect(line).not.toContain(SECRET);
    const { password } = new URL(database.connectionString);
    if (password !== '') expect(line).not.toContain(password);
    expect(parse(line)).toMatchObject({ error: { code: '57P01' } });
  });
});

describe('the level of a process', () => {
  it.each(['info', 'silent', 'trace'])('%s goes to debug and back, and says so', (level) => {
    let text = '';
    const logger = createLogger(level, {
      write: (line) => {
        text += line;
      },
    });
    const isDebugAt = level === 'trace';
    const told = (): unknown[] => {
      logger.debug('detail');
      const lines = text
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '');
      text = '';
      return lines.map((line) => [parse(line).event, (parse(line) as LogFields).reason]);
    };
    const detail = ['detail', undefined];
    expect([logger.isDebug(), told()]).toEqual([isDebugAt, isDebugAt ? [detail] : []]);
    logger.toggleDebug();
    expect([logger.isDebug(), told()]).toEqual([true, [['log level changed', 'debug'], detail]]);
    logger.toggleDebug();
    expect([logger.isDebug(), told()]).toEqual([
      isDebugAt,
      [['log level changed', level], ...(isDebugAt ? [detail] : [])],
    ]);
  });
});

describe('createLogger', () => {
  it('writes to stderr and leaves stdout alone', async () => {
    const script = fileURLToPath(new URL('log-child.mjs', import.meta.url));
    const source = fileURLToPath(new URL('../../src/telemetry/logger.ts', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, source]);
    expect(stdout).toBe('');
    const lines = stderr.trimEnd().split('\n').map(parse);
    expect(lines.map(({ event }) => event)).toEqual(['first', 'second']);
    expect(lines[1]).toMatchObject({ level: 50, error: { message: 'broken' } });
  });
});
