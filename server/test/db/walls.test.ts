/** A server does not start where the second wall would not hold. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { findWallFaults } from '../../src/db/walls.ts';

let database: TestDatabase;
const opened: Pools[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(closePools));
  await database.drop();
});

function open(takesRoles: boolean, connectionString = database.connectionString): Pools {
  const pools = openPools(connectionString, () => undefined, { takesRoles });
  opened.push(pools);
  return pools;
}

it('holds where each connection takes its role, and where only transactions of tenants do', async () => {
  expect(await findWallFaults(open(true), true)).toEqual([]);
  expect(await findWallFaults(open(false), false)).toEqual([]);
});

it('keeps other startup options of the URL', async () => {
  const url = new URL(database.connectionString);
  url.searchParams.set('options', '-c work_mem=7MB');
  const pools = open(true, url.href);
  expect(await findWallFaults(pools, true)).toEqual([]);
  const { rows } = await pools.worker.query('SHOW work_mem');
  expect(rows).toEqual([{ work_mem: '7MB' }]);
});

it('is missed where connections act as the user of the URL: a superuser, who sees everything', async () => {
  const faults = await findWallFaults(open(false), true);
  expect(faults).toHaveLength(5); // a role each
  expect(faults[0]).toContain('KAPSEL_DATABASE_ROLES');
});

it('is missed where somebody has taken row level security off', async () => {
  const pools = open(false);
  await pools.api.query('ALTER TABLE webhook_events DISABLE ROW LEVEL SECURITY');
  expect(await findWallFaults(pools, false)).toEqual([expect.stringContaining('kapsel_api')]);
});
