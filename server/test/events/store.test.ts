import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '../../src/db/transaction.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { findEvent, insertEventsAcrossTenants, listAttempts } from '../../src/events/store.ts';
import { settleAcrossTenants } from '../../src/queue/store.ts';
import { claim, eventFor, settlement, unreachable } from '../support/deliveries.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let tenant: TestTenant;
let stranger: TestTenant;
let endpoint: Endpoint;

beforeAll(async () => {
  rooms = await openRooms();
  tenant = await makeTenant(rooms.pools.api);
  stranger = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
});
afterAll(() => rooms.close());

it('finds an event as it was accepted, for its tenant only', async () => {
  const event = eventFor(endpoint, Buffer.from('hello'), { contentType: null });
  await insertEventsAcrossTenants(rooms.pools.ingest, [event]);
  expect(await findEvent(rooms.pools.api, tenant.tenantId, event.id)).toEqual({
    id: event.id,
    endpointId: endpoint.id,
    status: 'received',
    failureReason: null,
    isHeld: false,
    contentType: null,
    payloadHash: event.payloadHash,
    payloadSize: 5,
    receivedAtMs: event.receivedAtMs,
  });
  expect(await findEvent(rooms.pools.api, stranger.tenantId, event.id)).toBeNull();
  expect(await findEvent(rooms.pools.api, tenant.tenantId, eventFor(endpoint).id)).toBeNull();
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
});

it('stores all of a batch or none of it', async () => {
  const good = eventFor(endpoint);
  const bad = eventFor(endpoint, undefined, { payloadHash: Buffer.alloc(31) });
  await expect(insertEventsAcrossTenants(rooms.pools.ingest, [good, bad])).rejects.toMatchObject({
    code: '23514',
  });
  expect(await findEvent(rooms.pools.api, tenant.tenantId, good.id)).toBeNull();
  const { rows } = await rooms.pools.api.query('SELECT 1 FROM delivery_queue');
  expect(rows).toEqual([]);
});

it('cuts each body out of the batch at its own place', async () => {
  const bodies = ['', 'a', '', 'bcd', 'efgh', ''].map((text) => Buffer.from(text));
  const events = bodies.map((body) => eventFor(endpoint, body));
  await insertEventsAcrossTenants(rooms.pools.ingest, events);
  for (const { id, body } of events) {
    const { rows } = await rooms.pools.api.query<{ body: Buffer }>(
      'SELECT body FROM event_payloads WHERE event_id = $1',
      [id],
    );
    expect(rows[0]?.body).toEqual(body);
  }
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
});

it('lists attempts with their leaves, waiting and sequenced, for their tenant only', async () => {
  const event = eventFor(endpoint);
  await insertEventsAcrossTenants(rooms.pools.ingest, [event]);
  const list = () => listAttempts(rooms.pools.api, tenant.tenantId, event.id);
  expect(await list()).toEqual([]);

  const [first] = await claim(rooms.pools.worker, 1);
  if (first === undefined) throw new Error('the event was not due');
  const shown = {
    id: first.deliveryAttemptId,
    eventId: event.id,
    endpointId: endpoint.id,
    attemptNumber: 1,
    endpointUrl: endpoint.url,
    attemptedAtMs: first.attemptedAtMs,
  };
  expect(await list()).toEqual([
    {
      ...shown,
      completedAtMs: null,
      outcome: null,
      responseStatus: null,
      error: null,
      leafHash: null,
      leafIndex: null,
    },
  ]);

  const retried = settlement(first, unreachable(first), {
    kind: 'retry',
    delayMs: 0,
    counts: true,
  });
  await inTransaction(rooms.pools.worker, (db) => settleAcrossTenants(db, [retried]));
  const settled = {
    ...shown,
    completedAtMs: first.attemptedAtMs + 120,
    outcome: 'failed',
    responseStatus: null,
    error: 'connect',
    leafHash: Buffer.from(retried.leaf.hash),
  };
  expect(await list()).toEqual([{ ...settled, leafIndex: null }]);

  const { treeSize } = await rooms.commit();
  expect(await list()).toEqual([{ ...settled, leafIndex: treeSize - 1 }]);

  const [second] = await claim(rooms.pools.worker, 1);
  if (second === undefined) throw new Error('the event was not due again');
  const ended = settlement(second);
  await inTransaction(rooms.pools.worker, (db) => settleAcrossTenants(db, [ended]));
  const both = await list();
  expect(both.map(({ attemptNumber, outcome }) => [attemptNumber, outcome])).toEqual([
    [1, 'failed'],
    [2, 'delivered'],
  ]);
  expect(both.map(({ leafHash }) => leafHash && hexFromBytes(leafHash))).toEqual([
    hexFromBytes(retried.leaf.hash),
    hexFromBytes(ended.leaf.hash),
  ]);
  expect(await listAttempts(rooms.pools.api, stranger.tenantId, event.id)).toEqual([]);
});
