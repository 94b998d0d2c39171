import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { hexFromBytes, parseLeaf } from '@kapsel/verification';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { EventId } from '../../src/base/ids.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { createDeliveryClient, type DeliveryClient } from '../../src/delivery/connector.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import type { EventAttempt } from '../../src/events/event.ts';
import { findEvent, insertEventsAcrossTenants, listAttempts } from '../../src/events/store.ts';
import { reapExpired } from '../../src/queue/reap.ts';
import type { ShareRules } from '../../src/queue/shares.ts';
import { Worker, type WorkerDeps } from '../../src/queue/worker.ts';
import { eventFor, LONG_LEASE_MS } from '../support/deliveries.ts';
import { type Journal, openJournal } from '../support/journal.ts';
import {
  type Answer,
  answerWith,
  closedPort,
  openReceiver,
  type Receiver,
} from '../support/receiver.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { terminate, untilBlocked } from '../support/sessions.ts';
import { settlingOf } from '../support/settling.ts';
import { giveOwnLog, makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let tenant: TestTenant;
let client: DeliveryClient;
let journal: Journal;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  rooms = await openRooms();
  tenant = await makeTenant(rooms.pools.api);
  client = createDeliveryClient({ allowHttp: true, egressAllow: parseCidrList('127.0.0.1') });
});
afterAll(async () => {
  await client.close();
  await rooms.close();
});
beforeEach(async () => {
  journal = openJournal();
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function receive(answer?: Answer): Promise<Receiver> {
  const receiver = await openReceiver(answer);
  closing.push(() => receiver.close());
  return receiver;
}

/** Nobody is kept from anything but the slots. */
function sharesOf(slots: number): ShareRules {
  return { slots, perEndpoint: slots, perTenant: slots, perUnproven: slots, unproven: slots };
}

function work(change: Partial<WorkerDeps> = {}): Worker {
  const worker = new Worker({
    ...settlingOf(rooms, journal),
    clock: systemClock,
    client,
    random: () => 0,
    shares: sharesOf(8),
    leaseMs: LONG_LEASE_MS,
    deadlineMs: 5_000,
    ...change,
  });
  closing.push(() => worker.stop());
  return worker;
}

async function send(url: string, body = Buffer.from('{}'), maxAttempts = 5): Promise<EventId> {
  const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId, { url, maxAttempts });
  const event = eventFor(endpoint, body, { headers: { 'content-encoding': 'identity' } });
  await insertEventsAcrossTenants(rooms.pools.ingest, [event]);
  return event.id;
}

async function attemptsOf(eventId: EventId): Promise<EventAttempt[]> {
  return listAttempts(rooms.pools.api, tenant.tenantId, eventId);
}

/** The event's status once `count` attempts are settled. */
async function settled(eventId: EventId, count = 1): Promise<string> {
  await vi.waitFor(
    async () => {
      const attempts = await attemptsOf(eventId);
      expect(attempts.filter(({ outcome }) => outcome !== null)).toHaveLength(count);
    },
    { interval: 10, timeout: 10_000 },
  );
  const event = await findEvent(rooms.pools.api, tenant.tenantId, eventId);
  return [event?.status, event?.failureReason].filter((word) => word).join(' ');
}

/** Instead of waiting for the backoff of a second and more. */
async function retryNow(worker: Worker): Promise<void> {
  await rooms.pools.worker.query('UPDATE delivery_queue SET run_at = now()');
  worker.wake();
}

async function leafTexts(eventId: EventId): Promise<string[]> {
  const { rows } = await rooms.pools.api.query<{ leaf_data: string }>(
    `SELECT p.leaf_data FROM pending_leaves p JOIN delivery_attempts a ON a.id = p.delivery_attempt_id
      WHERE a.event_id = $1 ORDER BY a.attempt_number`,
    [eventId],
  );
  return rows.map((row) => row.leaf_data);
}

describe('a delivery', () => {
  it('reaches its destination byte for byte and becomes a leaf', async () => {
    const receiver = await receive();
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const eventId = await send(receiver.url, body);
    work();
    expect(await settled(eventId)).toBe('delivered');
    const [attempt] = await attemptsOf(eventId);
    expect(receiver.requests).toHaveLength(1);
    expect(receiver.requests[0]).toMatchObject({
      method: 'POST',
      path: '/hook',
      body,
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'identity',
        'content-length': '256',
        'webhook-id': eventId,
        'kapsel-attempt': attempt?.id,
        'x-kapsel-attempt-number': '1',
        'x-kapsel-log': rooms.log.origin,
      },
    });
    expect(attempt).toMatchObject({ outcome: 'delivered', responseStatus: 200, error: null });
    const [text = ''] = await leafTexts(eventId);
    expect(parseLeaf(text)).toMatchObject({
      deliveryAttemptId: attempt?.id,
      eventId,
      endpointUrl: receiver.url,
      payloadHash: createHash('sha256').update(body).digest('hex'),
      payloadSize: 256,
      outcome: 'delivered',
      responseStatus: 200,
      responseHash: createHash('sha256').update('received').digest('hex'),
      error: null,
    });
    expect(journal.lines).toContainEqual({
      level: 'info',
      event: 'delivery attempted',
      event_id: eventId,
      endpoint_id: expect.any(String),
      tenant_id: tenant.tenantId,
      delivery_attempt_id: attempt?.id,
      outcome: 'delivered',
      status: 200,
    });
  });

  it('is tried again until the destination takes it; each attempt is a leaf', async () => {
    const receiver = await receive(answerWith(503, 302, 204));
    const eventId = await send(receiver.url);
    const worker = work();
    expect(await settled(eventId, 1)).toBe('pending');
    await retryNow(worker);
    expect(await settled(eventId, 2)).toBe('pending');
    await retryNow(worker);
    expect(await settled(eventId, 3)).toBe('delivered');
    const leaves = (await leafTexts(eventId)).map(parseLeaf);
    expect(leaves.map((leaf) => [leaf.attemptNumber, leaf.outcome, leaf.responseStatus])).toEqual([
      [1, 'rejected', 503],
      [2, 'rejected', 302],
      [3, 'delivered', 204],
    ]);
    expect(receiver.requests.map(({ headers }) => headers['x-kapsel-attempt-number'])).toEqual([
      '1',
      '2',
      '3',
    ]);
    expect(new Set(receiver.requests.map(({ headers }) => headers['kapsel-attempt'])).size).toBe(3);
  });

  it('waits a second before the second attempt', async () => {
    const receiver = await receive(answerWith(500));
    const eventId = await send(receiver.url);
    work();
    await settled(eventId);
    const { rows } = await rooms.pools.api.query<{ s: number }>(
      `SELECT extract(epoch FROM q.run_at - a.completed_at)::float8 AS s
         FROM delivery_queue q JOIN delivery_attempts a USING (event_id) WHERE q.event_id = $1`,
      [eventId],
    );
    expect(rows[0]?.s).toBeGreaterThan(0.9);
    expect(rows[0]?.s).toBeLessThan(2);
  });

  it.each([
    [404, 'failed non_retryable'],
    [410, 'failed gone'],
  ])('is over after a %i', async (status, expected) => {
    const receiver = await receive(answerWith(status));
    const eventId = await send(receiver.url);
    work();
    expect(await settled(eventId)).toBe(expected);
    expect((await leafTexts(eventId)).map((text) => parseLeaf(text).responseStatus)).toEqual([
      status,
    ]);
    const { rows } = await rooms.pools.api.query('SELECT 1 FROM delivery_queue');
    expect(rows).toEqual([]);
  });

  it('to a destination that is not there is a leaf too', async () => {
    const eventId = await send(await closedPort());
    work();
    expect(await settled(eventId)).toBe('pending');
    const [text = ''] = await leafTexts(eventId);
    expect(parseLeaf(text)).toMatchObject({
      outcome: 'failed',
      responseStatus: null,
      error: 'connect',
    });
  });

  it('ends when the budget is used up', async () => {
    const receiver = await receive(answerWith(500));
    const eventId = await send(receiver.url, undefined, 2);
    const worker = work();
    expect(await settled(eventId, 1)).toBe('pending');
    await retryNow(worker);
    expect(await settled(eventId, 2)).toBe('failed exhausted');
    expect(await leafTexts(eventId)).toHaveLength(2);
  });

  it('to an address that is closed by the operator never leaves the house', async () => {
    const receiver = await receive();
    const strict = createDeliveryClient({ allowHttp: true, egressAllow: [] });
    closing.push(() => strict.close());
    const eventId = await send(receiver.url);
    work({ client: strict });
    expect(await settled(eventId)).toBe('failed blocked');
    expect(receiver.requests).toEqual([]);
    const [text = ''] = await leafTexts(eventId);
    expect(parseLeaf(text)).toMatchObject({ outcome: 'failed', error: 'blocked_address' });
  });

  it('that fails inside the house is left to the reaper, and the next one goes on', async () => {
    const receiver = await receive();
    let calls = 0;
    const brittle: DeliveryClient = {
      parseUrl: (text) => client.parseUrl(text),
      borrow: (destination, signal) => {
        calls += 1;
        if (calls === 1) return Promise.reject(new TypeError('a defect'));
        return client.borrow(destination, signal);
      },
      giveBack: (connection) => client.giveBack(connection),
      close: () => client.close(),
    };
    const first = await send(receiver.url);
    const worker = work({ client: brittle });
    await vi.waitFor(() => expect(calls).toBe(1), { timeout: 5_000 });
    const second = await send(receiver.url);
    worker.wake();
    expect(await settled(second)).toBe('delivered');
    expect(await attemptsOf(first)).toMatchObject([{ outcome: null }]);
    expect(journal.lines).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'delivery broke off' }),
    );
    await rooms.pools.worker.query('UPDATE delivery_queue SET run_at = now()');
    await reapExpired(settlingOf(rooms, journal), () => 0);
    expect(await attemptsOf(first)).toMatchObject([{ outcome: 'unknown' }]);
  });
});

describe('slots', () => {
  it('bound what is in flight; what is beyond stays claimable by others', async () => {
    const waiting: ServerResponse[] = [];
    const receiver = await receive((response) => waiting.push(response));
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push(await send(receiver.url));
    work({ shares: sharesOf(2) });
    await receiver.arrived(2);
    const { rows } = await rooms.pools.api.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM delivery_queue WHERE inflight_attempt_id IS NULL',
    );
    expect(rows[0]?.n).toBe(3);
    for (let i = 0; i < 5; i++) {
      await receiver.arrived(i + 1);
      waiting[i]?.end();
    }
    for (const id of ids) expect(await settled(id)).toBe('delivered');
    expect(receiver.requests).toHaveLength(5);
  });
});

describe('stopping', () => {
  it('claims nothing more, and lets what is in flight end and settle', async () => {
    const waiting: ServerResponse[] = [];
    const receiver = await receive((response) => waiting.push(response));
    const inFlight = await send(receiver.url);
    const worker = work({ shares: sharesOf(1) });
    await receiver.arrived(1);
    const queued = await send(receiver.url);
    let stopped = false;
    const stopping = worker.stop().then(() => {
      stopped = true;
    });
    worker.wake();
    expect((await attemptsOf(inFlight))[0]?.outcome).toBe(null);
    expect(stopped).toBe(false);
    waiting[0]?.end();
    await stopping;
    expect(await attemptsOf(inFlight)).toMatchObject([{ outcome: 'delivered' }]);
    expect(await attemptsOf(queued)).toEqual([]);
    expect(receiver.requests).toHaveLength(1);
  });
});

describe('a database that fails', () => {
  it('in the middle of a settlement loses no outcome', async () => {
    const waiting: ServerResponse[] = [];
    const receiver = await receive((response) => waiting.push(response));
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await send(receiver.url));
    work();
    await receiver.arrived(3);
    await inTransaction(rooms.pools.api, async (db) => {
      await db.query('SELECT event_id FROM delivery_queue FOR UPDATE');
      for (const response of waiting) response.end();
      await untilBlocked(db, 'kapsel-worker');
      expect(await terminate(db, 'kapsel-worker')).toBeGreaterThan(0);
    });
    for (const id of ids) {
      expect(await settled(id)).toBe('delivered');
      expect(await leafTexts(id)).toHaveLength(1);
    }
    expect(receiver.requests).toHaveLength(3);
    expect(journal.lines.map(({ event }) => event)).toContain('settlement failed');
  });

  it('while claiming is asked again', async () => {
    const receiver = await receive();
    await inTransaction(rooms.pools.api, async (db) => {
      await db.query('LOCK TABLE delivery_attempts IN SHARE ROW EXCLUSIVE MODE');
      await send(receiver.url);
      work();
      await untilBlocked(db, 'kapsel-worker');
      await terminate(db, 'kapsel-worker');
    });
    await receiver.arrived(1);
    expect(journal.lines.map(({ event }) => event)).toContain('claim failed');
  });

  /** A disk that is full for leaves alone. */
  async function withLeavesRefused(test: () => Promise<void>): Promise<void> {
    await rooms.pools.api.query(`
      CREATE FUNCTION refuse_leaves() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER refuse_settling BEFORE INSERT ON pending_leaves
        FOR EACH ROW EXECUTE FUNCTION refuse_leaves()`);
    try {
      await test();
    } finally {
      await rooms.pools.api.query('DROP FUNCTION refuse_leaves CASCADE');
    }
  }

  it('until the lease ends leaves the attempt to the reaper', async () => {
    const receiver = await receive();
    const eventId = await send(receiver.url);
    await withLeavesRefused(async () => {
      const worker = work({ leaseMs: 1_600, deadlineMs: 500 });
      await receiver.arrived(1);
      await worker.stop();
      expect(await attemptsOf(eventId)).toMatchObject([{ outcome: null }]);
      expect(journal.lines.map(({ event }) => event)).toContain('stale settlement dropped');
    });
    await vi.waitFor(async () =>
      expect(await reapExpired(settlingOf(rooms, journal), () => 0)).toBe(1),
    );
    expect((await leafTexts(eventId)).map((text) => parseLeaf(text).outcome)).toEqual(['unknown']);
  });

  it('does not hold up a stop for the whole of a lease', async () => {
    const receiver = await receive();
    const eventId = await send(receiver.url);
    let laterMs = 0;
    const monotonicMs = () => systemClock.monotonicMs() + laterMs;
    await withLeavesRefused(async () => {
      const worker = work({ clock: { ...systemClock, monotonicMs }, deadlineMs: 1_000 });
      await vi.waitFor(() =>
        expect(journal.lines.map(({ event }) => event)).toContain('settlement failed'),
      );
      const stopping = worker.stop();
      laterMs = 6_000;
      await stopping;
      expect(await attemptsOf(eventId)).toMatchObject([{ outcome: null }]);
    });
  });
});

it('names the tenant’s own log to its destination and in the leaf, and tells how many leaves wait', async () => {
  const { tenantId } = await makeTenant(rooms.pools.api);
  const own = await giveOwnLog(rooms.pools.api, tenantId);
  const receiver = await receive();
  const { url } = receiver;
  const event = eventFor(await makeEndpoint(rooms.pools.api, tenantId, { url }));
  await insertEventsAcrossTenants(rooms.pools.ingest, [event]);
  const waiting: number[] = [];
  work({ onSettled: (count) => waiting.push(count) });
  await vi.waitFor(() => expect(waiting).toEqual([1]));
  expect(receiver.requests[0]?.headers['x-kapsel-log']).toBe(own.origin);
  const [text = ''] = await leafTexts(event.id);
  expect(parseLeaf(text).log).toBe(own.origin);
});

it('keeps the hash of an answer with a body that is not text', async () => {
  const answer = Buffer.from([0xff, 0x00, 0xfe]);
  const receiver = await receive((response) => response.end(answer));
  const eventId = await send(receiver.url);
  work();
  await settled(eventId);
  const [text = ''] = await leafTexts(eventId);
  const expected = hexFromBytes(createHash('sha256').update(answer).digest());
  expect(parseLeaf(text).responseHash).toBe(expected);
});
