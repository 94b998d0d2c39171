/** Applies `migrations/NNNN_thing.sql` in order, once, under a lock; a changed old file is refused. @module */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { systemClock } from '../base/clock.ts';
import { isLockTimeout } from './errors.ts';
import type { Db } from './transaction.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
// Any constant works as long as nothing else in the database takes it: ASCII "kapsel".
const MIGRATION_LOCK = 0x6b617073656c;

const CONNECT_TIMEOUT_MS = 10_000;

const CREATE_LEDGER = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

const HAS_LEDGER = "SELECT to_regclass('schema_migrations') IS NOT NULL AS has";
const LIST_APPLIED = 'SELECT version, name, checksum FROM schema_migrations ORDER BY version';

const RECORD_APPLIED =
  'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)';

/**
 * While an ALTER waits for its lock, everybody else who wants the table waits behind it. So it gives up after a moment,
 * lets them pass, and tries again.
 */
export interface Patience {
  readonly lockTimeoutMs: number;
  readonly pauseMs: number;
  readonly tries: number;
}

const PATIENCE: Patience = { lockTimeoutMs: 2_000, pauseMs: 3_000, tries: 60 };

export interface MigrateOptions {
  readonly log?: (line: string) => void;
  readonly patience?: Patience;
}

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: Buffer;
}

interface Applied {
  readonly version: number;
  readonly name: string;
  readonly checksum: Buffer;
}

/**
 * Brings the database at `connectionString` to the newest schema. Two servers that start together
 * migrate once: the second waits for the lock and finds nothing left to do. Answers the files that it applied.
 * Throws when an applied file was changed, one was left out, or the database is newer than this program.
 */
export async function migrate(
  connectionString: string,
  options: MigrateOptions = {},
): Promise<readonly string[]> {
  const migrations = await readMigrations();
  const applied: string[] = [];
  const client = new pg.Client({
    connectionString,
    application_name: 'kapsel-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A session that is ended also fails the running query, which is where it is heard.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(CREATE_LEDGER);
    const { rows } = await client.query<Applied>(LIST_APPLIED);
    for (const migration of planMigrations(rows, migrations)) {
      await applyPatiently(client, migration, options);
      applied.push(migration.name);
      options.log?.(`applied migration ${migration.name}`);
    }
    return applied;
  } finally {
    // Ending the session also releases the lock, whatever state it is in.
    await client.end();
  }
}

/** The files that `migrate` would apply. Throws, as it does, when the database is not one that it would bring further. */
export async function listPendingMigrations(db: Db): Promise<readonly Migration[]> {
  const migrations = await readMigrations();
  const ledger = await db.query<{ has: boolean }>(HAS_LEDGER);
  if (ledger.rows[0]?.has !== true) return migrations;
  const { rows } = await db.query<Applied>(LIST_APPLIED);
  return planMigrations(rows, migrations);
}

/** What is still to be applied, in order. Throws when what was applied is not a beginning of what there is. */
function planMigrations(
  applied: readonly Applied[],
  migrations: readonly Migration[],
): readonly Migration[] {
  for (const row of applied) assertUnchanged(row, migrations);
  const newest = applied.at(-1)?.version ?? 0;
  const versions = new Set(applied.map(({ version }) => version));
  const pending = migrations.filter(({ version }) => !versions.has(version));
  for (const migration of pending) assertNewer(migration, newest);
  return pending;
}

/** All migration files, in order, with their checksums. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => FILE_NAME.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, MIGRATIONS), 'utf8');
      // A checkout with CRLF line ends must not look like a changed file.
      const checksum = createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest();
      return { version: Number(name.slice(0, 4)), name, sql, checksum };
    }),
  );
}

function assertUnchanged(row: Applied, migrations: readonly Migration[]): void {
  const migration = migrations.find(({ version }) => version === row.version);
  if (migration === undefined) {
    throw new Error(
      `the database has migration ${row.name}, which this version of Kapsel does not know: start a newer version`,
    );
  }
  if (!migration.checksum.equals(row.checksum)) {
    throw new Error(
      `migration ${row.name} was changed after it had been applied: restore the released file`,
    );
  }
}

function assertNewer(migration: Migration, newest: number): void {
  if (migration.version > newest) return;
  throw new Error(`the database has later migrations, but not ${migration.name}: restore a backup`);
}

async function applyPatiently(
  client: pg.Client,
  migration: Migration,
  { log, patience = PATIENCE }: MigrateOptions,
): Promise<void> {
  for (let i = 1; ; i++) {
    try {
      return await apply(client, migration, patience.lockTimeoutMs);
    } catch (error) {
      if (!isLockTimeout(error) || i === patience.tries) {
        throw new Error(`migration ${migration.name} failed`, { cause: error });
      }
      log?.(`migration ${migration.name} waits for whoever uses its tables`);
      await systemClock.sleep(patience.pauseMs);
    }
  }
}

async function apply(
  client: pg.Client,
  migration: Migration,
  lockTimeoutMs: number,
): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    await client.query(migration.sql);
    await client.query(RECORD_APPLIED, [migration.version, migration.name, migration.checksum]);
    await client.query('COMMIT');
  } catch (error) {
    // Ending the session rolls back as well, so a ROLLBACK that fails need not hide the cause.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
