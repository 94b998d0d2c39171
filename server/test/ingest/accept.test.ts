import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { type EventId, newId } from '../../src/base/ids.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { createIngest, type Ingest, type IngestRequest } from '../../src/ingest/accept.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { terminate, untilBlocked } from '../support/sessions.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let tenant: TestTenant;
let endpoint: Endpoint;
let commits = 0;
let ingest: Ingest;

beforeAll(async () => {
  rooms = await openRooms();
  tenant = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  ingest = createIngest({
    pool: rooms.pools.ingest,
    clock: systemClock,
    onCommitted: () => {
      commits += 1;
    },
  });
});
afterAll(() => rooms.close());

function request(body: Buffer, change: Partial<IngestRequest> = {}): IngestRequest {
  return { contentType: 'text/plain', headers: {}, body, ...change };
}

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
    [tenant.tenantId, endpoint.id, eventId],
  );
  return rows[0];
}

async function countEvents(): Promise<number> {
  const { rows } = await rooms.pools.api.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM webhook_events',
  );
  return rows[0]?.n ?? -1;
}

describe('admitting', () => {
  it("finds the caller's endpoint", async () => {
    expect(await ingest.admit(tenant, endpoint.id)).toEqual(endpoint);
  });

  it('answers alike for what does not exist and what is not the caller’s', async () => {
    const stranger = await makeTenant(rooms.pools.api);
    const theirs = await makeEndpoint(rooms.pools.api, stranger.tenantId);
    const gone = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    await rooms.pools.api.query('UPDATE endpoints SET deleted_at = now() WHERE id = $1', [gone.id]);
    const unknown = newId<'endpoint'>(systemClock.nowMs());
    const malformed = ['', 'x', endpoint.id.toUpperCase(), `${endpoint.id} `, '\u0000'];
    for (const id of [theirs.id, gone.id, unknown, ...malformed]) {
      await expect(ingest.admit(tenant, id)).rejects.toMatchObject({ kind: 'not_found' });
    }
  });
});

describe('accepting', () => {
  it('answers after event, body and queue row are committed', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const before = commits;
    const headers = { 'content-encoding': 'gzip' };
    const eventId = await ingest.accept(endpoint, request(body, { headers }));
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
    const eventId = await ingest.accept(endpoint, request(Buffer.alloc(0), { contentType: null }));
    expect(await stored(eventId)).toMatchObject({
      content_type: null,
      payload_size: 0,
      body: Buffer.alloc(0),
    });
  });

  it('gives each of many at once its own bytes, in fewer commits than events', async () => {
    const before = commits;
    const bodies = Array.from({ length: 700 }, (_, i) => Buffer.alloc(i % 7, i % 256));
    const ids = await Promise.all(bodies.map((body) => ingest.accept(endpoint, request(body))));
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
    const unstorable = request(Buffer.from('bad'), { contentType: 'a\u0000b' });
    const before = await countEvents();
    const results = await Promise.allSettled(
      Array.from({ length: 33 }, (_, i) =>
        ingest.accept(endpoint, i === 20 ? unstorable : request(Buffer.from(`good ${i}`))),
      ),
    );
    expect(results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([20]);
    expect(results[20]).toMatchObject({ reason: { code: '22021' } });
    expect(await countEvents()).toBe(before + 32);
  });

  it('keeps nothing of an event whose endpoint does not exist', async () => {
    const before = await countEvents();
    const unknown = { ...endpoint, id: newId<'endpoint'>(systemClock.nowMs()) };
    await expect(ingest.accept(unknown, request(Buffer.from('x')))).rejects.toMatchObject({
      code: '23503',
    });
    expect(await countEvents()).toBe(before);
    const { rows } = await rooms.pools.api.query(
      'SELECT 1 FROM delivery_queue WHERE endpoint_id = $1',
      [unknown.id],
    );
    expect(rows).toEqual([]);
  });

  it('refuses what would wait behind 4,096 others, and stores all of those', async () => {
    const before = await countEvents();
    const waiting = Array.from({ length: 4_096 }, () =>
      ingest.accept(endpoint, request(Buffer.alloc(0))),
    );
    const tooMany = ingest.accept(endpoint, request(Buffer.alloc(0)));
    await expect(tooMany).rejects.toMatchObject({ kind: 'overloaded' });
    await ingest.drained();
    await Promise.all(waiting);
    expect(await countEvents()).toBe(before + 4_096);
  });

  it('keeps nothing of an event whose connection was lost, and finds another for the next', async () => {
    const before = await countEvents();
    await inTransaction(rooms.pools.api, async (db) => {
      await db.query('LOCK TABLE webhook_events IN SHARE ROW EXCLUSIVE MODE');
      const lost = ingest.accept(endpoint, request(Buffer.from('x'))).catch((error) => error);
      await untilBlocked(db, 'kapsel-ingest');
      await terminate(db, 'kapsel-ingest');
      expect(await lost).toMatchObject({ code: '57P01' });
    });
    expect(await countEvents()).toBe(before);
    // The pool may still hold further connections that it does not know to be gone.
    await vi.waitFor(() => ingest.accept(endpoint, request(Buffer.from('y'))));
    expect(await countEvents()).toBe(before + 1);
  });
});
