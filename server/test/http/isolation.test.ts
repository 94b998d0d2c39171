import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { type Answer, type Api, openApi, refusal } from '../support/api.ts';
import { makeDelivery } from '../support/deliveries.ts';
import { listRoutes } from '../support/list-routes.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let owner: TestTenant;
let stranger: TestTenant;
/** Of the owner, by the parameter's name in the path. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  owner = await makeTenant(rooms.pools.api);
  stranger = await makeTenant(rooms.pools.api);
  const endpoint = await makeEndpoint(rooms.pools.api, owner.tenantId);
  const job = await makeDelivery(rooms, endpoint);
  await rooms.commit();
  ids = {
    endpoint_id: endpoint.id,
    event_id: job.eventId,
    delivery_attempt_id: job.deliveryAttemptId,
  };
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

/** All that a caller could tell two answers apart by. */
function visible({ status, headers, bytes }: Answer): unknown {
  return { status, names: Object.keys(headers).sort(), body: bytes.toString('latin1') };
}

const MALFORMED = [
  'x',
  '-',
  '00000000-0000-0000-0000-00000000000',
  '00000000-0000-0000-0000-0000000000000',
  '%7b%7d',
  '%00',
  '%zz',
  '%ff',
  'a'.repeat(300),
  'a'.repeat(8_000),
  "'; SELECT 1; --".replaceAll(' ', '%20'),
];

it('what is not the caller’s is the same 404 as what does not exist, on every route with an id', async () => {
  const routes = (await listRoutes(api.http)).filter(({ path }) => /:\w+_id/.test(path));
  expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
    'GET /api/v1/attestation/download-proof/:delivery_attempt_id',
    'GET /attestation/download-proof/:delivery_attempt_id',
    'GET /v1/endpoints/:endpoint_id',
    'GET /v1/events/:event_id',
    'POST /ingest/:endpoint_id',
  ]);
  for (const { method, path } of routes) {
    const [, name = ''] = /:(\w+)/.exec(path) ?? [];
    const ask = (id: string, key: string) =>
      api.call(method as 'GET' | 'POST', path.replace(`:${name}`, id), { key });
    const theirs = ids[name] ?? '';
    expect((await ask(theirs, owner.apiKey)).status, path).toBeLessThan(300);
    const unknown = await ask(newId(systemClock.nowMs()), stranger.apiKey);
    expect(refusal(unknown)).toEqual([404, 'not_found']);
    expect(unknown.text).toBe('{"error":{"code":"not_found","message":"Not found"}}');
    for (const id of [theirs, theirs.toUpperCase(), ...MALFORMED]) {
      expect(visible(await ask(id, stranger.apiKey)), `${path} ${id}`).toEqual(visible(unknown));
    }
    // Also the owner learns nothing from how an id is written.
    for (const id of [theirs.toUpperCase(), ...MALFORMED]) {
      expect(visible(await ask(id, owner.apiKey)), `${path} ${id}`).toEqual(visible(unknown));
    }
  }
});

it('a path that is no route answers as an unknown id does', async () => {
  const unknown = await api.call('GET', `/v1/events/${newId(systemClock.nowMs())}`, {
    key: stranger.apiKey,
  });
  for (const path of [
    '/',
    '/v1',
    '/v1/nothing',
    '/v1/endpoints/',
    '/v1//endpoints',
    '/%zz',
    '/..',
  ]) {
    expect(visible(await api.call('GET', path, { key: stranger.apiKey })), path).toEqual(
      visible(unknown),
    );
  }
  expect(visible(await api.call('DELETE', '/v1/endpoints', { key: stranger.apiKey }))).toEqual(
    visible(unknown),
  );
});

it('lists and counts nothing of another tenant', async () => {
  const answer = await api.call('GET', '/v1/endpoints', { key: stranger.apiKey });
  expect(answer.json()).toEqual({ data: [], next_cursor: null });
  const cursor = ids.endpoint_id ?? '';
  const page = await api.call('GET', `/v1/endpoints?cursor=${cursor}`, { key: stranger.apiKey });
  expect(page.json()).toEqual({ data: [], next_cursor: null });
});

it('the log is public, and says no more of a leaf than its hash', async () => {
  const { rows } = await rooms.pools.api.query<{ hash: string }>(
    "SELECT encode(leaf_hash, 'hex') AS hash FROM merkle_leaves",
  );
  const hash = rows[0]?.hash ?? '';
  const proof = await api.call('GET', `/attestation/proof/${hash}`);
  expect(proof.status).toBe(200);
  for (const id of [owner.tenantId, ...Object.values(ids)]) expect(proof.text).not.toContain(id);
  const unknown = await api.call('GET', `/attestation/proof/${'0'.repeat(64)}`);
  for (const text of [hash.toUpperCase(), hash.slice(1), `${hash}0`, ...MALFORMED]) {
    const answer = await api.call('GET', `/attestation/proof/${text}`);
    expect(visible(answer), text).toEqual(visible(unknown));
  }
});
