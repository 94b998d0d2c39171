import { leafHash, parseLeaf, utf8FromString } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { inTransaction } from '../../src/db/transaction.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import type { SendableJob } from '../../src/queue/job.ts';
import { reapExpired } from '../../src/queue/reap.ts';
import { settleAcrossTenants } from '../../src/queue/store.ts';
import { claim, LONG_LEASE_MS, makeEvent, settlement } from '../support/deliveries.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { settlingOf } from '../support/settling.ts';
import { giveOwnLog, makeEndpoint, makeTenant } from '../support/tenant.ts';

const SHORT_LEASE_MS = 30;
const ALL_OF_THE_JITTER = (): number => 1;

let rooms: Rooms;
let endpoint: Endpoint;

beforeAll(async () => {
  rooms = await openRooms();
  const { tenantId } = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenantId, { maxAttempts: 2 });
});
afterAll(() => rooms.close());
beforeEach(async () => {
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
  // Lost leases count against the circuit, which is another test's subject.
  await rooms.pools.worker.query('DELETE FROM endpoint_circuits');
});

function reap(): Promise<number> {
  return reapExpired(settlingOf(rooms), ALL_OF_THE_JITTER);
}

async function claimOne(leaseMs: number): Promise<SendableJob> {
  const [job] = await claim(rooms.pools.worker, 1, leaseMs);
  if (job === undefined) throw new Error('nothing was due');
  return job;
}

async function untilExpired(job: SendableJob): Promise<void> {
  await vi.waitFor(
    async () => {
      const { rows } = await rooms.pools.api.query(
        'SELECT 1 FROM delivery_queue WHERE event_id = $1 AND run_at <= now()',
        [job.eventId],
      );
      expect(rows).toHaveLength(1);
    },
    { interval: 10, timeout: 5_000 },
  );
}

interface State {
  readonly outcome: string | null;
  readonly status: string;
  readonly reason: string | null;
  readonly leaves: string[];
  /** Null when the event has left the queue. */
  readonly dueInS: number | null;
}

async function stateOf(job: SendableJob): Promise<State> {
  const { rows } = await rooms.pools.api.query<State>(
    `SELECT a.outcome, e.status, e.failure_reason AS reason,
            extract(epoch FROM q.run_at - now())::float8 AS "dueInS",
            ARRAY(SELECT leaf_data FROM pending_leaves p WHERE p.delivery_attempt_id = a.id) AS leaves
       FROM delivery_attempts a
       JOIN webhook_events e ON e.id = a.event_id
       LEFT JOIN delivery_queue q ON q.event_id = a.event_id
      WHERE a.id = $1`,
    [job.deliveryAttemptId],
  );
  if (rows[0] === undefined) throw new Error('the attempt has no row');
  return rows[0];
}

describe('a lease that ran out', () => {
  it('becomes exactly one unknown leaf, and the delivery is tried again', async () => {
    await makeEvent(rooms.pools.ingest, endpoint, Buffer.from('lost'));
    const job = await claimOne(SHORT_LEASE_MS);
    await untilExpired(job);
    expect(await reap()).toBe(1);
    const state = await stateOf(job);
    expect(state).toMatchObject({ outcome: 'unknown', status: 'pending', reason: null });
    expect(state.dueInS).toBeGreaterThan(0);
    expect(state.dueInS).toBeLessThanOrEqual(1);
    expect(state.leaves).toHaveLength(1);
    expect(parseLeaf(state.leaves[0] ?? '')).toMatchObject({
      log: rooms.log.origin,
      deliveryAttemptId: job.deliveryAttemptId,
      eventId: job.eventId,
      attemptNumber: 1,
      payloadSize: 4,
      attemptedAtMs: job.attemptedAtMs,
      completedAt: null,
      outcome: 'unknown',
      responseStatus: null,
      responseHash: null,
      error: 'lease_expired',
    });
    expect(await reap()).toBe(0);
    expect((await stateOf(job)).leaves).toHaveLength(1);
  });

  it('is stored with the hash of its text', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne(SHORT_LEASE_MS);
    await untilExpired(job);
    await reap();
    const { rows } = await rooms.pools.api.query<{ leaf_data: string; leaf_hash: Buffer }>(
      'SELECT leaf_data, leaf_hash FROM pending_leaves WHERE delivery_attempt_id = $1',
      [job.deliveryAttemptId],
    );
    const expected = leafHash(utf8FromString(rows[0]?.leaf_data ?? ''));
    expect(rows[0]?.leaf_hash.equals(expected)).toBe(true);
  });

  it('ends the event when it was the last attempt of the budget', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    await untilExpired(await claimOne(SHORT_LEASE_MS));
    expect(await reap()).toBe(1);
    await rooms.pools.worker.query('UPDATE delivery_queue SET run_at = now()');
    const last = await claimOne(SHORT_LEASE_MS);
    expect(last.attemptNumber).toBe(2);
    await untilExpired(last);
    expect(await reap()).toBe(1);
    expect(await stateOf(last)).toMatchObject({
      outcome: 'unknown',
      status: 'failed',
      reason: 'exhausted',
      dueInS: null,
    });
    expect((await stateOf(last)).leaves).toHaveLength(1);
  });

  it('is settled by one of several reapers', async () => {
    for (let i = 0; i < 5; i++) await makeEvent(rooms.pools.ingest, endpoint);
    const jobs = await claim(rooms.pools.worker, 5, SHORT_LEASE_MS);
    for (const job of jobs) await untilExpired(job);
    const counts = await Promise.all([reap(), reap(), reap()]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(5);
    for (const job of jobs) expect((await stateOf(job)).leaves).toHaveLength(1);
  });

  it('leaves nothing to a worker that comes late', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne(SHORT_LEASE_MS);
    await untilExpired(job);
    await reap();
    const settled = await inTransaction(rooms.pools.worker, (db) =>
      settleAcrossTenants(db, [settlement(job)]),
    );
    expect(settled.size).toBe(0);
    expect(await stateOf(job)).toMatchObject({ outcome: 'unknown', status: 'pending' });
    expect((await stateOf(job)).leaves).toHaveLength(1);
  });
});

it('becomes a leaf of the log that is the tenant’s own', async () => {
  const { tenantId } = await makeTenant(rooms.pools.api);
  const own = await giveOwnLog(rooms.pools.api, tenantId);
  await makeEvent(rooms.pools.ingest, await makeEndpoint(rooms.pools.api, tenantId));
  const job = await claimOne(SHORT_LEASE_MS);
  await untilExpired(job);
  expect(await reap()).toBe(1);
  const { rows } = await rooms.pools.api.query<{ log_id: string; leaf_data: string }>(
    'SELECT log_id, leaf_data FROM pending_leaves WHERE delivery_attempt_id = $1',
    [job.deliveryAttemptId],
  );
  expect(rows).toMatchObject([{ log_id: own.id }]);
  expect(parseLeaf(rows[0]?.leaf_data ?? '').log).toBe(own.origin);
});

it('a lease that still runs is left alone', async () => {
  await makeEvent(rooms.pools.ingest, endpoint);
  const job = await claimOne(LONG_LEASE_MS);
  expect(await reap()).toBe(0);
  expect(await stateOf(job)).toMatchObject({ outcome: null, leaves: [] });
});

it('a worker that settles just before its lease is reaped wins', async () => {
  await makeEvent(rooms.pools.ingest, endpoint);
  const job = await claimOne(SHORT_LEASE_MS);
  await untilExpired(job);
  await inTransaction(rooms.pools.worker, async (db) => {
    await settleAcrossTenants(db, [settlement(job)]);
    // The row is locked by the settlement: the reaper passes it instead of waiting for it.
    expect(await reap()).toBe(0);
  });
  expect(await reap()).toBe(0);
  expect(await stateOf(job)).toMatchObject({ outcome: 'delivered', status: 'delivered' });
});
