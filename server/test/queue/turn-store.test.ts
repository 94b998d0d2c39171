import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { listWaitingAcrossTenants } from '../../src/queue/turn-store.ts';
import { sendEvents } from '../support/circuit-bench.ts';
import { ALL_ROOM } from '../support/deliveries.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
/** In the order of their ids. */
let endpoints: Endpoint[];

beforeAll(async () => {
  rooms = await openRooms();
  const { tenantId } = await makeTenant(rooms.pools.api);
  endpoints = [];
  for (let i = 0; i < 3; i++) endpoints.push(await makeEndpoint(rooms.pools.api, tenantId));
  endpoints.sort((a, b) => (a.id < b.id ? -1 : 1));
});
afterAll(() => rooms.close());

it('goes from endpoint to endpoint, and remembers where it stopped', async () => {
  const [long, , last] = endpoints;
  if (long === undefined || last === undefined) throw new Error('no endpoints');
  const tried = await sendEvents(rooms, long, 2);
  await rooms.pools.worker.query(
    'UPDATE delivery_queue SET attempts = 1, lease_id = 2 WHERE event_id = $1',
    [tried[0]],
  );
  await sendEvents(rooms, last, 1);
  const db = rooms.pools.worker;
  const whole = await listWaitingAcrossTenants(db, 'first', ALL_ROOM, null, 10);
  expect(whole).toEqual({ endpoints: [long.id, last.id], next: null });
  const part = await listWaitingAcrossTenants(db, 'first', ALL_ROOM, null, 1);
  expect(part).toEqual({ endpoints: [long.id], next: long.id });
  const rest = await listWaitingAcrossTenants(db, 'first', ALL_ROOM, part.next, 10);
  expect(rest).toEqual({ endpoints: [last.id], next: null });
  const full = { ...ALL_ROOM, endpoints: new Map([[long.id, { left: 0, isProven: true }]]) };
  const others = await listWaitingAcrossTenants(db, 'first', full, null, 10);
  expect(others.endpoints).toEqual([last.id]);
  const answers = new Map([[last.id, { left: 1, isProven: true }]]);
  const reserved = { ...ALL_ROOM, unproven: 0, endpoints: answers };
  const proven = await listWaitingAcrossTenants(db, 'first', reserved, null, 10);
  expect(proven.endpoints).toEqual([last.id]);
  const again = await listWaitingAcrossTenants(db, 'again', ALL_ROOM, null, 10);
  expect(again.endpoints).toEqual([long.id]);
});
