/** How much there is to deliver and how late it is, by the rows of a real database. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { insertLog } from '../../src/logs/store.ts';
import {
  listCircuitsAcrossTenants,
  measureBacklogAcrossTenants,
} from '../../src/queue/backlog-store.ts';
import { makeEvent } from '../support/deliveries.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(async () => {
  await rooms.close();
});

it('counts what waits, and how long the oldest of it has been due in either lane', async () => {
  const { api } = rooms.pools;
  expect(await measureBacklogAcrossTenants(api)).toEqual({
    pendingEvents: 0,
    pendingLeaves: 0,
    oldestLeafSeconds: 0,
    oldestDueSeconds: 0,
  });
  const { tenantId } = await makeTenant(api);
  const endpoint = await makeEndpoint(api, tenantId);
  const ids = [
    await makeEvent(api, endpoint),
    await makeEvent(api, endpoint),
    await makeEvent(api, endpoint),
  ];
  const put = (at: string, attempts: number, i: number): Promise<unknown> =>
    api.query(
      `UPDATE delivery_queue SET run_at = now() + $1::interval, attempts = $2 WHERE event_id = $3`,
      [at, attempts, ids[i]],
    );
  await put('1 hour', 0, 0);
  await put('1 hour', 1, 1);
  await put('-20 seconds', 0, 2);
  const first = await measureBacklogAcrossTenants(api);
  expect(first.pendingEvents).toBe(3);
  expect(Math.floor(first.oldestDueSeconds)).toBe(20);
  await put('-100 seconds', 1, 1);
  expect(Math.floor((await measureBacklogAcrossTenants(api)).oldestDueSeconds)).toBe(100);
  // What is being sent is late for nobody.
  await api.query('UPDATE delivery_queue SET inflight_attempt_id = event_id WHERE attempts = 1');
  expect(Math.floor((await measureBacklogAcrossTenants(api)).oldestDueSeconds)).toBe(20);
});

it('tells how long ago the leaf that waits first was settled', async () => {
  const { api } = rooms.pools;
  const { tenantId } = await makeTenant(api);
  const logId = newId<'log'>(Date.now());
  await insertLog(api, {
    id: logId,
    tenantId,
    name: 'waiting',
    isPublic: true,
    origin: 'log.kapsel.test/waiting',
  });
  const wait = (leafData: string): Promise<unknown> =>
    api.query(
      `INSERT INTO pending_leaves (log_id, tenant_id, delivery_attempt_id, leaf_hash, leaf_data)
       VALUES ($1, $2, $3, sha256($4::text::bytea), $4)`,
      [logId, tenantId, newId(Date.now()), leafData],
    );
  const leaf = (ago: number, completed: boolean): string => {
    const at = new Date(Date.now() - ago * 1_000).toISOString();
    return JSON.stringify({ attempted_at: at, completed_at: completed ? at : null });
  };
  const seconds = async (): Promise<number> =>
    Math.round((await measureBacklogAcrossTenants(api)).oldestLeafSeconds);
  for (const [leafData, wanted] of [
    [leaf(70, true), 70],
    [leaf(90, false), 90],
    ['somebody was here', 0],
    ['{"completed_at":"never"}', 0],
  ] as const) {
    await wait(leafData);
    await wait(leaf(10, true)); // behind it
    expect(Math.abs((await seconds()) - wanted)).toBeLessThan(3);
    await api.query('DELETE FROM pending_leaves');
  }
});

it('lists the circuits that are not closed', async () => {
  const { api } = rooms.pools;
  const { tenantId } = await makeTenant(api);
  const open = await makeEndpoint(api, tenantId);
  const closed = await makeEndpoint(api, tenantId);
  await api.query(
    `INSERT INTO endpoint_circuits (endpoint_id, tenant_id, state, epoch, opened_at, probe_at)
     VALUES ($1, $3, 'open', 1, now(), now()), ($2, $3, 'closed', 2, now(), NULL)`,
    [open.id, closed.id, tenantId],
  );
  expect(await listCircuitsAcrossTenants(api, 10)).toEqual([
    { endpointId: open.id, state: 'open' },
  ]);
  expect(await listCircuitsAcrossTenants(api, 0)).toEqual([]);
});
