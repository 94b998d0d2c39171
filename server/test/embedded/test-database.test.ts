import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { readMigrations } from '../../src/db/migrate.ts';
import { query } from './workbench.ts';

describe('a database for a test file', () => {
  it('is migrated, and its rows are its own', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    try {
      const count = 'SELECT count(*)::int AS n FROM schema_migrations';
      const migrations = (await readMigrations()).length;
      expect(await query(one.connectionString, count)).toEqual([{ n: migrations }]);
      await query(one.connectionString, 'CREATE TABLE mine ()');
      const found = "SELECT to_regclass('mine') AS mine";
      expect(await query(two.connectionString, found)).toEqual([{ mine: null }]);
    } finally {
      await Promise.all([one.drop(), two.drop()]);
    }
    await expect(query(one.connectionString, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });

  it('complains of a session that was left open, and is gone all the same', async () => {
    const database = await createTestDatabase();
    const forgotten = new pg.Client({
      connectionString: database.connectionString,
      application_name: 'forgotten',
    });
    forgotten.on('error', () => {}); // is ended by force
    await forgotten.connect();
    await expect(database.drop()).rejects.toThrow(/forgotten/);
    await expect(query(database.connectionString, 'SELECT 1')).rejects.toMatchObject({
      code: '3D000',
    });
  });
});
