/** The commit of a batch when the database does not behave: each event once, or an honest refusal. */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { type EventId, newId } from '../../src/base/ids.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { commitEvents } from '../../src/ingest/commit.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { terminate, untilBlocked } from '../support/sessions.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';
import { type CutProxy, openCutProxy } from './support/cut-proxy.ts';

let rooms: Rooms;
let endpoint: Endpoint;
beforeAll(async () => {
  rooms = await openRooms();
  const { tenantId } = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenantId);
});
afterAll(() => rooms.close());

function event(key: string | null, body = 'x'): NewEvent {
  const nowMs = systemClock.nowMs();
  return {
    id: newId<'event'>(nowMs),
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    contentType: null,
    headers: {},
    body: Buffer.from(body),
    payloadHash: createHash('sha256').update(body).digest(),
    receivedAtMs: nowMs,
    idempotencyKey: key,
  };
}

function deps(pool: Pool = rooms.pools.ingest) {
  return { pool, clock: systemClock, random: Math.random };
}

async function rowsOf(ids: readonly EventId[]): Promise<number[]> {
  const { rows } = await rooms.pools.api.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM webhook_events WHERE id = ANY($1::uuid[])
      UNION ALL SELECT count(*)::int FROM event_payloads WHERE event_id = ANY($1::uuid[])
      UNION ALL SELECT count(*)::int FROM delivery_queue WHERE event_id = ANY($1::uuid[])`,
    [ids],
  );
  return rows.map(({ n }) => n);
}

/** Pools through a proxy that can lose answers. */
async function throughProxy<T>(work: (pools: Pools, proxy: CutProxy) => Promise<T>): Promise<T> {
  const proxy = await openCutProxy(rooms.connectionString);
  const pools = openPools(proxy.connectionString, () => undefined);
  try {
    return await work(pools, proxy);
  } finally {
    await closePools(pools);
    await proxy.close();
  }
}

describe('an answer that is lost after the commit', () => {
  it.each([1, 3])('%i times in a row makes each event once, none a duplicate', async (times) => {
    await throughProxy(async (pools, proxy) => {
      const known = event(`known-${times}`);
      await commitEvents(deps(), [known]);
      const events = [
        event(`lost-${times}`),
        event(null),
        event(`known-${times}`),
        event(null, ''),
      ];
      proxy.cutAfter('INSERT INTO webhook_events', times);
      const results = await commitEvents(deps(pools.ingest), events);
      expect(proxy.cuts()).toBe(times);
      expect(results).toEqual([
        { eventId: events[0]?.id, kind: 'stored' },
        { eventId: events[1]?.id, kind: 'stored' },
        { eventId: known.id, kind: 'duplicate' },
        { eventId: events[3]?.id, kind: 'stored' },
      ]);
      expect(await rowsOf(events.map(({ id }) => id))).toEqual([3, 3, 3]);
    });
  });

  it('brings back no queue row that a worker has finished in between', async () => {
    await throughProxy(async (pools, proxy) => {
      const done = [event('done'), event(null)];
      const ids = done.map(({ id }) => id);
      await commitEvents(deps(), done);
      await rooms.pools.api.query('DELETE FROM delivery_queue WHERE event_id = ANY($1)', [ids]);
      expect(await commitEvents(deps(pools.ingest), done)).toEqual(
        ids.map((eventId) => ({ eventId, kind: 'stored' })),
      );
      expect(await rowsOf(ids)).toEqual([2, 2, 0]);
      expect(proxy.cuts()).toBe(0);
    });
  });

  it('is given up after five seconds, with 503', async () => {
    await throughProxy(async (pools, proxy) => {
      proxy.cutAfter('INSERT INTO webhook_events', 1_000);
      const lost = event('never-heard');
      const startMs = systemClock.monotonicMs();
      await expect(commitEvents(deps(pools.ingest), [lost])).rejects.toMatchObject({
        kind: 'unavailable',
      });
      const tookMs = systemClock.monotonicMs() - startMs;
      expect(tookMs).toBeGreaterThan(3_000);
      expect(tookMs).toBeLessThan(8_000);
      // It was stored: whoever comes back with the key gets this very event.
      expect(await rowsOf([lost.id])).toEqual([1, 1, 1]);
      expect(await commitEvents(deps(), [event('never-heard')])).toEqual([
        { eventId: lost.id, kind: 'duplicate' },
      ]);
    });
  });

  it('of a network that swallows everything is waited for no longer than the deadlines', async () => {
    await throughProxy(async (pools, proxy) => {
      await pools.ingest.query('SELECT 1');
      proxy.stall();
      const startMs = systemClock.monotonicMs();
      await expect(commitEvents(deps(pools.ingest), [event(null)])).rejects.toMatchObject({
        kind: 'unavailable',
      });
      expect(systemClock.monotonicMs() - startMs).toBeLessThan(13_000);
    });
  }, 20_000);
});

it('a session that is ended before its commit is replaced, and the event is stored once', async () => {
  const waiting = event(null);
  const done = await inTransaction(rooms.pools.api, async (db) => {
    await db.query('LOCK TABLE webhook_events IN SHARE ROW EXCLUSIVE MODE');
    const committed = commitEvents(deps(), [waiting]);
    await untilBlocked(db, 'kapsel-ingest');
    await terminate(db, 'kapsel-ingest');
    return { committed };
  });
  expect(await done.committed).toEqual([{ eventId: waiting.id, kind: 'stored' }]);
  expect(await rowsOf([waiting.id])).toEqual([1, 1, 1]);
});

it('batches with the same keys in opposite order do not lock each other out', async () => {
  const rounds = Array.from({ length: 20 }, (_, round) => {
    const keys = Array.from({ length: 50 }, (_, i) => `cross-${round}-${i}`);
    const there = keys.map((key) => event(key));
    const back = [...keys].reverse().map((key) => event(key));
    return Promise.all([commitEvents(deps(), there), commitEvents(deps(), back)]);
  });
  for (const [there, back] of await Promise.all(rounds)) {
    const ids = (list: readonly { eventId: EventId }[]) => list.map(({ eventId }) => eventId);
    expect(ids(there)).toEqual(ids(back).reverse());
    const first = [...there, ...back].filter(({ kind }) => kind === 'stored');
    expect(first).toHaveLength(50);
  }
});

it('writes the keys of a batch in one order, whatever order they came in', async () => {
  const sent: unknown[][] = [];
  const query = (statement: { text: string; values: unknown[] }): Promise<unknown> => {
    sent.push(statement.values);
    return rooms.pools.ingest.query(statement);
  };
  const events = ['order-c', 'order-a', 'order-b', 'order-B'].map((key) => event(key));
  const results = await commitEvents(deps({ query } as unknown as Pool), events);
  expect(sent[0]).toContainEqual(['order-B', 'order-a', 'order-b', 'order-c']);
  expect(results.map(({ eventId }) => eventId)).toEqual(events.map(({ id }) => id));
});

describe('what is tried again', () => {
  function failing(codes: readonly string[]): { pool: Pool; calls: () => number } {
    let calls = 0;
    const query = async (text: string, values: unknown[]): Promise<unknown> => {
      const code = codes[calls];
      calls += 1;
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      return rooms.pools.ingest.query(text, values);
    };
    return { pool: { query } as unknown as Pool, calls: () => calls };
  }

  it.each([
    ['deadlocks', ['40P01', '40001', '40P01', '40001', '40P01']],
    ['connections that break', ['57P01', 'ECONNRESET', '08006']],
    ['a full disk that is emptied', ['53100', '53100']],
    ['a lock that is held', ['55P03']],
  ])('%s', async (_what, codes) => {
    const { pool, calls } = failing(codes);
    const one = event(null);
    expect(await commitEvents(deps(pool), [one])).toEqual([{ eventId: one.id, kind: 'stored' }]);
    expect(calls()).toBe(codes.length + 1);
  });

  it('ends: after six deadlocks with 503', async () => {
    const { pool, calls } = failing(Array(20).fill('40P01'));
    await expect(commitEvents(deps(pool), [event(null)])).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(calls()).toBe(6);
  });

  it.each(['22021', '23503', '42703'])('is not %s', async (code) => {
    const { pool, calls } = failing([code]);
    await expect(commitEvents(deps(pool), [event(null)])).rejects.toMatchObject({ code });
    expect(calls()).toBe(1);
  });
});
