import pg from 'pg';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { runMigrate } from '../../src/commands/migrate.ts';
import { readMigrations } from '../../src/db/migrate.ts';

it('brings an empty database to the newest schema, and says what it did', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const config = readConfig({ DATABASE_URL: database.connectionString });
  const lines: string[] = [];
  const print = (line: string): void => {
    lines.push(line);
  };
  await runMigrate(config, print);
  const names = (await readMigrations()).map(({ name }) => name);
  expect(lines.slice(0, -1).map((line) => line.split(' ').at(-1))).toEqual(names);
  const { rows } = await client.query('SELECT name FROM schema_migrations ORDER BY version');
  expect(rows.map(({ name }) => name)).toEqual(names);

  lines.length = 0;
  await runMigrate(config, print);
  expect(lines).toHaveLength(1);
  await client.end();
  await database.drop();
});

it('wants a database to be named', async () => {
  await expect(runMigrate(readConfig({}), () => undefined)).rejects.toThrow(ConfigError);
});
