import pg from 'pg';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { ConfigError } from '../../src/base/config.ts';
import { migrateCommand } from '../../src/commands/migrate.ts';
import { readMigrations } from '../../src/db/migrate.ts';
import { runCommand } from '../support/run-command.ts';

it('brings an empty database to the newest schema, and says what it did', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const env = { DATABASE_URL: database.connectionString };
  const { lines } = await runCommand(migrateCommand, [], env);
  const names = (await readMigrations()).map(({ name }) => name);
  expect(lines.slice(0, -1).map((line) => line.split(' ').at(-1))).toEqual(names);
  const { rows } = await client.query('SELECT name FROM schema_migrations ORDER BY version');
  expect(rows.map(({ name }) => name)).toEqual(names);
  expect((await runCommand(migrateCommand, [], env)).lines).toHaveLength(1);
  await client.end();
  await database.drop();
});

it('says what it would apply, and what it applied, to programs too', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  const env = { DATABASE_URL: database.connectionString };
  const names = (await readMigrations()).map(({ name }) => name);
  expect((await runCommand(migrateCommand, ['--dry-run'], env)).lines).toHaveLength(1);
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const wouldBe = await runCommand(migrateCommand, ['--dry-run', '--json'], env);
  expect(wouldBe.json()).toEqual({ pending: names });
  const text = (await runCommand(migrateCommand, ['--dry-run'], env)).lines.join('\n');
  expect(text).toContain(names[0]);
  const { rows } = await client.query("SELECT to_regclass('tenants') AS tenants");
  expect(rows).toEqual([{ tenants: null }]);
  expect((await runCommand(migrateCommand, ['--json'], env)).json()).toEqual({ applied: names });
  expect((await runCommand(migrateCommand, ['--json'], env)).json()).toEqual({ applied: [] });
  await client.end();
  await database.drop();
});

it('wants a database to be named', async () => {
  await expect(runCommand(migrateCommand, [], {})).rejects.toThrow(ConfigError);
});
