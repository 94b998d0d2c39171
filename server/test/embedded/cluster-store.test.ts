import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectionStringFor,
  createDatabaseIfMissing,
  findDataDirectory,
} from '../../src/embedded/cluster-store.ts';
import type { EmbeddedPostgres } from '../../src/embedded/launch.ts';
import { query, Workbench } from './workbench.ts';

const bench = new Workbench();
let postgres: EmbeddedPostgres;
let password: string;
beforeAll(async () => {
  postgres = await bench.launch(await bench.folder());
  password = new URL(postgres.connectionString).password;
});
afterAll(() => bench.clear());

describe('the SQL of a cluster', () => {
  it('names the folder that a port serves', async () => {
    expect(await findDataDirectory(postgres.port, password)).toBe(postgres.clusterFolder);
    const refused = { code: '28P01' };
    await expect(findDataDirectory(postgres.port, 'guessed')).rejects.toMatchObject(refused);
  });

  it('makes the database once, also when several ask at the same moment', async () => {
    const admin = new URL(postgres.connectionString);
    admin.pathname = '/postgres';
    await query(admin.href, 'DROP DATABASE kapsel');
    const ask = () => createDatabaseIfMissing(postgres.port, password);
    await Promise.all([ask(), ask(), ask(), ask()]);
    await ask();
    const url = connectionStringFor(postgres.port, password);
    expect(url).toBe(postgres.connectionString);
    expect(await query(url, 'SELECT current_database() AS name')).toEqual([{ name: 'kapsel' }]);
  });
});
