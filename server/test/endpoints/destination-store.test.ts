/** Destinations across tenants: those that deliveries go to, and no more than asked for. @module */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listDestinationsAcrossTenants } from '../../src/endpoints/destination-store.ts';
import { type Bench, makeLog, openBench } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('are those of all tenants that are neither deleted nor disabled', async () => {
  const [one, two, three] = [
    await makeLog(bench.pool),
    await makeLog(bench.pool),
    await makeLog(bench.pool),
  ];
  expect(await listDestinationsAcrossTenants(bench.pool, 10)).toHaveLength(3);
  expect(await listDestinationsAcrossTenants(bench.pool, 2)).toHaveLength(2);
  await bench.pool.query('UPDATE endpoints SET url = $2 WHERE id = $1', [
    one.endpointId,
    'https://left.test/',
  ]);
  await bench.pool.query('UPDATE endpoints SET deleted_at = now() WHERE id = $1', [two.endpointId]);
  await bench.pool.query(
    "UPDATE endpoints SET disabled_at = now(), disabled_reason = 'gone' WHERE id = $1",
    [three.endpointId],
  );
  expect(await listDestinationsAcrossTenants(bench.pool, 10)).toEqual(['https://left.test/']);
});
