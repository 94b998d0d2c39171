import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { inTransaction } from '../../../src/db/transaction.ts';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import { disableEndpoint } from '../../../src/endpoints/state-store.ts';
import type { NextStep, SendableJob } from '../../../src/queue/job.ts';
import { settleAcrossTenants } from '../../../src/queue/store.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { claim, makeEvent, settlement, unreachable } from '../../support/deliveries.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let endpoint: Endpoint;

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  tenant = await makeTenant(rooms.pools.api);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});
beforeEach(async () => {
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId, { maxAttempts: 5 });
});

const FAILED: NextStep = { kind: 'finish', status: 'failed', reason: 'exhausted' };

async function claimOne(): Promise<SendableJob> {
  const [job] = await claim(rooms.pools.worker, 1);
  if (job === undefined) throw new Error('nothing was due');
  return job;
}

async function settle(job: SendableJob, next: NextStep): Promise<number> {
  const settled = await inTransaction(rooms.pools.worker, (db) =>
    settleAcrossTenants(db, [settlement(job, unreachable(job), next)]),
  );
  return settled.size;
}

const retry = (id: string, key = tenant.apiKey) =>
  api.call('POST', `/v1/events/${id}/retry`, { key });

it('delivers a dead letter again, with the next number and a whole budget', async () => {
  const id = await makeEvent(rooms.pools.ingest, endpoint);
  const first = await claimOne();
  await settle(first, FAILED);
  const answer = await retry(id);
  expect([answer.status, answer.json()]).toEqual([202, { event_id: id, held: false }]);
  const event = await api.call('GET', `/v1/events/${id}`, { key: tenant.apiKey });
  expect(event.json()).toMatchObject({ status: 'pending', failure_reason: null, held: false });
  const second = await claimOne();
  expect(second).toMatchObject({ eventId: id, attemptNumber: 2, attemptsUsed: 1 });
  // A worker that was thought dead since the first attempt: its lease fits no row of today.
  expect(second.leaseId).toBeGreaterThan(first.leaseId);
  expect(await settle(first, FAILED)).toBe(0);
  expect(await settle(second, FAILED)).toBe(1);
});

it('brings a delivery that waits for its turn forward', async () => {
  const id = await makeEvent(rooms.pools.ingest, endpoint);
  await settle(await claimOne(), { kind: 'retry', delayMs: 500_000, counts: true });
  expect(await claim(rooms.pools.worker, 1)).toEqual([]);
  expect((await retry(id)).status).toBe(202);
  expect(await claimOne()).toMatchObject({ eventId: id, attemptNumber: 2, attemptsUsed: 1 });
});

it('says when a delivery is on its way', async () => {
  const id = await makeEvent(rooms.pools.ingest, endpoint);
  await claimOne();
  expect(refusal(await retry(id))).toEqual([409, 'in_flight']);
});

it('says when the body is gone', async () => {
  const id = await makeEvent(rooms.pools.ingest, endpoint);
  await settle(await claimOne(), FAILED);
  await rooms.pools.api.query('DELETE FROM event_payloads WHERE event_id = $1', [id]);
  expect(refusal(await retry(id))).toEqual([410, 'payload_expired']);
});

it('holds the event of a disabled endpoint', async () => {
  const id = await makeEvent(rooms.pools.ingest, endpoint);
  await settle(await claimOne(), FAILED);
  await disableEndpoint(rooms.pools.api, tenant.tenantId, endpoint.id);
  expect((await retry(id)).json()).toEqual({ event_id: id, held: true });
  const held = await api.call('GET', '/v1/events?held=true', { key: tenant.apiKey });
  expect(held.json()).toMatchObject({ data: [{ id, status: 'pending', held: true }] });
  expect(await claim(rooms.pools.worker, 1)).toEqual([]);
});

it('made twice at once queues it once', async () => {
  const id = await makeEvent(rooms.pools.ingest, endpoint);
  await settle(await claimOne(), FAILED);
  const answers = await Promise.all([retry(id), retry(id), retry(id)]);
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  expect(await claim(rooms.pools.worker, 10)).toHaveLength(1);
});

it('is nobody else’s, and wants the scope', async () => {
  const id = await makeEvent(rooms.pools.ingest, endpoint);
  const other = await makeTenant(rooms.pools.api);
  const weak = await makeKey(rooms.pools.api, tenant.tenantId, ['events:read']);
  expect(refusal(await retry(id, other.apiKey))).toEqual([404, 'not_found']);
  expect(refusal(await retry('x'))).toEqual([404, 'not_found']);
  expect(refusal(await retry(id, weak))).toEqual([403, 'insufficient_scope']);
});
