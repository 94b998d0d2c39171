/** A tenant's leaves go into its own log, or into the shared one. @module */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { ensureSharedLog } from '../../src/logs/ensure-shared.ts';
import { logForTenant } from '../../src/logs/for-tenant.ts';
import { type Bench, makeLog, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

it('serves a tenant without a log of its own from the shared one', async () => {
  const shared = await ensureSharedLog(bench.pool, 'log.kapsel.test/a', START_MS);
  await makeLog(bench.pool);
  expect(await logForTenant(bench.pool, newId(START_MS))).toEqual(shared);
});

it('serves a tenant with its own log from that, whether or not there is a shared one', async () => {
  const own = await makeLog(bench.pool);
  expect((await logForTenant(bench.pool, own.tenantId)).id).toBe(own.id);
  await ensureSharedLog(bench.pool, 'log.kapsel.test/a', START_MS);
  expect((await logForTenant(bench.pool, own.tenantId)).id).toBe(own.id);
});

it('has no log to choose before the shared one is made', async () => {
  await expect(logForTenant(bench.pool, newId(START_MS))).rejects.toThrow('no shared log');
});
