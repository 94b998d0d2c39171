import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/base/ids.ts';
import { SCOPES } from '../../../src/tenants/api-key.ts';
import { findTier } from '../../../src/tenants/store.ts';
import { type Api, openApi, PLATFORM_TOKEN, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { giveOwnLog } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

interface TenantJson {
  readonly id: string;
  readonly name: string;
  readonly api_key: string;
}

const call = (method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) =>
  api.call(method, path, { key: PLATFORM_TOKEN, ...(body === undefined ? {} : { body }) });

async function create(body: object): Promise<TenantJson> {
  const answer = await call('POST', '/v1/tenants', body);
  expect(answer.status).toBe(201);
  expect(answer.headers.location).toBe(`/v1/tenants/${answer.json<TenantJson>().id}`);
  return answer.json<TenantJson>();
}

describe('POST /v1/tenants', () => {
  it('makes a tenant whose key, shown once, may do everything of its own', async () => {
    const made = await create({ name: 'Acme' });
    expect(made).toMatchObject({ name: 'Acme', tier: 'standard', rate_limits: null, log: null });
    const keys = await api.call('GET', '/v1/api-keys', { key: made.api_key });
    expect(keys.json()).toMatchObject({ data: [{ name: 'first', scopes: SCOPES }] });
    const { api_key: secret, ...shownAgain } = made;
    const again = await call('GET', `/v1/tenants/${made.id}`);
    expect(again.json()).toEqual(shownAgain);
    expect(again.text).not.toContain(secret);
  });

  it('takes limits that override those of the tier', async () => {
    const limits = { ingest: { rate: 5, burst: 9 }, proof: null };
    const made = await create({ name: 'Slow', tier: 'free', rate_limits: limits });
    expect(made).toMatchObject({ tier: 'free', rate_limits: limits });
    const kept = await findTier(rooms.pools.api, made.id as never);
    expect(kept).toEqual({ tier: 'free', override: limits });
  });

  it.each([
    ['no name', {}, '/name'],
    ['an empty name', { name: '' }, '/name'],
    ['a tier that the settings do not know', { name: 'x', tier: 'gold' }, '/tier'],
    ['a rate without a burst', { name: 'x', rate_limits: { rate: 1 } }, '/rate_limits'],
    ['a class that is none', { name: 'x', rate_limits: { mail: null } }, '/rate_limits/mail'],
    ['an id of the caller’s own', { name: 'x', id: 'y' }, '/id'],
  ])('refuses %s', async (_what, body, path) => {
    const answer = await call('POST', '/v1/tenants', body);
    const places = refusal(answer).slice(2) as string[];
    expect(refusal(answer).slice(0, 2)).toEqual([400, 'invalid_request']);
    expect(
      places.some((place) => path.startsWith(place)),
      String(places),
    ).toBe(true);
  });
});

describe('PUT and GET /v1/tenants/{tenant_id}', () => {
  it('replaces name, tier and limits, and shows the tenant’s own log', async () => {
    const made = await create({ name: 'Before', rate_limits: { rate: 1, burst: 1 } });
    const log = await giveOwnLog(rooms.pools.api, made.id as never);
    const body = { name: 'After', tier: 'enterprise' };
    const answer = await call('PUT', `/v1/tenants/${made.id}`, body);
    expect(answer.json()).toMatchObject({
      ...body,
      rate_limits: null,
      log: { name: log.name, origin: log.origin },
    });
    expect((await call('GET', `/v1/tenants/${made.id}`)).json()).toEqual(answer.json());
  });

  it('is 404 for what is no tenant', async () => {
    for (const id of [newId(Date.now()), 'x']) {
      const path = `/v1/tenants/${id}`;
      expect(refusal(await call('GET', path))).toEqual([404, 'not_found']);
      const put = await call('PUT', path, { name: 'x', tier: 'free' });
      expect(refusal(put)).toEqual([404, 'not_found']);
    }
  });
});

it('lists tenants page by page, newest first', async () => {
  await create({ name: 'last but one' });
  await create({ name: 'last' });
  const first = (await call('GET', '/v1/tenants?limit=1')).json<{
    data: TenantJson[];
    next_cursor: string;
  }>();
  expect(first.data.map(({ name }) => name)).toEqual(['last']);
  const second = await call('GET', `/v1/tenants?limit=1&cursor=${first.next_cursor}`);
  expect(second.json()).toMatchObject({ data: [{ name: 'last but one' }] });
  expect(refusal(await call('GET', '/v1/tenants?cursor=x'))).toEqual([
    400,
    'invalid_request',
    '/cursor',
  ]);
});

it('is closed to everybody where no token is set', async () => {
  const closed = openApi(rooms, { platformToken: null });
  for (const key of [PLATFORM_TOKEN, '', 'null', undefined]) {
    const answer = await closed.call('GET', '/v1/tenants', key === undefined ? {} : { key });
    expect(refusal(answer)).toEqual([401, 'unauthorized']);
  }
  await closed.close();
});
