import { afterAll, beforeAll, expect, it } from 'vitest';
import { disableEndpoint } from '../../../src/endpoints/state-store.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { claim } from '../../support/deliveries.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../../support/tenant.ts';

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

const test = (id: string, body?: unknown, from = api) =>
  from.call('POST', `/v1/endpoints/${id}/test`, { key: tenant.apiKey, body });

it('sends an event that says it is a test, by the way of every event', async () => {
  const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  const answer = await test(endpoint.id);
  expect(answer.status).toBe(202);
  const { event_id: id } = answer.json<{ event_id: string }>();
  const [job] = await claim(rooms.pools.worker, 10);
  expect(job).toMatchObject({ eventId: id, endpointId: endpoint.id, attemptNumber: 1 });
  expect(job?.contentType).toBe('application/json');
  expect(JSON.parse(job?.body.toString() ?? '')).toMatchObject({ type: 'kapsel.test' });
  const event = await api.call('GET', `/v1/events/${id}`, { key: tenant.apiKey });
  expect(event.json()).toMatchObject({ status: 'pending', attempts: [{ leaf_state: 'none' }] });
});

it.each([[{ a: [1, 'ü'] }], ['text'], [null], [false]])(
  'sends %j when asked to',
  async (payload) => {
    const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    await test(endpoint.id, { payload });
    const [job] = await claim(rooms.pools.worker, 10);
    expect(JSON.parse(job?.body.toString() ?? '')).toEqual(payload);
  },
);

it('is held by an endpoint that is disabled, and refused by one that is not there', async () => {
  const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  await disableEndpoint(rooms.pools.api, tenant.tenantId, endpoint.id);
  expect((await test(endpoint.id)).json()).toMatchObject({ held: true });
  expect(await claim(rooms.pools.worker, 10)).toEqual([]);
  expect(refusal(await test('x'))).toEqual([404, 'not_found']);
});

it('costs a token of the ingest rate', async () => {
  const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  const limited = openApi(rooms, { takeIngestTokens: () => ({ kind: 'refused', retryAfterS: 7 }) });
  const answer = await test(endpoint.id, undefined, limited);
  expect(refusal(answer)).toEqual([429, 'rate_limited']);
  expect(answer.headers['retry-after']).toBe('7');
  await limited.close();
});
