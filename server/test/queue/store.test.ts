import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { RowFault } from '../../src/db/errors.ts';
import { type Db, inTransaction } from '../../src/db/transaction.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { insertEventsAcrossTenants } from '../../src/events/store.ts';
import { claimAcrossTenants, lockExpiredAcrossTenants } from '../../src/queue/claim-store.ts';
import type { NextStep, Settlement } from '../../src/queue/job.ts';
import { settleAcrossTenants } from '../../src/queue/store.ts';
import {
  ALL_ROOM,
  attemptIds,
  claim,
  eventFor,
  FINISH,
  LONG_LEASE_MS,
  makeEvent,
  settlement,
  unreachable,
} from '../support/deliveries.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { giveOwnLog, makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
let endpoint: Endpoint;

beforeAll(async () => {
  rooms = await openRooms();
  const { tenantId } = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenantId, { maxAttempts: 7 });
});
afterAll(() => rooms.close());
// Each test begins with an empty queue; what other tests have settled stays.
beforeEach(async () => {
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
});

async function rowOf<Row>(text: string, values: unknown[]): Promise<Row | undefined> {
  const { rows } = await rooms.pools.api.query(text, values);
  return rows[0] as Row | undefined;
}

interface QueueRow {
  lease_id: string;
  inflight_attempt_id: string | null;
  attempts: number;
  /** Seconds until it is due, by the database's clock. */
  due_in: number;
}

function queueRow(eventId: string): Promise<QueueRow | undefined> {
  return rowOf(
    `SELECT lease_id, inflight_attempt_id, attempts,
            extract(epoch FROM run_at - now())::float8 AS due_in
       FROM delivery_queue WHERE event_id = $1`,
    [eventId],
  );
}

function attemptRow(attemptId: string): Promise<Record<string, unknown> | undefined> {
  return rowOf(
    `SELECT attempt_number, outcome, response_status, response_hash, error,
            host(peer_address) AS peer_address, completed_at
       FROM delivery_attempts WHERE id = $1`,
    [attemptId],
  );
}

function eventRow(eventId: string): Promise<Record<string, unknown> | undefined> {
  return rowOf('SELECT status, failure_reason FROM webhook_events WHERE id = $1', [eventId]);
}

async function leavesOf(attemptId: string): Promise<string[]> {
  const { rows } = await rooms.pools.api.query<{ leaf_data: string }>(
    'SELECT leaf_data FROM pending_leaves WHERE delivery_attempt_id = $1',
    [attemptId],
  );
  return rows.map((row) => row.leaf_data);
}

function makeDue(eventId: string): Promise<unknown> {
  return rooms.pools.worker.query(
    "UPDATE delivery_queue SET run_at = now() - interval '1 second' WHERE event_id = $1",
    [eventId],
  );
}

function settle(...settlements: Settlement[]): Promise<ReadonlySet<string>> {
  return inTransaction(rooms.pools.worker, (db) => settleAcrossTenants(db, settlements));
}

async function claimOne(leaseMs = LONG_LEASE_MS) {
  const [job] = await claim(rooms.pools.worker, 1, leaseMs);
  if (job === undefined) throw new Error('nothing was due');
  return job;
}

const RETRY: NextStep = { kind: 'retry', delayMs: 4_000.5, counts: true };

describe('claiming', () => {
  it('writes the attempt and the lease, and hands out what has to be sent', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const event = eventFor(endpoint, body, { headers: { 'content-encoding': 'gzip' } });
    await insertEventsAcrossTenants(rooms.pools.ingest, [event]);
    // Any time of this month: there are partitions for it.
    const nowMs = Math.floor(systemClock.nowMs() / 1_000) * 1_000 + 123;
    const [attemptId = '' as never] = attemptIds(1);
    const { jobs } = await claimAcrossTenants(rooms.pools.worker, 'first', {
      attemptIds: [attemptId],
      leaseMs: 45_000,
      nowMs,
      room: ALL_ROOM,
    });
    expect(jobs).toEqual([
      {
        eventId: event.id,
        endpointId: endpoint.id,
        tenantId: endpoint.tenantId,
        leaseId: 1,
        deliveryAttemptId: attemptId,
        attemptNumber: 1,
        endpointUrl: endpoint.url,
        attemptedAtMs: nowMs,
        attemptsUsed: 1,
        policy: { maxAttempts: 7, maxDelayMs: 512_000, retryStatuses: [] },
        maxPerS: null,
        health: 'good',
        permit: { epoch: 0, isProbe: false },
        traceparent: null,
        lagMs: expect.any(Number),
        payloadHash: event.payloadHash,
        payloadSize: 256,
        contentType: 'application/json',
        headers: { 'content-encoding': 'gzip' },
        body,
        log: { id: rooms.log.id, origin: rooms.log.origin },
      },
    ]);
    const row = await queueRow(event.id);
    expect(row).toMatchObject({ lease_id: '1', inflight_attempt_id: attemptId, attempts: 1 });
    expect(row?.due_in).toBeGreaterThan(40);
    expect(row?.due_in).toBeLessThanOrEqual(45);
    expect(await attemptRow(attemptId)).toMatchObject({ attempt_number: 1, outcome: null });
    // Until its first outcome the queue alone knows that it is on its way.
    expect(await eventRow(event.id)).toEqual({ status: 'received', failure_reason: null });
    expect(await leavesOf(attemptId)).toEqual([]);
  });

  it('takes the longest due first and no more than there are attempt ids', async () => {
    const ids = [];
    for (const seconds of [10, 30, 20]) {
      const id = await makeEvent(rooms.pools.ingest, endpoint);
      await rooms.pools.worker.query(
        "UPDATE delivery_queue SET run_at = now() - $2 * interval '1 second' WHERE event_id = $1",
        [id, seconds],
      );
      ids.push(id);
    }
    const jobs = await claim(rooms.pools.worker, 2);
    expect(new Set(jobs.map(({ eventId }) => eventId))).toEqual(new Set([ids[1], ids[2]]));
    expect(new Set(jobs.map(({ deliveryAttemptId }) => deliveryAttemptId)).size).toBe(2);
    expect((await claim(rooms.pools.worker, 2)).map(({ eventId }) => eventId)).toEqual([ids[0]]);
    expect(await claim(rooms.pools.worker, 2)).toEqual([]);
  });

  it('leaves alone what is not due', async () => {
    const id = await makeEvent(rooms.pools.ingest, endpoint);
    await rooms.pools.worker.query(
      "UPDATE delivery_queue SET run_at = now() + interval '1 hour' WHERE event_id = $1",
      [id],
    );
    expect(await claim(rooms.pools.worker, 10)).toEqual([]);
  });

  it('never claims a delivery whose lease ran out before it has been accounted for', async () => {
    const id = await makeEvent(rooms.pools.ingest, endpoint);
    await claimOne();
    await makeDue(id);
    expect(await claim(rooms.pools.worker, 10)).toEqual([]);
  });

  it('lets two claimers pass each other without waiting', async () => {
    for (let i = 0; i < 4; i++) await makeEvent(rooms.pools.ingest, endpoint);
    await inTransaction(rooms.pools.worker, async (first) => {
      const held = await claim(first, 2);
      // The first transaction is still open: its rows are locked, and skipped.
      const passed = await claim(rooms.pools.worker, 4);
      const all = [...held, ...passed].map(({ eventId }) => eventId);
      expect([held.length, passed.length, new Set(all).size]).toEqual([2, 2, 4]);
    });
  });

  it('gives each of many claimers its own events', async () => {
    await insertEventsAcrossTenants(
      rooms.pools.ingest,
      Array.from({ length: 60 }, () => eventFor(endpoint)),
    );
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => claim(rooms.pools.worker, 10)),
    );
    const rest = await claim(rooms.pools.worker, 60);
    const jobs = [...claims.flat(), ...rest];
    expect(jobs).toHaveLength(60);
    expect(new Set(jobs.map(({ eventId }) => eventId)).size).toBe(60);
    expect(Math.max(...claims.map(({ length }) => length))).toBe(10);
  });
});

describe('settling', () => {
  it('writes outcome, leaf, event and queue of a delivery that is over', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne();
    const settled = settlement(job);
    expect(await settle(settled)).toEqual(new Set([job.deliveryAttemptId]));
    expect(await attemptRow(job.deliveryAttemptId)).toEqual({
      attempt_number: 1,
      outcome: 'delivered',
      response_status: 200,
      response_hash: settled.result.responseHash,
      error: null,
      peer_address: '192.0.2.1',
      completed_at: new Date(job.attemptedAtMs + 120),
    });
    expect(await leavesOf(job.deliveryAttemptId)).toEqual([settled.leaf.data]);
    expect(await queueRow(job.eventId)).toBeUndefined();
    expect(await eventRow(job.eventId)).toEqual({ status: 'delivered', failure_reason: null });
  });

  it('puts a delivery that is retried back, due after the delay, with a new fence', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne();
    await settle(settlement(job, unreachable(job), RETRY));
    const row = await queueRow(job.eventId);
    expect(row).toMatchObject({ lease_id: '2', inflight_attempt_id: null, attempts: 1 });
    expect(row?.due_in).toBeGreaterThan(3);
    expect(row?.due_in).toBeLessThanOrEqual(4.001);
    expect(await attemptRow(job.deliveryAttemptId)).toMatchObject({
      outcome: 'failed',
      response_status: null,
      response_hash: null,
      error: 'connect',
    });
    expect(await eventRow(job.eventId)).toEqual({ status: 'pending', failure_reason: null });
    expect(await leavesOf(job.deliveryAttemptId)).toHaveLength(1);
    await makeDue(job.eventId);
    expect(await claimOne()).toMatchObject({ eventId: job.eventId, attemptNumber: 2, leaseId: 3 });
  });

  it('names why an event failed', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne();
    const failed: NextStep = { kind: 'finish', status: 'failed', reason: 'non_retryable' };
    await settle(settlement(job, unreachable(job), failed));
    expect(await eventRow(job.eventId)).toEqual({
      status: 'failed',
      failure_reason: 'non_retryable',
    });
    expect(await queueRow(job.eventId)).toBeUndefined();
  });

  it.each([
    ['over', FINISH],
    ['to be tried again', RETRY],
  ])('changes nothing with an older lease, be it %s', async (_what, next) => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const late = await claimOne();
    await settle(settlement(late, unreachable(late), RETRY));
    await makeDue(late.eventId);
    const current = await claimOne();
    const before = [
      await queueRow(late.eventId),
      await attemptRow(late.deliveryAttemptId),
      await attemptRow(current.deliveryAttemptId),
      await eventRow(late.eventId),
    ];
    expect(await settle(settlement(late, undefined, next))).toEqual(new Set());
    const { due_in: _passing, ...queue } = (await queueRow(late.eventId)) ?? { due_in: 0 };
    expect(before[0]).toMatchObject(queue);
    expect(await attemptRow(late.deliveryAttemptId)).toEqual(before[1]);
    expect(await attemptRow(current.deliveryAttemptId)).toEqual(before[2]);
    expect(await eventRow(late.eventId)).toEqual(before[3]);
    expect(await leavesOf(late.deliveryAttemptId)).toHaveLength(1);
    expect(await leavesOf(current.deliveryAttemptId)).toEqual([]);
    // The one that holds the lease is not disturbed.
    expect(await settle(settlement(current))).toEqual(new Set([current.deliveryAttemptId]));
  });

  it('changes nothing after the event is settled', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne();
    await settle(settlement(job));
    const failed: NextStep = { kind: 'finish', status: 'failed', reason: 'exhausted' };
    expect(await settle(settlement(job, unreachable(job), failed))).toEqual(new Set());
    expect(await eventRow(job.eventId)).toEqual({ status: 'delivered', failure_reason: null });
    expect(await attemptRow(job.deliveryAttemptId)).toMatchObject({ outcome: 'delivered' });
    expect(await leavesOf(job.deliveryAttemptId)).toHaveLength(1);
  });

  it('settles the rest of a batch when one of it lost its lease', async () => {
    for (let i = 0; i < 3; i++) await makeEvent(rooms.pools.ingest, endpoint);
    const [lost, done, again] = await claim(rooms.pools.worker, 3);
    if (lost === undefined || done === undefined || again === undefined) throw new Error('3 due');
    await settle(settlement(lost));
    const settled = await settle(
      settlement(lost, unreachable(lost), RETRY),
      settlement(done),
      settlement(again, unreachable(again), RETRY),
    );
    expect(settled).toEqual(new Set([done.deliveryAttemptId, again.deliveryAttemptId]));
    expect(await eventRow(lost.eventId)).toMatchObject({ status: 'delivered' });
    expect(await eventRow(done.eventId)).toMatchObject({ status: 'delivered' });
    expect(await queueRow(again.eventId)).toMatchObject({ inflight_attempt_id: null });
  });

  it('writes nothing when any part of it cannot be written', async () => {
    for (let i = 0; i < 2; i++) await makeEvent(rooms.pools.ingest, endpoint);
    const [good, bad] = await claim(rooms.pools.worker, 2);
    if (good === undefined || bad === undefined) throw new Error('two were due');
    const before = await queueRow(good.eventId);
    const other = settlement(bad);
    // The last of the three writes is the leaf: a log that does not exist refuses it.
    const nowhere = { ...bad.log, id: endpoint.id as never };
    const broken = { ...other, job: { ...bad, log: nowhere } };
    await expect(settle(settlement(good), broken)).rejects.toMatchObject({ code: '23503' });
    for (const job of [good, bad]) {
      expect(await attemptRow(job.deliveryAttemptId)).toMatchObject({ outcome: null });
      expect(await leavesOf(job.deliveryAttemptId)).toEqual([]);
      expect(await eventRow(job.eventId)).toMatchObject({ status: 'received' });
      expect(await queueRow(job.eventId)).toMatchObject({ lease_id: before?.lease_id });
    }
  });

  it('refuses a second leaf of one attempt instead of writing it', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne();
    await settle(settlement(job, unreachable(job), RETRY));
    await makeDue(job.eventId);
    const next = await claimOne();
    // As if a defect had mixed up two attempts.
    const { deliveryAttemptId, attemptedAtMs } = job;
    const mixed = settlement({ ...next, deliveryAttemptId, attemptedAtMs });
    await expect(settle(mixed)).rejects.toThrow(RowFault);
    expect(await leavesOf(job.deliveryAttemptId)).toHaveLength(1);
    // No key of a table refuses it once the first leaf has its place in the tree.
    await rooms.commit();
    await expect(settle(mixed)).rejects.toThrow(RowFault);
    expect(await leavesOf(job.deliveryAttemptId)).toEqual([]);
    expect(await queueRow(job.eventId)).toMatchObject({ lease_id: '3', attempts: 2 });
  });

  it.each([
    ['does not exist', { deliveryAttemptId: newId<'delivery_attempt'>(systemClock.nowMs()) }],
    ['was begun at another time', { attemptedAtMs: systemClock.nowMs() - 86_400_000 }],
  ])('refuses the leaf of an attempt that %s, and all that come with it', async (_what, change) => {
    for (let i = 0; i < 2; i++) await makeEvent(rooms.pools.ingest, endpoint);
    const [good, bad] = await claim(rooms.pools.worker, 2);
    if (good === undefined || bad === undefined) throw new Error('two were due');
    const stray = settlement({ ...bad, ...change });
    await expect(settle(settlement(good), stray)).rejects.toThrow(RowFault);
    for (const id of [good, bad, stray.job].map((job) => job.deliveryAttemptId)) {
      expect(await leavesOf(id)).toEqual([]);
    }
    expect(await attemptRow(good.deliveryAttemptId)).toMatchObject({ outcome: null });
    expect(await queueRow(good.eventId)).toMatchObject({ lease_id: '1' });
  });
});

describe('a tenant with a log of its own', () => {
  it('has its deliveries claimed, and found expired, with that log; others keep the shared one', async () => {
    const { tenantId } = await makeTenant(rooms.pools.api);
    const own = await giveOwnLog(rooms.pools.api, tenantId);
    const itsEndpoint = await makeEndpoint(rooms.pools.api, tenantId);
    await makeEvent(rooms.pools.ingest, itsEndpoint);
    await makeEvent(rooms.pools.ingest, endpoint);
    const wanted = new Map([
      [itsEndpoint.id, { id: own.id, origin: own.origin }],
      [endpoint.id, { id: rooms.log.id, origin: rooms.log.origin }],
    ]);
    const jobs = await claim(rooms.pools.worker, 2);
    expect(new Map(jobs.map(({ endpointId, log }) => [endpointId, log]))).toEqual(wanted);
    for (const { eventId } of jobs) await makeDue(eventId);
    const expired = await inTransaction(rooms.pools.worker, (db) =>
      lockExpiredAcrossTenants(db, 10),
    );
    expect(new Map(expired.map(({ endpointId, log }) => [endpointId, log]))).toEqual(wanted);
    expect(await settle(...jobs.map((job) => settlement(job)))).toHaveProperty('size', 2);
    const { rows } = await rooms.pools.api.query(
      'SELECT log_id, delivery_attempt_id FROM pending_leaves WHERE delivery_attempt_id = ANY($1)',
      [jobs.map(({ deliveryAttemptId }) => deliveryAttemptId)],
    );
    expect(rows).toHaveLength(2);
    expect(rows).toEqual(
      expect.arrayContaining(
        jobs.map(({ log, deliveryAttemptId }) => ({
          log_id: log.id,
          delivery_attempt_id: deliveryAttemptId,
        })),
      ),
    );
  });
});

describe('the attempts of other months', () => {
  it('are not looked at by a settlement', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne();
    const explained: string[] = [];
    await inTransaction(rooms.pools.worker, async (db) => {
      const query = async (text: string, values: unknown[]): Promise<unknown> => {
        if (/UPDATE delivery_attempts/.test(text)) {
          await db.query('SAVEPOINT look');
          const { rows } = await db.query(`EXPLAIN (ANALYZE) ${text}`, values);
          explained.push(...rows.map((row: Record<string, string>) => row['QUERY PLAN'] ?? ''));
          await db.query('ROLLBACK TO look');
        }
        return db.query(text, values);
      };
      await settleAcrossTenants({ query } as unknown as Db, [settlement(job)]);
    });
    const scanned = new Set(
      explained
        .filter((line) => / on delivery_attempts_\d/.test(line) && !line.includes('never executed'))
        .map((line) => / on (delivery_attempts_\d{4}_\d{2})/.exec(line)?.[1]),
    );
    const month = new Date(job.attemptedAtMs).toISOString().slice(0, 7).replace('-', '_');
    expect([...scanned]).toEqual([`delivery_attempts_${month}`]);
  });
});

describe('expired leases', () => {
  it('are found with all that a leaf needs, and only once at a time', async () => {
    await makeEvent(rooms.pools.ingest, endpoint, Buffer.from('late'));
    await makeEvent(rooms.pools.ingest, endpoint);
    const [expired] = await claim(rooms.pools.worker, 2);
    if (expired === undefined) throw new Error('two were due');
    await makeDue(expired.eventId);
    const { body: _b, headers: _h, contentType: _c, lagMs: _l, ...job } = expired;
    await inTransaction(rooms.pools.worker, async (db) => {
      expect(await lockExpiredAcrossTenants(db, 10)).toEqual([job]);
      await inTransaction(rooms.pools.worker, async (other) => {
        expect(await lockExpiredAcrossTenants(other, 10)).toEqual([]);
      });
    });
  });

  it('are found too when a server of before the months has claimed them', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne();
    await makeDue(job.eventId);
    await rooms.pools.api.query('UPDATE delivery_queue SET inflight_attempted_at = NULL');
    const expired = await inTransaction(rooms.pools.worker, (db) =>
      lockExpiredAcrossTenants(db, 10),
    );
    expect(expired).toMatchObject([{ deliveryAttemptId: job.deliveryAttemptId }]);
  });

  it('keep the URL that the request went to', async () => {
    await makeEvent(rooms.pools.ingest, endpoint);
    const job = await claimOne();
    await makeDue(job.eventId);
    const moved = 'https://example.org/elsewhere';
    await rooms.pools.api.query('UPDATE endpoints SET url = $2 WHERE id = $1', [
      endpoint.id,
      moved,
    ]);
    const [expired] = await inTransaction(rooms.pools.worker, (db) =>
      lockExpiredAcrossTenants(db, 10),
    );
    expect(expired?.endpointUrl).toBe(endpoint.url);
  });
});
