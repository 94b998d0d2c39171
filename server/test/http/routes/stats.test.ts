import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '../../../src/db/transaction.ts';
import { disableEndpoint } from '../../../src/endpoints/state-store.ts';
import { settleAcrossTenants } from '../../../src/queue/store.ts';
import { type Api, openApi } from '../../support/api.ts';
import { claim, makeEvent, settlement, unreachable } from '../../support/deliveries.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

const ZERO = {
  events: { received: 0, pending: 0, delivered: 0, failed: 0, held: 0 },
  queue: { waiting: 0, in_flight: 0, oldest_due_s: 0 },
  endpoints: { total: 0, disabled: 0, interrupted: 0 },
};

it('counts what is the tenant’s, in every state, and nothing of another', async () => {
  const { pools } = rooms;
  const tenant = await makeTenant(pools.api);
  const other = await makeTenant(pools.api);
  const stats = async (key: string) => (await api.call('GET', '/v1/stats', { key })).json();
  expect(await stats(tenant.apiKey)).toEqual(ZERO);
  const endpoint = await makeEndpoint(pools.api, tenant.tenantId);
  const stopped = await makeEndpoint(pools.api, tenant.tenantId);
  await disableEndpoint(pools.api, tenant.tenantId, stopped.id);
  for (let i = 0; i < 4; i++) await makeEvent(pools.ingest, endpoint);
  await makeEvent(pools.ingest, stopped);
  const [dead, done, retried, away] = await claim(pools.worker, 4);
  if (!dead || !done || !retried || !away) throw new Error('four were due');
  const exhausted = { kind: 'finish', status: 'failed', reason: 'exhausted' } as const;
  const later = { kind: 'retry', delayMs: 60_000, counts: true } as const;
  await inTransaction(pools.worker, (db) =>
    settleAcrossTenants(db, [
      settlement(dead, unreachable(dead), exhausted),
      settlement(done),
      settlement(retried, unreachable(retried), later),
    ]),
  );
  await makeEvent(pools.ingest, endpoint);
  await pools.api.query(
    `INSERT INTO endpoint_circuits (endpoint_id, tenant_id, state, epoch, probe_at)
     VALUES ($1, $2, 'open', 1, now())`,
    [endpoint.id, tenant.tenantId],
  );
  await pools.api.query(
    "UPDATE delivery_queue SET run_at = now() - interval '90 seconds' WHERE attempts = 0",
  );
  expect(await stats(tenant.apiKey)).toEqual({
    // One that is on its way for the first time is still received, and so is one that is held.
    events: { received: 3, pending: 1, delivered: 1, failed: 1, held: 1 },
    queue: { waiting: 2, in_flight: 1, oldest_due_s: expect.closeTo(90, -1) },
    endpoints: { total: 2, disabled: 1, interrupted: 1 },
  });
  expect(await stats(other.apiKey)).toEqual(ZERO);
});
