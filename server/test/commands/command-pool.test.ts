/** Connections of a command: to the database that is named, and closed again. @module */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../../src/base/config.ts';
import { openCommandPool } from '../../src/commands/command-pool.ts';
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
