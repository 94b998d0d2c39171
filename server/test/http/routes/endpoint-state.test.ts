import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import { disableEndpoint } from '../../../src/endpoints/state-store.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { makeEvent } from '../../support/deliveries.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let changes = 0;

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms, {
    onEndpointChange: () => {
      changes += 1;
    },
  });
  tenant = await makeTenant(rooms.pools.api);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

function makeOne(change: Partial<Endpoint> = {}): Promise<Endpoint> {
  return makeEndpoint(rooms.pools.api, tenant.tenantId, change);
}

function post(path: string, body?: unknown) {
  const key = tenant.apiKey;
  return api.call('POST', path, body === undefined ? { key } : { key, body });
}

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

it('disables an endpoint once, says why, and tells whoever sets deliveries aside', async () => {
  const { id } = await makeOne();
  const before = changes;
  const first = await post(`/v1/endpoints/${id}/disable`);
  expect([first.status, first.json()]).toMatchObject([
    200,
    { id, disabled: true, disabled_at: TIME, disabled_reason: 'requested' },
  ]);
  expect((await post(`/v1/endpoints/${id}/disable`)).json()).toEqual(first.json());
  expect(changes).toBeGreaterThan(before);
  expect(api.journal.lines).toContainEqual({
    level: 'info',
    event: 'endpoint disabled',
    endpoint_id: id,
    tenant_id: tenant.tenantId,
    reason: 'requested',
  });
});

it('answers 202 for events of a disabled endpoint, and holds them', async () => {
  const { id } = await makeOne();
  await post(`/v1/endpoints/${id}/disable`);
  const sent = await api.call('POST', `/ingest/${id}`, { key: tenant.apiKey, body: 'x' });
  expect(sent.status).toBe(202);
  const { event_id: eventId } = sent.json<{ event_id: string }>();
  const event = await api.call('GET', `/v1/events/${eventId}`, { key: tenant.apiKey });
  expect(event.json()).toMatchObject({ status: 'received', held: true, attempts: [] });
  const { rows } = await rooms.pools.api.query('SELECT 1 FROM delivery_queue WHERE event_id = $1', [
    eventId,
  ]);
  expect(rows).toEqual([]);
});

it('enables with a word on what was held', async () => {
  const endpoint = await makeOne();
  for (const release of ['none', 'all', { since: '2026-01-31T12:00:00+02:00' }]) {
    await disableEndpoint(rooms.pools.api, tenant.tenantId, endpoint.id);
    await makeEvent(rooms.pools.ingest, endpoint);
    const answer = await post(`/v1/endpoints/${endpoint.id}/enable`, { release });
    expect([answer.status, answer.json()]).toMatchObject([
      200,
      { disabled: false, disabled_at: null, disabled_reason: null },
    ]);
  }
});

describe('refuses', () => {
  it.each([
    {},
    { release: 'some' },
    { release: { since: 'yesterday' } },
    { release: { since: '2026-02-30T00:00:00Z' } },
    { release: { since: '2026-01-01T00:00:00Z', until: 'x' } },
    { release: 'all', force: true },
  ])('to enable with %j', async (body: object) => {
    const { id } = await makeOne();
    const answer = await post(`/v1/endpoints/${id}/enable`, body);
    expect(refusal(answer).slice(0, 2)).toEqual([400, 'invalid_request']);
  });

  it('an endpoint of another tenant like one that does not exist, and a key without the scope', async () => {
    const other = await makeTenant(rooms.pools.api);
    const { id } = await makeOne();
    const weak = await makeKey(rooms.pools.api, tenant.tenantId, ['endpoints:read']);
    for (const [verb, body] of [['disable'], ['enable', { release: 'all' }]] as const) {
      const path = `/v1/endpoints/${id}/${verb}`;
      expect(refusal(await api.call('POST', path, { key: other.apiKey, body }))).toEqual([
        404,
        'not_found',
      ]);
      expect(refusal(await api.call('POST', path, { key: weak, body }))).toEqual([
        403,
        'insufficient_scope',
      ]);
      expect(refusal(await post(`/v1/endpoints/x/${verb}`, body))).toEqual([404, 'not_found']);
    }
  });
});

it('makes an endpoint with its own ways of trying, and shows them with its state', async () => {
  const made = await post('/v1/endpoints', {
    url: 'https://example.com/hook',
    max_delay_s: 36_000,
    retry_statuses: [404, 409],
    disable_after_h: 0,
  });
  expect([made.status, made.json()]).toMatchObject([
    201,
    {
      max_delay_s: 36_000,
      retry_statuses: [404, 409],
      disable_after_h: 0,
      disabled: false,
      failing_since: null,
      circuit: 'closed',
      circuit_probe_at: null,
    },
  ]);
  const { id } = made.json<{ id: string }>();
  await rooms.pools.api.query(
    `INSERT INTO endpoint_circuits (endpoint_id, tenant_id, state, epoch, probe_at)
     VALUES ($1, $2, 'open', 1, now())`,
    [id, tenant.tenantId],
  );
  const shown = await api.call('GET', `/v1/endpoints/${id}`, { key: tenant.apiKey });
  expect(shown.json()).toMatchObject({ max_delay_s: 36_000, circuit: 'open' });
  const probeAt = shown.json<{ circuit_probe_at: string }>().circuit_probe_at;
  expect(Math.abs(Date.parse(probeAt) - Date.now())).toBeLessThan(60_000);
});

it.each([
  { max_delay_s: 0 },
  { max_delay_s: 36_001 },
  { retry_statuses: [410] },
  { retry_statuses: [399] },
  { retry_statuses: [500] },
  { retry_statuses: [404, 404] },
  { disable_after_h: -1 },
  { disable_after_h: 8_761 },
  { max_per_s: 0 },
  { max_per_s: 10_001 },
])('refuses an endpoint with %j', async (change) => {
  const answer = await post('/v1/endpoints', { url: 'https://example.com/hook', ...change });
  expect(refusal(answer).slice(0, 2)).toEqual([400, 'invalid_request']);
});
