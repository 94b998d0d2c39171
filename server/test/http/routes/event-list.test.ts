import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../../src/db/transaction.ts';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import { disableEndpoint } from '../../../src/endpoints/state-store.ts';
import type { FailureReason } from '../../../src/events/event.ts';
import { insertEventsAcrossTenants } from '../../../src/events/store.ts';
import { settleAcrossTenants } from '../../../src/queue/store.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { claim, eventFor, settlement, unreachable } from '../../support/deliveries.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let stranger: TestTenant;
let endpoint: Endpoint;
let stopped: Endpoint;
/** Newest first. */
let all: string[];
let failed: string[];
let held: string[];

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  tenant = await makeTenant(rooms.pools.api);
  stranger = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  stopped = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  await disableEndpoint(rooms.pools.api, tenant.tenantId, stopped.id);
  failed = await makeFailed(3, 'exhausted');
  const waiting = await make(stopped, 2);
  const fresh = await make(endpoint, 2);
  await make(await makeEndpoint(rooms.pools.api, stranger.tenantId), 1);
  held = waiting;
  all = [...fresh, ...held, ...failed];
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

async function make(target: Endpoint, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const event = eventFor(target);
    await insertEventsAcrossTenants(rooms.pools.ingest, [event]);
    ids.push(event.id);
  }
  return ids.sort().reverse();
}

async function makeFailed(count: number, reason: FailureReason): Promise<string[]> {
  const ids = await make(endpoint, count);
  const jobs = await claim(rooms.pools.worker, count);
  const finish = { kind: 'finish', status: 'failed', reason } as const;
  await inTransaction(rooms.pools.worker, (db) =>
    settleAcrossTenants(
      db,
      jobs.map((job) => settlement(job, unreachable(job), finish)),
    ),
  );
  return ids;
}

interface Page {
  readonly data: { readonly id: string }[];
  readonly page: number;
  readonly limit: number;
  readonly total: number;
  readonly total_is_lower_bound: boolean;
  readonly next_cursor: string | null;
}

async function list(query = '', key = tenant.apiKey): Promise<Page> {
  const answer = await api.call('GET', `/v1/events${query}`, { key });
  expect(answer.status).toBe(200);
  return answer.json<Page>();
}

const idsOf = ({ data }: Page): string[] => data.map(({ id }) => id);

describe('the list of events', () => {
  it('is newest first, of the caller alone', async () => {
    const page = await list();
    expect(new Set(idsOf(page))).toEqual(new Set(all));
    expect(idsOf(page)).toEqual([...idsOf(page)].sort().reverse());
    expect(page).toMatchObject({
      page: 1,
      limit: 20,
      total: 7,
      total_is_lower_bound: false,
      next_cursor: null,
    });
    expect((await list('', stranger.apiKey)).total).toBe(1);
  });

  it('shows dead letters with their reason, and what is held', async () => {
    const dead = await list('?status=failed');
    expect(idsOf(dead)).toEqual(failed);
    expect(dead.data[0]).toMatchObject({ status: 'failed', failure_reason: 'exhausted' });
    expect(dead.data[0]).not.toHaveProperty('attempts');
    expect(idsOf(await list('?held=true'))).toEqual(held);
    expect((await list('?held=false')).total).toBe(5);
    expect(idsOf(await list(`?endpoint_id=${stopped.id}`))).toEqual(held);
    expect((await list(`?endpoint_id=${stopped.id}`, stranger.apiKey)).total).toBe(0);
    expect((await list('?status=delivered')).data).toEqual([]);
  });

  it('is cut by time', async () => {
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    expect((await list(`?since=${hourAgo}`)).total).toBe(7);
    expect((await list(`?until=${hourAgo}`)).total).toBe(0);
  });

  it('goes page by page, and by cursor', async () => {
    const everything = idsOf(await list());
    const second = await list('?limit=3&page=2');
    expect([second.page, second.limit, second.total]).toEqual([2, 3, 7]);
    expect(idsOf(second)).toEqual(everything.slice(3, 6));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await list(`?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...idsOf(page));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(everything);
  });

  it.each([
    ['?status=lost', '/status'],
    ['?held=maybe', '/held'],
    ['?limit=0', '/limit'],
    ['?limit=101', '/limit'],
    ['?page=0', '/page'],
    ['?page=501', '/page'],
    ['?since=yesterday', '/since'],
    ['?until=2026-02-30T00:00:00Z', '/until'],
    ['?endpoint_id=x', '/endpoint_id'],
    ['?cursor=x', '/cursor'],
    [`?page=2&cursor=${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`, '/page'],
  ])('refuses %s', async (query, path) => {
    const answer = await api.call('GET', `/v1/events${query}`, { key: tenant.apiKey });
    expect(refusal(answer)).toEqual([400, 'invalid_request', path]);
  });
});
