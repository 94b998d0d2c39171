import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../../src/db/transaction.ts';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import { disableEndpoint } from '../../../src/endpoints/state-store.ts';
import { insertEventsAcrossTenants } from '../../../src/events/store.ts';
import { settleAcrossTenants } from '../../../src/queue/store.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { claim, eventFor, settlement, unreachable } from '../../support/deliveries.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let endpoint: Endpoint;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});
beforeEach(async () => {
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
  tenant = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId, { maxAttempts: 5 });
});

/** Events whose one attempt failed, or was delivered; the oldest first. */
async function make(
  count: number,
  status: 'failed' | 'delivered',
  to = endpoint,
): Promise<string[]> {
  const events = Array.from({ length: count }, () => eventFor(to));
  await insertEventsAcrossTenants(rooms.pools.ingest, events);
  const jobs = await claim(rooms.pools.worker, count);
  expect(jobs).toHaveLength(count);
  const reason = status === 'failed' ? 'exhausted' : null;
  const next = { kind: 'finish', status, reason } as const;
  await inTransaction(rooms.pools.worker, (db) =>
    settleAcrossTenants(
      db,
      jobs.map((job) =>
        status === 'failed' ? settlement(job, unreachable(job), next) : settlement(job),
      ),
    ),
  );
  return events.map(({ id }) => id).sort();
}

const replay = (body: object, headers = {}, key = tenant.apiKey) =>
  api.call('POST', '/v1/events/replay', { key, body, headers });

async function dueIds(): Promise<string[]> {
  return (await claim(rooms.pools.worker, 100)).map(({ eventId }) => eventId).sort();
}

describe('POST /v1/events/replay', () => {
  it('counts without doing anything, then queues all dead letters with a whole budget', async () => {
    const ids = await make(3, 'failed');
    await make(1, 'delivered');
    const dry = await replay({ status: 'failed', dry_run: true });
    expect([dry.status, dry.json()]).toEqual([
      200,
      { dry_run: true, matched: 3, matched_is_lower_bound: false, queued: 0, held: 0 },
    ]);
    expect(await dueIds()).toEqual([]);
    const answer = await replay({ status: 'failed' });
    expect([answer.status, answer.json()]).toEqual([
      202,
      { dry_run: false, matched: 3, matched_is_lower_bound: false, queued: 3, held: 0 },
    ]);
    const jobs = await claim(rooms.pools.worker, 100);
    expect(jobs.map(({ eventId }) => eventId).sort()).toEqual(ids);
    for (const job of jobs) expect(job).toMatchObject({ attemptNumber: 2, attemptsUsed: 1 });
    expect((await replay({ status: 'failed' })).json()).toMatchObject({ matched: 0, queued: 0 });
  });

  it('takes the oldest up to its limit, and the rest when asked again', async () => {
    const ids = await make(5, 'failed');
    const first = await replay({ status: 'failed', limit: 2 });
    expect(first.json()).toMatchObject({ matched: 5, queued: 2 });
    expect(await dueIds()).toEqual(ids.slice(0, 2));
    await replay({ status: 'failed', limit: 100 });
    expect(await dueIds()).toEqual(ids.slice(2));
  });

  it('is narrowed by endpoint and time', async () => {
    const other = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    await make(1, 'failed');
    const ids = await make(2, 'failed', other);
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    const counted = async (body: object) =>
      (await replay({ status: 'failed', dry_run: true, ...body })).json<{ matched: number }>()
        .matched;
    expect(await counted({ since: hourAgo })).toBe(3);
    expect(await counted({ until: hourAgo })).toBe(0);
    expect(await counted({ endpoint_id: other.id })).toBe(2);
    await replay({ status: 'failed', endpoint_id: other.id });
    expect(await dueIds()).toEqual(ids);
  });

  it('holds those of disabled endpoints, and passes by what has lost its body', async () => {
    const [lost] = await make(2, 'failed');
    await rooms.pools.api.query('DELETE FROM event_payloads WHERE event_id = $1', [lost]);
    await disableEndpoint(rooms.pools.api, tenant.tenantId, endpoint.id);
    expect((await replay({ status: 'failed' })).json()).toMatchObject({
      matched: 1,
      queued: 0,
      held: 1,
    });
    expect(await dueIds()).toEqual([]);
    const held = await api.call('GET', '/v1/events?held=true', { key: tenant.apiKey });
    expect(held.json()).toMatchObject({ total: 1 });
  });

  it('does it once for a key, however often and at once it is asked', async () => {
    await make(3, 'delivered');
    const headers = { 'idempotency-key': 'again-1' };
    const body = { status: 'delivered', limit: 2 };
    const answers = await Promise.all([1, 2, 3].map(() => replay(body, headers)));
    for (const answer of answers) {
      expect([answer.status, answer.json()]).toEqual([202, answers[0]?.json()]);
    }
    expect(answers[0]?.json()).toMatchObject({ queued: 2 });
    expect(await dueIds()).toHaveLength(2);
    const changed = await replay({ ...body, limit: 3 }, headers);
    expect(refusal(changed)).toEqual([409, 'idempotency_mismatch']);
    expect(await dueIds()).toEqual([]);
  });

  it('gives no event a number twice when two replays and a retry meet', async () => {
    const [id = ''] = await make(1, 'failed');
    await Promise.all([
      replay({ status: 'failed' }),
      replay({ status: 'failed' }),
      api.call('POST', `/v1/events/${id}/retry`, { key: tenant.apiKey }),
    ]);
    const jobs = await claim(rooms.pools.worker, 10);
    expect(jobs.map(({ attemptNumber }) => attemptNumber)).toEqual([2]);
  });

  it.each([
    ['nothing', {}, '/status'],
    ['what is still under way', { status: 'pending' }, '/status'],
    ['too many', { status: 'failed', limit: 10_001 }, '/limit'],
    ['no time', { status: 'failed', since: 'today' }, '/since'],
    ['no id', { status: 'failed', endpoint_id: 'x' }, '/endpoint_id'],
  ])('refuses %s', async (_what, body, path) => {
    expect(refusal(await replay(body))).toEqual([400, 'invalid_request', path]);
  });

  it('refuses a key that cannot be kept', async () => {
    const answer = await replay({ status: 'failed' }, { 'idempotency-key': 'x'.repeat(256) });
    expect(refusal(answer)).toEqual([400, 'invalid_request', '/Idempotency-Key']);
  });
});
