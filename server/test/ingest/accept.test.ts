import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { type EventId, newId } from '../../src/base/ids.ts';
import { createIngest, type Ingest, type IngestRequest } from '../../src/ingest/accept.ts';
import type { Target } from '../../src/ingest/target.ts';
import { TEST_SEALER } from '../support/api.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let tenant: TestTenant;
let target: Target;
let commits = 0;
let ingest: Ingest;

beforeAll(async () => {
  rooms = await openRooms();
  tenant = await makeTenant(rooms.pools.api);
  target = await newTarget();
  ingest = createIngest({
    pool: rooms.pools.ingest,
    clock: systemClock,
    sealer: TEST_SEALER,
    random: Math.random,
    onCommitted: () => {
      commits += 1;
    },
  });
});
afterAll(() => rooms.close());

async function newTarget(): Promise<Target> {
  const { id: endpointId } = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  return { endpointId, tenantId: tenant.tenantId, verifier: null, keptHeaders: [] };
}

function request(body: Uint8Array | string, change: Partial<IngestRequest> = {}): IngestRequest {
  return {
    contentType: 'text/plain',
    headers: {},
    body: Buffer.from(body as string),
    key: null,
    ...change,
  };
}

const bySender = (text: string) => ({ key: { text, from: 'sender' as const } });
const byProvider = (text: string) => ({ key: { text, from: 'provider' as const } });

interface Stored {
  status: string;
  content_type: string | null;
  headers: Record<string, string>;
  payload_hash: Buffer;
  payload_size: number;
  body: Buffer;
  due: boolean;
}

/** The event with its body and its queue row, as another connection sees it. */
async function stored(eventId: EventId): Promise<Stored | undefined> {
  const { rows } = await rooms.pools.api.query<Stored>(
    `SELECT e.status, e.content_type, e.headers, e.payload_hash, e.payload_size, p.body,
            q.run_at <= now() AND q.inflight_attempt_id IS NULL AND q.attempts = 0 AS due
       FROM webhook_events e
       JOIN event_payloads p ON p.event_id = e.id
       JOIN delivery_queue q ON q.event_id = e.id
      WHERE e.tenant_id = $1 AND e.endpoint_id = $2 AND e.id = $3`,
    [tenant.tenantId, target.endpointId, eventId],
  );
  return rows[0];
}

/** Rows of each kind, of all endpoints. */
async function counts(): Promise<Record<string, number>> {
  const { rows } = await rooms.pools.api.query<Record<string, number>>(
    `SELECT (SELECT count(*)::int FROM webhook_events) AS events,
            (SELECT count(*)::int FROM event_payloads) AS payloads,
            (SELECT count(*)::int FROM delivery_queue) AS queued,
            (SELECT count(*)::int FROM idempotency_keys) AS keys`,
  );
  return rows[0] ?? {};
}

function more(before: Record<string, number>, events: number, keys = 0): Record<string, number> {
  const { events: e = 0, payloads = 0, queued = 0, keys: k = 0 } = before;
  return {
    events: e + events,
    payloads: payloads + events,
    queued: queued + events,
    keys: k + keys,
  };
}

describe('finding', () => {
  it('finds an endpoint by its id alone', async () => {
    expect(await ingest.findTarget(target.endpointId)).toEqual(target);
  });

  it('answers alike for what does not exist and what is no id', async () => {
    const gone = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    await rooms.pools.api.query('UPDATE endpoints SET deleted_at = now() WHERE id = $1', [gone.id]);
    const unknown = newId<'endpoint'>(systemClock.nowMs());
    const malformed = ['', 'x', target.endpointId.toUpperCase(), `${target.endpointId} `, '\u0000'];
    for (const id of [gone.id, unknown, ...malformed]) {
      expect(await ingest.findTarget(id)).toBeNull();
    }
  });
});

describe('accepting', () => {
  it('answers after event, body and queue row are committed', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const before = commits;
    const headers = { 'content-encoding': 'gzip' };
    const { eventId, duplicate } = await ingest.accept(target, request(body, { headers }));
    expect(duplicate).toBe(false);
    expect(await stored(eventId)).toEqual({
      status: 'received',
      content_type: 'text/plain',
      headers,
      payload_hash: createHash('sha256').update(body).digest(),
      payload_size: 256,
      body,
      due: true,
    });
    expect(commits).toBe(before + 1);
  });

  it('keeps an empty body and an absent content type', async () => {
    const { eventId } = await ingest.accept(target, request('', { contentType: null }));
    expect(await stored(eventId)).toMatchObject({
      content_type: null,
      payload_size: 0,
      body: Buffer.alloc(0),
    });
  });

  it('gives each of many at once its own bytes, in fewer commits than events', async () => {
    const before = commits;
    const bodies = Array.from({ length: 700 }, (_, i) => Buffer.alloc(i % 7, i % 256));
    const accepted = await Promise.all(
      bodies.map((body, i) =>
        ingest.accept(target, request(body, i % 3 === 0 ? bySender(`many-${i}`) : {})),
      ),
    );
    const ids = accepted.map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(700);
    expect(commits - before).toBeLessThan(50);
    const { rows } = await rooms.pools.api.query<{ event_id: EventId; body: Buffer }>(
      'SELECT event_id, body FROM event_payloads WHERE event_id = ANY($1::uuid[])',
      [ids],
    );
    const kept = new Map(rows.map((row) => [row.event_id, row.body]));
    expect(ids.map((id) => kept.get(id))).toEqual(bodies);
  });

  it('fails the one event that cannot be stored and none of those beside it', async () => {
    const before = await counts();
    const results = await Promise.allSettled(
      Array.from({ length: 33 }, (_, i) =>
        ingest.accept(
          target,
          request(`${i}`, i === 20 ? { contentType: 'a\u0000b' } : bySender(`beside-${i}`)),
        ),
      ),
    );
    expect(results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([20]);
    expect(results[20]).toMatchObject({
      reason: { kind: 'unprocessable', cause: { code: '22021' } },
    });
    expect(await counts()).toEqual(more(before, 32, 32));
  });

  it('keeps nothing of an event whose endpoint does not exist, its key neither', async () => {
    const before = await counts();
    const unknown = { ...target, endpointId: newId<'endpoint'>(systemClock.nowMs()) };
    await expect(ingest.accept(unknown, request('x', bySender('orphan')))).rejects.toMatchObject({
      kind: 'not_found',
    });
    expect(await counts()).toEqual(before);
  });

  it('refuses what would wait behind 4,096 others, and stores all of those', async () => {
    const before = await counts();
    const waiting = Array.from({ length: 4_096 }, () => ingest.accept(target, request('')));
    expect(() => ingest.assertRoom()).toThrow(expect.objectContaining({ kind: 'overloaded' }));
    const tooMany = ingest.accept(target, request(''));
    await expect(tooMany).rejects.toMatchObject({ kind: 'overloaded' });
    await ingest.drained();
    ingest.assertRoom();
    await Promise.all(waiting);
    expect(await counts()).toEqual(more(before, 4_096));
  });
});

describe('a key', () => {
  it('makes one event of 1,000 requests at once', async () => {
    const before = await counts();
    const accepted = await Promise.all(
      Array.from({ length: 1_000 }, () =>
        ingest.accept(target, request('one', bySender('thousand'))),
      ),
    );
    expect(new Set(accepted.map(({ eventId }) => eventId)).size).toBe(1);
    expect(accepted.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await counts()).toEqual(more(before, 1, 1));
  });

  it('belongs to its endpoint', async () => {
    const other = await newTarget();
    const first = await ingest.accept(target, request('a', bySender('mine')));
    const second = await ingest.accept(other, request('a', bySender('mine')));
    expect(second).toMatchObject({ duplicate: false });
    expect(second.eventId).not.toBe(first.eventId);
  });

  it('of the sender with another body is a mistake; of the provider it is a retry', async () => {
    const first = await ingest.accept(target, request('a', bySender('again')));
    expect(await ingest.accept(target, request('a', bySender('again')))).toEqual({
      eventId: first.eventId,
      duplicate: true,
    });
    await expect(ingest.accept(target, request('b', bySender('again')))).rejects.toMatchObject({
      kind: 'idempotency_mismatch',
    });
    expect(await ingest.accept(target, request('b', byProvider('again')))).toEqual({
      eventId: first.eventId,
      duplicate: true,
    });
  });

  it('is told apart by case and by every character', async () => {
    const keys = ['a', 'A', 'a.', '"a"', 'a'.repeat(255)];
    const accepted = await Promise.all(
      keys.map((key) => ingest.accept(target, request('x', bySender(key)))),
    );
    expect(new Set(accepted.map(({ eventId }) => eventId)).size).toBe(keys.length);
  });

  it('is no hash of the body: two equal events are two', async () => {
    const first = await ingest.accept(target, request('same'));
    const second = await ingest.accept(target, request('same'));
    expect(second).toMatchObject({ duplicate: false });
    expect(second.eventId).not.toBe(first.eventId);
  });
});
