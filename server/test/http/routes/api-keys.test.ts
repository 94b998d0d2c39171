import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/base/ids.ts';
import { makeApiKey, SCOPES } from '../../../src/tenants/api-key.ts';
import { MAX_KEYS } from '../../../src/tenants/create-key.ts';
import { insertApiKey } from '../../../src/tenants/store.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  tenant = await makeTenant(rooms.pools.api);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

interface KeyJson {
  readonly id: string;
  readonly secret: string;
  readonly prefix: string;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
}

async function create(body: object, key = tenant.apiKey): Promise<KeyJson> {
  const answer = await api.call('POST', '/v1/api-keys', { key, body });
  expect(answer.status).toBe(201);
  expect(answer.headers.location).toBe(`/v1/api-keys/${answer.json<KeyJson>().id}`);
  return answer.json<KeyJson>();
}

const get = (id: string) => api.call('GET', `/v1/api-keys/${id}`, { key: tenant.apiKey });

describe('POST /v1/api-keys', () => {
  it('makes a key that may do what it was made for and nothing else, and shows it once', async () => {
    const made = await create({ name: 'reader', scopes: ['endpoints:read'] });
    expect(made).toMatchObject({ name: 'reader', expires_at: null, last_used_at: null });
    expect(made.secret.startsWith(made.prefix)).toBe(true);
    expect((await api.call('GET', '/v1/endpoints', { key: made.secret })).status).toBe(200);
    const events = await api.call('GET', '/v1/events', { key: made.secret });
    expect(refusal(events)).toEqual([403, 'insufficient_scope']);
    const { secret, ...shownAgain } = made;
    const again = await get(made.id);
    expect(again.json()).toEqual({ ...shownAgain, last_used_at: expect.any(String) });
    expect(again.text).not.toContain(secret);
    const { rows } = await rooms.pools.api.query<{ row: string }>(
      'SELECT to_jsonb(k)::text AS row FROM api_keys k WHERE id = $1',
      [made.id],
    );
    expect(rows[0]?.row).not.toContain(secret.slice(made.prefix.length));
  });

  it('makes one that ends by itself', async () => {
    const made = await create({ scopes: ['events:read'], expires_in_s: 60 });
    expect((await api.call('GET', '/v1/events', { key: made.secret })).status).toBe(200);
    await rooms.pools.api.query(
      "UPDATE api_keys SET expires_at = expires_at - interval '60 seconds' WHERE id = $1",
      [made.id],
    );
    const late = await api.call('GET', '/v1/events', { key: made.secret });
    expect(refusal(late)).toEqual([401, 'unauthorized']);
  });

  it.each([
    ['no scopes', {}, '/scopes'],
    ['an empty list', { scopes: [] }, '/scopes'],
    ['a scope that is none', { scopes: ['root'] }, '/scopes/0'],
    ['one scope twice', { scopes: ['ingest', 'ingest'] }, '/scopes'],
    ['an end that has been', { scopes: ['ingest'], expires_in_s: 0 }, '/expires_in_s'],
    ['a name that cannot be stored', { scopes: ['ingest'], name: 'a\u0000' }, '/name'],
    ['a secret of the caller’s own', { scopes: ['ingest'], secret: 'ksk_x' }, '/secret'],
  ])('refuses %s', async (_what, body, path) => {
    const answer = await api.call('POST', '/v1/api-keys', { key: tenant.apiKey, body });
    expect(refusal(answer)).toEqual([400, 'invalid_request', path]);
  });

  it('stops at so many good keys, also for two at once; those that are over do not count', async () => {
    const full = await makeTenant(rooms.pools.api);
    await rooms.pools.api.query(
      `INSERT INTO api_keys (id, tenant_id, prefix, key_hash, scopes, revoked_at)
       SELECT gen_random_uuid(), $1::uuid, 'ksk_12345678', sha256(($1::uuid || ' ' || n)::bytea), '{}',
              CASE WHEN n > $2::int THEN now() END
         FROM generate_series(1, $2::int + 50) n`,
      [full.tenantId, MAX_KEYS - 2],
    );
    const two = await Promise.all(
      [1, 2].map(() =>
        api.call('POST', '/v1/api-keys', { key: full.apiKey, body: { scopes: ['ingest'] } }),
      ),
    );
    expect(two.map(({ status }) => status).sort()).toEqual([201, 422]);
  });
});

describe('DELETE /v1/api-keys/{api_key_id}', () => {
  it('ends a key at once and for good, and says the same when asked again', async () => {
    const made = await create({ scopes: ['events:read'] });
    const revoke = () => api.call('DELETE', `/v1/api-keys/${made.id}`, { key: tenant.apiKey });
    expect([(await revoke()).status, (await revoke()).text]).toEqual([204, '']);
    const after = await api.call('GET', '/v1/events', { key: made.secret });
    expect(refusal(after)).toEqual([401, 'unauthorized']);
    expect((await get(made.id)).json<KeyJson>().revoked_at).toEqual(expect.any(String));
  });
});

describe('GET /v1/api-keys', () => {
  it('lists all keys, page by page, newest first', async () => {
    const other = await makeTenant(rooms.pools.api);
    for (let i = 0; i < 3; i++) await create({ name: `k${i}`, scopes: ['ingest'] }, other.apiKey);
    const names: string[] = [];
    let cursor = '';
    do {
      const path = `/v1/api-keys?limit=2${cursor && `&cursor=${cursor}`}`;
      const page = (await api.call('GET', path, { key: other.apiKey })).json<{
        data: { name: string }[];
        next_cursor: string | null;
      }>();
      names.push(...page.data.map(({ name }) => name));
      cursor = page.next_cursor ?? '';
    } while (cursor !== '');
    expect(names).toEqual(['k2', 'k1', 'k0', '']);
  });
});

it('writes down that a key is used, once a minute', async () => {
  const { secret, prefix, hash } = makeApiKey();
  const id = newId<'api_key'>(Date.now());
  await insertApiKey(rooms.pools.api, tenant.tenantId, id, { secret, prefix, hash }, SCOPES);
  const used = async () => (await get(id)).json<KeyJson>().last_used_at;
  expect(await used()).toBeNull();
  await Promise.all([1, 2, 3, 4].map(() => api.call('GET', '/v1/stats', { key: secret })));
  const first = await used();
  expect(first).toEqual(expect.any(String));
  await api.call('GET', '/v1/stats', { key: secret });
  expect(await used()).toBe(first);
  await rooms.pools.api.query(
    "UPDATE api_keys SET last_used_at = now() - interval '61 seconds' WHERE id = $1",
    [id],
  );
  await api.call('GET', '/v1/stats', { key: secret });
  expect(Date.parse((await used()) ?? '')).toBeGreaterThanOrEqual(Date.parse(first ?? ''));
});
