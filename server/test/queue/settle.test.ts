/** What is written when an attempt is over: not sent, too late, and what endpoint and circuit hear of it. */
import { parseLeaf } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createDeliveryClient, type DeliveryClient } from '../../src/delivery/connector.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { listAttempts } from '../../src/events/store.ts';
import { deliver } from '../../src/queue/deliver.ts';
import type { SendableJob } from '../../src/queue/job.ts';
import { reapExpired } from '../../src/queue/reap.ts';
import { settleAll } from '../../src/queue/settle.ts';
import { sendEvents } from '../support/circuit-bench.ts';
import { claim, settlement, unreachable } from '../support/deliveries.ts';
import { openReceiver } from '../support/receiver.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { settlingOf } from '../support/settling.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

const DEADLINE_MS = 1_000;

let rooms: Rooms;
let endpoint: Endpoint;
let client: DeliveryClient;

beforeAll(async () => {
  rooms = await openRooms();
  client = createDeliveryClient({ allowHttp: true, egressAllow: parseCidrList('127.0.0.1') });
});
afterAll(async () => {
  await client.close();
  await rooms.close();
});
beforeEach(async () => {
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
  const { tenantId } = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenantId, { maxAttempts: 1 });
});

async function claimOne(leaseMs?: number): Promise<SendableJob> {
  const [job] = await claim(rooms.pools.worker, 1, leaseMs);
  if (job === undefined) throw new Error('nothing was due');
  return job;
}

function makeDue(): Promise<unknown> {
  return rooms.pools.worker.query('UPDATE delivery_queue SET run_at = now()');
}

it('a lease that a pause has eaten is not sent under: a leaf says so, and the budget is whole', async () => {
  const receiver = await openReceiver();
  endpoint = await makeEndpoint(rooms.pools.api, endpoint.tenantId, {
    url: receiver.url,
    maxAttempts: 1,
  });
  await sendEvents(rooms, endpoint, 1);
  const settling = settlingOf(rooms);
  const deps = {
    clock: systemClock,
    client,
    random: () => 0,
    deadlineMs: DEADLINE_MS,
    findOutgoing: settling.findOutgoing,
  };
  const job = await claimOne();
  // The process stood still until so much of the lease was left.
  const paused = await deliver(deps, job, systemClock.monotonicMs() + DEADLINE_MS + 500);
  expect(await settleAll(settling, () => [paused])).toEqual([true]);
  expect(receiver.requests).toEqual([]);
  expect(parseLeaf(paused.leaf.data)).toMatchObject({
    attemptNumber: 1,
    outcome: 'failed',
    error: 'not_sent',
    responseStatus: null,
  });
  await makeDue();
  const again = await claimOne();
  expect(again).toMatchObject({ attemptNumber: 2, attemptsUsed: 1 });
  const sent = await deliver(deps, again, systemClock.monotonicMs() + 60_000);
  expect(await settleAll(settling, () => [sent])).toEqual([true]);
  expect(receiver.requests).toHaveLength(1);
  const attempts = await listAttempts(rooms.pools.api, endpoint.tenantId, job.eventId);
  expect(attempts.map(({ outcome, error }) => [outcome, error])).toEqual([
    ['failed', 'not_sent'],
    ['delivered', null],
  ]);
  await receiver.close();
});

it('a result that comes after its lease was reaped changes nothing, and is counted', async () => {
  await sendEvents(rooms, endpoint, 1);
  const job = await claimOne(1);
  await makeDue();
  const outcomes: string[] = [];
  let stale = 0;
  const settling = {
    ...settlingOf(rooms),
    onAttempt: (_id: string, outcome: string, seconds: number | null) => {
      outcomes.push(`${outcome} ${seconds}`);
    },
    onStale: (count: number) => {
      stale += count;
    },
  };
  expect(await reapExpired(settling, () => 0)).toBe(1);
  expect(await settleAll(settling, () => [settlement(job)])).toEqual([false]);
  expect(stale).toBe(1);
  expect(outcomes).toEqual(['unknown null']);
  const attempts = await listAttempts(rooms.pools.api, endpoint.tenantId, job.eventId);
  expect(attempts).toMatchObject([{ outcome: 'unknown' }]);
});

it('an outcome is kept also when the circuit cannot be charged', async () => {
  await sendEvents(rooms, endpoint, 1);
  const job = await claimOne();
  const settling = settlingOf(rooms);
  const broken = Object.assign(Object.create(settling.circuits), {
    settle: () => Promise.reject(new Error('away')),
  });
  const done = settlement(job, unreachable(job), {
    kind: 'finish',
    status: 'failed',
    reason: 'exhausted',
  });
  expect(await settleAll({ ...settling, circuits: broken }, () => [done])).toEqual([true]);
  const attempts = await listAttempts(rooms.pools.api, endpoint.tenantId, job.eventId);
  expect(attempts).toMatchObject([{ outcome: 'failed' }]);
});
