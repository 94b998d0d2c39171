/** Connections of a command: to the database that is named, and closed again. @module */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { openCommandPool } from '../../src/commands/command-pool.ts';
import { withDatabase } from '../../src/commands/migrated-database.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('reaches the database at DATABASE_URL and leaves no connection behind', async () => {
  const config = readConfig({ DATABASE_URL: bench.connectionString });
  const { pool, close } = await openCommandPool(config, () => undefined);
  const { rows } = await pool.query('SELECT current_database() AS name');
  expect(bench.connectionString).toContain(rows[0]?.name);
  await close();
  // `bench.close` fails on a session that is still open.
  await expect(pool.query('SELECT 1')).rejects.toThrow();
});

it('makes no database of its own where none is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-no-database-'));
  const config = readConfig({ KAPSEL_DATA: folder });
  const silent = (): void => undefined;
  await expect(openCommandPool(config, silent)).rejects.toThrow(ConfigError);
  await expect(withDatabase(config, silent, async () => 0)).rejects.toThrow('KAPSEL_DATA');
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});
