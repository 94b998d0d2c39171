import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerOf, callerOrNull } from '../../src/http/authenticate.ts';
import { makeApiKey, SCOPES, type Scope } from '../../src/tenants/api-key.ts';
import { type Answer, type Api, openApi, refusal } from '../support/api.ts';
import { listRoutes } from '../support/list-routes.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../support/tenant.ts';

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

const ID = '01970000-0000-7000-8000-000000000001';

function guardedAttestation(path: string): (readonly ['GET' | 'POST' | 'DELETE', string, Scope])[] {
  return [
    ['GET', `${path}/download-proof/${ID}`, 'proofs:read'],
    ['POST', `${path}/share/${ID}`, 'proofs:read'],
    ['GET', `${path}/share/${ID}`, 'proofs:read'],
    ['DELETE', `${path}/share/${ID}/${ID}`, 'proofs:read'],
  ];
}

/** Every route that asks for a key, and the scope it asks for. */
const GUARDED: readonly (readonly ['GET' | 'POST' | 'DELETE', string, Scope])[] = [
  ['POST', `/ingest/${ID}`, 'ingest'],
  ['POST', `/ingest/${ID}/batch`, 'ingest'],
  ['POST', '/v1/endpoints', 'endpoints:write'],
  ['GET', '/v1/endpoints', 'endpoints:read'],
  ['GET', `/v1/endpoints/${ID}`, 'endpoints:read'],
  ['POST', `/v1/endpoints/${ID}/disable`, 'endpoints:write'],
  ['POST', `/v1/endpoints/${ID}/enable`, 'endpoints:write'],
  ['POST', `/v1/endpoints/${ID}/rotate-secret`, 'endpoints:write'],
  ['GET', '/v1/events', 'events:read'],
  ['GET', `/v1/events/${ID}`, 'events:read'],
  ['POST', `/v1/events/${ID}/retry`, 'events:write'],
  ...['', '/api/v1'].flatMap((prefix) => guardedAttestation(`${prefix}/attestation`)),
];

/** All of an answer but its own id and time. */
function shape({ status, headers, bytes }: Answer): unknown {
  const { 'x-request-id': _id, date: _date, ...rest } = headers;
  return { status, headers: rest, names: Object.keys(headers), body: bytes.toString('hex') };
}

async function keyThat(change: string): Promise<string> {
  const secret = await makeKey(rooms.pools.api, tenant.tenantId, SCOPES);
  await rooms.pools.api.query(
    `UPDATE api_keys SET ${change} WHERE id = (SELECT max(id::text)::uuid FROM api_keys)`,
  );
  return secret;
}

describe('a request without a usable key', () => {
  it.each(GUARDED)('%s %s answers one and the same 401', async (method, path) => {
    const bare = await api.call(method, path);
    expect(refusal(bare)).toEqual([401, 'unauthorized']);
    expect(bare.headers['www-authenticate']).toBe('Bearer');
    const unknown = makeApiKey().secret;
    const authorizations = [
      '',
      'Bearer',
      'Bearer ',
      `Basic ${tenant.apiKey}`,
      tenant.apiKey,
      `Bearer ${tenant.apiKey} x`,
      `Bearer ${tenant.apiKey.slice(0, -1)}`,
      `Bearer x${tenant.apiKey}`,
      `Bearer ${unknown}`,
      `Bearer ${await keyThat('revoked_at = now()')}`,
      `Bearer ${await keyThat("expires_at = now() - interval '1 second'")}`,
    ];
    for (const authorization of authorizations) {
      const answer = await api.call(method, path, { headers: { authorization } });
      expect(shape(answer)).toEqual(shape(bare));
    }
  });

  it.each(GUARDED)(
    '%s %s is refused before anything else of it is judged',
    async (method, path) => {
      const answer = await api.call(method, `${path}?nonsense=1`, { body: 'no json' });
      expect(refusal(answer)).toEqual([401, 'unauthorized']);
    },
  );
});

describe('a key', () => {
  it('is accepted with any case of the scheme and any number of spaces', async () => {
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER   ']) {
      const headers = { authorization: `${scheme}${tenant.apiKey}` };
      expect((await api.call('GET', '/v1/endpoints', { headers })).status).toBe(200);
    }
  });

  it('that expires later works until then', async () => {
    const key = await keyThat("expires_at = now() + interval '1 hour'");
    expect((await api.call('GET', '/v1/endpoints', { key })).status).toBe(200);
  });

  it('that is revoked stops working at once', async () => {
    const key = await makeKey(rooms.pools.api, tenant.tenantId, SCOPES);
    expect((await api.call('GET', '/v1/endpoints', { key })).status).toBe(200);
    await rooms.pools.api.query(
      'UPDATE api_keys SET revoked_at = now() WHERE id = (SELECT max(id::text)::uuid FROM api_keys)',
    );
    expect((await api.call('GET', '/v1/endpoints', { key })).status).toBe(401);
  });

  it.each(GUARDED)(
    '%s %s needs the scope %3$s, whether or not the object exists',
    async (...route) => {
      const [method, path, scope] = route;
      const others = SCOPES.filter((other) => other !== scope);
      const without = await makeKey(rooms.pools.api, tenant.tenantId, others);
      const only = await makeKey(rooms.pools.api, tenant.tenantId, [scope]);
      const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
      for (const id of [ID, endpoint.id, 'malformed']) {
        const answer = await api.call(method, path.replace(ID, id), { key: without });
        expect(refusal(answer)).toEqual([403, 'insufficient_scope']);
      }
      expect((await api.call(method, path, { key: only })).status).not.toBe(403);
    },
  );

  it('is needed to know the caller', () => {
    expect(() => callerOf({ headers: {} })).toThrow(TypeError);
    expect(() => callerOrNull({ headers: {} })).toThrow(TypeError);
  });
});

const OPEN = [
  'GET /health/live',
  'GET /health/ready',
  'GET /health/startup',
  'GET /verify',
  ...['', '/api/v1'].flatMap((prefix) => [
    `GET ${prefix}/attestation/sth`,
    `GET ${prefix}/attestation/proof/:leaf_hash`,
    `GET ${prefix}/attestation/consistency-proof`,
    `GET ${prefix}/attestation/checkpoint`,
    `GET ${prefix}/attestation/keys`,
  ]),
  'GET /metrics', // behind a token of its own
  'GET /log/:name/checkpoint',
  'GET /log/:name/tile/*',
];

it('every route is open by decision, or guarded', async () => {
  const guarded = GUARDED.map(([method, path]) => `${method} ${path}`);
  const all = (await listRoutes(api.http)).map(({ method, path }) => `${method} ${path}`);
  const rest = all.filter((route) => !OPEN.includes(route));
  expect(rest.map((route) => route.replaceAll(/:[a-z_]+/g, ID)).sort()).toEqual(guarded.sort());
  expect(OPEN.filter((route) => !all.includes(route))).toEqual([]);
});
