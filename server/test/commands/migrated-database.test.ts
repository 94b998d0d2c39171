/** The database of a command: migrated before it is used, closed behind it whatever happens. @module */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { readConfig } from '../../src/base/config.ts';
import { openMigratedDatabase, withDatabase } from '../../src/commands/migrated-database.ts';
import { listLogs } from '../../src/logs/store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
// Fails when a pool was left open.
afterAll(() => database.drop());

const configOf = (url: string) => readConfig({ DATABASE_URL: url });

it('is brought to the newest schema, told once, and closed', async () => {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await client.end();
  const told: string[] = [];
  const config = configOf(database.connectionString);
  const found = await withDatabase(
    config,
    (line) => told.push(line),
    ({ api }) => listLogs(api),
  );
  expect(found).toEqual([]);
  expect(told.length).toBeGreaterThan(5);
  told.length = 0;
  const failing = withDatabase(
    config,
    (line) => told.push(line),
    async () => {
      throw new Error('of the work');
    },
  );
  await expect(failing).rejects.toThrow('of the work');
  expect(told).toEqual([]);
});

it('is named when it cannot be used, without its password', async () => {
  const opening = openMigratedDatabase(
    configOf('postgres://kapsel:hunter2@127.0.0.1:1/x'),
    () => {},
  );
  const error: unknown = await opening.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toContain('DATABASE_URL');
  expect((error as Error).message).not.toContain('hunter2');
});
