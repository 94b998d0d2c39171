import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerOf, callerOrNull } from '../../src/http/authenticate.ts';
import { makeApiKey, SCOPES } from '../../src/tenants/api-key.ts';
import { type Answer, type Api, openApi, ownDocument, refusal } from '../support/api.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { type Operation, operationsOf, pathWith } from '../support/sweep.ts';
import { makeKey, makeTenant, type TestTenant } from '../support/tenant.ts';

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

/** Every operation that asks for a key, as the document has them. */
async function guarded(): Promise<readonly (readonly [Operation['method'], string])[]> {
  const ids = new Proxy({}, { get: () => ID });
  return operationsOf(await ownDocument(rooms))
    .filter(({ isOpen }) => !isOpen)
    .map((operation) => [operation.method, pathWith(operation, ids)] as const);
}

describe('a request without a usable key', () => {
  it('is answered one and the same 401, on every route', async () => {
    const bare = await api.call('GET', '/v1/endpoints');
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
    for (const [method, path] of await guarded()) {
      for (const authorization of authorizations) {
        const answer = await api.call(method, path, { headers: { authorization } });
        expect(shape(answer), `${method} ${path}`).toEqual(shape(bare));
      }
    }
  });

  it('is refused before anything else of it is judged', async () => {
    for (const [method, path] of await guarded()) {
      const answer = await api.call(method, `${path}?nonsense=1`, { body: 'no json' });
      expect(refusal(answer), `${method} ${path}`).toEqual([401, 'unauthorized']);
    }
  });
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
  'GET /console', // a page without data
  'POST /console/session', // asks for the key itself
  'GET /console/session',
  'DELETE /console/session',
  'GET /openapi.json',
  'GET /docs',
  ...['', '/api/v1'].flatMap((prefix) => [
    `GET ${prefix}/attestation/sth`,
    `GET ${prefix}/attestation/proof/:leaf_hash`,
    `GET ${prefix}/attestation/consistency-proof`,
    `GET ${prefix}/attestation/checkpoint`,
    `GET ${prefix}/attestation/keys`,
    `GET ${prefix}/attestation/anchors`,
    `GET ${prefix}/attestation/anchors/:tree_size`,
    `GET ${prefix}/attestation/anchors/:tree_size/checkpoint`,
    `GET ${prefix}/attestation/anchors/:tree_size/checkpoint.ots`,
  ]),
  'GET /metrics', // behind a token of its own
  'GET /log/:name/checkpoint',
  'GET /log/:name/tile/*',
];

it('every route is open by decision, or asks for a key', async () => {
  const open = operationsOf(await ownDocument(rooms)).filter(({ isOpen }) => isOpen);
  const decided = OPEN.map((route) => route.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}'));
  expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(decided.sort());
});
