/** How the queue is read: by its indexes, however long it is. What is claimed is looked at in `store.test.ts`. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { claimOfAcrossTenants } from '../../src/queue/claim-store.ts';
import { sendEvents } from '../support/circuit-bench.ts';
import { ALL_ROOM, attemptIds, LONG_LEASE_MS } from '../support/deliveries.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { readStatements } from '../support/statements.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

const ROWS = 20_000;
const SOURCE = new URL('../../src/queue/claim-store.ts', import.meta.url);

let rooms: Rooms;
/** In the order of their ids. */
let endpoints: Endpoint[];

beforeAll(async () => {
  rooms = await openRooms();
  const { tenantId } = await makeTenant(rooms.pools.api);
  endpoints = [];
  for (let i = 0; i < 3; i++) endpoints.push(await makeEndpoint(rooms.pools.api, tenantId));
  endpoints.sort((a, b) => (a.id < b.id ? -1 : 1));
  // Half of them have been tried; no events behind them, since none is claimed.
  await rooms.pools.api.query(
    `INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at, attempts)
     SELECT gen_random_uuid(), $1, $2, now() - random() * interval '1 hour', n % 2
       FROM generate_series(1, $3::int) AS n`,
    [endpoints[0]?.id, tenantId, ROWS],
  );
  await rooms.pools.api.query('ANALYZE delivery_queue');
});
afterAll(() => rooms.close());

async function planOf(name: string): Promise<string> {
  const statements = readStatements(await readFile(SOURCE, 'utf8'));
  const sql = statements.find((each) => each.name === name)?.sql;
  const values = [8, 1_000, [], '2026-01-01', 32, [], [], 64, [], [], [], 64, 1_000_000];
  const { rows } = await rooms.pools.api.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

it.each([
  ['CLAIM_FIRST', 'idx_delivery_queue_first'],
  ['CLAIM_AGAIN', 'idx_delivery_queue_again'],
])(
  '%s reads its lane in the order of its index %s, and nothing as a whole',
  async (name, index) => {
    const plan = await planOf(name);
    expect(plan).toContain(`Index Scan using ${index} on delivery_queue`);
    expect(plan).not.toContain('Seq Scan on delivery_queue');
  },
);

it('claims for some endpoints alone, each up to a number', async () => {
  const [, middle, last] = endpoints;
  if (middle === undefined || last === undefined) throw new Error('no endpoints');
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
  for (const each of [middle, last]) await sendEvents(rooms, each, 4);
  const nowMs = systemClock.nowMs();
  const claim = { attemptIds: attemptIds(10), leaseMs: LONG_LEASE_MS, nowMs, room: ALL_ROOM };
  const db = rooms.pools.worker;
  expect(await claimOfAcrossTenants(db, [middle.id], ['again'], 3, claim)).toEqual([]);
  const jobs = await claimOfAcrossTenants(db, [middle.id], ['first'], 3, claim);
  expect(jobs.map(({ endpointId }) => endpointId)).toEqual([middle.id, middle.id, middle.id]);
});
