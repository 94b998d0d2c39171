/** Migrations: once, in order, also when two servers start together; what does not fit is refused. @module */
import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { migrate, readMigrations } from '../../src/db/migrate.ts';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const EMPTY = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public';

interface Ledger {
  readonly version: number;
  readonly name: string;
  readonly checksum: Buffer;
}

async function ledger(): Promise<Ledger[]> {
  const { rows } = await client.query<Ledger>(
    'SELECT version, name, checksum FROM schema_migrations ORDER BY version',
  );
  return rows;
}

async function tables(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'public' ORDER BY table_name`,
  );
  return rows.map(({ name }) => name);
}

/** Runs `migrate` and answers the files it applied. */
async function applied(): Promise<readonly string[]> {
  const lines: string[] = [];
  const names = await migrate(database.connectionString, { log: (line) => lines.push(line) });
  expect(lines).toEqual(names.map((name) => `applied migration ${name}`));
  return names;
}

describe('on an empty database', () => {
  beforeEach(() => client.query(EMPTY));

  it('applies every file once, in order, and records its checksum', async () => {
    const files = await readMigrations();
    expect(await applied()).toEqual(files.map(({ name }) => name));
    expect(await ledger()).toEqual(
      files.map(({ version, name, checksum }) => ({ version, name, checksum })),
    );
    expect(await applied()).toEqual([]);
    expect(await ledger()).toHaveLength(files.length);
  });

  it('applies each file once when two servers start together', async () => {
    const files = await readMigrations();
    const both = await Promise.all([applied(), applied()]);
    expect(both.flat()).toEqual(files.map(({ name }) => name));
    // The one that came second waited, and found nothing left to do.
    expect(both.some((names) => names.length === 0)).toBe(true);
  });

  it('goes on where an older version stopped', async () => {
    const files = await readMigrations();
    const first = files[0];
    if (first === undefined) throw new TypeError('no migrations');
    await client.query(first.sql);
    await client.query(
      'CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    await client.query(
      'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)',
      [first.version, first.name, first.checksum],
    );
    expect(await applied()).toEqual(files.slice(1).map(({ name }) => name));
  });

  it('leaves nothing of a file that fails', async () => {
    // The fourth file makes webhook_events, then event_payloads: here the second is in its way.
    await client.query('CREATE TABLE event_payloads (id integer)');
    const failure = await applied().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).cause).toMatchObject({ code: '42P07' }); // duplicate_table
    expect((await ledger()).map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(await tables()).not.toContain('webhook_events');
    await client.query('DROP TABLE event_payloads');
    expect((await applied())[0]).toMatch(/^0004_/);
  });
});

describe('a table that somebody reads for long', () => {
  const QUICK = { lockTimeoutMs: 200, pauseMs: 20, tries: 500 };
  let reader: pg.Client;

  // A migration that alters `tenants` waits for it; making tables that refer to `tenants` does not.
  beforeEach(async () => {
    await client.query(EMPTY);
    const [first] = await readMigrations();
    await client.query(first?.sql ?? '');
    await client.query(
      'CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    await client.query(
      'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)',
      [first?.version, first?.name, first?.checksum],
    );
    reader = new pg.Client({ connectionString: database.connectionString });
    await reader.connect();
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM tenants');
  });

  afterEach(() => reader.end());

  it('is waited for in short turns, between which others get at it', async () => {
    const waits: string[] = [];
    let second: () => void = () => undefined;
    const waitedTwice = new Promise<void>((resolve) => {
      second = resolve;
    });
    const migrating = migrate(database.connectionString, {
      patience: QUICK,
      log: (line) => {
        if (line.includes('waits')) waits.push(line);
        if (waits.length === 2) second();
      },
    });
    await Promise.race([waitedTwice, migrating]);
    expect(waits).toHaveLength(2);
    await client.query("SET statement_timeout = '5s'");
    await client.query('SELECT count(*) FROM tenants');
    await client.query('RESET statement_timeout');
    await reader.query('COMMIT');
    await migrating;
    expect((await ledger()).map(({ name }) => name)).toEqual(
      (await readMigrations()).map(({ name }) => name),
    );
  });

  it('is given up at last, with what came before kept, and found again by the next run', async () => {
    const patience = { ...QUICK, lockTimeoutMs: 20, tries: 2 };
    const failure: unknown = await migrate(database.connectionString, { patience }).catch(
      (error: unknown) => error,
    );
    expect((failure as Error).cause).toMatchObject({ code: '55P03' }); // lock_not_available
    const before = (await ledger()).length;
    expect(before).toBeGreaterThan(1);
    await reader.query('COMMIT');
    expect(await applied()).toHaveLength((await readMigrations()).length - before);
  });
});

describe('a file that cannot be recorded', () => {
  it('is undone: what is in the database and what is said to be in it never differ', async () => {
    await client.query(EMPTY);
    await client.query(
      `CREATE TABLE schema_migrations (
         version integer PRIMARY KEY CHECK (version <> 4), name text NOT NULL,
         checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const failure = await applied().catch((error: unknown) => error);
    expect((failure as Error).cause).toMatchObject({ code: '23514' }); // check_violation
    expect((await ledger()).map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(await tables()).not.toContain('webhook_events');
  });
});

describe('on a migrated database', () => {
  beforeEach(async () => {
    await client.query(EMPTY);
    await migrate(database.connectionString);
  });

  async function refusal(): Promise<string> {
    const before = await ledger();
    const error: unknown = await applied().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(await ledger()).toEqual(before);
    return error instanceof Error ? error.message : 'not refused';
  }

  it('refuses a file that was changed after it had been applied', async () => {
    await client.query("UPDATE schema_migrations SET checksum = '\\x00' WHERE version = 2");
    expect(await refusal()).toContain('0002_logs.sql was changed');
  });

  it('refuses a database that is newer than the program', async () => {
    await client.query(
      "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_later.sql', '\\x00')",
    );
    expect(await refusal()).toContain('9999_later.sql');
  });

  it('refuses a database that lacks a file below the newest one it has', async () => {
    await client.query('DELETE FROM schema_migrations WHERE version = 3');
    expect(await refusal()).toContain('0003_endpoints.sql');
  });

  it('ends with an error when its session is ended while it waits for the lock', async () => {
    await client.query('SELECT pg_advisory_lock($1)', [0x6b617073656c]);
    const waiting = migrate(database.connectionString).then(
      () => 'migrated',
      () => 'refused',
    );
    try {
      let ended = 0;
      while (ended === 0) {
        const { rowCount } = await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'kapsel-migrate'
              AND wait_event_type = 'Lock'`,
        );
        ended = rowCount ?? 0;
      }
      expect(await waiting).toBe('refused');
    } finally {
      await client.query('SELECT pg_advisory_unlock_all()');
    }
    expect(await applied()).toEqual([]);
  });
});

describe('readMigrations', () => {
  it('finds each file of the folder, numbered upwards from 1, none twice', async () => {
    const files = await readMigrations();
    const names = await readdir(new URL('../../migrations/', import.meta.url));
    expect(files.map(({ name }) => name)).toEqual(
      names.filter((name) => name.endsWith('.sql') && name !== 'schema.sql').sort(),
    );
    const versions = files.map(({ version }) => version);
    expect(versions[0]).toBe(1);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(files.length).toBeGreaterThanOrEqual(9);
  });
});
